"""Equilibria of components with cycles: proved where that can be, searched for elsewhere.

Fixed payoffs are enumerated by branch and bound (``cyclic_proof``), components of a few states by
the orders of their states (``orders``). Where these leave something open, equilibria are searched
for: by iteration from several starts; where indices do not sum to +1, by mixing two of them; and at
last along logit branches. Such a branch, followed to almost no noise, tells the regime: refused,
made, or mixed with the members whose gain vanishes. Newton's method on the exact equations of the
regime, all states of the component at once, makes every candidate exact. The branch at the game's
own proportions of noise is also what *selects* an equilibrium.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import logit
from .component import Components
from .cyclic_proof import enumerate_fixed
from .ends import QUIET, READINGS, exact
from .iteration import iterate, starts
from .joint import index, newton
from .leaf import Candidates
from .nodes import MADE, MIX, REFUSED
from .orders import MOST_STATES, by_orders
from .points import TIE, Points, distinct, verify
from .problem import ZERO, surplus
from .state import Answers, finish, join, solve_states

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: consents that best responses start from, and the most rounds of them
STARTS, RESPONSES = 8, 25
#: proportions of noise that a missing equilibrium is searched from
PROPORTIONS = 6
#: pairs of equilibria, and choices of indifferent members, that are tried for a missing mix
MOST_PAIRS, MOST_CHOICES = 6, 64

UNSURE = "the equilibrium that noise selects was not reached; the nearest one is listed"
CYCLE = "further equilibria of a component with cycles were searched for, not ruled out"


@dataclass(eq=False)
class Joint:
    """k equilibria of P components, sorted by owner, the selected one first: value (k, S, n),
    label and consent (k, S, M), terms (k, S, M, n, J), index (k,); ``doubt`` component → why its
    list is not proved complete.
    """

    owner: Ints
    value: Floats
    label: Ints
    consent: Floats
    terms: Floats
    index: Ints
    doubt: dict[int, str]


def selected(components: Components, indifferent: str, bare: bool = False) -> Answers:
    """The equilibrium that the logit branch selects in each component of one state or several.

    Where the branch's end cannot be made exact, the nearest equilibrium of the state's list stands
    for it, with a doubt. ``bare`` as in ``state.finish``.
    """
    found = answer(components, indifferent, select=True, bare=bare)
    missing = np.setdiff1d(np.arange(components.size), found.owner)
    if len(missing) and components.width == 1:
        sub = components.take(missing)
        ends = logit.follow(sub, noise_of(sub), QUIET)
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


def noise_of(components: Components) -> Floats:
    """Proportions of noise: the game's where it gives every member some, else payoff ranges."""
    states = components.states
    given = np.where(states.party, states.noise, 1.0).min(initial=1.0) > 0
    ranges = np.broadcast_to(states.scale[:, None, :], states.noise.shape)
    out: Floats = np.where(states.party, states.noise if given else ranges, 1.0)
    return out


def answer(components: Components, indifferent: str, *, select: bool = False,
           first: bool = False, boxes: int = 1, bare: bool = False) -> Answers:
    """The equilibria of components as answers of their states, a component's rows together;
    ``bare`` as in ``state.finish``."""
    states, width = components.states, components.width
    joint = solve_components(components, noise_of(components), select=select, first=first,
                             boxes=boxes, bare=bare)
    sub = components.take(joint.owner)
    moves, n = states.reward.shape[1:]
    flat = joint.value.reshape(len(joint.owner) * width, n)
    rows = np.arange(len(flat))
    label = joint.label.reshape(-1, moves)
    terms = joint.terms.reshape(len(flat), moves, n, states.value.shape[2])
    points = Points(rows, label, flat, joint.consent.reshape(-1, moves), terms,
                    np.zeros((len(flat), moves, n)), np.repeat(joint.index, width),
                    np.zeros(label.shape, dtype=bool))
    found = finish(sub.at(joint.value), points, rows, indifferent, bare)
    found.owner = np.repeat(joint.owner, width)
    found.doubt = joint.doubt
    return found


def solve_components(components: Components, noise: Floats, *, select: bool = False,
                     first: bool = False, boxes: int = 1, bare: bool = False) -> Joint:
    """Equilibria of every component: all that are found, one, or the one that noise selects.

    Args:
        noise: (P·S, M, n) proportions of ς that select an equilibrium, positive.
        select: only the equilibrium that vanishing noise selects.
        first: at least one equilibrium of every component.
        boxes: what the proof of completeness may cost in each state.
        bare: where one is selected, leave out its index.
    """
    everyone = np.arange(components.size)
    found = _Found(components)
    if select:
        path = logit.follow(components, noise, QUIET)
        lost = everyone
        for reading in READINGS:
            flat = components.flat(lost)
            found.add(lost, *exact(components.take(lost), noise[flat], path.take(lost, flat),
                                   reading))
            lost = found.missing()
            if not len(lost):
                break
        return found.joint(dict.fromkeys(everyone.tolist(), CYCLE), signed=not bare)
    proof = enumerate_fixed(components)
    found.add(proof.owner, proof.label, proof.points)
    doubt = dict.fromkeys(np.flatnonzero(proof.open).tolist(), CYCLE)
    if components.width <= MOST_STATES and doubt:
        rows = np.array(list(doubt))
        parts, why = by_orders(components.take(rows), boxes, CYCLE)
        for listed in parts:
            found.add(rows[listed.owner], listed.label, listed.points)
        doubt = {int(rows[p]): reason for p, reason in why.items()}
    open_ = np.array([p for p, why in doubt.items() if why == CYCLE], dtype=np.int64)
    _search(components, noise, np.union1d(open_, found.missing()), found, first)
    return found.joint(doubt)


def _search(components: Components, noise: Floats, rows: Ints, found: _Found, first: bool) -> None:
    """Look for (further) equilibria of some components, from cheap to dear.

    Best responses from several consents; then, where no equilibrium is known or the indices of
    those known do not sum to +1, iteration, mixes between two, and logit branches.
    """
    rng = np.random.default_rng(20260102)

    def open_() -> Ints:
        return found.missing() if first else np.intersect1d(rows, found.odd())

    mine = np.repeat(found.missing() if first else rows, 2 if first else STARTS)
    turn = np.arange(len(mine)) % (2 if first else STARTS)
    share = rng.integers(0, 2, (len(mine), components.width, components.states.present.shape[1]))
    share = np.where(turn[:, None, None] < 2, 1 - turn[:, None, None], share)
    if len(mine):
        calm, label, points = _best_responses(components.take(mine), share.astype(float))
        found.add(mine[calm], label, points)
    for start in starts(components):
        mine = open_()
        if not len(mine):
            return
        sub = components.take(mine)
        label, value, consent = iterate(sub, start[mine])
        found.add(mine, label, newton(sub, label, value, consent, None))
    if not first:
        _between(components, rows, found)
    for spread in (0.0, *(1.5,) * (PROPORTIONS - 1)):
        mine = open_()
        if not len(mine):
            return
        part = noise[components.flat(mine)]
        tilt = np.exp(spread * rng.standard_normal(part.shape))
        found.add(mine, *_selected(components.take(mine), part * tilt))


def _between(components: Components, rows: Ints, found: _Found) -> None:
    """Where indices do not sum to +1 one is missing: look for mixes between any two that differ."""
    known = found.joint({})
    for p in np.intersect1d(rows, found.odd()):
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
            found.add(rows, flat, newton(components.take(rows), flat, value,
                                          np.full(flat.shape, 0.5), None))


class _Found:
    """Collects the points that pass every condition in every state of their component."""

    def __init__(self, components: Components) -> None:
        self.components = components
        self.parts: list[tuple[Ints, Floats, Ints, Floats, Floats]] = []
        self.tied = np.zeros(components.size, dtype=bool)

    def add(self, owner: Ints, label: Ints, points: Candidates) -> None:
        """Points of some components: (k,) owners and k·S rows."""
        sub, width = self.components.take(owner), self.components.width
        count, (moves, n) = len(owner), points.paid.shape[1:]
        good, tied = verify(sub.at(points.value.reshape(count, width, n)), label, points)
        whole = np.flatnonzero(good.reshape(count, width).all(axis=1))
        ties = np.asarray(tied.reshape(count, width * moves).any(axis=1))
        self.tied[owner[whole[ties[whole]]]] = True
        self.parts.append((
            owner[whole], points.value.reshape(count, width, n)[whole],
            label.reshape(count, width, moves)[whole],
            points.consent.reshape(count, width, moves)[whole],
            points.terms.reshape(count, width, *points.terms.shape[1:])[whole]))

    def missing(self) -> Ints:
        """Components without any equilibrium yet."""
        owners = np.zeros(self.components.size, dtype=bool)
        for part in self.parts:
            owners[part[0]] = True
        return np.flatnonzero(~owners)

    def odd(self) -> Ints:
        """Components whose equilibria's indices do not sum to +1: at least one is missing."""
        known = self.joint({})
        total = np.bincount(known.owner, weights=known.index, minlength=self.components.size)
        return np.flatnonzero(total != 1)

    def joint(self, doubt: dict[int, str], signed: bool = True) -> Joint:
        """Each equilibrium once, with its index where ``signed``; a list with a tie is not
        complete."""
        owner, value, label, consent, terms = (
            np.concatenate([part[k] for part in self.parts]) for k in range(5))
        if not len(owner):
            return Joint(owner, value, label, consent, terms, np.zeros(0, dtype=np.int64), doubt)
        size, width = self.components.size, self.components.width
        scale = self.components.states.scale.reshape(size, width, -1)
        order = np.argsort(owner, kind="stable")
        flat = (len(order), -1)
        order = order[distinct(owner[order], (value / scale[owner])[order].reshape(flat),
                               consent[order].reshape(flat))]
        owner, value, label, consent, terms = (
            part[order] for part in (owner, value, label, consent, terms))
        # all proposers' terms are alike, but under offers, which start from none
        sign = index(self.components.take(owner), label, value, consent, terms[:, :, :, 0]
                     ) if signed else np.zeros(len(owner), dtype=np.int64)
        tied = {int(p): TIE for p in np.flatnonzero(self.tied)}
        return Joint(owner, value, label, consent, terms, sign, {**tied, **doubt})


def _selected(components: Components, noise: Floats) -> tuple[Ints, Candidates]:
    """The ends of the logit branches, made exact."""
    return exact(components, noise, logit.follow(components, noise, QUIET))


def _best_responses(components: Components, consent: Floats) -> tuple[Ints, Ints, Candidates]:
    """Pure labels that answer to their own values, where they come to rest from consents (P, S, M).

    Terms start from the middle; where no terms of a made bargain pay all, values stay as they were.

    Returns:
        which components came to rest (k,), their labels (k·S, M) and points.
    """
    states, n = components.states, components.states.flow.shape[1]
    asked = states.present & states.member.any(axis=2) & (states.rate > 0)
    label = np.where(asked, np.where(consent.reshape(asked.shape) > 0.5, MADE, REFUSED),
                     np.where(states.chance & (states.rate > 0), MADE, REFUSED))
    value = (states.flow / states.discount).reshape(components.size, components.width, n)
    todo = np.arange(components.size)
    ended, points = [np.zeros(0, dtype=np.int64)], []
    for turn in range(RESPONSES):
        sub, flat = components.take(todo), components.flat(todo)
        middle = np.full(sub.states.value.shape[:3], 0.5)
        found = newton(sub, label[flat], value[todo], (label[flat] == MADE).astype(float), middle)
        here = np.where(found.good[:, None], found.value, value[todo].reshape(len(flat), n))
        value[todo] = here.reshape(len(todo), components.width, n)
        rows, cols = np.nonzero(asked[flat])
        sigma = surplus(sub.at(value[todo]), (rows, cols), here[rows])
        reply = label[flat]
        reply[rows, cols] = np.where(sigma > ZERO, MADE, np.where(
            sigma < -ZERO, REFUSED, reply[rows, cols]))
        calm = (reply == label[flat]).reshape(len(todo), -1).all(axis=1)
        label[flat] = reply
        if calm.any() or not turn:
            ended.append(todo[calm])
            points.append(found.take(np.repeat(calm, components.width)))
        todo = todo[~calm]
        if not len(todo):
            break
    owner = np.concatenate(ended)
    return owner, label[components.flat(owner)], Candidates.join(points)
