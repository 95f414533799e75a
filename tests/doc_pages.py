"""Documentation pages as scripts: files to write, commands to run, examples to check.

A page is read from top to bottom in one empty folder:

- a block after the line "`NAME`:" is written to that file; after "At the end of `NAME`:" it is
  put at the file's end;
- a ``console`` block holds commands (``$ negotiation …``, ``$ python FILE``) and what they print,
  messages on stderr included; a line ``…`` stands for any lines;
- a ``python`` block with ``>>>`` is a doctest; names live on until the end of the page.

Other blocks are not run. ``REGENERATE=1`` writes what commands print now into the page.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from negotiation.cli import main

_BLOCK = re.compile(r"^```(?P<head>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^(?P<added>At the end of )?`(?P<name>[\w.-]+)`:\n\n\Z", re.MULTILINE)


def settled(text: str) -> str:
    """Without the rounding errors, which differ between machines, and how far a proof came."""
    text = re.sub(r"[\d,]+ of [\d,]+ states?", "# states", " ".join(text.split()))
    text = re.sub(r"\(one is [^)]*\)", "(one is #)", text)
    text = re.sub(r"[\d.,]+ (MB|s|h|a second|s an event)\b", r"# \1", text)  # how long it took
    text = re.sub(r"deviating gains at most \S+ of", "deviating gains at most # of", text)
    return re.sub(r"by at most \S+ of", "by at most # of", text).replace(
        "it meets the conditions of an equilibrium exactly",
        "it misses the conditions of an equilibrium by at most # of an actor's payoff range")


def run_page(page: Path, folder: Path) -> list[str]:
    """Do what a page says, in a folder; gives what went otherwise than the page shows."""
    text = page.read_text(encoding="utf-8")
    names: dict[str, object] = {}
    wrong: list[str] = []
    new, done = "", 0
    for block in _BLOCK.finditer(text):
        head, body = block["head"].strip(), block["body"]
        where = f"{page.name}:{text.count(chr(10), 0, block.start()) + 1}"
        file = _FILE.search(text, 0, block.start())
        if file is not None:
            with open(folder / file["name"], "a" if file["added"] else "w",
                      encoding="utf-8") as stream:
                stream.write(("\n" if file["added"] else "") + body)
        elif head == "console":
            transcript = ""
            for command, shown in _commands(body):
                printed = _printed(command, folder)
                if not _agrees(shown, printed):
                    wrong.append(f"{where}: $ {command}\nshown:\n{shown}\nprinted:\n{printed}")
                    shown = printed.rstrip("\n") + "\n" if printed else ""
                transcript += f"$ {command}\n{shown}"
            new, done = new + text[done:block.start("body")] + transcript, block.end("body")
        elif head == "python" and ">>>" in body:
            wrong += _doctested(body, names, where, folder)
    if os.environ.get("REGENERATE") and wrong:
        page.write_text(new + text[done:], encoding="utf-8")
    return wrong


def _commands(body: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def _printed(command: str, folder: Path) -> str:
    call, _, cut = command.partition(" | head -n ")
    words = shlex.split(call)
    if words[0] == "touch":
        (folder / words[1]).touch()
        return ""
    if words[0] == "python":
        done = subprocess.run([sys.executable, *words[1:]], cwd=folder, text=True, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        printed = done.stdout
    else:
        assert words[0] == "negotiation", f"a page may run 'negotiation' and 'python', not {call}"
        said = io.StringIO()
        with (contextlib.chdir(folder), contextlib.redirect_stdout(said),
              contextlib.redirect_stderr(said)):
            main(words[1:])
        printed = said.getvalue()
    return "".join(printed.splitlines(keepends=True)[:int(cut)]) if cut else printed


def _agrees(shown: str, printed: str) -> bool:
    pieces = [settled(piece) for piece in re.split(r"^\s*…\s*$", shown, flags=re.MULTILINE)]
    pattern = r"\s*.*?\s*".join(re.escape(piece) for piece in pieces)
    return re.fullmatch(pattern, settled(printed), re.DOTALL) is not None


def _doctested(body: str, names: dict[str, object], where: str, folder: Path) -> list[str]:
    test = doctest.DocTestParser().get_doctest(body, names, where, where, 0)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    with contextlib.chdir(folder):
        runner.run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    return ["".join(said)] if said else []
