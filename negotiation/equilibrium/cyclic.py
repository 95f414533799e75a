"""Equilibria of components with cycles: the selected one first, then others by search.

The logit branch is followed to almost no noise, where consents tell the regime: refused, made, or
mixed with the members whose gain vanishes. Newton's method on the exact equations of the regime,
all states of the component at once, gives the equilibrium. More are looked for from other
proportions of noise between members, and by best responses from random consents. Completeness is
claimed where no terms are bargained and branch and bound closes (``cyclic_proof``).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import logit
from .branch import Points, distinct, verify
from .component import Components
from .cyclic_proof import enumerate_fixed
from .leaf import Candidates, effective, system
from .nodes import MADE, MIX, REFUSED, binding
from .problem import ZERO, Problems, surplus, worth
from .state import Answers, finish, join, solve_states

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: noise, in payoff ranges, at which the branch's regime is read
QUIET = 1e-5
#: consents closer than this to 0 or 1 there are pure
PURE = 1e-2
#: gains below this many units of noise there are zero
VANISHING = 60.0
#: other proportions of noise, and random consents, that further equilibria are searched from
PROPORTIONS, STARTS = 6, 10
ROUNDS = 25
#: pairs of equilibria, and choices of indifferent members, that are tried for a missing mix
MOST_PAIRS, MOST_CHOICES = 6, 64
NEWTON_STEPS = 25

UNSURE = "the equilibrium that noise selects was not reached; the nearest one is listed"
CYCLE = "further equilibria of a component with cycles were searched for, not ruled out"


@dataclass(eq=False)
class Joint:
    """k equilibria of P components, sorted by owner, the selected one first: value (k, S, n),
    label and consent (k, S, M), terms (k, S, M, n, J), index (k,); ``complete`` (P,) whether the
    component's list is proved complete.
    """

    owner: Ints
    value: Floats
    label: Ints
    consent: Floats
    terms: Floats
    index: Ints
    complete: Bools


def selected(components: Components, indifferent: str) -> Answers:
    """The equilibrium that the logit branch selects in each component of one state or several.

    Where the branch's end cannot be made exact, the nearest equilibrium of the state's list stands
    for it, with a doubt.
    """
    found = answer(components, indifferent, first=True)
    missing = np.setdiff1d(np.arange(components.size), found.owner)
    if len(missing) and components.width == 1:
        sub = components.take(missing)
        ends = logit.follow(sub, _noise(sub), QUIET)
        listed = solve_states(sub.states, indifferent)
        apart = (np.abs(listed.value - ends.value[listed.owner, 0])
                 / sub.states.scale[listed.owner]).max(axis=1)
        order = np.lexsort((apart, listed.owner))
        _, first = np.unique(listed.owner[order], return_index=True)
        keep = np.zeros(len(apart), dtype=bool)
        keep[order[first]] = True
        nearest = listed.keep(keep)
        nearest.owner = missing[nearest.owner]
        nearest.doubt = dict.fromkeys(missing.tolist(), UNSURE)
        found = join([found, nearest])
    found.doubt = {p: why for p, why in found.doubt.items() if why != CYCLE}
    return found


def _noise(components: Components) -> Floats:
    """Proportions of noise: the game's where it gives every member some, else payoff ranges."""
    states = components.states
    given = np.where(states.party, states.noise, 1.0).min(initial=1.0) > 0
    ranges = np.broadcast_to(states.scale[:, None, :], states.noise.shape)
    out: Floats = np.where(states.party, states.noise if given else ranges, 1.0)
    return out


def answer(components: Components, indifferent: str, first: bool = False) -> Answers:
    """The equilibria of components as answers of their states, a component's rows together."""
    states, width = components.states, components.width
    joint = solve_components(components, _noise(components), first)
    sub = components.take(joint.owner)
    moves, n = states.reward.shape[1:]
    flat = joint.value.reshape(len(joint.owner) * width, n)
    rows = np.arange(len(flat))
    label = joint.label.reshape(-1, moves)
    terms = joint.terms.reshape(len(flat), moves, n, states.value.shape[2])
    points = Points(rows, label, flat, joint.consent.reshape(-1, moves), terms,
                    np.zeros((len(flat), moves, n)), np.repeat(joint.index, width),
                    np.zeros(label.shape, dtype=bool))
    found = finish(sub.at(joint.value), points, rows, indifferent)
    found.owner = np.repeat(joint.owner, width)
    found.doubt = {int(p): CYCLE for p in np.flatnonzero(~joint.complete)}
    return found


def solve_components(components: Components, noise: Floats, first: bool = False) -> Joint:
    """The selected equilibrium of every component and, without ``first``, all others found.

    Args:
        noise: (P·S, M, n) proportions of ς that select an equilibrium, positive.
    """
    everyone = np.arange(components.size)
    found = _Found(components)
    found.add(everyone, *_selected(components, noise))
    open_ = np.ones(components.size, dtype=bool)
    if not first:
        proof = enumerate_fixed(components)
        found.add(proof.owner, proof.label, proof.points)
        open_ = proof.open
        rows = np.flatnonzero(open_)
        if len(rows):
            _search(components.take(rows), noise[components.flat(rows)], rows, found)
            _between(components, found)
    return found.joint(~open_)


def _search(components: Components, noise: Floats, rows: Ints, found: _Found) -> None:
    """Look for further equilibria of some components: other noise, random consents."""
    rng = np.random.default_rng(20260102)
    for _ in range(PROPORTIONS):
        tilt = np.exp(1.5 * rng.standard_normal(noise.shape))
        found.add(rows, *_selected(components, noise * tilt))
    present = components.states.present
    for turn in range(STARTS):
        chance = np.full(present.shape, 1.0 - turn) if turn < 2 else (
            rng.integers(0, 2, present.shape).astype(float))
        found.add(rows, *_best_responses(components, chance))


def _between(components: Components, found: _Found) -> None:
    """Where indices do not sum to +1 one is missing: look for mixes between any two that differ."""
    known = found.joint(np.zeros(components.size, dtype=bool))
    total = np.bincount(known.owner, weights=known.index, minlength=components.size)
    for p in np.flatnonzero(total != 1):
        mine = np.flatnonzero(known.owner == p)
        for a, b in itertools.islice(itertools.combinations(mine, 2), MOST_PAIRS):
            apart = np.abs(known.consent[a] - known.consent[b]) > 0.5
            state, move = np.nonzero(apart)
            member = components.states.member[components.flat(np.array([p]))][state, move]
            choices = itertools.product(*(np.flatnonzero(row).tolist() for row in member))
            labels = []
            for who in itertools.islice(choices, MOST_CHOICES):
                label = known.label[a].copy()
                label[state, move] = MIX + (1 << np.array(who, dtype=np.int64))
                labels.append(label)
            rows = np.full(len(labels), p)
            flat = np.concatenate(labels)
            value = np.repeat(0.5 * (known.value[a] + known.value[b])[None], len(labels), axis=0)
            found.add(rows, flat, _newton(components.take(rows), flat, value,
                                          np.full(flat.shape, 0.5), None))


class _Found:
    """Collects the points that pass every condition in every state of their component."""

    def __init__(self, components: Components) -> None:
        self.components = components
        self.parts: list[tuple[Ints, Floats, Ints, Floats, Floats]] = []
        self.tied = np.zeros(components.size, dtype=bool)

    def add(self, owner: Ints, label: Ints, points: Candidates) -> None:
        """Points of some components: (k,) owners and k·S rows."""
        if not len(owner):
            return
        sub, width = self.components.take(owner), self.components.width
        count, (moves, n) = len(owner), points.paid.shape[1:]
        good, tied = verify(sub.at(points.value.reshape(count, width, n)), label, points)
        whole = np.flatnonzero(good.reshape(count, width).all(axis=1))
        ties = np.asarray(tied.reshape(count, -1).any(axis=1))
        self.tied[owner[whole[ties[whole]]]] = True
        self.parts.append((
            owner[whole], points.value.reshape(count, width, n)[whole],
            label.reshape(count, width, moves)[whole],
            points.consent.reshape(count, width, moves)[whole],
            points.terms.reshape(count, width, *points.terms.shape[1:])[whole]))

    def joint(self, proved: Bools) -> Joint:
        """Each equilibrium once; lists are complete where ``proved`` and nothing is tied."""
        owner, value, label, consent, terms = (
            np.concatenate([part[k] for part in self.parts]) for k in range(5))
        if not len(owner):
            return Joint(owner, value, label, consent, terms, np.zeros(0, dtype=np.int64),
                         np.zeros_like(proved))
        size, width = self.components.size, self.components.width
        scale = self.components.states.scale.reshape(size, width, -1)
        order = np.argsort(owner, kind="stable")
        flat = (len(order), -1)
        order = order[distinct(owner[order], (value / scale[owner])[order].reshape(flat),
                               consent[order].reshape(flat))]
        owner, value, label, consent, terms = (
            part[order] for part in (owner, value, label, consent, terms))
        sign = _index(self.components.take(owner), label, value, consent)
        return Joint(owner, value, label, consent, terms, sign, proved & ~self.tied)


def _selected(components: Components, noise: Floats) -> tuple[Ints, Candidates]:
    """The ends of the logit branches, made exact."""
    states = components.states
    path = logit.follow(components, noise, QUIET)
    filled = components.at(path.value)
    gain = (filled.reward + worth(filled, path.terms)
            - path.value.reshape(states.size, 1, filled.reward.shape[2]))
    small = np.abs(gain) <= VANISHING * QUIET * noise
    label = _labels(filled, path.consent, small, np.abs(gain) / noise)
    return label, _newton(components, label, path.value, path.consent, path.terms)


def _labels(problems: Problems, consent: Floats, small: Bools, size: Floats) -> Ints:
    """The regime of consents under little noise; ``small`` marks members without gain."""
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
    mixed: Bools = asked & (consent > PURE) & (consent < 1 - PURE)
    label = np.where(mixed, MIX + mask, label)
    label = np.where(problems.chance, MADE, label)
    return np.where(problems.present & (problems.rate > 0), label, REFUSED)


def _best_responses(components: Components, consent: Floats) -> tuple[Ints, Candidates]:
    """Pure labels that answer to their own values, from given ones, if that comes to rest."""
    states = components.states
    asked = states.present & states.member.any(axis=2) & (states.rate > 0)
    label = np.where(asked, np.where(consent > 0.5, MADE, REFUSED),
                     np.where(states.chance & (states.rate > 0), MADE, REFUSED))
    value = (states.flow / states.discount).reshape(components.size, components.width, -1)
    points = None
    for _ in range(ROUNDS):
        points = _newton(components, label, value, (label == MADE).astype(float), None)
        fine = np.isfinite(points.value).all(axis=1, keepdims=True)
        flat = np.where(fine, points.value, value.reshape(states.size, value.shape[2]))
        value = flat.reshape(value.shape)
        filled = components.at(value)
        rows, cols = np.nonzero(asked)
        answer = label.copy()
        sigma = surplus(filled, (rows, cols), flat[rows])
        answer[rows, cols] = np.where(sigma > ZERO, MADE, np.where(
            sigma < -ZERO, REFUSED, label[rows, cols]))
        if (answer == label).all():
            break
        label = answer
    assert points is not None
    return label, points


def _equations(components: Components, label: Ints, value: Floats, consent: Floats,
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


def _newton(components: Components, label: Ints, value: Floats, consent: Floats,
            hint: Floats | None) -> Candidates:
    """Damped Newton on the exact equations of labelled components; good where it converged."""
    size, width = components.size, components.width
    n, moves = value.shape[2], label.shape[1]
    mixed = label >= MIX
    joint = (binding(label, n).sum(axis=2) > 1).any()
    hint = None if joint else hint
    consent = np.where(mixed, consent, (label == MADE).astype(float))
    value = value.copy()
    scale = components.states.scale.reshape(size, width, n)
    residual, jacobian, terms, paid = _equations(components, label, value, consent, hint)
    norm = _largest(residual)
    for _ in range(NEWTON_STEPS):
        todo = np.asarray((norm > 1e-14) & np.isfinite(norm))
        if not todo.any():
            break
        step = np.zeros((size, width, n + moves))
        step[todo] = _solve(jacobian[todo], -residual[todo]).reshape(-1, width, n + moves)
        best, length = norm.copy(), np.where(todo, 1.0, 0.0)
        for _ in range(6):
            move = length[:, None, None] * step
            trial = value + move[..., :n] * scale
            share = np.where(mixed, consent + move[..., n:].reshape(-1, moves), consent)
            known = None if hint is None else np.nan_to_num(terms[:, :, 0], nan=0.5)
            new = _equations(components, label, trial, share, known)
            better = ~todo | (_largest(new[0]) < best)
            if better.all():
                break
            length = np.where(better, length, 0.4 * length)
        stuck = todo & ~(_largest(new[0]) < best)
        value = np.where(stuck[:, None, None], value, trial)
        keep = np.repeat(stuck, width)[:, None]
        consent = np.where(keep, consent, share)
        residual, jacobian, terms, paid = (
            new if not stuck.any() else _equations(components, label, value, consent, hint))
        norm = np.where(stuck, np.where(best < 1e-12, 0.0, np.inf), _largest(residual))
    good = np.asarray((norm < 1e-12) & np.isfinite(value).all(axis=(1, 2)))
    _, pinned = effective(components.at(value), label)
    flat = np.repeat(good, width)
    return Candidates(value.reshape(size * width, n), consent, terms + pinned[:, :, None, :],
                      paid + worth(components.states, pinned), flat,
                      np.zeros(len(flat), dtype=bool))


def _largest(residual: Floats) -> Floats:
    size = np.abs(residual).max(axis=1)
    return np.where(np.isfinite(size), size, np.inf)


def _solve(matrix: Floats, rhs: Floats) -> Floats:
    safe = np.asarray(np.isfinite(matrix).all(axis=(1, 2)) & np.isfinite(rhs).all(axis=1))
    matrix = np.where(safe[:, None, None], matrix, np.eye(matrix.shape[1]))
    rhs = np.where(safe[:, None], rhs, 0.0)
    try:
        answer = np.linalg.solve(matrix, rhs[..., None])[..., 0]
    except np.linalg.LinAlgError:
        answer = (np.linalg.pinv(matrix) @ rhs[..., None])[..., 0]
    out: Floats = np.where(np.isfinite(answer), answer, 0.0)
    return out


def _index(components: Components, label: Ints, value: Floats, consent: Floats) -> Ints:
    """±1 of each equilibrium of a component (as ``leaf.index``)."""
    moves = label.shape[2]
    jacobian = _equations(components, label.reshape(-1, moves), value,
                          consent.reshape(-1, moves), None)[1]
    sign = np.sign(np.linalg.det(np.nan_to_num(jacobian)))
    out: Ints = np.where(np.isfinite(sign), sign, 0).astype(np.int64)
    return out
