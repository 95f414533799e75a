"""Agent quantal response in linked games: consents under noise, and the branch to zero noise.

At noise κς the values of a component satisfy E_i(s) = r_i V_i − f_i − Σ_m λ_m α_m G_m,i = 0 with
the consents and terms of ``kernels.logit``. At κ = ∞ there is one solution. The branch that starts
there leads to a solution at κ = 1 (the concept ``"logit"``), and as κ → 0 to one Markov perfect
equilibrium (McKelvey & Palfrey 1998; Turocy 2005, "A dynamic homotopy interpretation of the
logistic quantal response equilibrium correspondence"). Most branches never turn back in κ: all
components of a batch are followed together down a ladder of noise levels, and one that turns is
followed alone by arclength (``continuation``). Where compiled loops are at hand, components of one
state are followed by arclength from the start (:mod:`..kernels.logit_loops`).

A member whose consent a setting fixes is not asked, and bargains under its own noise. On the way to
zero noise its terms are made under the geometric mean of noise and payoff range instead, which
falls more slowly than that of the others: in the limit they do not lose, and among such terms its
gain comes first, as DESIGN §2.6 has it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .. import continuation
from ..kernels import compiled, logit_loops
from ..kernels import logit as kernel
from .component import Components
from .problem import surplus
from .state import Answers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: noise, in units of the largest gain, at which consents are coins and the ladder begins
LOUDEST = 100.0
#: factor between rungs: at first, and at most and least
RUNG, WIDEST, NARROWEST = 0.5, 0.25, 0.98
NEWTON_STEPS = 12
#: residual, in units of payoff range, at which a rung is reached
CLOSE = 1e-11
#: a rung that corrects a value or changes a consent by more than this was too far away
VALUE_STEP, CONSENT_STEP = logit_loops.VALUE_STEP, logit_loops.CONSENT_STEP


LOST = "the branch from loud noise could not be followed to the game's noise"


def answer(components: Components) -> Answers:
    """The solution under the game's noise on the branch from loud noise, for each component."""
    states, width = components.states, components.width
    path = follow(components, np.where(states.party, states.noise, 1.0), 1.0)
    fine = np.flatnonzero(path.reached)
    rows = components.flat(fine)
    sub, value = components.take(fine).at(path.value[fine]), path.value[fine]
    n = value.shape[2]
    flat = value.reshape(len(rows), n)
    sigma = np.zeros(sub.present.shape)
    at = np.nonzero(sub.present & sub.member.any(axis=2))
    if len(at[0]):
        sigma[at] = surplus(sub, at, flat[at[0]], scaled=False)
    terms = np.repeat(path.terms[rows][:, :, None, :], n, axis=2)
    consent = np.where(sub.present, path.consent[rows], 0.0)
    return Answers(np.repeat(fine, width), flat, consent, sigma, terms,
                   np.ones(len(rows), dtype=np.int64), {},
                   {int(p): LOST for p in np.flatnonzero(~path.reached)})


@dataclass(eq=False)
class Field:
    """The equations at one point, in units of payoff range: residual (P, S·n), its Jacobian, and
    consent (P·S, M), terms (P·S, M, J), gain (P·S, M, n) there.
    """

    residual: Floats
    jacobian: Floats
    consent: Floats
    terms: Floats
    gain: Floats


def field(components: Components, noise: Floats, value: Floats, hint: Floats) -> Field:
    """Evaluate the equations at V (P, S, n), noise (P·S, M, n); ``hint`` starts the terms."""
    problems = components.at(value)
    rows, moves, n = problems.reward.shape
    flat = value.reshape(rows, n)
    base = (problems.reward - flat[:, None, :]).reshape(-1, n)
    issues = problems.value.shape[2]
    v, c = (a.reshape(len(base), issues, n) for a in (problems.value, problems.curvature))
    weights, member = problems.weights.reshape(-1, n), problems.member.reshape(-1, n)
    party = problems.party.reshape(-1, n)
    sigma = noise.reshape(-1, n)
    slope = np.broadcast_to(np.eye(n), (len(base), n, n)).copy()
    gain, terms = base, np.zeros((len(base), issues))
    at = np.flatnonzero(problems.bargained.ravel() & party.any(axis=1))
    if len(at):
        asked = kernel.Bargains(base[at], v[at], c[at], weights[at], party[at], sigma[at])
        terms[at], ok = kernel.terms(asked, hint.reshape(len(base), issues)[at])
        terms[at[~ok]] = np.nan
        x = terms[at][..., None]
        gain = base.copy()
        gain[at] += (v[at] * x - 0.5 * c[at] * x * x).sum(axis=1)
        if ok.all():
            change = kernel.sensitivity(asked, terms[at])
            slope[at] += np.einsum("kji,kjl->kil", v[at] - c[at] * x, change)
    alpha, steep = kernel.consent(gain, sigma, member)
    push = alpha[:, None, None] * slope + gain[..., None] * np.einsum(
        "kl,klj->kj", steep, slope)[:, None, :]
    rate = np.where(problems.present, problems.rate, 0.0)
    total = problems.discount + rate.sum(axis=1, keepdims=True)
    alpha, gains = alpha.reshape(rows, moves), gain.reshape(rows, moves, n)
    residual = (problems.discount * flat - problems.flow
                - ((rate * alpha)[..., None] * gains).sum(axis=1)) / (total * problems.scale)
    local = -rate[..., None, None] * push.reshape(rows, moves, n, n)
    size, width = components.size, components.width
    jacobian = components.spread(local)
    diagonal = np.arange(width * n)
    jacobian[:, diagonal, diagonal] += problems.discount.reshape(size, -1)
    unit = (total * problems.scale).reshape(size, -1)
    scale = problems.scale.reshape(size, -1)
    jacobian *= scale[:, None, :] / unit[:, :, None]
    return Field(residual.reshape(size, -1), jacobian, alpha, terms.reshape(rows, moves, issues),
                 gains)


@dataclass(eq=False)
class Path:
    """Where P branches led: V (P, S, n), terms and consents there, noise factor κ (P,), whether
    the branch got there (P,), and whether it turned back on its way (P,).
    """

    value: Floats
    terms: Floats
    consent: Floats
    kappa: Floats
    reached: Bools
    turned: Bools

    def take(self, rows: Ints, flat: Ints) -> Path:
        """The branches of some components, whose states are ``flat`` (``Components.flat``)."""
        return Path(self.value[rows], self.terms[flat], self.consent[flat], self.kappa[rows],
                    self.reached[rows], self.turned[rows])


def follow(components: Components, noise: Floats, until: float) -> Path:
    """Follow the branches from loud noise to κ = ``until`` (P components at once), below 1 on the
    way to zero noise.

    Args:
        noise: (P·S, M, n) ς of each member, positive.
    """
    size, width, n = components.size, components.width, components.states.discount.shape[1]
    states = components.states
    value = (states.flow / states.discount).reshape(size, width, n)
    hint = np.full(states.value.shape[:3], 0.5)
    quiet = np.where(states.party, noise / states.scale[:, None, :], np.inf).min(axis=(1, 2))
    quiet = quiet.reshape(size, width).min(axis=1)
    kappa = np.maximum(np.where(np.isfinite(quiet), LOUDEST / quiet, 1.0), 2.0 * until)
    path = Path(value, hint, np.zeros(states.present.shape), kappa, np.zeros(size, dtype=bool),
                np.zeros(size, dtype=bool))
    rows = np.setdiff1d(np.arange(size), _by_loops(components, noise, path, until))
    _down_the_ladder(components, noise, path, rows, until)
    return path


def _by_loops(components: Components, noise: Floats, path: Path, until: float) -> Ints:
    """Follow what compiled loops can, in place; returns which branches that were."""
    loops = compiled.compiled("logit_loops", "follow_rows")
    if loops is None or components.width > 1:
        return np.zeros(0, dtype=np.int64)
    rows = np.flatnonzero(~components.states.forced.any(axis=(1, 2)))
    states = components.states.take(rows)
    (size, moves, n), issues = states.reward.shape, states.value.shape[2]
    value, terms, consent = np.zeros((size, n)), np.zeros((size, moves, issues)), np.zeros(
        (size, moves))
    ended = np.zeros(size, dtype=np.int64)
    given = (states.discount, states.flow, states.scale, states.rate, states.present,
             states.reward, states.member, states.weights, states.value, states.curvature,
             noise[rows])
    loops(given, np.log(path.kappa[rows]), np.log(until), (value, terms, consent, ended),
          logit_loops.make_room(moves, n, issues))
    good = ended != logit_loops.LOST
    rows = np.asarray(rows[good], dtype=np.int64)
    path.value[rows, 0], path.terms[rows], path.consent[rows] = (
        value[good], terms[good], consent[good])
    path.kappa[rows], path.reached[rows] = until, True
    path.turned[rows] = ended[good] == logit_loops.TURNED
    return rows


def _down_the_ladder(components: Components, noise: Floats, path: Path, todo: Ints, until: float,
                     ) -> None:
    """Follow some branches together, in place; by arclength alone where the ladder loses one."""
    if not len(todo):
        return
    # far up the ladder Newton's method converges from anywhere
    reached = _rung(components, noise, path, todo, path.kappa[todo], until, first=True)
    rung = np.full(components.size, RUNG)
    todo, lost = todo[reached], todo[~reached]
    before = path.value.copy(), path.kappa.copy()
    while len(todo):
        goal = np.maximum(path.kappa[todo] * rung[todo], until)
        last = path.value[todo].copy(), path.kappa[todo].copy()
        span = np.log(last[1] / before[1][todo])
        ahead = np.where(span < 0, np.log(goal / last[1]) / np.where(span < 0, span, 1.0), 0.0)
        path.value[todo] = last[0] + ahead[:, None, None] * (last[0] - before[0][todo])
        good = _rung(components, noise, path, todo, goal, until)
        bad = ~good
        path.value[todo[bad]], path.kappa[todo[bad]] = last[0][bad], last[1][bad]
        before[0][todo[good]], before[1][todo[good]] = last[0][good], last[1][good]
        rung[todo[good]] = np.maximum(WIDEST, rung[todo[good]] ** 1.5)
        rung[todo[bad]] = rung[todo[bad]] ** 0.4
        done = good & (goal <= until)
        path.reached[todo[done]] = True
        stuck = bad & (rung[todo] > NARROWEST)
        lost = np.concatenate([lost, todo[stuck]])
        todo = todo[~done & ~stuck]
    for p in lost.tolist():
        _alone(components, noise, path, p, until)


def _factor(components: Components, noise: Floats, kappa: Floats, until: float) -> Floats:
    """(P·S, M, n) ς at noise factors κ (P,)."""
    out: Floats = noise * np.repeat(kappa, components.width)[:, None, None]
    states = components.states
    if until < 1.0 and states.forced.any():
        out = np.where(states.forced, np.sqrt(out * states.scale[:, None, :]), out)
    return out


def _rung(components: Components, noise: Floats, path: Path, rows: Ints, kappa: Floats,
          until: float, first: bool = False) -> Bools:
    """Newton at noise factor κ (len(rows),), in place; returns which converged on the same branch.

    A branch that has not turned keeps the sign of its Jacobian's determinant, which is that of one
    solution at loud noise: positive.
    """
    sub, width = components.take(rows), components.width
    flat = (rows[:, None] * width + np.arange(width)).ravel()
    sigma = _factor(sub, noise[flat], kappa, until)
    value, hint = path.value[rows].copy(), path.terms[flat].copy()
    scale = sub.states.scale.reshape(len(rows), width, -1)
    here = field(sub, sigma, value, hint)
    norm = np.abs(here.residual).max(axis=1)
    start = value.copy()
    for _ in range(NEWTON_STEPS):
        todo = np.flatnonzero((norm > CLOSE) & np.isfinite(norm))
        if not len(todo):
            break
        step = _solve(here.jacobian[todo], -here.residual[todo]).reshape(len(todo), width, -1)
        trial = value.copy()
        trial[todo] += step * scale[todo]
        here = field(sub, sigma, trial, np.nan_to_num(here.terms, nan=0.5))
        size = np.abs(here.residual).max(axis=1)
        value = trial
        norm = np.where(np.isfinite(size), size, np.inf)
    good = np.asarray(norm <= CLOSE)
    if not first:
        good &= (np.abs(value - start) / scale).max(axis=(1, 2)) < VALUE_STEP
        moved = np.where(sub.states.rate > 0, np.abs(here.consent - path.consent[flat]), 0.0)
        good &= moved.max(axis=1, initial=0.0).reshape(len(rows), width).max(axis=1) < CONSENT_STEP
        good[good] = np.linalg.det(here.jacobian[good]) > 0
    kept = np.flatnonzero(good)
    path.value[rows[kept]] = value[kept]
    path.kappa[rows[kept]] = kappa[kept]
    mine = (kept[:, None] * width + np.arange(width)).ravel()
    path.terms[flat[mine]], path.consent[flat[mine]] = here.terms[mine], here.consent[mine]
    return good


def _solve(matrix: Floats, rhs: Floats) -> Floats:
    try:
        out = np.linalg.solve(matrix, rhs[..., None])
    except np.linalg.LinAlgError:
        out = np.linalg.pinv(matrix) @ rhs[..., None]
    return np.asarray(out[..., 0], dtype=np.float64)


def _alone(components: Components, noise: Floats, path: Path, p: int, until: float) -> None:
    """Follow one branch by arclength from where the ladder lost it; t = −log κ."""
    row = np.array([p])
    sub, width = components.take(row), components.width
    flat = np.arange(p * width, (p + 1) * width)
    scale = sub.states.scale.reshape(width, -1)
    memory = {"terms": path.terms[flat].copy()}

    def at(x: Floats, t: float) -> Field:
        sigma = _factor(sub, noise[flat], np.array([np.exp(-t)]), until)
        found = field(sub, sigma, (x.reshape(scale.shape) * scale)[None], memory["terms"])
        if np.isfinite(found.terms).all():
            memory["terms"] = found.terms
        return found

    def system(x: Floats, t: float) -> tuple[Floats, Floats, Floats]:
        here = at(x, t)
        step = 1e-6
        pace = (at(x, t + step).residual[0] - at(x, t - step).residual[0]) / (2 * step)
        return here.residual[0], here.jacobian[0], pace

    begin = -float(np.log(path.kappa[p]))
    branch = continuation.trace(system, (path.value[p] / scale).ravel(), begin,
                                -float(np.log(until)))
    path.turned[p] = bool(branch.special)
    path.reached[p] = branch.end is continuation.End.REACHED
    last = at(branch.last, float(branch.t[-1]))
    path.value[p] = branch.last.reshape(scale.shape) * scale
    path.kappa[p] = np.exp(-branch.t[-1])
    path.terms[flat], path.consent[flat] = last.terms, last.consent
