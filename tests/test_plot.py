"""Pictures show the values they are given, whole, in every format, and the same each time."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_games import TWO_EQUILIBRIA

import negotiation as ng
from negotiation import plot, views
from negotiation.cli import main
from negotiation.cli.picture_arguments import PICTURES
from negotiation.plot.style import COLOURS, wrap

matplotlib = pytest.importorskip("matplotlib", minversion="3.8")  # in the extra "test"
WIDTHS = ("column", "page")

#: three fronts that any order can settle, two actors, terms on the first
THREE = """
format = "negotiation/1"
title = "Three fronts"
horizon = 4.0
[actors.ada]
discount_rate = 0.1
[actors.bo]
discount_rate = 0.2
[fronts]
north = { statuses = ["open", "done"], flow = { done = { ada = 1.0, bo = 1.0 } } }
east = { statuses = ["open", "done"], flow = { done = { ada = 1.0, bo = 1.0 } } }
south = { statuses = ["open", "done"], flow = { done = { ada = 1.0, bo = 1.0 } } }
[moves.settle_north]
front = "north"
from = "open"
to = "done"
by = ["ada", "bo"]
rate = 1.0
[moves.settle_north.issues.share]
value = { ada = 2.0, bo = -1.0 }
[moves.settle_east]
front = "east"
from = "open"
to = "done"
by = ["ada"]
rate = 2.0
[moves.settle_south]
front = "south"
from = "open"
to = "done"
by = ["bo"]
rate = 1.0
when = { north = "done" }
[[linkages]]
when = { north = "done" }
rate = { settle_east = 2.0 }
[[linkages]]
when = { east = "done", south = "done" }
flow = { ada = 0.5 }
[outcomes.all]
when = { north = "done", east = "done", south = "done" }
"""


@pytest.fixture(scope="module")
def three() -> ng.Solution:
    return ng.solve(ng.loads(THREE))


@pytest.fixture(scope="module")
def several() -> ng.Solution:
    """A solution with more than one equilibrium."""
    return ng.solve(ng.loads(TWO_EQUILIBRIA))


def by_gid(axes: Any, start: str) -> dict[str, Any]:
    """What is drawn under names that start so."""
    return {artist.get_gid(): artist for artist in axes.findobj(lambda a: bool(a.get_gid()))
            if artist.get_gid().startswith(start)}


def words(axes: Any) -> str:
    found = axes.figure.findobj(matplotlib.text.Text)
    return " ".join(" ".join(text.get_text().split()) for text in found)


KINDS: dict[str, Callable[..., Any]] = {
    "network": lambda solution, **options: plot.network(solution.game, **options),
    "lattice": lambda solution, **options: plot.lattice(solution.equilibria[0], **options),
    "timeline": lambda solution, **options: plot.timeline(solution.equilibria[0], **options),
    "chances": plot.chances,
    "cascade": lambda solution, **options: plot.cascade(
        ng.cascade(solution, center="north", status="done"), **options),
    "bargain": lambda solution, **options: plot.bargain(solution.equilibria[0], **options),
    "terms": lambda solution, **options: plot.terms(solution.equilibria[0], **options)}


# ---- what is drawn ---------------------------------------------------------------------------

def test_the_network_has_every_seat_and_every_link(three: ng.Solution) -> None:
    axes = plot.network(three.game)
    assert set(by_gid(axes, "seat-")) == {"seat-ada-north", "seat-bo-north", "seat-ada-east",
                                          "seat-bo-south"}
    assert set(by_gid(axes, "link-")) == {"link-needs-north-south", "link-pace-north-east",
                                          "link-flow-east-south"}
    assert {t.get_text() for t in by_gid(axes, "actor-").values()} == {
        actor.label for actor in three.game.actors.values()}
    assert set(by_gid(axes, "front-")) == {"front-north", "front-east", "front-south"}


def test_links_go_from_what_happens_to_what_it_changes() -> None:
    game = ng.load("nrnap")
    found = {(link.kind, link.source, link.target) for link in views.network(game).links}
    for linkage in game.linkages:
        for move in linkage.rate:
            for front in linkage.when:
                if front != game.moves[move].front:
                    assert ("pace", front, game.moves[move].front) in found
    assert not any(source == target for _, source, target in found)


def test_the_lattice_shows_the_chance_of_every_state(three: ng.Solution) -> None:
    equilibrium = three.equilibria[0]
    axes = plot.lattice(equilibrium)
    states = by_gid(axes, "state-")
    assert len(states) == len(three.lattice.states) == 6
    flows = views.flows(equilibrium)
    assert sum(edge.chance for edge in flows.edges if edge.source == 0) == pytest.approx(1.0)
    for state in flows.states:
        inflow = sum(edge.chance for edge in flows.edges if edge.target == state.index)
        assert inflow == pytest.approx(state.chance if state.index else 0.0)
        assert states[f"state-{state.index}"].get_xdata()[0] == state.layer
        marker = states[f"state-{state.index}"].get_marker()
        assert marker == ("s" if state.last else "o")
    assert len(by_gid(axes, "edge-")) == len(flows.edges)
    # No two states are drawn in one place.
    places = {(line.get_xdata()[0], line.get_ydata()[0]) for line in states.values()}
    assert len(places) == len(states)


def test_a_large_lattice_shows_its_likeliest_sequences_only() -> None:
    equilibrium = ng.solve(ng.load("nrnap"), equilibria="one").equilibria[0]
    flows = views.flows(equilibrium, most=3)
    paths = equilibrium.process.paths(most=3)
    assert flows.share == pytest.approx(sum(path.probability for path in paths))
    assert (flows.sequences, flows.total) == (3, 260)
    drawn = {(edge.source, edge.move) for edge in flows.edges}
    assert {move for path in paths for move in path.moves} == {move for _, move in drawn}
    axes = plot.lattice(equilibrium, most=3)
    assert len(by_gid(axes, "state-")) == len(flows.states) < 20


def test_events_stand_at_their_mean_dates(three: ng.Solution) -> None:
    equilibrium = three.equilibria[0]
    axes = plot.timeline(equilibrium, most=2)
    paths = equilibrium.process.paths(most=2)
    drawn = [line for line in axes.lines if (line.get_gid() or "").startswith("event-")]
    assert [line.get_xdata()[0] for line in drawn] == [d for path in paths for d in path.dates]
    assert [line.get_gid() for line in drawn] == [f"event-{m}" for p in paths for m in p.moves]
    assert "years" in axes.get_xlabel()


def test_curves_are_the_chances_of_the_process(three: ng.Solution) -> None:
    process = three.equilibria[0].process
    axes = plot.chances(three, by=3.0)
    line = by_gid(axes, "curve-all")["curve-all"]
    heights = line.get_ydata() - line.get_ydata()[0]
    assert heights / 0.8 == pytest.approx(process.over_time("all", line.get_xdata()).reached)
    assert line.get_xdata()[-1] == 3.0
    shown = views.curves(three, by=3.0)
    north = next(curve for curve in shown.curves if curve.name == "north")
    assert north.values[0] == pytest.approx(
        process.front_status_probability("north", shown.times)[:, 1])


def test_the_band_runs_over_all_equilibria(several: ng.Solution) -> None:
    assert len(several.equilibria) > 1
    shown = views.curves(several)
    wide = [c for c in shown.curves if np.ptp(c.values, axis=0).max() > 1e-6]
    axes = plot.chances(several)
    bands = by_gid(axes, "range-")
    assert wide
    assert set(bands) == {f"range-{curve.name}" for curve in wide}
    assert f"range over {len(several.equilibria)} equilibria" in words(axes)


def test_the_matrix_holds_every_effect_in_points() -> None:
    result = ng.cascade(ng.loads(THREE), center="north", status="done")
    axes = plot.cascade(result)
    assert result.matrix is not None
    texts = by_gid(axes, "effect-")
    assert len(texts) == 6
    low, high = result.matrix["north"]["south"]
    assert texts["effect-0-2"].get_text() == f"+{100 * low:.0f}"
    assert low == high > 0.5
    with pytest.raises(ng.InputError, match="needs the matrix"):
        plot.cascade(ng.cascade(ng.loads(THREE), center="north", status="done", matrix=False))


def test_every_solution_of_a_bargain_is_drawn_where_it_lies(three: ng.Solution) -> None:
    axes = plot.bargain(three.equilibria[0], "settle_north", state={"east": "done"})
    view = views.bargain_view(three.equilibria[0], "settle_north", {"east": "done"})
    for deal in view.bargain.deals:
        line = by_gid(axes, "deal-")[f"deal-{deal.solution}"]
        assert [line.get_xdata()[0], line.get_ydata()[0]] == list(deal.gains.values())
    frontier = by_gid(axes, "frontier")["frontier"]
    assert np.column_stack(frontier.get_data()) == pytest.approx(view.frontier.gains)
    assert len(by_gid(axes, "deal-")) == len(ng.SOLUTIONS)
    cross = by_gid(axes, "disagreement")["disagreement"]
    assert (cross.get_xdata()[0], cross.get_ydata()[0]) == (0, 0)
    # Nash's solution lies on the frontier that is drawn.
    nash = np.array(list(view.bargain.deals[0].gains.values()))
    assert np.abs(view.frontier.gains - nash).sum(axis=1).min() < 0.05 * nash.sum()


def test_a_bargain_of_many_has_a_scale_for_each() -> None:
    equilibrium = ng.solve(ng.load("central"), equilibria="one").equilibria[0]
    axes = plot.bargain(equilibrium)
    members = ng.load("central").moves["settle_central"].by
    assert len(axes.get_xticks()) == len(members) == 4
    nash = by_gid(axes, "deal-nash")["deal-nash"]
    view = views.bargain_view(equilibrium)
    assert list(nash.get_ydata()) == list(view.bargain.deals[0].gains.values())


def test_the_terms_are_those_of_the_equilibrium(three: ng.Solution) -> None:
    equilibrium = three.equilibria[0]
    view = views.terms_view(equilibrium)
    assert len(view.states) == 2 and view.left_out == 0
    for row, state in enumerate(view.states):
        assert view.terms[row, 0] == equilibrium.terms("settle_north", dict(state))["share"]
    assert view.taken.sum() == pytest.approx(1.0)
    axes = plot.terms(equilibrium, most=1)
    assert len(by_gid(axes, "cell-")) == 1
    assert "1 rarer state left out" in words(axes)


def test_branches_carry_their_chances_and_events() -> None:
    found = ng.trace(ng.load("fearon-commitment"), "shift", 0.0, 0.65)
    axes = plot.branches(found, "war")
    lines = by_gid(axes, "branch-")
    assert len(lines) == len(found.branches)
    for branch in found.branches:
        assert list(lines[f"branch-{branch.id}"].get_ydata()) == list(branch.outcomes["war"])
    marks = {f"event-{s.event}" for b in found.branches for s in b.special if s.kind != "bound"}
    drawn = by_gid(axes, "event-")
    assert set(drawn) == marks != set()
    assert all(0.0 <= mark.get_ydata()[0] <= 1.0 for mark in drawn.values())
    assert axes.get_xlabel() == "shift (share)"
    with pytest.raises(ng.UnknownNameError, match="did you mean 'war'"):
        plot.branches(found, "wars")


def test_a_likelihood_shows_every_draw_and_keeps_uncertainties_apart() -> None:
    result = ng.likelihood(ng.load("issue-linkage"), "both", draws=32, indices=0)
    axes = plot.likelihood(result)
    bars = axes.containers[0]
    assert sum(bar.get_height() for bar in bars) == 32
    lines = by_gid(axes, "interval-")
    assert tuple(lines["interval-0"].get_xdata()) == result.uncertainty.parameters
    assert tuple(lines["interval-1"].get_xdata()) == result.uncertainty.equilibria
    axes = plot.tornado(result, most=3)
    for k, swing in enumerate(result.tornado[:3]):
        bar = by_gid(axes, f"low-{k}")[f"low-{k}"]
        assert swing.at_low is not None and result.nominal is not None
        assert bar.get_width() == pytest.approx(swing.at_low.selected - result.nominal.selected)


def test_pivots_show_consent_forced_off_and_on() -> None:
    result = ng.pivots(ng.load("issue-linkage"))
    axes = plot.pivots(result)
    middle = sum(result.nominal) / 2
    for k, pivot in enumerate(result.pivots):
        never = by_gid(axes, f"low-{k}")[f"low-{k}"].get_width()
        assert never == pytest.approx(pivot.never[0] - middle)
    assert len(axes.get_yticks()) == len(result.pivots)


# ---- how it looks ----------------------------------------------------------------------------

@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_clipped(three: ng.Solution, width: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    pictures = {kind: draw(three, width=width) for kind, draw in KINDS.items()}
    deal = ng.solve(ng.load("central"), equilibria="one").equilibria[0]
    pictures["many"] = plot.bargain(deal, width=width)
    pictures["long names"] = plot.network(ng.load("nrnap"), width=width)
    for kind, axes in pictures.items():
        figure = axes.figure
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        across = {"column": 3.5, "page": 7.0}[width]
        assert figure.get_figwidth() == across
        box = figure.get_tightbbox(canvas.get_renderer())
        inside = (box.x0 >= -0.01 and box.x1 <= across + 0.01 and box.y0 >= -0.01
                  and box.y1 <= figure.get_figheight() + 0.01)
        assert inside, f"{kind}: {box}"


def test_pictures_go_into_axes_of_the_callers(three: ng.Solution) -> None:
    from matplotlib.figure import Figure

    for draw in KINDS.values():
        figure = Figure(figsize=(8, 4), layout="constrained")
        left, right = figure.subplots(1, 2)
        assert draw(three, ax=left) is left
        assert left.get_title(loc="left") or left.get_title()
        assert not right.lines and not right.patches
        assert len(plot.to_bytes(figure, "png", dpi=50)) > 1000


def test_the_callers_settings_are_neither_used_nor_changed(three: ng.Solution) -> None:
    plain = plot.to_bytes(plot.lattice(three.equilibria[0]))
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"font.size": 30.0, "lines.linewidth": 9.0, "text.usetex": False,
                                "axes.facecolor": "red"}):
        assert plot.to_bytes(plot.lattice(three.equilibria[0])) == plain
        assert matplotlib.rcParams["font.size"] == 30.0
    assert dict(matplotlib.rcParams) == before


def test_colours_differ_in_grey_or_by_shape() -> None:
    from negotiation.plot.style import front_styles

    styles = list(front_styles(ng.load("nrnap")).values())
    assert len(set(styles)) == len(styles)
    assert len({marker for _, marker in styles}) == len(styles)
    assert len(set(COLOURS)) == 7


def test_text_is_cut_with_an_ellipsis_not_lost() -> None:
    assert wrap("one two three four", 9, 2) == "one two\nthree…"
    assert wrap("short", 9, 2) == "short"


def test_labels_of_a_file_are_never_read_as_formulas() -> None:
    hostile = THREE.replace('[fronts]\nnorth = {', '[fronts]\nnorth = { name = "$\\\\frac{$ <b>", ')
    game = ng.loads(hostile)
    axes = plot.network(game)
    assert "$\\frac{$ <b>" in words(axes)
    content = plot.to_bytes(axes, "svg").decode()
    assert "<b>" not in content


# ---- files -----------------------------------------------------------------------------------

@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"),
                                             ("pdf", b"%PDF")])
def test_the_same_picture_gives_the_same_file(three: ng.Solution, tmp_path: Path, kind: str,
                                              start: bytes) -> None:
    first, second = (tmp_path / f"{name}.{kind}" for name in ("first", "second"))
    plot.save(plot.lattice(three.equilibria[0]), first)
    plot.save(plot.lattice(three.equilibria[0]).figure, second)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(start)
    assert b"20" + b"26-" not in first.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"first.{kind}", f"second.{kind}"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(three: ng.Solution,
                                                          tmp_path: Path) -> None:
    axes = plot.network(three.game)
    with pytest.raises(ng.InputError, match="must end in .png, .svg or .pdf"):
        plot.save(axes, tmp_path / "picture.jpg")
    with pytest.raises(ng.InputError, match="cannot be written: No such file or directory"):
        plot.save(axes, tmp_path / "nowhere" / "picture.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ng.InputError, match="cannot be written"):
        plot.save(axes, tmp_path / "folder.png")
    assert [p.name for p in tmp_path.iterdir()] == ["folder.png"]


@pytest.mark.parametrize("name", ["lattice", "bargain", "cascade"])
def test_pictures_look_as_they_did(three: ng.Solution, name: str) -> None:
    """Compared at a low resolution, where fonts of another version matter little."""
    found = pixels(plot.to_bytes(KINDS[name](three), "png", dpi=40))
    reference = pixels((Path(__file__).parent / "pictures" / f"{name}.png").read_bytes())
    assert found.shape == reference.shape
    assert np.sqrt(np.mean((found - reference) ** 2)) < 0.04


def pixels(content: bytes) -> Any:
    from matplotlib.image import imread

    return imread(io.BytesIO(content), format="png")[:, :, :3]


# ---- the command -----------------------------------------------------------------------------

@pytest.fixture
def game(tmp_path: Path) -> str:
    path = tmp_path / "three.toml"
    path.write_text(THREE)
    return str(path)


def test_every_kind_is_drawn_from_the_command_line(game: str, tmp_path: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("network", "lattice", "timeline", "chances", "bargain", "terms"):
        target = tmp_path / f"{kind}.png"
        assert main(["plot", game, kind, "-o", str(target)]) == 0
        assert capsys.readouterr().out.startswith(f"Wrote {target}: {kind} of three, 3.5 ×")
        assert target.read_bytes().startswith(b"\x89PNG")
    target = tmp_path / "cascade.svg"
    assert main(["plot", game, "cascade", "-o", str(target), "--center", "north", "--status",
                 "done", "--width", "5"]) == 0
    assert 'width="360pt"' in target.read_text()


def test_analyses_are_drawn_from_the_command_line(tmp_path: Path) -> None:
    for words in (["fearon-commitment", "branches", "--along", "shift=0:0.65", "--outcome", "war"],
                  ["issue-linkage", "likelihood", "--draws", "16"], ["issue-linkage", "tornado"],
                  ["issue-linkage", "pivots", "--by", "3"]):
        target = tmp_path / f"{words[1]}.svg"
        assert main(["plot", *words, "-o", str(target)]) == 0
        assert target.read_text().startswith("<?xml")


def test_settings_change_the_picture(game: str, tmp_path: Path) -> None:
    def drawn(*options: str) -> bytes:
        target = tmp_path / "lattice.svg"
        assert main(["plot", game, "lattice", "-o", str(target), *options]) == 0
        return target.read_bytes()

    plain = drawn()
    assert drawn("--hold", "east=done") != plain
    assert drawn("--block", "settle_south") != plain
    assert drawn("--start", "north=done") != plain
    assert drawn() == plain


def test_json_says_what_was_written(game: str, tmp_path: Path,
                                    capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "x.pdf"
    assert main(["plot", game, "timeline", "-o", str(target), "--width", "page", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["file"] == str(target) and record["width"] == 7.0
    assert (record["kind"], record["format"], record["equilibrium"]) == ("timeline", "pdf", 1)
    jsonschema = pytest.importorskip("jsonschema")
    assert main(["schema", "plot"]) == 0
    jsonschema.validate(record, json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(("words", "said"), [
    (["latice", "-o", "x.png"], "did you mean 'lattice'?"),
    (["lattice", "-o", "x.gif"], "x.gif: the name of a picture must end in .png, .svg or .pdf"),
    (["lattice"], "-o/--output is missing"),
    (["network", "-o", "x.png", "--move", "settle_north"], "--move is not for the kind 'network'"),
    (["lattice", "-o", "x.png", "--equilibrium", "7"], "there is no equilibrium 7"),
    (["lattice", "-o", "x.png", "--width", "0.1"], "2 to 40 inches"),
    (["lattice", "-o", "x.png", "--width", "wide"], "expected 'column', 'page' or a number"),
    (["lattice", "-o", "x.png", "--most", "0"], "expected a whole number of at least 1"),
    (["bargain", "-o", "x.png", "--move", "settle_norht"], "did you mean 'settle_north'?"),
    (["bargain", "-o", "x.png", "--move", "settle_east"], "has no issues"),
    (["bargain", "-o", "x.png", "--state", "nort=done"], "did you mean 'north'?"),
    (["cascade", "-o", "x.png"], "no [cascade] table"),
    (["branches", "-o", "x.png"], "--along is missing"),
    (["branches", "-o", "x.png", "--along", "mood"], "expected NAME=FROM:TO"),
    (["pivots", "-o", "x.png", "--outcome", "al"], "did you mean 'all'?"),
    (["lattice", "-o", "nowhere/x.png"], "cannot be written: No such file or directory"),
])
def test_wrong_requests_get_one_message(game: str, words: list[str], said: str,
                                        capsys: pytest.CaptureFixture[str], tmp_path: Path,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plot", game, *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("negotiation: ") and "Traceback" not in err
    assert said in err
    assert [path.name for path in tmp_path.iterdir()] == ["three.toml"]


def test_without_matplotlib_one_message_says_how_to_get_it(tmp_path: Path) -> None:
    code = ("import sys; sys.modules['matplotlib'] = None\n"
            "from negotiation.cli import main\n"
            "sys.exit(main(['plot', 'central', 'network', '-o', 'x.png']))")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          cwd=tmp_path)
    assert said.returncode == 2
    assert said.stderr.count("\n") == 1
    assert re.search(r"matplotlib 3.8 or later.*pip install 'negotiation\[plot\]'", said.stderr)
    assert not list(tmp_path.iterdir())


def test_the_library_is_imported_only_to_draw() -> None:
    code = ("import sys, negotiation as ng\nng.plot.lattice, ng.solve(ng.load('issue-linkage'))\n"
            "print('matplotlib' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          check=True).stdout == "False\n"


def test_the_help_lists_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "--help"]) == 0
    text = capsys.readouterr().out
    for kind, (says, _) in PICTURES.items():
        assert f"  {kind} " in text and says in text
