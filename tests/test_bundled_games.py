"""The bundled games load without a complaint, and ``solve`` gives the classics' answers."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import negotiation as ng
from negotiation import Game
from negotiation.catalog import THEMES
from negotiation.expressions import Expression, parse
from negotiation.formats.definition import load_path
from negotiation.lattice import build_lattice

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "games").glob("*.toml"))
NAMES = [path.stem for path in FILES]
CASE = ["nrnap", "nrnap-deterrence"]
FRONTS = ["central", "arctic-baltic", "black-sea"]
REOPENING = "central-reopening"
THEORY = ("bargaining", "conflict", "linkage", "stability")
CLAIMS = {"core": "P6", "cascade": "P6", "cascade_arctic_baltic": "P6", "cascade_black_sea": "P6",
          "presence": "P2-P4", "presence_pressing": "P3",
          "guarantees": "P1", "will_west": "P1", "will_russia": "P1",
          "spoilers_before": "P7", "spoilers_after": "P7", "new_start": "P7", "poland": "P7",
          "unlikely": "P7"}


@cache
def game(name: str) -> Game:
    return load_path(ROOT / "games" / f"{name}.toml")


@cache
def raw(name: str) -> dict[str, object]:
    return tomllib.loads((ROOT / "games" / f"{name}.toml").read_text(encoding="utf-8"))


# ---- every file -----------------------------------------------------------------------------

@pytest.mark.parametrize("name", NAMES)
def test_file_loads_and_nothing_about_it_is_odd(name: str) -> None:
    assert [str(problem) for problem in ng.check(game(name))] == []


@pytest.mark.parametrize("name", NAMES)
def test_file_says_what_it_is(name: str) -> None:
    found = game(name)
    assert found.theme in THEMES
    assert found.summary.endswith(".") and found.source


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_explained_and_lies_inside_its_range(name: str) -> None:
    values = game(name).parameter_values()
    for parameter in game(name).parameters.values():
        assert parameter.doc.endswith("."), parameter.name
        assert parameter.unit, parameter.name
        if parameter.low is None or parameter.high is None:
            derived = isinstance(parameter.value, Expression)
            assert derived or "constant" in parameter.doc.lower(), parameter.name
        else:
            assert parameter.low <= values[parameter.name] <= parameter.high, parameter.name


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_can_go_to_either_end_of_its_range(name: str) -> None:
    ranged = [p for p in game(name).parameters.values() if p.low is not None and p.high is not None]
    nominal = game(name).parameter_values()
    draws = {p.name: np.full(2 * len(ranged), nominal[p.name]) for p in ranged}
    for at, parameter in enumerate(ranged):
        draws[parameter.name][2 * at:2 * at + 2] = parameter.low, parameter.high
    lattice = build_lattice(game(name), draws)
    assert lattice.draws == 2 * len(ranged)
    assert all(np.isfinite(part).all() for part in (lattice.flow, lattice.lump, lattice.value))


# ---- the case -------------------------------------------------------------------------------

def test_the_rival_reading_differs_in_numbers_only() -> None:
    article, rival = (game(name) for name in CASE)
    for part in ("actors", "fronts", "moves", "linkages", "outcomes", "cascade", "claims",
                 "source"):
        assert getattr(article, part) == getattr(rival, part), part
    assert list(article.parameters) == list(rival.parameters)
    changed = [name for name in article.parameters
               if article.parameters[name].value != rival.parameters[name].value]
    assert len(changed) >= 10
    for name in changed:
        assert "of this file" in rival.parameters[name].doc, name
        ranges = [(p.low, p.high) for p in (article.parameters[name], rival.parameters[name])]
        assert ranges[0] == ranges[1], f"{name}: one parameter, one range of what is not known"


@pytest.mark.parametrize("name", CASE)
def test_case_has_the_size_and_the_shape_that_it_should(name: str) -> None:
    lattice = build_lattice(game(name))
    moves = np.diff(lattice.first_edge)
    bargained = np.bincount(lattice.edge_state[lattice.bargain >= 0], minlength=len(moves))
    assert 7 <= len(game(name).actors) <= 8
    assert 200 <= len(moves) <= 450
    assert moves.max() <= 9 and 3.5 <= moves.mean() <= 4.5
    assert bargained.max() <= 4 and np.median(bargained) == 1


@pytest.mark.parametrize("name", CASE)
def test_case_carries_every_claim_with_its_paragraph(name: str) -> None:
    claims = game(name).claims
    assert {claim.id: claim.source for claim in claims} == CLAIMS
    core = next(claim for claim in claims if claim.id == "core")
    assert core.under is not None and core.under.block == ("settle_central",)


@pytest.mark.parametrize("name", CASE)
def test_pact_needs_every_ratifier(name: str) -> None:
    ratifiers = set(game(name).actors) - {"belarus"}
    assert set(game(name).moves["sign_pact"].by) == ratifiers
    signed = [move for move in game(name).moves.values() if move.sources == ("signed",)]
    assert signed and all(len(move.by) == 1 and move.target == "broken" for move in signed)


@pytest.mark.parametrize("name", CASE + FRONTS)
def test_every_number_of_the_case_is_a_named_parameter(name: str) -> None:
    def numbers(value: object, path: str) -> Iterator[str]:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from numbers(item, f"{path}.{key}")
        elif isinstance(value, list):
            for item in value:
                yield from numbers(item, path)
        elif isinstance(value, (int, float)):
            yield path
        elif (isinstance(value, str) and not path.endswith((".name", ".doc", ".unit"))
              and re.search(r"(?<![\w.])(?!1\b)\d", value)):
            yield f"{path}: {value}"

    for part in ("actors", "fronts", "moves", "linkages", "noise"):
        assert list(numbers(raw(name).get(part, {}), part)) == []


@pytest.mark.parametrize("name", CASE + FRONTS)
def test_every_parameter_of_the_case_says_what_it_rests_on(name: str) -> None:
    for parameter in game(name).parameters.values():
        assert re.search(r"Article P\d|[Pp]ublic figure|[Aa]ssumption|Follows from", parameter.doc)
        assert parameter.source


@pytest.mark.parametrize("name", FRONTS)
def test_a_front_alone_shares_the_case_s_numbers_and_moves(name: str) -> None:
    whole, part = game("nrnap"), game(name)
    for parameter in part.parameters.values():
        assert parameter == whole.parameters[parameter.name]
    for actor in part.actors:
        assert part.actors[actor] == whole.actors[actor]
    for move in part.moves.values():
        wider = whole.moves[move.name]
        assert (move.front, move.sources, move.target, move.by, move.rate, move.weights) == (
            wider.front, wider.sources, wider.target, wider.by, wider.rate, wider.weights)
        assert list(move.issues) == list(wider.issues)
    assert len(part.actors) <= 4 and len(build_lattice(part).states) <= 4


def test_the_case_is_documented_element_by_element() -> None:
    text = (ROOT / "docs" / "explanation" / "case.md").read_text(encoding="utf-8")
    for number in range(1, 15):
        assert re.search(rf"^## E{number}\b", text, re.M), f"E{number} is missing"
    found = game("nrnap")
    issues = {issue for move in found.moves.values() for issue in move.issues}
    statuses = {status for front in found.fronts.values() for status in front.statuses}
    postures = {name for posture in found.postures.values()
                for name in (posture.name, *itertools.chain(*posture.actions.values()))}
    again = game(REOPENING)
    known = {"nrnap", *again.parameters, *again.moves,
             *found.parameters, *found.actors, *found.fronts, *found.moves, *found.outcomes,
             *issues, *statuses, *postures, *(claim.id for claim in found.claims)}
    quoted = re.findall(r"`([a-z_0-9]+)`", text)
    assert len(quoted) > 80
    assert sorted(set(quoted) - known) == []
    assert sorted(set(found.parameters) - set(quoted)) == [], "parameters that the page leaves out"


# ---- solving --------------------------------------------------------------------------------

@pytest.mark.parametrize("name", CASE + FRONTS)
def test_case_solves_and_every_equilibrium_is_certified(name: str) -> None:
    solution = ng.solve(game(name))
    assert solution.equilibria
    for equilibrium in solution.equilibria:
        assert equilibrium.regret <= 1e-9
        for outcome in game(name).outcomes:
            assert 0 <= equilibrium.probability(outcome) <= 1


def test_a_front_that_can_reopen_is_played_like_the_front_alone_while_deals_last() -> None:
    alone, again = game("central"), game(REOPENING)
    assert set(again.moves) - set(alone.moves) == {"reopen_central"}
    for name, parameter in alone.parameters.items():
        assert again.parameters[name] == parameter
    one, = ng.solve(alone).equilibria
    other, = ng.solve(again).equilibria
    for actor in alone.actors:
        assert other.value(actor) == pytest.approx(one.value(actor), abs=1e-9)
    assert other.terms("settle_central") == pytest.approx(one.terms("settle_central"), abs=1e-7)
    assert other.consent_to("reopen_central") == 1.0


def test_a_front_that_can_reopen_goes_round_where_poland_is_tempted() -> None:
    tempted = game(REOPENING).with_parameters(
        temptation_ally=0.9, us_leverage=0.1, political_will_west=0.0)
    found, = ng.solve(tempted).equilibria
    assert found.regret <= 1e-9
    round_trip = ("settle_central", "subvert_central", "reopen_central")
    assert [found.consent_to(move) for move in round_trip] == [1.0, 1.0, 1.0]
    # the values of going round, from r V(s) = f(s) + λ (g + V(s′) − V(s)) in each of three states
    lattice = found.lattice
    i = lattice.actors.index("poland")
    r, flow = lattice.discount[0, i], lattice.flow[0, :, i]
    matrix, right = np.diag(np.full(3, r)), flow.copy()
    for move in round_trip:
        edge, = np.flatnonzero(lattice.edge_move == lattice.moves.index(move))
        here, there = lattice.edge_state[edge], lattice.edge_target[edge]
        paid, row = lattice.lump[0, edge, i], lattice.bargain[edge]
        if row >= 0:
            x, curvature = found.terms_array[row], lattice.curvature[0, row, :, i]
            paid += x @ lattice.value[0, row, :, i] - 0.5 * (x * x) @ curvature
        matrix[here, here] += lattice.rate[0, edge]
        matrix[here, there] -= lattice.rate[0, edge]
        right[here] += lattice.rate[0, edge] * paid
    assert found.values[:, i] == pytest.approx(np.linalg.solve(matrix, right), abs=1e-9)


def _cases() -> Iterator[object]:
    for name in NAMES:
        answers = raw(name).get("answers", {})
        assert isinstance(answers, dict)
        for check in answers.get("checks", []):
            for at in check.get("at", answers.get("at", [{}])):
                label = ",".join(f"{key}={value}" for key, value in at.items()) or "nominal"
                yield pytest.param(name, check, at, id=f"{name}: {check['says']} [{label}]")


def _definitions(name: str, found: Game) -> dict[str, float]:
    """The parameters, and what the file's answers define in terms of them."""
    known = dict(found.parameter_values())
    for key, text in raw(name)["answers"].get("define", {}).items():  # type: ignore[attr-defined]
        known[key] = parse(text).evaluate(known)
    return known


def _at(name: str, at: Mapping[str, float | str]) -> Game:
    """The game at other parameters; a text is an expression over the nominal ones."""
    nominal = _definitions(name, game(name))
    return game(name).with_parameters(**{
        key: parse(value).evaluate(nominal) if isinstance(value, str) else value
        for key, value in at.items()})


@cache
def _solved(name: str, at: tuple[tuple[str, float | str], ...], block: tuple[str, ...],
            start: tuple[tuple[str, str], ...], concept: str) -> ng.Solution:
    what_if = ng.setting(block=block, start=dict(start))
    return ng.solve(ng.apply(_at(name, dict(at)), what_if), concept=concept)


def _measured(equilibrium: ng.Equilibrium, check: Mapping[str, object]) -> float:
    state = check.get("state")
    match check["quantity"]:
        case "value":
            return equilibrium.value(check["actor"], state)  # type: ignore[arg-type]
        case "terms":
            return equilibrium.terms(check["move"], state)[check["issue"]]  # type: ignore[arg-type,index]
        case "consent":
            return equilibrium.consent_to(check["move"], state)  # type: ignore[arg-type]
        case "action":
            played = equilibrium.actions(check["encounter"], state)  # type: ignore[arg-type]
            return played[check["actor"]][check["action"]]  # type: ignore[index]
        case "probability":
            return equilibrium.probability(check["outcome"], check.get("by"))  # type: ignore[arg-type]
    raise AssertionError(check["quantity"])


@pytest.mark.parametrize(("name", "check", "at"), list(_cases()))
def test_answer_is_reproduced_in_every_equilibrium_that_it_speaks_of(
        name: str, check: Mapping[str, object], at: Mapping[str, float | str]) -> None:
    answers = raw(name)["answers"]
    assert isinstance(answers, dict)
    under = check.get("under", {})
    assert isinstance(under, dict)
    solution = _solved(name, tuple(at.items()), tuple(under.get("block", ())),
                       tuple(under.get("start", {}).items()), str(check.get("concept", "mpe")))
    expected = parse(str(check["equals"])).evaluate(_definitions(name, _at(name, at)))
    tolerance = float(check.get("tolerance", 1e-9))  # type: ignore[arg-type]
    assert len(solution.equilibria) == check.get("equilibria", answers.get("equilibria", 1))
    picked = [e for e in solution.equilibria
              if check.get("pick") is None or e.pure == (check["pick"] == "pure")]
    assert picked
    for equilibrium in picked:
        assert equilibrium.regret <= 1e-9
        assert _measured(equilibrium, check) == pytest.approx(
            expected, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("name", [name for name in NAMES if "checks" in raw(name).get(
    "answers", {})])  # type: ignore[operator]
def test_equilibria_are_as_many_as_the_file_says_and_it_says_whether_that_is_proved(
        name: str) -> None:
    answers = raw(name)["answers"]
    assert isinstance(answers, dict)
    solution = _solved(name, (), (), (), "mpe")
    assert len(solution.equilibria) == answers.get("equilibria", 1)
    assert solution.complete == answers.get("complete", True), solution.incomplete_because


@pytest.mark.parametrize("name", [name for name in NAMES if game(name).theme in THEORY])
def test_a_classic_has_its_answer_in_the_file_and_its_derivation_in_the_docs(name: str) -> None:
    answers = raw(name)["answers"]
    assert isinstance(answers, dict)
    if game(name).theme == "stability":
        assert answers["stability"]["equilibria"]
        page = "stability.md"
    else:
        kinds = {check["kind"] for check in answers["checks"]}
        assert "derived" in kinds and kinds <= {"published", "derived"}
        page = "classics.md"
    assert f"`{name}`" in (ROOT / "docs" / "explanation" / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in NAMES if game(name).theme == "history"])
def test_a_case_says_what_is_a_fact_and_what_an_assumption(name: str) -> None:
    assert "Facts:" in game(name).summary and "Assumptions:" in game(name).summary
    for parameter in game(name).parameters.values():
        assert re.search(r"[Ff]act|[Aa]ssumption", parameter.doc), parameter.name
    page = (ROOT / "docs" / "explanation" / "history.md").read_text(encoding="utf-8")
    assert f"`{name}`" in page


def test_there_is_a_collection() -> None:
    assert len(NAMES) >= 35
    assert {game(name).theme for name in NAMES} == set(THEMES)
