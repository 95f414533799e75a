"""A report tells what was found, in one file that asks nothing of anybody and runs only its own."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_games import ACTOR, DOC, HOSTILE, PAGE, TITLE

import negotiation as ng
from negotiation.cli import main
from negotiation.findings import Findings, gather
from negotiation.process import chances
from negotiation.race import First, first
from negotiation.text.play import groups
from negotiation.text.summary import summary
from negotiation.text.words import percent_range

pytest.importorskip("jinja2", reason="reports need the extra 'report' (in 'test')")
pytest.importorskip("plotly", reason="reports need the extra 'report' (in 'test')")


class Reader(HTMLParser):
    """What a browser makes of a page: elements, attributes, and the text of each element."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.inside: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.inside.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.inside[-1] if self.inside else "", data))

    def within(self, tag: str) -> str:
        return "".join(text for inside, text in self.texts if inside == tag)

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.elements if name == tag)


@pytest.fixture(scope="module")
def found() -> Findings:
    return gather(ng.loads(PAGE), draws=8)


@pytest.fixture(scope="module")
def page(found: Findings) -> str:
    from negotiation.report import page as make

    return make(found, definition=PAGE, command="negotiation report <x> --seed 0")


@pytest.fixture(scope="module")
def reader(page: str) -> Reader:
    return Reader(page)


# ---- what is found ---------------------------------------------------------------------------

def test_the_first_to_settle_is_a_race_of_exponential_clocks() -> None:
    game = ng.loads(PAGE)
    solution = ng.solve(game)
    result = first(solution, None, 2.0)
    assert list(result.fronts) == ["f", "g"]
    for row, equilibrium in enumerate(solution.equilibria):
        hazard = {name: equilibrium.lattice.rate[0, e] * equilibrium.consent[e]
                  for e in equilibrium.lattice.edges(0)
                  for name in [equilibrium.lattice.moves[equilibrium.lattice.edge_move[e]]]}
        total = sum(hazard.values())
        change = 1.0 - math.exp(-2.0 * total)
        expected = (hazard["left"] + hazard["right"]) / total * change
        alone = first(ng.solve(game, equilibria="all"), None, 2.0)
        assert alone.fronts["f"][0] - 1e-9 <= expected <= alone.fronts["f"][1] + 1e-9, row
    low, high = result.none
    assert 0.0 < low <= high < 1.0
    assert result.together == (0.0, 0.0)


def test_the_chances_of_being_first_sum_to_one() -> None:
    for name in ("issue-linkage", "central-reopening"):
        solution = ng.solve(ng.load(name), equilibria="one")
        result: First = first(solution, None, solution.game.horizon)
        parts = [*result.fronts.values(), result.together, result.none]
        assert sum(low for low, _ in parts) == pytest.approx(1.0, abs=1e-9)


def test_findings_are_those_of_the_analyses(found: Findings) -> None:
    game = found.game
    assert [len(found.solution.equilibria), found.outcome and found.outcome.name] == [5, "second"]
    effects = ng.cascade(game)
    assert found.cascade is not None and found.cascade.to_dict() == effects.to_dict()
    assert found.likelihood is not None and found.likelihood.draws == 8
    again = ng.likelihood(game, "second", draws=8)
    assert found.likelihood.mean == again.mean
    # those that move the outcome first: the cost moves which equilibria there are, not the selected
    moving = [s.parameter for s in again.tornado if s.width > 0]
    assert moving == ["pace"]
    assert [sweep.parameter for sweep in found.sweeps] == [*moving, "cost"]
    for sweep in found.sweeps:
        own = game.parameter_values()[sweep.parameter]
        assert sweep.values[sweep.own] == own and sweep.solutions[sweep.own] is found.solution
        other = ng.solve(game.with_parameters(**{sweep.parameter: sweep.values[0]}))
        mine = sweep.solutions[0].equilibria
        assert [e.probability("second") for e in mine] == pytest.approx(
            [e.probability("second") for e in other.equilibria])
    assert found.pivots is not None and found.refusals is not None
    for one in found.pivots.pivots:
        assert found.refusals[one.actor] == pytest.approx(one.never)
    assert found.left_out == ()


def test_claims_are_tested_as_the_command_does() -> None:
    game = ng.load("issue-linkage")
    found = gather(game, draws=2, by=5.0)
    asked = ng.claims(game, by=5.0, draws=0, flips=0)
    assert found.claims == asked.claims and len(found.claims) == len(game.claims) > 0


def test_what_time_does_not_allow_is_named_with_the_command() -> None:
    found = gather(ng.load("nrnap"), seconds=1e-3, called="nrnap")
    parts = {left.part for left in found.left_out}
    assert {"likelihood", "who can stop it", "what hangs on whom",
            "cascade"} <= parts
    assert any(part.startswith("the claims core, cascade") for part in parts)
    assert all(left.command.startswith("negotiation ") for left in found.left_out)
    assert found.cascade is None and found.likelihood is None and found.claims == ()
    assert len(found.solution.equilibria) == 1
    told = {said.name: " ".join(said.answers) for said in summary(found)}
    assert "Not in this report: likelihood, since the time limit" in told["likely"]
    assert "negotiation likelihood nrnap pact" in told["likely"]
    assert "50 % within 10 years" in told["likely"]


def test_what_cannot_be_asked_is_named_too() -> None:
    found = gather(ng.load("rubinstein"), draws=2)
    why = {left.part: left.why for left in found.left_out}
    assert "no [cascade] table" in why["cascade"]
    told = {said.name: " ".join(said.answers) for said in summary(found)}
    assert "Not in this report: cascade, since the definition has no" in told["cascade"]


def test_the_first_front_is_named_with_what_comes_after_it() -> None:
    alone, several = (next(said for said in summary(gather(ng.load(name), draws=2, seconds=0.01))
                           if said.name == "first").answers[0]
                      for name in ("issue-linkage", "multimarket-contact"))
    assert "is most likely several at once (>99 %). None is, with a chance of <1 %." in alone
    assert " is " in several and "nobody" not in several


@pytest.mark.parametrize(("options", "said"), [
    ({"outcome": "secnd"}, "did you mean 'second'"), ({"draws": 1}, "at least 2"),
    ({"sliders": ["cots"]}, "did you mean 'cost'"), ({"by": -1.0}, "by")])
def test_wrong_requests_are_refused_before_anything_is_solved(options: dict[str, Any],
                                                              said: str) -> None:
    with pytest.raises(ng.InputError, match=said):
        gather(ng.loads(PAGE), **options)


def test_the_summary_answers_every_question(found: Findings) -> None:
    told = {said.name: said for said in summary(found)}
    assert list(told) == ["happen", "first", "cascade", "likely", "stop", "tip", "rests"]
    assert all(said.answers for said in told.values())
    words = {name: " ".join(said.answers) for name, said in told.items()}
    assert "There are 5 equilibria, and no others." in words["happen"]
    assert "can each stop it alone" in words["stop"]
    assert "Does a settlement of “First front” carry over?" in words["cascade"]
    rows = chances([e.process for e in found.solution.equilibria], "second", 10.0)
    span = percent_range(min(c.probability for c in rows), max(c.probability for c in rows))
    assert f"At the file's own values: {span} within 10 years" in words["likely"]


# ---- the page --------------------------------------------------------------------------------

def test_the_policy_names_the_two_scripts_and_allows_nothing_else(page: str,
                                                                  reader: Reader) -> None:
    policy = next(m for m in reader.all("meta") if m.get("http-equiv") ==
                  "Content-Security-Policy")["content"] or ""
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == rules["connect-src"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in rules["script-src"] and "http" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 2
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
              for s in scripts]
    assert rules["script-src"].split() == hashes


def test_nothing_is_fetched_from_anywhere(reader: Reader) -> None:
    for tag, attributes in reader.elements:
        assert tag not in ("link", "iframe", "img", "object", "embed", "base", "svg")
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"url\(|@import", reader.within("style"))


def test_hostile_texts_stay_text(page: str, reader: Reader) -> None:
    assert len(list(reader.all("script"))) == 3  # data, plotly's, ours
    assert TITLE == reader.within("h1") == reader.within("title")
    assert page.count(HOSTILE) == 0 and page.count(DOC) == 0
    cells = reader.within("td") + reader.within("th")
    assert " ".join(DOC.split()) in cells and ACTOR in cells
    assert "49" not in re.findall(r"\{\{.*?\}\}", cells)
    assert PAGE in reader.within("pre")
    data = json.loads(reader_data(page))
    texts = json.dumps([view["pictures"]["course"]["data"] for view in data["base"]],
                       ensure_ascii=False)
    assert "<a" not in texts and "&lt;a" in texts
    assert "$x" not in texts and "%{y}" not in texts


def reader_data(page: str) -> str:
    return re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)[0]


def test_the_data_cannot_end_its_element(page: str) -> None:
    inside = reader_data(page)
    assert not set("<>&\u2028\u2029") & set(inside)
    assert json.loads(inside)["follow"] == ["outcomes", "fronts", "course", "timeline", "terms"]


def test_pictures_and_tables_hold_the_numbers_of_the_library(found: Findings, page: str) -> None:
    data = json.loads(reader_data(page))
    by_name = {name: e.probability(name) for e in found.solution.equilibria[:1]
               for name in found.game.outcomes}
    shown = data["base"][0]
    assert len(data["base"]) == 4  # paths of play
    for row, probability in zip(shown["outcomes"]["rows"], by_name.values(), strict=True):
        assert row[1] == f"{math.floor(100 * probability + 0.5)} %" or row[1][0] in "<>01"
    curve = shown["pictures"]["outcomes"]["data"][-1]
    assert curve["name"] == "The first went left"
    process = found.solution.equilibria[0].process
    assert np.abs(np.array(curve["y"]) - process.over_time("left", curve["x"]).reached
                  ).max() < 2e-5
    for slider, sweep in zip(data["sliders"], found.sweeps, strict=True):
        assert len(slider["views"]) == len(slider["said"]) == len(sweep.values)
        assert slider["picture"] in data["pictures"]
        assert [len(views) for views in slider["views"]] == [
            min(len(groups(s.equilibria)), 4) for s in sweep.solutions]
    assert data["pictures"]["cascade-bars"]["data"][2]["y"] == pytest.approx(
        [sum(found.cascade.fronts["g"].at.settled) / 2], abs=1e-5)  # type: ignore[union-attr]


def test_every_picture_has_a_text_and_a_table(page: str, reader: Reader) -> None:
    data = json.loads(reader_data(page))
    records = [*data["pictures"].values(), *data["base"][0]["pictures"].values()]
    for record in records:
        assert record["alt"] and record["title"] and record["table"]["rows"]
        assert all(len(row) == len(record["table"]["head"]) for row in record["table"]["rows"])
    plots = [a for a in reader.all("div") if a.get("class") == "plot"]
    assert len(plots) == len(data["pictures"]) + len(data["follow"])
    assert all(a["role"] == "img" and "aria-label" in a for a in plots)
    levels = [int(tag[1]) for tag, _ in reader.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    names = [a["id"] for _, a in reader.elements if a.get("id")]
    assert len(set(names)) == len(names)
    labelled = {a["for"] for a in reader.all("label")}
    assert labelled == {a["id"] for tag in ("select", "input") for a in reader.all(tag)}


def test_the_same_findings_make_the_same_page(found: Findings, page: str) -> None:
    from negotiation.report import page as make

    assert make(found, definition=PAGE, command="negotiation report <x> --seed 0") == page
    assert len(page.encode()) < 8e6


# ---- the command -----------------------------------------------------------------------------

def test_the_command_writes_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    game, target = tmp_path / "a game.toml", tmp_path / "report.html"
    game.write_text(PAGE, encoding="utf-8")
    words = ["report", str(game), "-o", str(target), "--draws", "2", "--by", "5", "--json",
             "--set", "pace=2"]
    assert main(words) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["outcome"], record["by"], record["draws"]) == ("second", 5.0, 2)
    assert record["bytes"] == target.stat().st_size and record["parameters"]["pace"] == 2.0
    assert main(["schema", "report"]) == 0
    pytest.importorskip("jsonschema").validate(record, json.loads(capsys.readouterr().out))
    text = Reader(target.read_text(encoding="utf-8"))
    assert PAGE in text.within("pre") and "The file as it was read." in text.within("p")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a game.toml", "report.html"]


def test_the_library_writes_one_too(tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    found = ng.report(ng.loads(PAGE), target, draws=2, seed=3, sliders=["pace"])
    assert [sweep.parameter for sweep in found.sweeps] == ["pace"]
    text = Reader(target.read_text(encoding="utf-8"))
    assert ng.loads(ng.dumps(found.game)) == found.game
    assert ng.dumps(found.game) in text.within("pre")
    assert "--draws 2 --seed 3" in text.within("pre")


@pytest.mark.parametrize(("words", "said"), [
    (["-o", "x.pdf"], "x.pdf: the name of a report must end in .html"),
    ([], "-o/--output is missing"),
    (["-o", "x.html", "--outcome", "bth"], "did you mean 'both'"),
    (["-o", "x.html", "--sliders", "gain_frst"], "did you mean 'gain_first'"),
    (["-o", "x.html", "--draws", "1"], "at least 2"),
    (["-o", "nowhere/x.html", "--draws", "2"], "cannot be written"),
])
def test_wrong_commands_get_one_message(words: list[str], said: str, tmp_path: Path,
                                        capsys: pytest.CaptureFixture[str],
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", "issue-linkage", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("negotiation: ") and said in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing", ["jinja2", "plotly"])
def test_without_the_libraries_one_message_says_how_to_get_them(tmp_path: Path,
                                                                missing: str) -> None:
    code = (f"import sys; sys.modules['{missing}'] = None\n"
            "from negotiation.cli import main\n"
            "sys.exit(main(['report', 'nrnap', '-o', 'x.html']))")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          cwd=tmp_path)
    assert said.returncode == 2 and said.stderr.count("\n") == 1
    assert "pip install 'negotiation[report]'" in said.stderr
    assert not list(tmp_path.iterdir())
