"""Equilibria of a state whose consents are all labelled: linear, one bargain, or Newton.

The unknowns are V (n) and the consents of mixed moves; terms are functions of V. With
R_i = r_i + Σ λ_m α_m and h_m = W_m + u_m(x_m) the equations are

    E_i = R_i V_i − f_i − Σ_m λ_m α_m h_m,i = 0,      σ_m = 0 for each mixed move m.

Three cases, from cheap to dear. Without terms the equations are linear in the mixed α. With one
made bargain on Nash terms and no mix, V drops out: the gains are r̄_i/(r̄_i + λ)·(h_i − d_i) with
r̄ = r + Σ_other λ, d = f̄/r̄, so x maximises Σ w_i (1 + λ/r̄_i) log(h_i − d_i), one concave
problem with one solution. (Egalitarian terms equalise G_i/w_i: the same change of weights.)
Otherwise Newton's method on the equations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from ..kernels import forced, forced_warm
from ..kernels import terms as kernel
from .nodes import MADE, MIX, best_worth, binding, jointly
from .problem import KINDS, NASH, Problems, settle, surplus_and_slope, worth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEWTON_STEPS = 15
#: a gain above this share of the payoff ranges is one
CLEAR = 1e-9


@dataclass(eq=False)
class Candidates:
    """k points: value (k, n), consent (k, M), terms (k, M, n, J), paid (k, M, n); ``good`` (k,)
    whether the equations are met, ``odd`` (k,) whether a linear system was singular yet solvable.
    """

    value: Floats
    consent: Floats
    terms: Floats
    paid: Floats
    good: Bools
    odd: Bools

    def take(self, rows: Ints | Bools) -> Candidates:
        """The points of some rows."""
        return Candidates(*(getattr(self, f.name)[rows] for f in fields(self)))

    def put(self, rows: Ints, points: Candidates) -> None:
        """Replace the points of some rows."""
        for f in fields(self):
            getattr(self, f.name)[rows] = getattr(points, f.name)

    @staticmethod
    def join(parts: Sequence[Candidates]) -> Candidates:
        """All points of several lists."""
        return Candidates(*(np.concatenate([getattr(part, f.name) for part in parts])
                            for f in fields(Candidates)))


def active(problems: Problems, label: Ints) -> Bools:
    """(N, M) bargained moves that are made or mixed and come with a positive rate."""
    out: Bools = problems.bargained & ((label == MADE) | (label >= MIX)) & (problems.rate > 0)
    return out


def no_terms(problems: Problems, consent: Floats, value: Floats, good: Bools, odd: Bools,
             ) -> Candidates:
    size, moves, n = problems.reward.shape
    return Candidates(value=value, consent=consent, good=good, odd=odd,
                      terms=np.zeros((size, moves, n, problems.value.shape[2])),
                      paid=np.zeros((size, moves, n)))


def linear(problems: Problems, label: Ints) -> Candidates:
    """No active bargain: the mixed consents solve Σ_q λ_q α_q (W_q,i − W_m,i) = r_i W_m,i − f_i."""
    size, moves, n = problems.reward.shape
    consent = (label == MADE).astype(float)
    good, odd = np.ones(size, dtype=bool), np.zeros(size, dtype=bool)
    mixed = label >= MIX
    rows = np.flatnonzero(mixed.any(axis=1))
    if len(rows):
        sub, mix = problems.take(rows), mixed[rows]
        who = binding(label[rows], n).argmax(axis=2)
        own = np.take_along_axis(sub.reward, who[..., None], axis=2)
        across = np.take_along_axis(sub.reward, np.broadcast_to(
            who[:, None, :], (len(rows), moves, moves)), axis=2).swapaxes(1, 2)
        matrix = sub.rate[:, None, :] * (across - own)
        made = consent[rows]
        rhs = (np.take_along_axis(sub.discount, who, axis=1) * own[..., 0]
               - np.take_along_axis(sub.flow, who, axis=1)
               - (matrix * made[:, None, :]).sum(axis=2))
        matrix = np.where(mix[:, None, :] & mix[..., None], matrix, 0.0)
        matrix = np.where(mix[..., None], matrix, np.eye(moves))
        rhs = np.where(mix, rhs, made)
        unit = np.maximum(np.abs(matrix).max(axis=2), np.abs(rhs)) + 1e-300
        answer, good[rows], odd[rows] = _solve(matrix / unit[..., None], rhs / unit)
        consent[rows] = np.where(mix, answer, made)  # pure consents stay exact
    weight = problems.rate * consent
    value = ((problems.flow + (weight[..., None] * problems.reward).sum(axis=1))
             / (problems.discount + weight.sum(axis=1, keepdims=True)))
    return no_terms(problems, consent, value, good, odd)


def _solve(matrix: Floats, rhs: Floats) -> tuple[Floats, Bools, Bools]:
    """Batched solve; singular systems are told apart: inconsistent, or solvable in many ways."""
    u, s, vt = np.linalg.svd(matrix)
    full = s > 1e-11
    rotated = np.einsum("kij,ki->kj", u, rhs)
    answer = np.einsum("kji,kj->ki", vt, np.where(full, rotated / np.where(full, s, 1.0), 0.0))
    missing = np.where(full, 0.0, np.abs(rotated)).max(axis=1)
    singular = ~full.all(axis=1)
    good = ~singular | (missing < 1e-10)
    return answer, good, singular & good


def single(problems: Problems, label: Ints) -> Candidates:
    """One made Nash or egalitarian bargain, all else made or refused: the closed form above."""
    rows = np.arange(problems.size)
    move = active(problems, label).argmax(axis=1)
    made = (label == MADE).astype(float)
    others = problems.rate * made
    others[rows, move] = 0.0
    rate = problems.rate[rows, move][:, None]
    patience = problems.discount + others.sum(axis=1, keepdims=True)
    flow = problems.flow + (others[..., None] * problems.reward).sum(axis=1)
    without = flow / patience
    reward, member = problems.reward[rows, move], problems.member[rows, move]
    compelled = problems.forced[rows, move]
    v, c = problems.value[rows, move], problems.curvature[rows, move]
    weights = problems.weights[rows, move] * (1.0 + rate / patience)
    # a forced member is raised in units of its stake; the same change of weights applies
    unit = forced.stake(v, c) * (1.0 + rate / patience)
    x, good = np.zeros(v.shape[:2]), np.zeros(len(rows), dtype=bool)
    for code in np.unique(problems.kind[rows, move]):
        k = np.flatnonzero(problems.kind[rows, move] == code)
        answer, _ = forced.terms(KINDS[code], (reward - without)[k], v[k], c[k], weights[k],
                                 member[k], compelled[k], unit[k])
        x[k], good[k] = answer.x, (answer.sigma > 0) | compelled[k].any(axis=1) & answer.ok
    worth = (x[..., None] * v - 0.5 * x[..., None] ** 2 * c).sum(axis=1)
    value = (flow + rate * (reward + worth)) / (patience + rate)
    out = no_terms(problems, made, value, good, np.zeros(len(rows), dtype=bool))
    out.terms[rows, move] = x[:, None, :]
    out.paid[rows, move] = worth
    return out


def effective(problems: Problems, label: Ints) -> tuple[Problems, Floats]:
    """The bargains that mixed labels leave over, and the terms they pin (N, M, J).

    A mix that leaves one member i indifferent gives i its own best terms (σ = max_x G_i = 0); the
    other members bargain over the issues that i does not care about (the limit rule of §2.1).
    """
    size, moves, issues, n = problems.value.shape
    pinned = np.zeros((size, moves, issues))
    held = binding(label, n)
    rows, cols = np.nonzero((held.sum(axis=2) == 1) & problems.bargained)
    if not len(rows):
        return problems, pinned
    who = held[rows, cols].argmax(axis=1)
    reward, member = problems.reward.copy(), problems.member.copy()
    value, curvature = problems.value.copy(), problems.curvature.copy()
    v, c = value[rows, cols], curvature[rows, cols]
    k = np.arange(len(rows))
    cares = (v[k, :, who] != 0) | (c[k, :, who] != 0)
    peak = np.where(cares, best_worth(v, c)[0][k, :, who], 0.0)
    reward[rows, cols] += (peak[..., None] * v - 0.5 * peak[..., None] ** 2 * c).sum(axis=1)
    member[rows, cols, who] = False
    left = ~cares & (member | problems.forced)[rows, cols].any(axis=1, keepdims=True)
    value[rows, cols] = np.where(left[..., None], v, 0.0)
    curvature[rows, cols] = np.where(left[..., None], c, 0.0)
    pinned[rows, cols] = peak
    return replace(problems, reward=reward, member=member, value=value, curvature=curvature), pinned


@dataclass(eq=False)
class System:
    """The equations of labelled states at one point: residual, Jacobian and the terms there.

    Rows and columns: V (n), then one slot a move (α of the mixed ones, the identity elsewhere).
    ``slope`` (N, M, n, n) is ∂u_i/∂V_l of what each made bargain pays.
    """

    residual: Floats
    jacobian: Floats
    terms: Floats
    paid: Floats
    slope: Floats


def system(problems: Problems, label: Ints, value: Floats, consent: Floats,
           hint: Floats | None = None, near: Floats | None = None) -> System:
    """Evaluate the equations in units of payoff range; ``problems`` are :func:`effective` ones.

    With ``hint`` (N, M, J) terms start from it, which are those at the values ``near`` (N, n) where
    given, and a row where a made bargain has no gain for all is not a number.
    """
    size, moves, n = problems.reward.shape
    live = active(problems, label) & problems.party.any(axis=2)
    rows, cols = np.nonzero(live)
    terms = np.zeros((size, moves, n, problems.value.shape[2]))
    paid = np.zeros((size, moves, n))
    slope = np.zeros((size, moves, n, n))
    if len(rows):
        known = None if hint is None else hint[rows, cols]
        found, worth = settle(problems, (rows, cols), value[rows], known,
                              None if near is None else near[rows])
        terms[rows, cols], paid[rows, cols] = found, worth
        fine = np.isfinite(worth).all(axis=1)
        at = (rows[fine], cols[fine])
        slope[at] = _payoff_slopes(problems, at, value[at[0]], found[fine], worth[fine])
    weight = problems.rate * consent
    total = problems.discount + weight.sum(axis=1, keepdims=True)
    gain = problems.reward + paid - value[:, None, :]
    scale = problems.scale
    residual = np.zeros((size, n + moves))
    jacobian = np.zeros((size, n + moves, n + moves))
    residual[:, :n] = (problems.discount * value - problems.flow
                       - (weight[..., None] * gain).sum(axis=1)) / (total * scale)
    jacobian[:, :n, :n] = -(weight[..., None, None] * slope).sum(axis=1) / total[..., None]
    jacobian[:, np.arange(n), np.arange(n)] += 1.0
    jacobian[:, :n, :n] *= scale[:, None, :] / scale[..., None]
    mixed = label >= MIX
    jacobian[:, :n, n:] = np.where(
        mixed[:, None, :], -(problems.rate[..., None] * gain / (total * scale)[:, None, :]
                             ).swapaxes(1, 2), 0.0)
    jacobian[:, n:, n:] = np.where(mixed[..., None], 0.0, np.eye(moves))
    mix_rows, mix_cols = np.nonzero(mixed)
    if len(mix_rows):
        residual[mix_rows, n + mix_cols], jacobian[mix_rows, n + mix_cols, :n] = _binding_rows(
            problems, (mix_rows, mix_cols), label, value)
    return System(residual, jacobian, terms, paid, slope)


def _binding_rows(problems: Problems, mix: tuple[Ints, Ints], label: Ints, value: Floats,
                  ) -> tuple[Floats, Floats]:
    """−σ of mixed moves and its gradient in V: a member held at zero, or the max-min over terms."""
    rows, cols = mix
    n = value.shape[1]
    held = binding(label[rows, cols], n)
    scale = problems.scale[rows]
    who = held.argmax(axis=1)
    k = np.arange(len(rows))
    minus = (value[rows, who] - problems.reward[rows, cols, who]) / scale[k, who]
    gradient = np.zeros((len(rows), n))
    gradient[k, who] = 1.0
    joint = np.flatnonzero(held.sum(axis=1) > 1)
    if len(joint):
        at = (rows[joint], cols[joint])
        sigma, gradient[joint] = surplus_and_slope(problems, at, value[at[0]])
        minus[joint] = -sigma
    return minus, gradient


def _payoff_slopes(problems: Problems, moves: tuple[Ints, Ints], value: Floats, terms: Floats,
                   paid: Floats) -> Floats:
    """(k, n, n) ∂u_i/∂V_l of made bargains: implicit function for Nash terms, lifted ones included,
    and differences otherwise."""
    rows, cols = moves
    v, c = problems.value[rows, cols], problems.curvature[rows, cols]
    base, x = problems.reward[rows, cols] - value, terms[:, 0]
    out = np.zeros((len(rows), value.shape[1], value.shape[1]))
    party = problems.party[rows, cols]
    nash = problems.kind[rows, cols] == NASH
    compelled = np.asarray(problems.forced[rows, cols].any(axis=1))
    # a forced member that gains has the terms of a plain bargain
    gains = np.where(party, base + paid, np.inf).min(axis=1) > CLEAR * problems.scale[rows].max(
        axis=1)
    plain = np.flatnonzero(nash & (gains | ~compelled))
    rest = np.flatnonzero(~nash | ~gains & compelled)
    marginal = v - c * x[..., None]
    if len(plain):
        dx = kernel.nash_sensitivity(base[plain], v[plain], c[plain],
                                     problems.weights[rows, cols][plain], party[plain], x[plain])
        out[plain] = -np.einsum("kji,kjl->kil", marginal[plain], dx)
    lifted = rest[nash[rest]]
    if len(lifted):
        at = (rows[lifted], cols[lifted])
        _, known, dx = forced_warm.terms(base[lifted], v[lifted], c[lifted], problems.member[at],
                                         problems.forced[at], x[lifted], base[lifted])
        lifted, dx = lifted[known], dx[known]
        out[lifted] = -np.einsum("kji,kjl->kil", marginal[lifted], dx)
        rest = np.setdiff1d(rest, lifted)
    at = (rows[rest], cols[rest])
    for i in np.flatnonzero(party[rest].any(axis=0)):
        step = 1e-6 * problems.scale[at[0], i]
        moved = value[rest].copy()
        moved[:, i] += step
        out[rest, :, i] = (settle(problems, at, moved, x[rest], value[rest])[1]
                           - paid[rest]) / step[:, None]
    return out


def newton(problems: Problems, label: Ints, value: Floats, consent: Floats,
           hint: Floats | None = None) -> Candidates:
    """Damped Newton from a given start, for every row at once.

    A row is good when its residual is below 1e-12 of the payoff range.
    """
    reduced, pinned = effective(problems, label)
    mixed, n = label >= MIX, value.shape[1]
    consent = np.where(mixed, consent, (label == MADE).astype(float))
    exact = jointly(label, n).any()
    hint = None if exact else hint
    here = system(reduced, label, value, consent, hint)
    norm = np.abs(here.residual).max(axis=1)
    for _ in range(NEWTON_STEPS):
        todo = np.flatnonzero((norm > 1e-15) & np.isfinite(norm))
        if not len(todo):
            break
        sub, tag = reduced.take(todo), label[todo]
        step = _step(here.jacobian[todo], here.residual[todo])
        best = norm[todo].copy()
        moved = np.zeros(len(todo), dtype=bool)
        for shrink in (1.0, 0.5, 0.25, 0.1, 0.02):
            rest = np.flatnonzero(~moved)
            if not len(rest):
                break
            at = todo[rest]
            v = value[at] + shrink * step[rest, :n] * problems.scale[at]
            a = np.where(mixed[at], consent[at] + shrink * step[rest, n:], consent[at])
            known = None if hint is None else here.terms[at][:, :, 0]
            trial = system(sub.take(rest), tag[rest], v, a, known, value[at])
            size = np.abs(trial.residual).max(axis=1)
            better = size < best[rest] * (1.0 if shrink == 1.0 else 0.99)
            took, rows = rest[better], at[better]
            value[rows], consent[rows], norm[rows] = v[better], a[better], size[better]
            for name in ("residual", "jacobian", "terms", "paid"):
                getattr(here, name)[rows] = getattr(trial, name)[better]
            moved[took] = True
        norm[todo[~moved]] *= np.where(norm[todo[~moved]] < 1e-12, 0.0, np.inf)
    good = (norm < 1e-12) & np.isfinite(value).all(axis=1)
    terms = here.terms + pinned[:, :, None, :]
    paid = here.paid + worth(problems, pinned)
    return Candidates(value, consent, terms, paid, good, np.zeros(len(good), bool))


def guess(problems: Problems, label: Ints, start: Floats, rounds: int = 8,
          ) -> tuple[Floats, Floats]:
    """A start for Newton: terms settled one bargain after another (V (N, n), terms (N, M, J)).

    Each bargain is solved as in :func:`single` with what the others pay held still (Nash-in-Nash
    played as best responses), from the terms ``start`` (N, M, J), until no payoff moves by more
    than a part in 10⁴ of its range. Rows where a made bargain has no gain for all are not a number.
    """
    reduced, _ = effective(problems, label)
    share = np.where(label == MADE, 1.0, np.where(label >= MIX, 0.5, 0.0))
    live = active(reduced, label) & reduced.party.any(axis=2)
    x = np.where(live[..., None], start, 0.0)
    weight = reduced.rate * share
    total = reduced.discount + weight.sum(axis=1, keepdims=True)
    pay = reduced.reward + worth(reduced, x)
    alone = live.sum(axis=1) == 1
    moving: Bools = np.asarray(live.any(axis=1))
    for turn in range(rounds):
        before = pay.copy()
        for m in np.flatnonzero((live & moving[:, None]).any(axis=0)):
            rows = np.flatnonzero(live[:, m] & moving)
            own = weight[rows, m][:, None]
            patience = total[rows] - own
            others = reduced.flow[rows] + (weight[rows][..., None] * pay[rows]).sum(axis=1)
            without = (others - own * pay[rows, m]) / patience
            weights = reduced.weights[rows, m] * (1.0 + own / patience)
            v, c = reduced.value[rows, m], reduced.curvature[rows, m]
            x[rows, m] = _respond(reduced, rows, int(m), reduced.reward[rows, m] - without, weights,
                                  x[rows, m])
            new = x[rows, m][..., None]
            pay[rows, m] = reduced.reward[rows, m] + (v * new - 0.5 * c * new * new).sum(axis=1)
        change = (np.abs(pay - before) / reduced.scale[:, None, :]).max(axis=(1, 2))
        moving &= (change > 1e-4) & ~(alone & (turn == 0))
        if not moving.any():
            break
    value = (reduced.flow + (weight[..., None] * pay).sum(axis=1)) / total
    return value, x


def _respond(problems: Problems, rows: Ints, m: int, base: Floats, weights: Floats,
             start: Floats) -> Floats:
    """(k, J) Nash terms of one move where gains before terms are ``base``."""
    move = (rows, m)
    v, c, member = problems.value[move], problems.curvature[move], problems.member[move]
    compelled = problems.forced[move]
    x = kernel.nash(base, v, c, weights, member | compelled, start)[0]
    lacks = np.flatnonzero(compelled.any(axis=1) & ~np.isfinite(x).all(axis=1))
    if len(lacks):
        x[lacks], found, _ = forced_warm.terms(base[lacks], v[lacks], c[lacks], member[lacks],
                                               compelled[lacks], start[lacks])
        lacks = lacks[~found]
    if len(lacks):
        x[lacks] = forced.terms("nash", base[lacks], v[lacks], c[lacks], weights[lacks],
                                member[lacks], compelled[lacks])[0].x
    return x


def _step(jacobian: Floats, residual: Floats) -> Floats:
    try:
        step = -np.linalg.solve(jacobian, residual[..., None])[..., 0]
    except np.linalg.LinAlgError:
        step = -np.einsum("kij,kj->ki", np.linalg.pinv(jacobian), residual)
    out: Floats = np.where(np.isfinite(step), step, 0.0)
    return out


def index(problems: Problems, label: Ints, value: Floats, consent: Floats,
          terms: Floats | None = None) -> Ints:
    """±1 of each equilibrium: the sign of det [[∂E/∂V, ∂E/∂α_mix], [−∂σ_mix/∂V, 0]] (§2.1).

    ``terms`` (N, M, J) are the equilibrium's, where the caller has them.
    """
    reduced, _ = effective(problems, label)
    if jointly(label, value.shape[1]).any():
        terms = None  # there σ is 0, and terms need the limit rule
    jacobian = system(reduced, label, value, consent, terms).jacobian
    sign = np.sign(np.linalg.det(jacobian))
    out: Ints = np.where(np.isfinite(sign), sign, 0).astype(np.int64)
    return out
