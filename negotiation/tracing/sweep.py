"""All equilibria of a game at many points at once, up to what differs on the path of play.

Two equilibria are **alike on the path of play** when every state that play can reach from the start
has the same values, consents and terms in both; they differ in states that play never comes to.
Such equilibria are kept as one **play**, with how many stand behind it. States are solved from the
ends of play up, as in :mod:`negotiation.equilibrium.directional`; after each level, branches that
agree in everything that later levels still ask for are merged, so that a product of choices off the
path is never listed. Where there are more than the cap, those are kept that lead furthest apart
(:mod:`negotiation.equilibrium.extremes`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..equilibrium import cyclic
from ..equilibrium.certificate import REGRET_TOLERANCE, certify
from ..equilibrium.component import Components
from ..equilibrium.directional import mean_terms
from ..equilibrium.distinct import of_rows
from ..equilibrium.encounters import solve as encounters
from ..equilibrium.encounters.request import with_encounters
from ..equilibrium.extremes import ROOM, Goals, cut_back, together
from ..equilibrium.nodes import MADE, MIX, REFUSED
from ..equilibrium.problem import KINDS, Problems, gather, worth
from ..equilibrium.result import Options
from ..equilibrium.state import Answers, solve_states
from ..errors import NumericalError
from ..lattice import Lattice

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: values of one state closer than this, in payoff ranges, are the same
SAME = 1e-8
#: gains below this share of the payoff range are none, in telling whom a mix leaves without
NO_GAIN = 1e-9
REJECTED = "an equilibrium missed the certificate's tolerance"


class OutOfTime(Exception):
    """Raised inside a sweep when its time is over."""


@dataclass(frozen=True)
class Solving:
    """What a sweep is asked: the rule for indifference, plays per row, boxes in all, deadline.

    ``until`` is a reading of ``time.perf_counter``; None for no limit. ``quick``: certificates as
    for draws, by compiled loops where there are any.
    """

    indifferent: str = "consent"
    cap: int = 64
    boxes: int = 1_000
    until: float | None = None
    quick: bool = False

    def check(self) -> None:
        if self.until is not None and time.perf_counter() > self.until:
            raise OutOfTime


#: finds equilibria of problems, given the draw and the state of each
Local = Callable[[Problems, Ints, Ints, Solving], Answers]


def cold(problems: Problems, draw: Ints, state: Ints, solving: Solving) -> Answers:
    """Every equilibrium of every problem, searched for from nothing."""
    return solve_states(problems, solving.indifferent, False, solving.boxes)


@dataclass(eq=False)
class Block:
    """Nodes solved in one call: ids from ``begin``, the draw and the state of each (T,), the nodes
    that its moves lead to (T, M), −1 where there is none outside its component, answers, mean terms
    (T, M, J), each proposer's (T, M, n, J) where a move uses ``offers``, and the
    regime's labels (T, M) where a state is a component of its own."""

    begin: int
    draw: Ints
    state: Ints
    follow: Ints
    answers: Answers
    terms: Floats
    proposals: Floats | None
    label: Ints | None = None


@dataclass(eq=False)
class Branches:
    """B branches, sorted by draw: ``draw`` (B,), ``weight`` (B,) how many equilibria each stands
    for, ``node`` (B, S); nodes' ``value`` (N, n), ``index`` and ``regret`` (N,); ``capped`` the
    draws whose list is cut, ``doubt`` draw → why its list may have gaps → in how many states.
    """

    draw: Ints
    weight: Floats
    node: Ints
    value: Floats
    index: Ints
    regret: Floats
    blocks: list[Block]
    capped: set[int] = field(default_factory=set)
    doubt: dict[int, dict[str, int]] = field(default_factory=dict)


def sweep(lattice: Lattice, solving: Solving, local: Local = cold, goals: Goals | None = None,
          ) -> Branches:
    """The equilibria of every draw of a lattice, merged where they are alike on the path of play.
    Where there are more than the cap, ``goals`` say which are kept (by default the game's outcomes
    at its horizon).

    Raises:
        NumericalError: when no equilibrium of some state could be found (one always exists).
        OutOfTime: when the time is over.
    """
    return Sweep(lattice, solving, local, goals).run()


class Sweep:
    """The work of :func:`sweep`; ``same`` is how close values of one row lie, in payoff ranges."""

    def __init__(self, lattice: Lattice, solving: Solving, local: Local = cold,
                 goals: Goals | None = None) -> None:
        self.same = SAME
        self.goals = goals
        self.score: Floats | None = None
        share = max(solving.boxes // len(lattice.states), 1)
        self.lattice, self.local = lattice, local
        self.solving = replace(solving, boxes=share)
        size, n = len(lattice.states), lattice.discount.shape[1]
        self.draw = np.arange(lattice.draws)
        self.weight: Floats = np.ones(lattice.draws)
        self.node = np.full((lattice.draws, size), -1)
        self.value: Floats = np.zeros((0, n))
        self.row: Ints = np.zeros(0, dtype=np.int64)
        self.index = np.zeros(0, dtype=np.int64)
        self.regret = np.zeros(0)
        self.blocks: list[Block] = []
        self.rows = 0
        self.capped: set[int] = set()
        self.doubt: dict[int, dict[str, int]] = {}

    def run(self) -> Branches:
        lattice = self.lattice
        wide = np.bincount(lattice.component)[lattice.component]
        clash = np.zeros(len(lattice.component), dtype=np.int64)
        if lattice.clashes is not None:
            here = lattice.clashes.here(np.arange(len(clash)))
            np.maximum.at(clash, lattice.component, here)
        # components of one width, with encounters or without, are solved in one call
        kind = 2 * wide + clash[lattice.component]
        source, target = lattice.edge_state, lattice.edge_target
        highest = lattice.level.copy()
        np.maximum.at(highest, target, lattice.level[source])
        highest[0] = lattice.level.max() + 1
        for depth in range(int(lattice.level.max()) + 1):
            self.solving.check()
            level = np.flatnonzero(lattice.level == depth)
            for code in sorted(set(kind[level].tolist())):
                states = level[kind[level] == code]
                states = states[np.argsort(lattice.component[states], kind="stable")]
                done = np.flatnonzero((lattice.level < depth) & (highest > depth))
                self._level(states.reshape(-1, code // 2), done)
            self._merge(np.flatnonzero((lattice.level <= depth) & (highest > depth)))
        return Branches(self.draw, self.weight, self.node, self.value, self.index, self.regret,
                        self.blocks, self.capped, self.doubt)

    # ---- one level --------------------------------------------------------------------------

    def _level(self, members: Ints, frontier: Ints) -> None:
        lattice = self.lattice
        branches, (wide, width) = len(self.node), members.shape
        states = members.ravel()
        moves = int((lattice.first_edge[states + 1] - lattice.first_edge[states]).max())
        at = lattice.first_edge[states][:, None] + np.arange(moves)
        has = at < lattice.first_edge[states + 1][:, None]
        target = np.where(has, lattice.edge_target[np.where(has, at, 0)] if moves else 0, 0)
        follow = np.where(has, self.node[:, target], -1).reshape(branches * wide, width * moves)
        draw, which = np.repeat(self.draw, wide), np.tile(np.arange(wide), branches)
        rows = np.where(follow >= 0, self.row[follow] if len(self.row) else -1, -1)
        key = np.column_stack([draw, which, rows])
        first, back = _grouped(key)
        draw, which = draw[first], which[first]
        follow, rows = (a[first].reshape(len(first) * width, moves) for a in (follow, rows))
        answers, regret, label = self._solve(draw, members[which], follow)
        owner = answers.owner[::width]
        begin, total = len(self.value), len(owner)
        for s in range(width):
            part = answers if width == 1 else answers.every(s, width)
            self._remember(begin + s * total, members[which[owner], s], draw[owner],
                           follow[owner * width + s], part, label)
            sign = part.index if s == 0 else np.ones_like(part.index)
            self.value = np.concatenate([self.value, part.value])
            self.index = np.concatenate([self.index, sign])
            self.regret = np.concatenate([self.regret, regret[s::width]])
        self._number(answers, draw[owner], members[which[owner]], rows, width)
        count = np.bincount(owner, minlength=len(first))
        self._expand(members, back.reshape(branches, wide), begin + np.cumsum(count) - count,
                     total, count, frontier)

    def _solve(self, draw: Ints, state: Ints, follow: Ints,
               ) -> tuple[Answers, Floats, Ints | None]:
        lattice, width = self.lattice, state.shape[1]
        flat, draws = state.ravel(), np.repeat(draw, width)
        n, issues = lattice.discount.shape[1], lattice.value.shape[2]
        clash = lattice.clashes is not None and bool(lattice.clashes.here(flat).any())
        if follow.shape[1] == 0 and clash:
            follow = np.full((len(flat), 1), -1)  # encounters that change nothing: no edge leaves
        if follow.shape[1] == 0:
            none = np.zeros((len(flat), 0))
            stay = lattice.flow[draws, flat] / lattice.discount[draws]
            return Answers(np.arange(len(flat)), stay, none, none,
                           np.zeros((len(flat), 0, n, issues)),
                           np.ones(len(flat), dtype=np.int64)), np.zeros(len(flat)), None
        after = np.zeros((*follow.shape, n))
        after[follow >= 0] = self.value[follow[follow >= 0]]
        problems = gather(lattice, draws, flat, after)
        if width == 1 and not clash:
            answers = self.local(problems, draws, flat, self.solving)
            owner = answers.owner
            rows, after = owner, after[owner]
        else:
            components = Components(problems, _inside(lattice, state, problems.present), width)
            asked = Options(indifferent=self.solving.indifferent, boxes=self.solving.boxes)
            answers = encounters.answer(
                with_encounters(lattice, components, draws, flat, after), asked) if clash else (
                cyclic.answer(components, asked.indifferent or "consent", boxes=asked.boxes))
            owner = answers.owner[::width]
            rows = components.flat(owner)
            after = after[rows] + components.take(owner).within(answers.value)
        terms, proposals = mean_terms(answers.terms, problems.weights[rows], problems.party[rows],
                                      problems.kind[rows])
        each = certify(lattice, draws[rows], flat[rows], answers.value, after, answers.consent,
                       terms, proposals, answers.play, quick=self.solving.quick).regret
        regret = each.reshape(-1, width).max(axis=1)
        bad = ~(regret <= REGRET_TOLERANCE)
        for p, why in answers.doubt.items():
            self._doubt(int(draw[p]), why)
        for p in np.unique(owner[bad]):
            self._doubt(int(draw[p]), REJECTED)
        good = np.repeat(~bad, width)
        answers = answers.keep(good) if bad.any() else answers
        label = regime_labels(problems, answers.owner, answers, terms[good]) if (
            width == 1 and not clash) else None
        return answers, each[good], label

    def _doubt(self, draw: int, why: str) -> None:
        known = self.doubt.setdefault(draw, {})
        known[why] = known.get(why, 0) + 1

    def _remember(self, begin: int, state: Ints, draw: Ints, follow: Ints, part: Answers,
                  label: Ints | None) -> None:
        lattice = self.lattice
        moves = part.consent.shape[1]
        at = lattice.first_edge[state][:, None] + np.arange(moves)
        edge = np.where(at < lattice.first_edge[state + 1][:, None], at, 0)
        if moves and len(lattice.edge_move):
            kinds = np.array([KINDS.index(m.solution) for m in lattice.game.steps.values()])
            bargained = np.maximum(lattice.bargain[edge], 0)
            weights = (lattice.weights[draw[:, None], bargained] if lattice.weights.shape[1]
                       else np.ones((*edge.shape, lattice.discount.shape[1])))
            terms, proposals = mean_terms(part.terms, weights, lattice.party[edge],
                                          kinds[lattice.edge_move[edge]])
        else:
            terms, proposals = np.zeros((*part.consent.shape, lattice.value.shape[2])), None
        self.blocks.append(Block(begin, draw, state, follow, part, terms, proposals, label))

    def _number(self, answers: Answers, draw: Ints, state: Ints, rows: Ints, width: int) -> None:
        """Give every new node its row: nodes that are alike on the path of play share one."""
        lattice = self.lattice
        known: dict[tuple[object, ...], list[tuple[Floats, int]]] = {}
        live: Bools = np.zeros(answers.consent.shape, dtype=bool)
        if live.shape[-1]:
            flat, draws = state.ravel(), np.repeat(draw, width)
            at = lattice.first_edge[flat][:, None] + np.arange(live.shape[-1])
            has = at < lattice.first_edge[flat + 1][:, None]
            live = has & (answers.consent > 0)
            live &= lattice.rate[draws[:, None], np.where(has, at, 0)] > 0
        label = np.where(live, np.where(answers.consent == 1.0, 1, 2), 0).astype(np.int8)
        total = len(draw)
        scale = lattice.payoff_range()
        new = np.empty((width, total), dtype=np.int64)
        mine = answers.owner if width == 1 else _component_rows(answers.owner, width)
        follow = np.where(live, rows[mine], -1)
        for k in range(total):
            part = slice(k * width, (k + 1) * width)
            key = (int(draw[k]), int(state[k, 0]), label[part].tobytes(), follow[part].tobytes())
            value = answers.value[part] / scale[draw[k]]
            alike = (r for other, r in known.setdefault(key, [])
                     if np.abs(value - other).max() <= self.same)
            found = next(alike, None)
            if found is None:
                found = self.rows
                self.rows += width
                known[key].append((value, found))
            new[:, k] = found + np.arange(width)
        self.row = np.concatenate([self.row, new.ravel()])

    def _expand(self, members: Ints, back: Ints, start: Ints, apart: int, count: Ints,
                frontier: Ints) -> None:
        if (count[back] == 0).any():
            alive = (count[back] > 0).all(axis=1)
            if not np.isin(self.draw, self.draw[alive]).all():
                s = int(members[np.nonzero(count[back] == 0)[1][0], 0])
                raise NumericalError(
                    f"{self.lattice.game.name}: no equilibrium could be found in the state "
                    f"{self.lattice.state(s)}; one exists, so the search failed there")
            self._keep(np.flatnonzero(alive))
            back = back[alive]
        for s in range(members.shape[1]):
            self.node[:, members[:, s]] = start[back] + s * apart
        for k in np.flatnonzero((count[back] > 1).any(axis=0)):
            times = count[back[:, k]]
            keep = np.repeat(np.arange(len(times)), times)
            which = np.arange(len(keep)) - np.repeat(np.cumsum(times) - times, times)
            self._keep(keep)
            back = back[keep]
            self.node[:, members[k]] += which[:, None]
            solved = np.concatenate([frontier, members[:k + 1].ravel()])
            back = back[self._merge(solved, back[:, k + 1:])]

    def _keep(self, rows: Ints) -> None:
        self.node, self.draw, self.weight = self.node[rows], self.draw[rows], self.weight[rows]

    def _merge(self, frontier: Ints, ahead: Ints | None = None) -> Ints:
        """Branches of a draw that agree in all that is still asked for become one; which are left.

        ``ahead`` (B, k) is what the rest of the level asks for.
        """
        key = np.column_stack([self.draw, self.row[self.node[:, frontier]]])
        if ahead is not None:
            key = np.column_stack([key, ahead])
        first, back = _grouped(key)
        weight = np.bincount(back, self.weight, minlength=len(first))
        draw = self.draw[first]
        cap = self.solving.cap
        number = np.bincount(draw)
        if number.max() > (cap if ahead is None else ROOM * cap):
            score, asked = self._scores(), self.node[first][:, frontier]
            left = cut_back(draw, cap, cap, lambda rows: together(score, asked[rows]))
            self.capped.update(np.flatnonzero(number > cap).tolist())
        else:
            left = np.arange(len(first))
        kept: Ints = first[left]
        self._keep(kept)
        self.weight = np.asarray(weight[left], dtype=np.float64)
        return kept

    def _scores(self) -> Floats:
        """(N, K) what the nodes so far are worth to each goal; asked for where branches are cut."""
        if self.goals is None:
            self.goals = Goals.of(self.lattice, self.lattice.game.horizon)
        self.score = self.goals.extended(self.lattice, self.blocks, self.value, self.score)
        return self.score


def _grouped(rows: Ints) -> tuple[Ints, Ints]:
    """Where each distinct row appears first, ascending, and which of them every row is."""
    first, back = of_rows(rows)
    return first, np.arange(len(rows)) if back is None else back


def regime_labels(problems: Problems, owner: Ints, answers: Answers, terms: Floats) -> Ints:
    """(k, M) the label of every move in solutions of some problems, as the search labels them."""
    sub = problems.take(owner)
    label = np.where(answers.consent == 1.0, MADE, REFUSED)
    rows, cols = np.nonzero((answers.consent > 0.0) & (answers.consent < 1.0))
    if len(rows):
        gain = sub.reward + worth(sub, terms) - answers.value[:, None, :]
        small = np.abs(gain[rows, cols]) <= NO_GAIN * sub.scale[rows]
        held = sub.member[rows, cols] & small
        mask = (held * (1 << np.arange(held.shape[1]))).sum(axis=1)
        label[rows, cols] = MIX + mask
    return label


def _component_rows(owner: Ints, width: int) -> Ints:
    out: Ints = (owner.reshape(-1, width) * width + np.arange(width)).ravel()
    return out


def _inside(lattice: Lattice, state: Ints, present: Bools) -> Ints:
    """(R·width, M) which state of its own component a move leads to, −1 where to none."""
    place = np.full(len(lattice.states), -1)
    place[state] = np.arange(state.shape[1])
    flat = state.ravel()
    edge = lattice.first_edge[flat][:, None] + np.arange(present.shape[1])
    target = lattice.edge_target[np.where(present, edge, 0)]
    same = present & (lattice.component[target] == lattice.component[flat][:, None])
    return np.where(same, place[target], -1)
