"""The equations of all states of a component at once, and Newton's method on them.

Unknowns and equations are those of ``leaf``, for every state: V (n), and one slot a move for the
consents that are mixed. States are coupled where a move leads to another state of the component.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .component import Components
from .leaf import Candidates, effective, system
from .nodes import MADE, MIX, jointly
from .problem import worth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEWTON_STEPS, HALVINGS = 25, 6
#: a step, in payoff ranges and consents, that a singular system may ask for; what counts as zero
#: there next to the largest singular value
WILD, SINGULAR = 0.1, 1e-11


def equations(components: Components, label: Ints, value: Floats, consent: Floats,
              hint: Floats | None) -> tuple[Floats, Floats, Floats, Floats]:
    """Residual (P, S·(n + M)) and Jacobian of all states, and each state's terms and pay."""
    size, width = components.size, components.width
    filled, _ = effective(components.at(value), label)
    flat = value.reshape(filled.size, -1)
    here = system(filled, label, flat, consent, hint)
    moves, n = filled.reward.shape[1:]
    slots = n + moves
    jacobian = np.zeros((size, width, slots, width, slots))
    own = here.jacobian.reshape(size, width, slots, slots)
    for s in range(width):
        jacobian[:, s, :, s, :] = own[:, s]
    weight = filled.rate * consent
    total = filled.discount + weight.sum(axis=1, keepdims=True)
    inside = components.inside.reshape(size, width, moves)
    rows, at, move = np.nonzero(inside >= 0)
    flat_row = rows * width + at
    to = inside[rows, at, move]
    push = -weight[flat_row, move][:, None, None] * (
        np.eye(n) - here.slope[flat_row, move]) / total[flat_row][..., None]
    scale = filled.scale
    push = push * scale[rows * width + to][:, None, :] / scale[flat_row][..., None]
    blocks = jacobian.swapaxes(2, 3)  # (P, S, S, slots, slots)
    np.add.at(blocks[..., :n, :n], (rows, at, to), push)
    # an indifferent member is paid what it has: its row falls in the target's value
    tied = label[flat_row, move] >= MIX
    r, a, m, t, f = rows[tied], at[tied], move[tied], to[tied], flat_row[tied]
    if len(r):
        gradient = here.jacobian[f, n + m, :n] * scale[r * width + t] / scale[f]
        np.add.at(blocks[..., :n], (r, a, t, n + m), -gradient)
    return (here.residual.reshape(size, -1), jacobian.reshape(size, width * slots, -1),
            here.terms, here.paid)


def newton(components: Components, label: Ints, value: Floats, consent: Floats,
           hint: Floats | None) -> Candidates:
    """Damped Newton on the exact equations of labelled components; good where it converged.

    Args:
        label: (P·S, M) made, refused or mixed.
        value: (P, S, n) and ``consent`` (P·S, M): where to start.
        hint: (P·S, M, J) terms to start from; with it, made bargains must pay all from the start.
            Moves that leave several members indifferent do without: there σ is 0, and terms need
            the limit rule.
    """
    size, width = components.size, components.width
    n, moves = value.shape[2], label.shape[1]
    mixed = label >= MIX
    by_limit = jointly(label, n)[..., None]
    if hint is not None:
        hint = np.where(by_limit, np.nan, hint)
    consent = np.where(mixed, consent, (label == MADE).astype(float))
    value = value.copy()
    unit = components.states.scale.reshape(size, width, n)
    residual, jacobian, terms, paid = equations(components, label, value, consent, hint)
    norm = _largest(residual)
    good = np.zeros(size, dtype=bool)
    todo = np.arange(size)
    for _ in range(NEWTON_STEPS):
        good[todo] = norm[todo] < 1e-12
        todo = todo[(norm[todo] > 1e-14) & np.isfinite(norm[todo])]
        if not len(todo):
            break
        step = _step(jacobian[todo], residual[todo], mixed[components.flat(todo)], n)
        left, length = np.arange(len(todo)), 1.0
        for _ in range(HALVINGS):
            rows = todo[left]
            flat = components.flat(rows)
            move = length * step[left]
            trial = value[rows] + move[..., :n] * unit[rows]
            share = np.where(mixed[flat], consent[flat] + move[..., n:].reshape(-1, moves),
                             consent[flat])
            known = None if hint is None else np.where(
                by_limit[flat], np.nan, np.nan_to_num(terms[flat][:, :, 0], nan=0.5))
            new = equations(components.take(rows), label[flat], trial, share, known)
            better = _largest(new[0]) < norm[rows]
            kept, many = rows[better], np.repeat(better, width)
            value[kept], consent[flat[many]] = trial[better], share[many]
            residual[kept], jacobian[kept] = new[0][better], new[1][better]
            terms[flat[many]], paid[flat[many]] = new[2][many], new[3][many]
            norm[kept] = _largest(new[0][better])
            left, length = left[~better], 0.4 * length
            if not len(left):
                break
        todo = np.delete(todo, left)  # what no step improves is as good as it gets
    good[todo] = norm[todo] < 1e-12
    good &= np.isfinite(value).all(axis=(1, 2))
    _, pinned = effective(components.at(value), label)
    flat_good = np.repeat(good, width)
    return Candidates(value.reshape(size * width, n), consent, terms + pinned[:, :, None, :],
                      paid + worth(components.states, pinned), flat_good,
                      np.zeros(len(flat_good), dtype=bool))


def _step(jacobian: Floats, residual: Floats, mixed: Bools, n: int) -> Floats:
    """(P, S, n + M) Newton's step; slots of consents that no component mixes stay out of it."""
    size, width = len(residual), len(mixed) // max(len(residual), 1)
    slots = n + mixed.shape[1]
    used = np.concatenate([np.ones((width, n), dtype=bool),
                           mixed.reshape(size, width, -1).any(axis=0)], axis=1)
    at = np.flatnonzero(used)
    step = np.zeros((size, width * slots))
    step[:, at] = _solve(jacobian[:, at[:, None], at], -residual[:, at])
    return step.reshape(size, width, slots)


def _largest(residual: Floats) -> Floats:
    size = np.abs(residual).max(axis=1)
    return np.where(np.isfinite(size), size, np.inf)


def _solve(matrix: Floats, rhs: Floats) -> Floats:
    """The step; the shortest one where equations repeat each other (two alike moves that mix)."""
    safe = np.asarray(np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(rhs).all(axis=1))
    matrix = np.where(safe[:, None, None], matrix, np.eye(matrix.shape[1]))
    rhs = np.where(safe[:, None], rhs, 0.0)
    try:
        answer = np.linalg.solve(matrix, rhs[..., None])[..., 0]
    except np.linalg.LinAlgError:
        answer = np.full(rhs.shape, np.nan)
    wild = np.flatnonzero(~(np.abs(answer).max(axis=1) <= WILD))
    answer[wild] = (np.linalg.pinv(matrix[wild], rcond=SINGULAR) @ rhs[wild][..., None])[..., 0]
    out: Floats = np.where(np.isfinite(answer), answer, 0.0)
    return out


def index(components: Components, label: Ints, value: Floats, consent: Floats, terms: Floats,
          ) -> Ints:
    """±1 of each equilibrium of a component (as ``leaf.index``); ``terms`` (P, S, M, J)."""
    moves, flat = label.shape[2], label.reshape(-1, label.shape[2])
    by_limit = jointly(flat, value.shape[2])[..., None]
    hint = np.where(by_limit, np.nan, terms.reshape(*flat.shape, -1))
    jacobian = equations(components, flat, value, consent.reshape(-1, moves), hint)[1]
    sign = np.sign(np.linalg.det(np.nan_to_num(jacobian)))
    out: Ints = np.where(np.isfinite(sign), sign, 0).astype(np.int64)
    return out
