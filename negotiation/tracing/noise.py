"""``logit_path``: the branch of quantal responses from loud noise down to none, as data.

For linked games the ratification noise of the file is multiplied by κ, which falls from a loud
level to almost nothing (all levels are the draws of one lattice, so that one solve finds them: at
each, the solution on the branch from loud noise). For games in normal form and for stochastic games
it is the path in the precision λ = 1/noise from the evenly mixed profile, followed by arclength,
with its folds. McKelvey & Palfrey 1995, 1998; Turocy 2005.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..continuation import End, SpecialPoint, Steps, trace
from ..equilibrium.directional import together, traverse
from ..equilibrium.reading import unpack
from ..equilibrium.result import Options
from ..equilibrium.solve import _answer, need_noise
from ..errors import InputError
from ..frozen import FrozenMap
from ..lattice import Lattice, build_lattice
from ..model import Game
from ..normal_form.game import NormalFormGame, deviation_payoffs
from ..postures import play_out
from ..process import check_date, outcome_states, reach
from ..stochastic.field import Field
from ..stochastic.game import StochasticGame
from ..stochastic.system import System
from .chances import shares
from .played import convention_key

Floats = NDArray[np.float64]

#: the ladder of κ for linked games: from the loudest to the quietest, and steps a decade
LOUD, QUIET, PER_DECADE = 1e3, 1e-3, 6
#: the highest precision, in units of 1/payoff range, that paths of other games go to
SHARPEST = 200.0


@dataclass(frozen=True, eq=False)
class LogitPath:
    """A branch of quantal responses. P points, from loud noise to quiet.

    Attributes:
        kind: "linked", "normal form" or "stochastic".
        noise: (P,) κ, the factor on the file's noise; of other games 1/λ, in payoff ranges
            (infinite at the first point).
        consent: of linked games move → (P,) its consent at the start, where it is available.
        payoffs: actor or player → (P,) value at the start (the first state; the expected payoff).
        outcomes: of linked games outcome → (P,) chance by the date.
        profile: of other games per player (P, …) mixed actions, of stochastic ones (P, states, …).
        special: folds, by the noise at which they are.
        reached: whether the path came to its quiet end.
        convention: how the game's postures are played, None where there are none; ``others``: how
            many other conventions there are.
    """

    kind: str
    noise: Floats
    payoffs: FrozenMap[str, Floats]
    consent: FrozenMap[str, Floats]
    outcomes: FrozenMap[str, Floats]
    profile: tuple[Floats, ...]
    special: tuple[tuple[str, float], ...]
    reached: bool
    convention: str | None = None
    others: int = 0


def logit_path(game: Game | NormalFormGame | StochasticGame, *, by: float | None = None,
               conventions: str | None = None) -> LogitPath:
    """Follow the logit branch of a game from noise without end to almost none.

    Postures are static games that are played as one of their equilibria: the path is that of the
    moves and encounters under the first convention that ``conventions`` (as in ``solve``) keeps.

    Raises:
        InputError: for a linked game without noise for some member or player, or with terms other
            than Nash's; for what is no game.
    """
    if isinstance(game, Game):
        return _linked(game, game.horizon if by is None else check_date(by), conventions)
    if isinstance(game, NormalFormGame):
        return _normal_form(game)
    if isinstance(game, StochasticGame):
        return _stochastic(game)
    raise InputError("the 'game' parameter of logit_path must be a Game, a NormalFormGame or a "
                     f"StochasticGame. Got {type(game).__name__} instead.")


# ---- linked games -------------------------------------------------------------------------------

def _linked(game: Game, by: float, conventions: str | None) -> LogitPath:
    steps = int(round(np.log10(LOUD / QUIET) * PER_DECADE)) + 1
    kappa = np.geomspace(LOUD, QUIET, steps)
    base, convention, others = _played(build_lattice(game), conventions)
    need_noise(base)
    lattice = _repeated(base, kappa)
    answers = partial(_answer, options=Options(equilibria="one", concept="logit"))
    tree = together([traverse(lattice, cap=1, one=True, concept="logit")], answers)[0]
    consents, payoffs = [], []
    for branch in range(len(tree.draw)):
        value, consent, *_ = unpack(tree, branch)
        consents.append(consent)
        payoffs.append(value[0])
    consent, payoff = np.array(consents), np.array(payoffs)
    hazard = lattice.rate[tree.draw] * consent
    outcomes: dict[str, Floats] = {}
    for name, outcome in game.outcomes.items():
        outcomes[name] = (
            shares(base, hazard, name, by) if outcome.posture else
            reach(lattice, hazard, outcome_states(lattice, name), [by]).reached[:, 0])
    start = {lattice.moves[lattice.edge_move[e]]: consent[:, e] for e in lattice.edges(0)}
    return LogitPath(
        "linked", kappa[tree.draw], FrozenMap({a: payoff[:, i] for i, a in
                                               enumerate(lattice.actors)}),
        FrozenMap(start), FrozenMap(outcomes), (), (), len(tree.draw) == steps and not tree.doubt,
        convention, others)


def _played(lattice: Lattice, rule: str | None) -> tuple[Lattice, str | None, int]:
    """The lattice under the first convention that the rule keeps, that convention's name, and how
    many others there are."""
    if not lattice.game.postures:
        return lattice, None, 0
    played = play_out(lattice, rule, 1)
    first = played.lattices[0]
    assert first.convention is not None
    return first, convention_key(first.convention), played.total - 1


def _repeated(base: Lattice, kappa: Floats) -> Lattice:
    """The lattice at every level of noise, a draw each."""
    def wide(array: Floats) -> Floats:
        return np.repeat(array, len(kappa), axis=0)

    return replace(
        base, discount=wide(base.discount), flow=wide(base.flow), rate=wide(base.rate),
        lump=wide(base.lump), value=wide(base.value), curvature=wide(base.curvature),
        weights=wide(base.weights), noise=wide(base.noise) * kappa[:, None, None],
        clashes=None if base.clashes is None else replace(
            base.clashes, rate=wide(base.clashes.rate), lump=wide(base.clashes.lump),
            noise=wide(base.clashes.noise) * kappa[:, None]))


# ---- other games --------------------------------------------------------------------------------

def _normal_form(game: NormalFormGame) -> LogitPath:
    """H(z, λ) = z − λ Δu(σ(z)), z the log odds of each action against the player's first."""
    shape = game.shape
    payoffs = np.asarray(game.payoffs, dtype=np.float64)
    flat = payoffs.reshape(len(shape), -1)
    wide = np.where(np.ptp(flat, axis=1) > 0, np.ptp(flat, axis=1), 1.0)
    unit = payoffs / wide.reshape(-1, *[1] * len(shape))
    cuts = np.cumsum([0, *(m - 1 for m in shape)])

    def mixed(z: Floats) -> list[Floats]:
        out = []
        for i in range(len(shape)):
            odds = np.concatenate([[0.0], z[cuts[i]:cuts[i + 1]]])
            odds = np.exp(odds - odds.max())
            out.append(odds / odds.sum())
        return out

    def gains(profile: Sequence[Floats], i: int) -> Floats:
        worth = deviation_payoffs(unit, profile, i)
        out: Floats = worth[1:] - worth[0]
        return out

    def system(z: Floats, s: float) -> tuple[Floats, Floats, Floats]:
        strength, pace = np.expm1(s), np.exp(s)
        profile = mixed(z)
        lift = np.concatenate([gains(profile, i) for i in range(len(shape))])
        slope = np.eye(len(z))
        for j, m in enumerate(shape):
            turn = np.diag(profile[j]) - np.outer(profile[j], profile[j])
            for i in range(len(shape)):
                if i != j:
                    pure = np.array([gains([*profile[:j], np.eye(m)[b], *profile[j + 1:]], i)
                                     for b in range(m)])
                    slope[cuts[i]:cuts[i + 1], cuts[j]:cuts[j + 1]] -= strength * (
                        turn[1:] @ pure).T
        return z - strength * lift, slope, -pace * lift

    path = trace(system, np.zeros(cuts[-1]), 0.0, float(np.log1p(SHARPEST)),
                 Steps(first=0.05, longest=0.3, most=4000))
    profiles = [mixed(z) for z in path.x]
    values = np.array([[_expected(payoffs[i], p) for i in range(len(shape))] for p in profiles])
    players = game.players
    return LogitPath(
        "normal form", _noise(path.t), FrozenMap({str(n): values[:, i] for i, n in
                                                  enumerate(players)}),
        FrozenMap({}), FrozenMap({}),
        tuple(np.array([p[i] for p in profiles]) for i in range(len(shape))),
        _folds(path.special), path.end is End.REACHED)


def _expected(payoff: Floats, profile: Sequence[Floats]) -> float:
    out = payoff
    for part in reversed(profile):
        out = np.asarray(out @ part)
    return float(out)


def _noise(t: Floats) -> Floats:
    strength = np.expm1(t)
    out: Floats = np.divide(1.0, strength, out=np.full(len(t), np.inf), where=strength > 0)
    return out


def _folds(special: Sequence[SpecialPoint]) -> tuple[tuple[str, float], ...]:
    return tuple((point.kind, float(1.0 / np.expm1(point.t))) for point in special)


def _stochastic(game: StochasticGame) -> LogitPath:
    """The same in all states at once; action values are those of the game's own future."""
    spread = np.array([max(max(float(np.ptp(reward[i])) for reward in game.payoffs), 1e-300)
                       / (1.0 - game.discount[i]) for i in range(len(game.discount))])
    odds = System(Field(game.payoffs, game.transitions, np.asarray(game.discount), spread))
    real = odds.field.real[:, :, 1:]

    def left(x: Floats, strength: float) -> tuple[Floats, Floats]:
        z = np.zeros(real.shape)
        z[real] = x
        spot = odds.at(z, None, strength)
        return spot.left[real], spot.lift[real]

    def system(x: Floats, s: float) -> tuple[Floats, Floats, Floats]:
        strength, step = float(np.expm1(s)), 1e-6
        here, lift = left(x, strength)
        slope = np.empty((len(x), len(x)))
        for k in range(len(x)):
            ahead = x.copy()
            ahead[k] += step
            behind = x.copy()
            behind[k] -= step
            slope[:, k] = (left(ahead, strength)[0] - left(behind, strength)[0]) / (2.0 * step)
        return here, slope, -np.exp(s) * lift

    path = trace(system, np.zeros(int(real.sum())), 0.0, float(np.log1p(SHARPEST)),
                 Steps(first=0.05, longest=0.3, most=4000))
    wide = np.zeros((len(path.x), *real.shape))
    wide[:, real] = path.x
    mixed = np.array([odds.mixed(z) for z in wide])
    values = np.array([odds.at(z, None, 0.0).value[:, 0] for z in wide]) * spread
    return LogitPath(
        "stochastic", _noise(path.t), FrozenMap({str(i): values[:, i] for i in range(len(spread))}),
        FrozenMap({}), FrozenMap({}), tuple(mixed[:, i] for i in range(len(spread))),
        _folds(path.special), path.end is End.REACHED)


__all__ = ["LogitPath", "logit_path"]
