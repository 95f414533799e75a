"""Where a logit branch ends: the regime that little noise tells, made exact.

A branch followed to almost no noise tells which moves are made, refused, or mixed, and whose gain
vanishes there. Newton's method on the exact equations of that regime, from the branch's end, makes
the equilibrium exact; one that is listed already is recognised instead.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..kernels import compiled, exact_loops
from . import logit
from .component import Components
from .joint import newton
from .leaf import Candidates, active
from .nodes import MADE, MIX, REFUSED
from .problem import NASH, Problems, worth
from .state import Answers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: noise, in payoff ranges, at which the branch's regime is read
QUIET = 1e-5
#: consents closer than this to 0 or 1 there are pure, and gains below this many units of noise zero
PURE, VANISHING = 1e-2, 60.0
#: how ends are read, one way after another where nothing comes of those before: those who lose
#: little on the terms that leave another without gain vanish slowly
READINGS = ((PURE, VANISHING), (1e-4, VANISHING), (PURE, 10 * VANISHING), (PURE, 100 * VANISHING))
#: how far V may be from a branch's end, in payoff ranges, at the equilibrium that it leads to
NEAR = 1e-3


def compile_loops() -> None:
    """Have the loops that follow branches and make their ends exact, which pays for many states."""
    compiled.compiled("logit_loops", "follow_rows", large=True)
    compiled.compiled("exact_loops", "sharpen_rows", large=True)


def exact(components: Components, noise: Floats, path: logit.Path,
          reading: tuple[float, float] = READINGS[0]) -> tuple[Ints, Candidates]:
    """Ends of branches made exact in the regimes that they are in, by label (P·S, M)."""
    label = regime(components, noise, path, reading)
    points = _by_loops(components, label, path)
    rest = np.flatnonzero(~points.good.reshape(components.size, components.width).all(axis=1))
    if len(rest):
        flat = components.flat(rest)
        points.put(flat, newton(components.take(rest), label[flat], path.value[rest],
                                path.consent[flat], path.terms[flat]))
    return label, points


def regime(components: Components, noise: Floats, path: logit.Path,
           reading: tuple[float, float] = READINGS[0]) -> Ints:
    """(P·S, M) the labels that branches' ends tell."""
    states = components.states
    filled = components.at(path.value)
    gain = (filled.reward + worth(filled, path.terms)
            - path.value.reshape(states.size, 1, filled.reward.shape[2]))
    small = np.abs(gain) <= reading[1] * QUIET * noise
    return labels_of(filled, path.consent, small, np.abs(gain) / noise, reading[0])


def labels_of(problems: Problems, consent: Floats, small: Bools, size: Floats,
              pure: float = PURE) -> Ints:
    """The regime of consents under little noise; ``small`` marks members without gain, and consents
    closer than ``pure`` to 0 or 1 are pure."""
    n = problems.reward.shape[2]
    label = np.where(consent >= 0.5, MADE, REFUSED)
    held = small & problems.member
    nearest = np.where(problems.member, size, np.inf).argmin(axis=2)
    none = ~held.any(axis=2)
    held[none] = np.eye(n, dtype=bool)[nearest[none]]
    # without terms one member at a time can be indifferent
    single = np.eye(n, dtype=bool)[nearest]
    held = np.where(problems.bargained[..., None], held, single)
    mask = (held * (1 << np.arange(n))).sum(axis=2)
    asked = problems.present & problems.member.any(axis=2)
    mixed: Bools = asked & (consent > pure) & (consent < 1 - pure)
    label = np.where(mixed, MIX + mask, label)
    label = np.where(problems.chance, MADE, label)
    return np.where(problems.present & (problems.rate > 0), label, REFUSED)


def _by_loops(components: Components, label: Ints, path: logit.Path) -> Candidates:
    """What compiled loops can make exact of states without cycles on Nash terms; the others are not
    good."""
    states = components.states
    (size, moves, n), issues = states.reward.shape, states.value.shape[2]
    loops = compiled.compiled("exact_loops", "sharpen_rows")
    value, consent, terms = (path.value.reshape(size, n).copy(), path.consent.copy(),
                             path.terms.copy())
    good = np.zeros(size, dtype=bool)
    if loops is not None and components.width == 1 and size:
        loops((states.discount, states.flow, states.scale, states.rate, states.reward,
               states.member, states.weights, states.value, states.curvature, label),
              (value, consent, terms, good), exact_loops.make_room(moves, n, issues))
        other = active(states, label) & ((states.kind != NASH) | states.forced.any(axis=2))
        good &= ~other.any(axis=1)
    return Candidates(value, consent, np.repeat(terms[:, :, None, :], n, axis=2),
                      worth(states, terms), good, np.zeros(size, dtype=bool))


def recognised(components: Components, noise: Floats, path: logit.Path, listed: Answers) -> Ints:
    """(P,) the row of the one listed equilibrium of each state that its branch leads to, −1 where
    that is none, or cannot be told from others."""
    states, p = components.states, listed.owner
    asked = (states.present & states.member.any(axis=2) & (states.rate > 0))[p]
    label = regime(components, noise, path)[p]
    pure = np.where(listed.consent == 1.0, MADE, np.where(listed.consent == 0.0, REFUSED, MIX))
    same = ~asked | (np.minimum(label, MIX) == pure)
    apart = np.abs(listed.value - path.value[p, 0]) / states.scale[p]
    apart = np.concatenate([apart, np.where(asked, listed.consent - path.consent[p], 0.0)], axis=1)
    near = np.abs(apart).max(axis=1) <= NEAR
    fits = np.flatnonzero(same.all(axis=1) & near)
    number = np.bincount(p[fits], minlength=components.size)
    out = np.full(components.size, -1)
    out[p[fits]] = fits
    out[(number != 1) | ~path.reached] = -1
    return out
