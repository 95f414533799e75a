"""``negotiation plot``: solve what a picture shows, draw it, and write the file."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .. import plot
from ..cascade import cascade
from ..compare import compare
from ..equilibrium.result import Equilibrium, Solution
from ..errors import InputError
from ..lattice import build_lattice
from ..likelihood import Likelihood, likelihood
from ..model import Game
from ..pivots import pivots
from ..plot.style import file_format, inches, require_matplotlib
from ..tracing import region, trace
from .picture_arguments import PICTURES, SOLVING, TAKES

#: draws behind a tornado, which shows none of them
FEW = 8
#: draws behind Sobol indices, each solved once more for every parameter
SOBOL = 64

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass
class Request:
    """What a picture needs, found when it is asked for.

    ``chosen`` picks an equilibrium by number; ``state`` is what --state says, merged; ``loaded``
    gives another game under the same setting, or (None) this one as it stands.
    """

    game: Game
    arguments: Namespace
    by: float
    state: dict[str, str]
    solver: Callable[[Sequence[Game]], Sequence[Solution]]
    chosen: Callable[[Solution, int], Equilibrium]
    loaded: Callable[[str | None], Game]

    @cached_property
    def solution(self) -> Solution:
        return self.solver([self.game])[0]

    @property
    def equilibrium(self) -> Equilibrium:
        return self.chosen(self.solution, self.arguments.equilibrium or 1)

    @property
    def most(self) -> dict[str, Any]:
        return {} if self.arguments.most is None else {"most": self.arguments.most}


def check_request(arguments: Namespace) -> None:
    """See that a picture can be made as asked, before anything is solved; what was not said about
    how games are solved takes its default.

    Raises:
        InputError: for a file of no known format, a width out of range, or an option that is for
            other kinds; MissingLibraryError: without matplotlib.
    """
    require_matplotlib()
    file_format(arguments.output)
    inches(arguments.width)
    takes = PICTURES[arguments.kind][1]
    for option in sorted({option for _, options in PICTURES.values() for option in options}):
        if getattr(arguments, option) not in (None, []) and option not in takes:
            kinds = [kind for kind, (_, options) in PICTURES.items() if option in options]
            raise InputError(f"--{option} is not for the kind {arguments.kind!r}: it is for "
                             f"{', '.join(kinds)}")
    for option in SOLVING:
        if getattr(arguments, option) is None:
            setattr(arguments, option, arguments.solving[option])
        elif option not in TAKES.get(arguments.kind, SOLVING):
            raise InputError(f"--{option} is not for the kind {arguments.kind!r}, which takes "
                             + (", ".join(f"--{one}" for one in TAKES[arguments.kind]) or
                                "no option on how games are solved"))
        else:
            arguments.solving[option] = getattr(arguments, option)
            arguments.given = {*getattr(arguments, "given", ()), option}


def draw(request: Request) -> dict[str, Any]:
    """Draw the picture, write its file, and say what was written, as plain data."""
    arguments, game = request.arguments, request.game
    axes = _DRAWERS[arguments.kind](request)
    plot.save(axes, arguments.output)
    figure: Any = axes.figure
    width, height = figure.get_size_inches().tolist()
    solved = request.__dict__.get("solution")
    number = (arguments.equilibrium or 1) if "equilibrium" in PICTURES[arguments.kind][1] else None
    parameters = solved.lattice if solved is not None else build_lattice(game)
    return {"game": game.name, "parameters": dict(parameters.parameters), "kind": arguments.kind,
            "file": arguments.output, "format": file_format(arguments.output),
            "width": width, "height": round(height, 4), "equilibrium": number,
            "equilibria": None if solved is None else len(solved.equilibria)}


def _network(request: Request) -> Axes:
    return plot.network(request.game, width=request.arguments.width)


def _lattice(request: Request) -> Axes:
    return plot.lattice(request.equilibrium, width=request.arguments.width, **request.most)


def _timeline(request: Request) -> Axes:
    return plot.timeline(request.equilibrium, by=request.by, width=request.arguments.width,
                         **request.most)


def _chances(request: Request) -> Axes:
    return plot.chances(request.solution, by=request.by, equilibrium=request.equilibrium.id,
                        width=request.arguments.width)


def _cascade(request: Request) -> Axes:
    arguments = request.arguments
    result = cascade(request.game, center=arguments.center, periphery=arguments.periphery,
                     status=arguments.status, by=request.by, solver=request.solver)
    return plot.cascade(result, width=arguments.width)


def _bargain(request: Request) -> Axes:
    return plot.bargain(request.equilibrium, request.arguments.move, state=request.state or None,
                        width=request.arguments.width)


def _terms(request: Request) -> Axes:
    return plot.terms(request.equilibrium, request.arguments.move, width=request.arguments.width,
                      **request.most)


def _branches(request: Request) -> Axes:
    arguments = request.arguments
    if arguments.along is None:
        raise InputError("--along is missing: expected NAME=FROM:TO, the parameter that moves")
    found = trace(request.game, *arguments.along, by=request.by, outcome=arguments.outcome,
                  **_given(arguments))
    return plot.branches(found, arguments.outcome, width=arguments.width)


def _given(arguments: Namespace) -> dict[str, Any]:
    """The options on how games are solved that were given; the others are the analysis's own."""
    return {name: getattr(arguments, name) for name in getattr(arguments, "given", ())}


def _region(request: Request) -> Axes:
    arguments = request.arguments
    for option in ("along", "across"):
        if getattr(arguments, option) is None:
            raise InputError(f"--{option} is missing: expected NAME=FROM:TO, a parameter of the "
                             "plane")
    found = region(request.game, arguments.along, arguments.across, outcome=arguments.outcome,
                   by=request.by, **_given(arguments))
    return plot.region(found, width=arguments.width)


def _compare(request: Request) -> Axes:
    arguments = request.arguments
    other = request.loaded(arguments.other)
    if arguments.other is None:
        if other == request.game:
            raise InputError("compare needs a second game (--other), or a setting to compare the "
                             "game with: --set, --start, --hold, --block or --consent")
        games, names = (other, request.game), ("as it stands", "what if")
    else:
        games, names = (request.game, other), (request.game.name, other.name)
    return plot.compare(compare(*games, by=request.by, names=names, solver=request.solver),
                        width=arguments.width)


def _drawn(request: Request, draws: int, **options: Any) -> Likelihood:
    """The likelihood over the parameters that --set does not fix."""
    arguments, game = request.arguments, request.game
    if not game.outcomes:
        raise InputError(f"{game.name} names no outcome, so there is no chance to draw")
    return likelihood(game, arguments.outcome or next(iter(game.outcomes)), by=request.by,
                      draws=draws, seed=arguments.seed or 0,
                      fixed=tuple(name for name, _ in arguments.set),
                      **{"indices": 0, **options, **_given(arguments)})


def _likelihood(request: Request) -> Axes:
    return plot.likelihood(_drawn(request, request.arguments.draws or 256),
                           width=request.arguments.width)


def _tornado(request: Request) -> Axes:
    return plot.tornado(_drawn(request, FEW), width=request.arguments.width)


def _sobol(request: Request) -> Axes:
    draws = request.arguments.draws or SOBOL
    return plot.sobol(_drawn(request, draws, indices=draws, tornado=False, logit=0),
                      width=request.arguments.width)


def _pivots(request: Request) -> Axes:
    arguments = request.arguments
    return plot.pivots(pivots(request.game, arguments.outcome, by=request.by,
                              solver=request.solver), width=arguments.width)


_DRAWERS: dict[str, Callable[[Request], Axes]] = {
    "network": _network, "lattice": _lattice, "timeline": _timeline, "chances": _chances,
    "cascade": _cascade, "bargain": _bargain, "terms": _terms,
    "branches": _branches, "likelihood": _likelihood, "tornado": _tornado, "pivots": _pivots,
    "sobol": _sobol, "region": _region, "compare": _compare}
