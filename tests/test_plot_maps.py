"""Maps, Sobol bars and two games side by side show the values they are given; options that a kind
of picture cannot honour are errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import negotiation as ng
from negotiation import plot
from negotiation.cli import main
from negotiation.cli.picture_arguments import PICTURES, SOLVING, TAKES

matplotlib = pytest.importorskip("matplotlib", minversion="3.8")  # in the extra "test"

VALUES = {"equilibria": "one", "concept": "logit", "indifferent": "refuse", "conventions": "all",
          "boxes": "5", "cap": "5", "seconds": "5"}


def by_gid(axes: Any, start: str) -> dict[str, Any]:
    return {artist.get_gid(): artist for artist in axes.findobj(lambda a: bool(a.get_gid()))
            if artist.get_gid().startswith(start)}


def test_a_map_has_every_cell_where_it_lies_in_the_shade_of_its_answer() -> None:
    found = ng.region(ng.load("fearon-commitment"), ("shift", 0.0, 0.6), ("power_now", 0.66, 0.95),
                      outcome="war", depth=2)
    axes = plot.region(found)
    cells = by_gid(axes, "cell-")
    assert len(cells) == len(found.cells)
    shades: dict[str | None, set[Any]] = {}
    for k, cell in enumerate(found.cells):
        drawn = cells[f"cell-{k}"]
        assert (drawn.get_x(), drawn.get_y()) == (cell.first[0], cell.second[0])
        assert drawn.get_width() == pytest.approx(cell.first[1] - cell.first[0])
        shades.setdefault(cell.label, set()).add((drawn.get_facecolor(), drawn.get_hatch()))
    assert all(len(kinds) == 1 for kinds in shades.values())
    assert len({next(iter(kinds)) for kinds in shades.values()}) == len(shades) >= 3
    here = by_gid(axes, "here")["here"]
    values = found.game.parameter_values()
    assert (here.get_xdata()[0], here.get_ydata()[0]) == (values["shift"], values["power_now"])
    assert axes.get_xlabel() == "shift (share)"


def test_sobol_bars_are_the_indices() -> None:
    game = ng.load("issue-linkage")
    found = ng.likelihood(game, "both", draws=16, indices=16, tornado=False)
    assert found.indices is not None
    axes = plot.sobol(found, most=3)
    ranked = sorted(found.indices.values(), key=lambda one: -one.total)[:3]
    for row, one in enumerate(ranked):
        for part in ("first", "total"):
            bar = by_gid(axes, part)[f"{part}-{row}"]
            assert bar.get_width() == pytest.approx(getattr(one, part))
    with pytest.raises(ng.InputError, match="no Sobol indices: they were not asked for"):
        plot.sobol(ng.likelihood(game, "both", draws=2, indices=0, tornado=False))


def test_two_sides_stand_beside_each_other() -> None:
    game = ng.load("issue-linkage")
    found = ng.compare(game, game.with_parameters(gain_first=1.0), names=("now", "then"))
    axes = plot.compare(found)
    for name, both in found.outcomes.items():
        for side in ("left", "right"):
            line = by_gid(axes, f"{side}-")[f"{side}-{name}"]
            assert tuple(line.get_xdata()) == getattr(both, side)
    assert [text.get_text() for text in axes.figure.legends[0].get_texts()] == ["now", "then"]


@pytest.mark.parametrize("kind", [kind for kind in PICTURES if kind in TAKES])
def test_options_on_solving_that_a_kind_ignores_are_errors(
        kind: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for option in SOLVING:
        if option in TAKES[kind]:
            continue
        assert main(["plot", "issue-linkage", kind, "-o", str(tmp_path / "x.svg"), f"--{option}",
                     VALUES[option]]) == 2
        assert f"--{option} is not for the kind '{kind}'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_options_that_a_kind_takes_reach_it(monkeypatch: pytest.MonkeyPatch,
                                            tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def asked(*_: Any, **options: Any) -> Any:
        seen.update(options)
        raise ng.InputError("enough")

    for name, words in (("likelihood", []), ("trace", ["--along", "gain_first=1:2"]),
                        ("region", ["--along", "gain_first=1:2", "--across", "gain_second=1:2"])):
        kind = "branches" if name == "trace" else name
        monkeypatch.setattr(f"negotiation.cli.pictures.{name}", asked)
        seen.clear()
        options = [word for option in TAKES[kind] for word in (f"--{option}", VALUES[option])]
        assert main(["plot", "issue-linkage", kind, "-o", str(tmp_path / "x.svg"), *words,
                     *options]) == 2
        assert {option: str(seen[option]).removesuffix(".0") for option in TAKES[kind]} == {
            option: VALUES[option] for option in TAKES[kind]}


@pytest.mark.parametrize(("words", "said"), [
    (["region", "--along", "gain_first=1:2"], "--across is missing"),
    (["compare"], "needs a second game (--other), or a setting"),
    (["compare", "--other", "issue-linkge"], "did you mean 'issue-linkage'"),
    (["network", "--across", "gain_first=1:2"], "it is for region"),
    (["sobol", "--outcome", "bth"], "did you mean 'both'")])
def test_wrong_requests_get_one_message(words: list[str], said: str, tmp_path: Path,
                                        capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", "issue-linkage", *words, "-o", str(tmp_path / "x.png")]) == 2
    assert said in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_the_new_kinds_are_drawn_from_the_command_line(tmp_path: Path) -> None:
    for words in (["fearon-commitment", "region", "--along", "shift=0:0.6", "--across",
                   "power_now=0.66:0.95", "--outcome", "war", "--seconds", "1"],
                  ["issue-linkage", "sobol", "--draws", "16"],
                  ["issue-linkage", "compare", "--set", "gain_first=1"],
                  ["central", "compare", "--other", "central-reopening"]):
        target = tmp_path / f"{words[1]}.svg"
        status = main(["plot", *words, "-o", str(target)])
        assert status == 0 and target.read_text().startswith("<?xml"), words
