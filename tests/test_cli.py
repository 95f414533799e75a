"""The command line as a user meets it: every command, every message, every exit status."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from doc_pages import settled
from small_games import TWO_EQUILIBRIA

import negotiation as ng
from negotiation.catalog import names
from negotiation.cli import main
from negotiation.formats.record_schema import OUTPUTS, output_schema

SMALL = "issue-linkage"
COMMANDS = ("list", "show", "check", "new", "schema", "solve", "cascade", "postures", "paths",
            "bargain", "plot")


class Said:
    """What a run of the command line said."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*argv: str | Path) -> Said:
        status = main([str(word) for word in argv])
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)
    return call


def process(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "negotiation", *argv], text=True, timeout=120,
                          **{"capture_output": True, **options})


def wrong(said: Said, *parts: str) -> None:
    """Exit status 2, nothing on stdout, one message without a traceback."""
    assert said.status == 2, said.err
    assert said.out == ""
    assert said.err.startswith("negotiation: ")
    assert "Traceback" not in said.err
    for part in parts:
        assert part in said.err


# ---- every command, to read ------------------------------------------------------------------

def test_help_names_every_command_and_the_exit_statuses(run: Any) -> None:
    said = run("--help")
    assert said.status == 0
    for command in COMMANDS:
        assert f"    {command} " in said.out
    assert "Exit status: 0" in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Any, command: str) -> None:
    said = run(command, "--help")
    assert said.status == 0
    assert said.out.startswith(f"usage: negotiation {command}")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_in_the_help_run(run: Any, command: str, tmp_path: Path,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run(command, "--help").out.partition("examples:\n")[2].splitlines()
    assert shown
    if command == "check":
        run("new", "my_game.toml")
    for line in shown:
        program, *call = line.split()
        assert program == "negotiation"
        said = run(*call)
        assert said.status == 0, said.err
        assert said.out
        assert said.err == ""


def test_version(run: Any) -> None:
    assert run("--version").out == f"negotiation {ng.__version__}\n"


def test_list_shows_every_bundled_game_with_its_title(run: Any, root: Path) -> None:
    said = run("list")
    assert said.status == 0
    for path in (root / "games").glob("*.toml"):
        assert re.search(rf"^{re.escape(path.stem)} .*{re.escape(ng.load(path.stem).title)}$",
                         said.out, re.MULTILINE)


def test_show_tells_everything_that_the_file_says(run: Any) -> None:
    game = ng.load("central")
    said = run("show", "central")
    assert said.status == 0
    text = " ".join(said.out.split())
    for part in (game.title, game.source, *(a.label for a in game.actors.values()),
                 *(f.label for f in game.fronts.values()), *game.moves, *game.parameters,
                 *(i for m in game.moves.values() for i in m.issues),
                 *(o.label for o in game.outcomes.values())):
        assert part in text


def test_show_prints_values_or_formulas(run: Any) -> None:
    values, formulas = run("show", "rubinstein").out, run("show", "rubinstein", "--formulas").out
    assert "first   First   0.1 a year" in values
    assert "first   First   impatience_first a year" in formulas
    assert "first   First   0.3 a year" in run(
        "show", "rubinstein", "--set", "impatience_first=0.3").out


def test_check_says_that_a_valid_file_is_valid(run: Any) -> None:
    said = run("check", SMALL)
    assert said.status == 0
    assert "the definition is valid" in said.out


def test_check_lists_every_problem_of_a_wrong_file_and_exits_2(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(TWO_EQUILIBRIA.replace('by = ["a"]', 'by = ["aa"]')
                    .replace('to = "right"', 'to = "rigth"'), encoding="utf-8")
    wrong(run("check", path), "2 problems", "did you mean 'a'?", "did you mean 'right'?")
    said = run("check", path, "--json")
    assert said.status == 2
    jsonschema.validate(said.json, output_schema("check"))
    assert not said.json["valid"]
    assert len(said.json["problems"]) == 2


def test_check_warns_and_only_strict_makes_that_a_no(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(TWO_EQUILIBRIA + "[parameters]\nunused = 1.0\n", encoding="utf-8")
    said = run("check", path)
    assert said.status == 0
    assert "unused" in said.out
    assert run("check", path, "--strict").status == 1
    assert run("check", SMALL, "--strict").status == 0


def test_check_says_what_is_paid_again_when_moves_lead_back(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "loop.toml"
    path.write_text(TWO_EQUILIBRIA + '[moves.back]\nfront = "f"\nfrom = "left"\nto = "open"\n'
                    'by = ["a"]\nrate = 1.0\n', encoding="utf-8")
    said = run("check", path)
    assert said.status == 0
    assert "what is paid once is paid again each time round, by" in " ".join(said.out.split())
    assert run("solve", path).status == 0


def test_new_writes_a_file_that_checks_and_solves(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "my game.toml"
    said = run("new", path)
    assert said.status == 0
    assert f"negotiation solve '{path}'" in said.out
    assert run("check", path, "--strict").status == 0
    assert run("solve", path).status == 0


def test_new_replaces_nothing_unless_forced(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("precious", encoding="utf-8")
    wrong(run("new", path), "exists already", "--force")
    assert path.read_text(encoding="utf-8") == "precious"
    assert run("new", path, "--force").status == 0
    assert "precious" not in path.read_text(encoding="utf-8")


def test_new_where_nothing_can_be_written(run: Any, tmp_path: Path) -> None:
    wrong(run("new", tmp_path), "is a folder")
    wrong(run("new", tmp_path / "absent" / "x.toml"), "cannot be written")


@pytest.mark.parametrize("of", ["definition", *OUTPUTS])
def test_schema_prints_a_valid_schema(run: Any, of: str) -> None:
    said = run("schema", of)
    assert said.status == 0
    jsonschema.Draft7Validator.check_schema(said.json)


def test_schema_of_something_else_names_the_nearest(run: Any) -> None:
    wrong(run("schema", "slove"), "did you mean 'solve'?")


def test_every_bundled_game_obeys_the_schema_of_definitions(run: Any, root: Path) -> None:
    import tomllib
    schema = run("schema").json
    for path in (root / "games").glob("*.toml"):
        jsonschema.validate(tomllib.loads(path.read_text(encoding="utf-8")), schema)


# ---- solving ---------------------------------------------------------------------------------

def test_solve_reads_as_sentences(run: Any) -> None:
    text = " ".join(run("solve", SMALL).out.split())
    assert "There is exactly one equilibrium." in text
    assert "The first event is “Settle both together”, after 2 years on average." in text
    assert "Both issues are settled: >99 % within 10 years, 100 % ever" in text
    assert "Settle trade alone: not made. Second would lose 1.62; First would gain." in text


def test_solve_compares_the_paths_of_play(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "game.toml"
    path.write_text(TWO_EQUILIBRIA, encoding="utf-8")
    answer = run("solve", path, "--json").json
    assert len(answer["equilibria"]) == 3
    said = run("solve", path)
    assert "PATHS OF PLAY COMPARED" in said.out
    for name in "ABC":
        assert f"PATH OF PLAY {name}" in said.out
    assert "EVERY STATE OF EQUILIBRIUM 3" in run("solve", path, "--states").out


def test_equilibria_that_reach_the_same_states_by_other_moves_are_told_apart(
        run: Any, tmp_path: Path) -> None:
    path = tmp_path / "game.toml"
    chance = "".join(f'[moves.{to}_by_chance]\nfront = "f"\nfrom = "open"\nto = "{to}"\n'
                     "by = []\nrate = 0.01\n" for to in ("left", "right"))
    path.write_text(TWO_EQUILIBRIA.replace(
        "[moves.right]", "issues.price.value = { a = 0.01 }\n[moves.right]") + chance,
        encoding="utf-8")
    text = run("solve", path).out
    assert "PATH OF PLAY A (equilibrium 1)" in text
    assert "PATH OF PLAY C (equilibrium 3)" in text


def test_where_no_move_is_made_nothing_happens(run: Any) -> None:
    said = run("solve", SMALL, "--set", "package_rate=0")
    assert "Nothing ever changes: no move is made at the start." in said.out
    assert "there is no opportunity for it now" in " ".join(said.out.split())
    assert "Nothing ever happens" in run("paths", SMALL, "--set", "package_rate=0").out


def test_ties_are_named(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "tie.toml"
    path.write_text(TWO_EQUILIBRIA.replace("payoff = { b = -1.5 }", "").replace(
        "b = 0.1", "b = 0.0").replace("b = 0.2", "b = 0.0").replace("-1.5", "-0.1"),
        encoding="utf-8")
    text = " ".join(run("solve", path).out.split())
    assert "1 equilibrium follows the rule for ties, and no others do" in text
    assert ("At the start, b is indifferent about “right”: any chance of its being made from 0 % "
            "to 100 % will do. The rule picks 100 %.") in text
    assert "The rule used for ties is “consent”: whoever is indifferent consents" in text
    text = " ".join(run("solve", path, "--indifferent", "refuse").out.split())
    assert "The rule picks 0 %." in text
    assert "The rule used for ties is “refuse”" in text
    answer = run("solve", path, "--json").json
    jsonschema.validate(answer, output_schema("solve"))
    assert answer["components"][0]["actors"] == ["b"]


def test_settings_change_the_game(run: Any) -> None:
    plain = run("solve", SMALL, "--json").json
    blocked = run("solve", SMALL, "--block", "package", "--json").json
    assert plain["equilibria"][0]["outcomes"] != blocked["equilibria"][0]["outcomes"]
    started = run("solve", SMALL, "--start", "trade=settled", "--json").json
    assert started["equilibria"][0]["states"][0]["state"]["trade"] == "settled"
    held = run("solve", SMALL, "--hold", "trade=settled", "--json").json
    assert all(state["state"]["trade"] == "settled"
               for state in held["equilibria"][0]["states"])


def test_a_value_outside_its_range_is_remarked_on_stderr_only(run: Any) -> None:
    said = run("solve", SMALL, "--set", "package_rate=50", "--json")
    assert said.status == 0
    assert "outside the range" in said.err
    assert said.json["parameters"]["package_rate"] == 50


def test_by_sets_the_date(run: Any) -> None:
    early = run("solve", SMALL, "--by", "1", "--json").json["equilibria"][0]["outcomes"]
    late = run("solve", SMALL, "--json").json["equilibria"][0]["outcomes"]
    for name, chance in early.items():
        assert chance["by"] == 1.0
        assert chance["probability"] < late[name]["probability"]
        assert chance["eventually"] == late[name]["eventually"]


@pytest.mark.parametrize("options", [(), ("--equilibria", "one"), ("--cap", "1"),
                                     ("--indifferent", "all"), ("--indifferent", "refuse")])
def test_solve_json_obeys_its_schema(run: Any, tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "game.toml"
    path.write_text(TWO_EQUILIBRIA, encoding="utf-8")
    answer = run("solve", path, "--json", *options).json
    jsonschema.validate(answer, output_schema("solve"))
    assert answer["complete"] == (answer["incomplete_because"] is None)
    if "one" in options or "--cap" in options:
        assert len(answer["equilibria"]) == 1
        assert not answer["complete"]


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("command", ["show", "check", "solve", "paths"])
def test_json_of_every_bundled_game_obeys_its_schema(run: Any, command: str, name: str) -> None:
    said = run(command, name, "--json")
    assert said.status == 0, said.err
    jsonschema.validate(said.json, output_schema(command))


CALLS = [("list",), ("show", SMALL), ("check", SMALL), ("solve", SMALL), ("solve", "rubinstein"),
         ("cascade", SMALL, "--center", "trade", "--status", "settled"), ("paths", SMALL),
         ("bargain", "rubinstein", "divide"), ("show", "nrnap"), ("check", "nrnap")]


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_json_is_one_document_that_obeys_its_schema(run: Any, call: tuple[str, ...]) -> None:
    said = run(*call, "--json")
    assert said.status == 0, said.err
    jsonschema.validate(said.json, output_schema(call[0]))
    assert "NaN" not in said.out
    assert "Infinity" not in said.out


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_no_line_of_text_is_very_long_and_no_number_is_missing(
        run: Any, call: tuple[str, ...]) -> None:
    said = run(*call)
    assert said.status == 0, said.err
    assert "nan" not in said.out.split()
    if call[0] != "list":
        assert max(len(line) for line in said.out.splitlines()) <= 120


def test_json_keeps_full_precision(run: Any) -> None:
    value = run("solve", "rubinstein", "--json").json["equilibria"][0]["states"][0]["value"]
    assert value["first"] == ng.solve(ng.load("rubinstein")).equilibria[0].value("first")


def test_paths_are_listed_by_probability_with_dates(run: Any) -> None:
    answer = run("paths", "horn-wolinsky", "--json").json
    chances = [path["probability"] for path in answer["paths"]]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) == pytest.approx(1.0)
    assert len(run("paths", "horn-wolinsky", "--most", "1", "--json").json["paths"]) == 1
    assert "Together these 2 sequences have a chance of 100 %." in run(
        "paths", "horn-wolinsky").out


def test_bargain_puts_every_notion_side_by_side(run: Any) -> None:
    said = run("bargain", "rubinstein", "divide")
    for name in ("Nash *", "Kalai–Smorodinsky", "Egalitarian", "Utilitarian", "Equal loss",
                 "Offers"):
        assert name in said.out
    assert set(run("bargain", "rubinstein", "divide", "--json").json["solutions"]) == set(
        ng.SOLUTIONS)


def test_bargain_looks_where_the_move_is_made_most_often(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "late.toml"
    path.write_text(TWO_EQUILIBRIA.replace("[moves.right]", """
[moves.left.issues.price]
value = { a = 2.0 }
[fronts.g]
statuses = ["early", "late"]
[moves.wait]
front = "g"
from = "early"
to = "late"
by = []
rate = 1.0
[[linkages]]
name = "too early"
when = { g = "early" }
payoff = { left = { a = -9.0 } }
[moves.right]"""), encoding="utf-8")
    assert run("bargain", path, "left", "--json").json["state"] == {"f": "open", "g": "late"}
    assert "The state: g (late); the rest as at the start." in " ".join(
        run("bargain", path, "left").out.split())
    early = run("bargain", path, "left", "--state", "g=early")
    assert "The state: at the start." in early.out
    assert "There is no deal: on any terms somebody would lose" in early.out


def test_cascade_tells_verdict_matrix_and_games(run: Any) -> None:
    said = run("cascade", SMALL, "--center", "trade", "--status", "settled")
    assert said.status == 0
    assert "EVERY FRONT ON EVERY OTHER" in said.out
    assert "Equilibria compared: 1 without it, 1 as things stand, 1 with it." in said.out
    answer = run("cascade", SMALL, "--center", "trade", "--status", "settled", "--json").json
    assert answer["verdict"] in ("every", "some", "none")
    assert answer["matrix"]["trade"]["security"]


# ---- wrong input -----------------------------------------------------------------------------

@pytest.mark.parametrize(("call", "parts"), [
    ((), ["a command is missing", "solve"]),
    (("slove", SMALL), ["unknown command 'slove'", "did you mean 'solve'?"]),
    (("solve",), ["GAME is missing", "negotiation solve --help"]),
    (("solve", "issue-linkag"), ["did you mean 'issue-linkage'?"]),
    (("solve", SMALL, "--jsn"), ["unknown option '--jsn'", "did you mean '--json'?"]),
    (("solve", SMALL, "extra"), ["unexpected argument 'extra'"]),
    (("solve", SMALL, "--set", "package_rat=1"), ["did you mean 'package_rate'?"]),
    (("solve", SMALL, "--set", "package_rate=high"), ["'package_rate'", "'high'", "number"]),
    (("solve", SMALL, "--set", "package_rate=nan"), ["finite number"]),
    (("solve", SMALL, "--set", "package_rate"), ["NAME=VALUE"]),
    (("solve", SMALL, "--set", "package_rate=1", "--set", "package_rate=2"), ["given twice"]),
    (("solve", SMALL, "--start", "trad=settled"), ["did you mean 'trade'?"]),
    (("solve", SMALL, "--start", "trade=setled"),
     ["unknown status 'setled' of front 'trade': did you mean 'settled'?"]),
    (("solve", "NRNAP"), ["did you mean 'nrnap'?"]),
    (("solve", "elsewhere/nrnap.toml"),
     ["elsewhere", "no such file", "did you mean the bundled game 'nrnap'?"]),
    (("solve", ""), ["no bundled game and no file is called ''", "bundled games are"]),
    (("solve", SMALL, "--set", "package_rate=0,5"), ["found '0,5': write 0.5"]),
    (("cascade", SMALL, "--center", "trade", "--periphery", "trade", "--status", "settled"),
     ["other fronts than the centre 'trade'"]),
    (("cascade", "central", "--center", "central", "--status", "settled"),
     ["no front but 'central' has a status that counts as settled"]),
    (("solve", SMALL, "--hold", "trade"), ["FRONT=STATUS"]),
    (("solve", SMALL, "--start", "trade=open", "--hold", "trade=settled"), ["cannot start"]),
    (("solve", SMALL, "--block", "packag"), ["did you mean 'package'?"]),
    (("solve", SMALL, "--cap", "0"), ["--cap", "whole number"]),
    (("solve", SMALL, "--cap", "many"), ["--cap", "whole number"]),
    (("solve", SMALL, "--by", "-1"), ["--by", "positive number"]),
    (("solve", SMALL, "--by", "soon"), ["--by", "positive number"]),
    (("solve", SMALL, "--equilibria", "al"), ["did you mean 'all'?"]),
    (("solve", SMALL, "--indifferent", "refus"), ["did you mean 'refuse'?"]),
    (("paths", SMALL, "--equilibrium", "9"), ["no equilibrium 9"]),
    (("paths", SMALL, "--most", "0"), ["--most"]),
    (("bargain", "rubinstein"), ["MOVE is missing; moves with issues: divide"]),
    (("bargain", "rubinstein", "divid"), ["did you mean 'divide'?"]),
    (("bargain", SMALL, "package"), ["no issues", "moves with issues: none"]),
    (("bargain", "rubinstein", "divide", "--state", "cake=divided"),
     ["not available in the state cake=divided: expected cake=whole"]),
    (("bargain", "rubinstein", "divide", "--state", "cake=half"), ["unknown status 'half'"]),
    (("cascade", SMALL), ["cascade"]),
    (("cascade", "central", "--center", "centrl", "--status", "settled"),
     ["did you mean 'central'?"]),
    (("check", "absent.toml"), ["absent.toml", "no such file"]),
    (("new",), ["PATH is missing"]),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_wrong_input_gets_one_clear_message(run: Any, call: tuple[str, ...],
                                            parts: list[str]) -> None:
    wrong(run(*call), *parts)


def test_a_folder_is_no_game(run: Any, tmp_path: Path) -> None:
    for name in (f"{tmp_path}{os.sep}", tmp_path, "."):
        wrong(run("solve", name), "expected a definition file, found a folder")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"= 1", b"", b"title = 1\n"])
@pytest.mark.parametrize("command", ["show", "check", "solve", "cascade", "paths"])
def test_a_file_that_is_no_definition(run: Any, tmp_path: Path, content: bytes,
                                      command: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    wrong(run(command, path), "bad.toml")


# ---- as a process ----------------------------------------------------------------------------

@pytest.mark.parametrize("call", [("list",), ("show", SMALL), ("check", SMALL), ("schema",),
                                  ("solve", SMALL), ("paths", SMALL)], ids=" ".join)
def test_as_a_process(call: tuple[str, ...]) -> None:
    done = process(*call)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert done.stderr == ""


def test_a_wrong_name_as_a_process() -> None:
    done = process("solve", "nrnp")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "did you mean 'nrnap'?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="shell")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe_is_quiet(unbuffered: str) -> None:
    command = f"{sys.executable} -m negotiation show nrnap | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("call", [("list",), ("--help",), ("show", "nrnap", "--json")])
def test_output_that_cannot_be_written(call: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = process(*call, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.startswith("negotiation: the output cannot be written")
    assert done.stderr.count("\n") == 1


def test_output_in_an_encoding_without_the_signs() -> None:
    done = process("show", "nrnap", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_interrupt_ends_work_that_has_nothing_to_show_with_130() -> None:
    """Not before the work has begun: the program is then still being loaded."""
    code = ("import negotiation.equilibrium.solve, sys; from negotiation.cli import main; "
            "print('loaded', file=sys.stderr, flush=True); "
            "sys.exit(main(['paths', 'nrnap', '--boxes', '1000000']))")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as job:
        assert job.stderr is not None and job.stderr.readline() == "loaded\n"
        time.sleep(2.0)
        job.send_signal(signal.SIGINT)
        try:
            out, err = job.communicate(timeout=60)
        finally:
            job.kill()
    assert (job.returncode, out) == (130, "")
    assert err.endswith("negotiation: interrupted\n") and "Traceback" not in err


def test_interrupts_end_a_solve_with_130_and_no_traceback() -> None:
    """The first one asks for what there is (``test_bounded_work``), a later one ends the work."""
    call = [sys.executable, "-m", "negotiation", "cascade", "nrnap", "--boxes", "1000000"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as job:
        for _ in range(100):
            time.sleep(1.0)
            if job.poll() is not None:
                break
            job.send_signal(signal.SIGINT)
        try:
            _, err = job.communicate(timeout=60)
        finally:
            job.kill()
    assert job.returncode == 130
    assert "Traceback" not in err


def test_an_interrupt_is_one_line(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt
    monkeypatch.setattr("negotiation.cli.commands.load", interrupt)
    said = run("show", SMALL)
    assert (said.status, said.out, said.err) == (130, "", "negotiation: interrupted\n")


def test_progress_is_shown_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    from negotiation.cli import terminal
    monkeypatch.setattr(terminal, "PATIENCE", 0.01)
    with terminal.Progress("solving x") as progress:
        progress.count(1, 2)
        time.sleep(0.05)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with terminal.Progress("solving x") as progress:
        progress.count(1, 2)
        time.sleep(0.1)
    err = capsys.readouterr().err
    assert "solving x: 0 s, 1 of 2 states" in err
    assert err.endswith("\r")


def test_help_loads_nothing_heavy() -> None:
    code = ("import sys; from negotiation.cli import main; main(['--help']);"
            "heavy = [m for m in ('numpy', 'scipy', 'negotiation.model') if m in sys.modules];"
            "sys.exit(len(heavy))")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_list_show_and_schema_do_without_numpy() -> None:
    code = ("import sys; from negotiation.cli import main;"
            "calls = (['list'], ['show', 'nrnap'], ['schema'], ['schema', 'solve']);"
            "[main(call) for call in calls];"
            "sys.exit('numpy' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


# ---- the manual ------------------------------------------------------------------------------

def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def test_the_readme_has_the_two_commands_for_a_fresh_machine(root: Path) -> None:
    text = readme(root)
    assert re.search(r"^python3 -m venv \.venv && \.venv/bin/pip install \. "
                     r"&& \.venv/bin/negotiation solve nrnap$", text, re.MULTILINE)
    assert re.search(r"^python3 -m venv \.venv && \.venv/bin/pip install -e '\.\[test\]' "
                     r"&& \.venv/bin/python -m pytest$", text, re.MULTILINE)
    setup = (root / "setup.cfg").read_text(encoding="utf-8")
    assert re.search(r"^test =$", setup, re.MULTILINE)
    assert "negotiation = negotiation.cli:main" in setup


def test_the_readme_library_example_runs(root: Path) -> None:
    block = re.search(r"```python\n(.*?)```", readme(root), re.DOTALL)
    assert block is not None
    exec(compile(block.group(1), "README.md", "exec"), {})


def test_the_readme_transcripts_are_what_the_commands_print(root: Path, run: Any) -> None:
    text = readme(root)
    blocks = re.findall(r"```console\n\$ negotiation ([^\n]*)\n(.*?)```", text, re.DOTALL)
    assert blocks
    for command, shown in blocks:
        call, _, cut = command.partition(" | head -n ")
        printed = run(*call.split()).out
        if cut:
            printed = "".join(printed.splitlines(keepends=True)[:int(cut)])
        if os.environ.get("REGENERATE"):
            text = text.replace(f"$ negotiation {command}\n{shown}```",
                                f"$ negotiation {command}\n{printed}```")
            (root / "README.md").write_text(text, encoding="utf-8")
        else:
            assert settled(printed) == settled(shown), (
                f"'negotiation {command}' prints something else: regenerate the README's "
                "transcripts by REGENERATE=1 python -m pytest tests/test_cli.py -k transcripts")
