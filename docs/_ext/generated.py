"""Pages of the reference that are written by the program itself, each time that the docs are built.

The command line's page comes from its argument parser, the definition file's and the JSON outputs'
pages from their JSON Schemas, the bundled games' from their files and the list of messages from
the wrong files that the tests keep. Nothing of them is kept in the repository.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from negotiation import catalog
from negotiation.cli.arguments import EXAMPLES, _build
from negotiation.errors import DefinitionError
from negotiation.formats.definition import load_path
from negotiation.formats.record_schema import OUTPUTS, output_schema
from negotiation.formats.schema import definition_schema

ROOT = Path(__file__).resolve().parent.parent.parent

#: what the keys of a definition are called in a file, by the schema's name for them
PLACES = {
    "parameter": "`[parameters.NAME]`", "actor": "`[actors.NAME]`", "front": "`[fronts.NAME]`",
    "move": "`[moves.NAME]`", "issue": "`[moves.NAME.issues.ISSUE]`", "linkage": "`[[linkages]]`",
    "encounter": "`[encounters.NAME]`", "posture": "`[postures.NAME]`",
    "posture_payoffs": "`[[postures.NAME.payoffs]]`", "outcome": "`[outcomes.NAME]`",
    "setting": "a setting, as in `under` and `than` of a claim",
}
#: what a value looks like, for the parts of the schema that have no keys of their own
VALUES = {
    "number": "number or expression", "not_negative": "number or expression, at least 0",
    "names": "list of names", "status": "status, or list of statuses",
    "payments": "table actor → number or expression",
    "weights": "table actor → number or expression, at least 0",
    "noise": "number, expression, or table by actor", "condition": "table front → status(es)",
    "assignment": "table front → status", "targets": "nested lists of statuses",
    "table": "nested lists of numbers or expressions", "posture_payoffs": "table",
}


def command_line() -> str:
    """Every command with its arguments, options and examples."""
    parser, commands = _build()
    lines = ["# Command line", "", "Every command, as `negotiation COMMAND --help` says it.", ""]
    for name, command in commands.items():
        usage = " ".join(command.format_usage().removeprefix("usage: ").split())
        lines += [f"## `negotiation {name}`", "", command.description or "", "",
                  "```text", usage, "```", ""]
        for group in command._action_groups:
            actions = [action for action in group._group_actions
                       if not isinstance(action, argparse._HelpAction)]
            if group.description:
                lines += [f"{_sentence(group.title)}: {_plain(group.description)}", ""]
            if actions:
                if not group.description:
                    lines += [f"{_sentence(group.title)}:", ""]
                lines += [f"- {_spelled(action)} – {_plain(action.help)}" for action in actions]
                lines.append("")
        lines += ["Examples:", "", "```sh",
                  *(f"negotiation {name} {rest}".rstrip() for rest in EXAMPLES[name]), "```", ""]
    return "\n".join([*lines, "## Exit status", "", "0 done; 1 a check was answered with “no”; "
                      "2 the input is wrong (one message on stderr, nothing on stdout); "
                      "130 interrupted.", ""])


def _spelled(action: argparse.Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else ""
    if not action.option_strings:
        return f"`{value or action.dest}`"
    return " or ".join(f"`{option} {value}`" if value and action.nargs != 0 else f"`{option}`"
                       for option in action.option_strings)


def _sentence(text: str | None) -> str:
    return (text or "")[:1].upper() + (text or "")[1:]


def _plain(text: str | None) -> str:
    return (text or "").replace("%%", "%").replace("*", r"\*").replace("<", r"\<")


def definition() -> str:
    """Every key of a definition file, from its JSON Schema."""
    schema = definition_schema()
    lines = ["# Definition file", "", "Made from the JSON Schema (`negotiation schema`). A file is "
             "TOML; names are identifiers; an *expression* is arithmetic over parameters with "
             "`min`, `max`, `exp`, `log`, `sqrt`, `abs` and `clip`, written as a string. "
             "`negotiation new FILE` writes a commented file to start from, and "
             "`negotiation check FILE` tells every problem at once.", "",
             "## The file's own keys", "", *_keys(schema), ""]
    for name, place in PLACES.items():
        part = schema["definitions"][name]
        lines += [f"## {place}", "", part.get("description", ""), "", *_keys(part), ""]
        if name == "parameter":
            for option in part["properties"]["distribution"]["anyOf"]:
                if "properties" in option:
                    lines += ["## `distribution` of a parameter", "", option["description"], "",
                              *_keys(option), ""]
    for key, title in (("correlations", "`[[correlations]]`"), ("cascade", "`[cascade]`"),
                       ("claims", "`[[claims]]`")):
        part = schema["properties"][key]
        part = part.get("items", part)
        lines += [f"## {title}", "", part["description"], "", *_keys(part), ""]
    return "\n".join(lines)


def _keys(part: Mapping[str, Any]) -> Iterator[str]:
    required = set(part.get("required", ()))
    yield "| Key | | Value | Meaning |"
    yield "|---|---|---|---|"
    for key, value in part["properties"].items():
        yield (f"| `{key}` | {'required' if key in required else ''} | {_kind(value)} | "
               f"{_plain(value.get('description', '')).replace('|', '/')} |")
    if part.get("patternProperties") and "posture" in part.get("description", "").lower() + "when":
        yield "| *player* | | nested lists, or a table by profile | What each profile pays it. |"


def _kind(value: Mapping[str, Any]) -> str:
    if "$ref" in value:
        return VALUES.get(name := value["$ref"].rpartition("/")[2], f"table ({name})")
    if "enum" in value:
        return ", ".join(f"`{word}`" for word in value["enum"])
    for several in ("anyOf", "allOf"):
        if several in value:
            kinds = dict.fromkeys(_kind(option) for option in value[several])
            return " or ".join(kind for kind in kinds if kind)
    if "patternProperties" in value:
        return f"table name → {_kind(next(iter(value['patternProperties'].values())))}"
    if value.get("type") == "array":
        return f"list of: {_kind(value.get('items', {}))}"
    words = {"string": "text", "boolean": "true or false", "object": "table"}
    return words.get(str(value.get("type", "")), str(value.get("type", "")))


def outputs() -> str:
    """The documents that commands print with ``--json``, as outlines of their schemas."""
    lines = ["# JSON outputs", "", "What each command prints with `--json`, as an outline; "
             "`negotiation schema COMMAND` prints the JSON Schema itself (draft 7). “→” stands "
             "for any name, “[ ]” for a list of.", ""]
    for command in OUTPUTS:
        schema = output_schema(command)
        lines += [f"## `{command}`", "", f"{schema['title']}.", "", "```text",
                  *_outline(schema, ""), "```", ""]
    return "\n".join(lines)


def _outline(schema: Mapping[str, Any], indent: str) -> Iterator[str]:
    if "anyOf" in schema and "properties" not in schema:
        for number, option in enumerate(schema["anyOf"]):
            yield from [f"{indent}or, {option.get('description', '')}"] if number else []
            yield from _outline(option, indent)
    for key, value in schema.get("properties", {}).items():
        inner, signs = _unwrapped(value)
        said = f"  – {inner['description']}" if inner.get("description") else ""
        kind = inner.get("type", "")
        kind = " or ".join(kind) if isinstance(kind, list) else kind
        kind = "" if "properties" in inner else f" ({kind})" if kind else ""
        yield f"{indent}{key}{signs}{kind}{said}"
        yield from _outline(inner, indent + "  ")


def _unwrapped(value: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    signs = ""
    while True:
        if isinstance(value.get("additionalProperties"), dict) and "properties" not in value:
            value, signs = value["additionalProperties"], signs + " →"
        elif value.get("type") == "array" and isinstance(value.get("items"), dict):
            value, signs = value["items"], signs + " [ ]"
        elif "anyOf" in value:
            rest = [option for option in value["anyOf"] if option.get("type") != "null"]
            if len(rest) == len(value["anyOf"]):
                return value, signs
            said = value.get("description")
            value = {**rest[0], **({"description": said} if said else {})}
            signs += " or null" if signs.find("or null") < 0 else ""
        else:
            return value, signs


def games() -> str:
    """The bundled games by theme: what each is about, where from, and what its answer is."""
    loaded = {name: catalog.load(name) for name in catalog.names()}
    lines = ["# Bundled games", "", "`negotiation show NAME` also tells actors, fronts, moves, "
             "parameters and checks; tests solve every game and compare.", ""]
    for theme, about in catalog.THEMES.items():
        lines += [f"## {_sentence(about)}", ""]
        for name, game in loaded.items():
            if game.theme != theme:
                continue
            note = str(game.answers.get("note", "")).strip()
            lines += [f"### `{name}`: {_plain(game.title)}", "", _plain(game.summary.strip()), "",
                      *([f"*Source:* {_plain(game.source)}", ""] if game.source else []),
                      *([_plain(note), ""] if note else [])]
    lines += ["## Stochastic games", ""]
    for name in catalog.stochastic_names():
        data = catalog.stochastic_data(name)
        lines += [f"### `{name}`: {_plain(data['title'])}", "", _plain(data["summary"]), "",
                  f"*Source:* {_plain(data['source'])}", "", _plain(data["note"]), ""]
    return "\n".join(lines)


def messages() -> str:
    """What is said of definitions that are wrong, by the place of the fault."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests" / "bad_games").glob("*.toml")):
        try:
            load_path(path)
        except DefinitionError as error:
            for problem in error.problems:
                section = problem.path.partition(".")[0].partition("[")[0] or "the file"
                said = f"{problem.path}: {problem.message}" if problem.path else problem.message
                found.setdefault(section, []).append(said.replace(str(path), "FILE"))
    lines = ["# Messages about definitions", "", "Each of these is given by a wrong file that the "
             "tests keep (`tests/bad_games/`), one fault each; in use the file's name and, where "
             "it is known, the line stand before them. All faults of a file are told at once.", ""]
    for section, said in sorted(found.items()):
        lines += [f"## {section}", "", "```text", *dict.fromkeys(said), "```", ""]
    return "\n".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    "command-line": command_line, "definition": definition, "json": outputs, "games": games,
    "messages": messages,
}


def write(folder: Path) -> None:
    """Write every page that is out of date, so that a second build has nothing to do."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        path, text = folder / f"{name}.md", page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this; pages are written before it looks for sources."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "reference" / "generated"))
    return {"version": "1", "parallel_read_safe": True}
