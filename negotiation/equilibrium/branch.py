"""All equilibria of open states: branch and bound over labels and boxes, every problem at once.

A node is a box (see ``bounds``). Each round contracts all boxes, drops the empty ones, solves those
whose consents are all labelled (``leaf``), and splits the rest: on an undecided move into refused,
made, and mixed with each set of members that can be left without gain; when nothing is undecided,
across the widest unknown, until the interval test (``proof``) says that a box holds at most one
equilibrium. The list of a problem is proved complete when no node is left and no tie was met.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bounds import contract
from .leaf import Candidates, active, guess, index, linear, newton, single
from .nodes import (
    MADE,
    MIX,
    REFUSED,
    UNDECIDED,
    Nodes,
    best_worth,
    binding,
    jointly,
    payoffs,
    roots,
)
from .points import TIE, Points, distinct, verify
from .problem import EGALITARIAN, NASH, ZERO, Problems
from .proof import at_most_one
from .watch import Watch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: boxes that a problem without any equilibrium yet may cost (one exists, so it is worth many), and
#: that are held at once of any
MOST_BOXES = 3000
#: boxes of such a problem after which regimes that cost much are tried, too
LATE = 300
#: boxes of one problem that are searched when its budget ends, and starts of Newton in each
MOST_PROBED, STARTS = 8, 2


class _Search:
    """The state of one branch and bound."""

    def __init__(self, problems: Problems, first: bool, boxes: int, watch: Watch | None) -> None:
        self.boxes, self.watch = boxes, watch
        # a move whose rate is 0 changes no value: its consent is read off afterwards
        self.problems, self.first = problems.without(problems.rate == 0), first
        self.cost = np.zeros(problems.size, dtype=np.int64)
        self.doubt: dict[int, str] = {}
        self.guessed = False
        self.tried: set[tuple[int, bytes]] = set()
        self.later: list[tuple[Nodes, Bools]] = []
        self.found: list[tuple[Ints, Ints, Candidates, Bools]] = []

    def run(self) -> Points:
        nodes = roots(self.problems)
        while len(nodes.owner):
            nodes = self._few(nodes)
            sub = self.problems.take(nodes.owner)
            contract(sub, nodes)
            nodes = nodes.take(~nodes.empty)
            np.add.at(self.cost, nodes.owner, 1)
            if not self.guessed:
                self._guess(nodes)
            nodes = self._next(self._within_budget(nodes))
            if self.first:
                nodes = nodes.take(~self._solved(nodes.owner))
        if self.later:
            self._probe(Nodes.join([part for part, _ in self.later]),
                        again=np.concatenate([again for _, again in self.later]))
        return self._points()

    def _few(self, nodes: Nodes) -> Nodes:
        """No more boxes of one problem at once than can be held: a split of a state with many moves
        makes tens of thousands, before any of them is counted."""
        if len(nodes.owner) <= MOST_BOXES:
            return nodes
        for p in np.flatnonzero(np.bincount(nodes.owner) > MOST_BOXES):
            self.doubt.setdefault(int(p), BUDGET)
        return nodes.take(np.sort(_first(nodes.owner, MOST_BOXES)))

    def _solved(self, owner: Ints) -> Bools:
        """Which of some problems have an equilibrium already."""
        if not self.found:
            return np.zeros(len(owner), dtype=bool)
        return np.isin(owner, np.concatenate([part[0] for part in self.found]))

    def _within_budget(self, nodes: Nodes) -> Nodes:
        why, boxes = BUDGET, self.boxes
        if self.watch is not None and self.watch.over():
            why, boxes = self.watch.reason, 0
        budget = np.where(self._solved(nodes.owner), boxes, max(boxes, MOST_BOXES))
        over = self.cost[nodes.owner] > budget
        if over.any():
            for p in np.unique(nodes.owner[over]):
                self.doubt[int(p)] = why
            self._probe(nodes.take(over))
        return nodes.take(~over)

    def _next(self, nodes: Nodes) -> Nodes:
        if not len(nodes.owner):
            return nodes
        sub = self.problems.take(nodes.owner)
        undecided = np.asarray((nodes.label == UNDECIDED).any(axis=1))
        live = active(sub, nodes.label)
        count, mixed = live.sum(axis=1), (nodes.label >= MIX).any(axis=1)
        straight = ~undecided & (count == 0)
        closed = ~(live & (sub.kind != NASH) & (sub.kind != EGALITARIAN)).any(axis=1)
        alone = ~undecided & (count == 1) & ~mixed & closed
        for mask, solver in ((straight, linear), (alone, single)):
            rows = np.flatnonzero(mask)
            if len(rows):
                self._record(nodes.take(rows), solver(sub.take(rows), nodes.label[rows]))
        hard = np.flatnonzero(~undecided & ~straight & ~alone)
        parts = [self._branch(nodes.take(undecided), sub.take(undecided))]
        if len(hard):
            parts.append(self._settle(nodes.take(hard), sub.take(hard)))
        return Nodes.join(parts)

    def _guess(self, nodes: Nodes) -> None:
        """Newton once in every pure regime of the problems that are not closed, then with one mix.

        The boxes prove; this finds, and makes a problem whose proof is long cheap to answer.
        """
        self.guessed = True
        live = active(self.problems.take(nodes.owner), nodes.label)
        open_ = np.asarray((nodes.label == UNDECIDED).any(axis=1))
        open_ &= self.problems.bargained[nodes.owner].any(axis=1)
        nodes = nodes.take(open_ | (live.sum(axis=1) > 1))
        if not len(nodes.owner):
            return
        pure = self._decide_rest(nodes)
        self._newton(pure)
        pure = pure.take(~self._solved(pure.owner))
        children = [self._mix_one(pure, m) for m in range(pure.label.shape[1])]
        mixed = [child for child in children if len(child.owner)]
        if mixed:
            self._newton(Nodes.join(mixed))

    def _mix_one(self, nodes: Nodes, move: int) -> Nodes:
        """Nodes with one made move mixed instead, for each member it can leave without gain."""
        sub = self.problems.take(nodes.owner)
        made = (nodes.label[:, move] == MADE) & sub.member[:, move].any(axis=1)
        rows, who = np.nonzero(made[:, None] & sub.member[:, move])
        child = nodes.take(rows)
        child.label[:, move] = MIX + (1 << who)
        return child

    def _newton(self, nodes: Nodes) -> None:
        """Newton from best responses in every node's regime; whatever passes is kept."""
        if not len(nodes.owner):
            return
        sub = self.problems.take(nodes.owner)
        if (active(sub, nodes.label) & (sub.kind != NASH)).any():
            return
        value, terms = guess(sub, nodes.label, nodes.hint)
        rows = np.flatnonzero(np.isfinite(value).all(axis=1))
        if len(rows):
            half = np.full(nodes.label[rows].shape, 0.5)
            box = nodes.take(rows)
            self._record(box, newton(sub.take(rows), box.label, value[rows], half, terms[rows]))

    # ---- leaves -------------------------------------------------------------------------------

    def _record(self, nodes: Nodes, points: Candidates) -> Bools:
        """Keep the candidates that pass every condition; returns which."""
        sub = self.problems.take(nodes.owner)
        good, tied = verify(sub, nodes.label, points)
        for row in np.flatnonzero(points.odd & points.good):
            self.doubt[int(nodes.owner[row])] = TIE
        for row in np.flatnonzero(good & tied.any(axis=1)):
            self.doubt[int(nodes.owner[row])] = TIE
        kept = np.flatnonzero(good)
        if len(kept):
            self.found.append((nodes.owner[kept], nodes.label[kept],
                               points.take(kept),
                               tied[kept]))
        return good

    def _settle(self, nodes: Nodes, sub: Problems) -> Nodes:
        """Boxes with several bargains, or a bargain and a mix: test, solve, or split."""
        other = (active(sub, nodes.label) & ((sub.kind != NASH) | sub.constrained)).any(axis=1)
        if other.any():
            for p in np.unique(nodes.owner[other]):
                self.doubt[int(p)] = ("uniqueness is proved for Nash and egalitarian terms only, "
                                      "without forced consents")
            self.later.append((nodes.take(other),
                               np.asarray(sub.constrained.any(axis=1))[other]))
            nodes, sub = nodes.take(~other), sub.take(~other)
        self._try(nodes)
        unique = at_most_one(sub, nodes)
        closed = np.zeros(len(nodes.owner), dtype=bool)
        rows = np.flatnonzero(unique & ~nodes.empty)
        if len(rows):
            box = nodes.take(rows)
            points = newton(sub.take(rows), box.label, 0.5 * (box.low + box.high),
                            0.5 * (box.a_low + box.a_high), box.hint)
            inside = np.flatnonzero(points.good & self._inside(box, sub.take(rows), points))
            closed[rows[inside]] = True
            if len(inside):
                self._record(box.take(inside), points.take(inside))
        rest = ~nodes.empty & ~closed
        return self._split(nodes.take(rest), sub.take(rest))

    def _try(self, nodes: Nodes) -> None:
        """Newton once in every regime that problems without an equilibrium yet come to; where a
        mix leaves several members at zero, whose terms cost much, only late."""
        joint = np.asarray(jointly(nodes.label, nodes.low.shape[1]).any(axis=1))
        late = self.cost[nodes.owner] >= LATE
        open_ = np.flatnonzero(~self._solved(nodes.owner) & (~joint | late))
        keys = [(int(nodes.owner[row]), nodes.label[row].tobytes()) for row in open_]
        fresh = {key: row for key, row in zip(keys, open_, strict=True) if key not in self.tried}
        self.tried.update(fresh)
        self._newton(nodes.take(np.array(list(fresh.values()), dtype=np.int64)))

    def _inside(self, nodes: Nodes, sub: Problems, points: Candidates) -> Bools:
        slack = 1e-9 * sub.scale
        mixed = nodes.label >= MIX
        inside: Bools = np.asarray(((points.value >= nodes.low - slack)
                                    & (points.value <= nodes.high + slack)).all(axis=1))
        inside &= (~mixed | ((points.consent >= nodes.a_low - 1e-9)
                             & (points.consent <= nodes.a_high + 1e-9))).all(axis=1)
        return inside

    def _probe(self, nodes: Nodes, again: Bools | bool = False) -> None:
        """Search boxes of problems without an equilibrium yet, and those marked to be searched
        ``again``, from a fixed seed's points."""
        rng = np.random.default_rng(20260101)
        nodes = nodes.take(~self._solved(nodes.owner) | again)
        nodes = self._decide_rest(nodes)
        joint = np.asarray(jointly(nodes.label, nodes.low.shape[1]).any(axis=1))
        nodes = nodes.take(~joint)
        nodes = nodes.take(_first(nodes.owner, MOST_PROBED))
        for start in range(STARTS):
            if not len(nodes.owner):
                return
            sub = self.problems.take(nodes.owner)
            share = rng.random(nodes.low.shape) if start else 0.5
            part = rng.random(nodes.a_low.shape) if start else 0.5
            points = newton(sub, nodes.label, nodes.low + share * (nodes.high - nodes.low),
                            nodes.a_low + part * (nodes.a_high - nodes.a_low), nodes.hint)
            self._record(nodes, points)

    def _decide_rest(self, nodes: Nodes) -> Nodes:
        """Every pure labelling of what a node leaves undecided (at most 64 a node)."""
        for _ in range(6):
            open_ = (nodes.label == UNDECIDED).any(axis=1)
            if not open_.any():
                break
            both = nodes.take(open_)
            other = nodes.take(open_)
            at = (both.label == UNDECIDED).argmax(axis=1)
            both.label[np.arange(len(at)), at] = MADE
            other.label[np.arange(len(at)), at] = REFUSED
            nodes = Nodes.join([nodes.take(~open_), both, other])
        return nodes.take((nodes.label != UNDECIDED).all(axis=1))

    # ---- splitting ----------------------------------------------------------------------------

    def _branch(self, nodes: Nodes, sub: Problems) -> Nodes:
        """Children of nodes with an undecided move: refused, made, and every mix."""
        if not len(nodes.owner):
            return nodes
        weight = np.where(nodes.label == UNDECIDED, 1.0 + sub.rate, 0.0)
        move = weight.argmax(axis=1)
        rows = np.arange(len(move))
        children = []
        for label in (MADE, REFUSED):
            child = nodes.take(rows)
            child.label[rows, move] = label
            children.append(child)
        n = sub.reward.shape[2]
        member = sub.member[rows, move]
        _, worth = best_worth(sub.value[rows, move], sub.curvature[rows, move])
        best = sub.reward[rows, move] + worth.sum(axis=1)
        slack = 4 * ZERO * sub.scale
        for i in range(n):
            # V_i = max_x (W + u)_i must lie in the box
            fit = member[:, i] & (best[:, i] >= (nodes.low - slack)[:, i])
            fit &= best[:, i] <= (nodes.high + slack)[:, i]
            children.append(_labelled(nodes, np.flatnonzero(fit), move, MIX + (1 << i)))
        children += self._joint_mixes(nodes, sub, move, best)
        return Nodes.join(children)

    def _joint_mixes(self, nodes: Nodes, sub: Problems, move: Ints, best: Floats) -> list[Nodes]:
        """Mixes that leave two or more members of a bargain at zero: they disagree on terms."""
        rows = np.arange(len(move))
        v, c = sub.value[rows, move], sub.curvature[rows, move]
        cares = ((v != 0) | (c != 0)).any(axis=1) & sub.member[rows, move]
        gains = best > nodes.low
        out = []
        for row in np.flatnonzero((cares & gains).sum(axis=1) > 1):
            who = np.flatnonzero(cares[row] & gains[row])
            for mask in range(1, 1 << len(who)):
                held = who[[bool(mask >> b & 1) for b in range(len(who))]]
                if len(held) > 1:
                    code = MIX + sum(1 << int(i) for i in held)
                    out.append(_labelled(nodes, np.array([row]), move, code))
        return out

    def _split(self, nodes: Nodes, sub: Problems) -> Nodes:
        """Halve each box across its widest unknown; give up on boxes too small to halve.

        Given the mixed consents, a bargain's terms depend on the others only through what those
        pay its members; so the unknowns to halve are mixed consents, and what one bargain pays an
        actor who sits in another.
        """
        if not len(nodes.owner):
            return nodes
        live = active(sub, nodes.label)
        touched = ((sub.value != 0) | (sub.curvature != 0)).any(axis=2) & live[..., None]
        seats = sub.member & live[..., None]
        elsewhere = (seats.sum(axis=1)[:, None, :] - seats) > 0
        low, high = payoffs(sub, nodes)
        # how far each can move a value of waiting
        weight = sub.rate[..., None] / (
            (sub.discount + (sub.rate * live).sum(axis=1, keepdims=True)) * sub.scale)[:, None, :]
        width = np.where(touched & elsewhere, (high - low) * weight, 0.0)
        size, moves, n = width.shape
        apart = np.maximum(high - nodes.low[:, None, :], nodes.high[:, None, :] - low) * weight
        apart = np.where(binding(nodes.label, n), 0.0, apart).max(axis=2)
        mixed = np.where(nodes.label >= MIX, (nodes.a_high - nodes.a_low) * apart, 0.0)
        flat = np.concatenate([mixed, width.reshape(size, -1)], axis=1)
        tiny = flat.max(axis=1) < 1e-8
        if tiny.any():
            for p in np.unique(nodes.owner[tiny]):
                self.doubt[int(p)] = "an equilibrium is singular, or nearly so"
            self._probe(nodes.take(tiny))
        keep = np.flatnonzero(~tiny)
        left, right = nodes.take(keep), nodes.take(keep)
        at = flat[keep].argmax(axis=1)
        some, paid = np.flatnonzero(at < moves), np.flatnonzero(at >= moves)
        pick = (some, at[some])
        left.a_high[pick] = right.a_low[pick] = 0.5 * (left.a_low[pick] + left.a_high[pick])
        pick = (paid, *np.divmod(at[paid] - moves, n))
        source = (keep[paid], *pick[1:])
        left.pay_low[pick], right.pay_high[pick] = low[source], high[source]
        left.pay_high[pick] = right.pay_low[pick] = 0.5 * (low[source] + high[source])
        return Nodes.join([left, right])

    # ---- the answer ---------------------------------------------------------------------------

    def _points(self) -> Points:
        size, moves, n = self.problems.reward.shape
        issues = self.problems.value.shape[2]
        if not self.found:
            return Points(np.zeros(0, dtype=np.int64), np.zeros((0, moves), dtype=np.int64),
                          np.zeros((0, n)), np.zeros((0, moves)), np.zeros((0, moves, n, issues)),
                          np.zeros((0, moves, n)), np.zeros(0, dtype=np.int64),
                          np.zeros((0, moves), dtype=bool), self.doubt)
        owner, label, tied = (np.concatenate([part[k] for part in self.found]) for k in (0, 1, 3))
        value, consent, terms, paid = (
            np.concatenate([getattr(part[2], name) for part in self.found])
            for name in ("value", "consent", "terms", "paid"))
        order = np.lexsort((*(-np.round(consent, 9)).T[::-1], owner))
        keep = distinct(owner[order], value[order] / self.problems.scale[owner[order]],
                         consent[order])
        order = order[keep]
        owner, label = owner[order], label[order]
        value, consent = value[order], consent[order]
        sign = index(self.problems.take(owner), label, value, consent, terms[order][:, :, 0])
        self._add_up(owner, sign)
        return Points(owner, label, value, consent, terms[order], paid[order], sign, tied[order],
                      self.doubt)

    def _add_up(self, owner: Ints, sign: Ints) -> None:
        """The indices of all equilibria of a state sum to one (Nash terms, no ties): a list whose
        do not lacks some, whatever the boxes say."""
        if self.first:
            return
        nash = ((self.problems.kind == NASH) | ~self.problems.bargained).all(axis=1)
        nash &= ~self.problems.constrained.any(axis=1)
        total = np.bincount(owner, sign, minlength=self.problems.size)
        for p in np.unique(owner[nash[owner] & (total[owner] != 1)]).tolist():
            self.doubt.setdefault(p, INDICES)


BUDGET = "the search stopped at its budget of boxes"
INDICES = "the indices of the equilibria found do not sum to one, so that some are missing"


def solve_problems(problems: Problems, first: bool = False, boxes: int = 1000,
                   watch: Watch | None = None) -> Points:
    """All equilibria of every problem, or with ``first`` at least one of each.

    A problem with an equilibrium whose list takes more than ``boxes`` boxes to prove complete, or
    more time than ``watch`` gives, is left with a doubt.
    """
    return _Search(problems, first, boxes, watch).run()


def _first(owner: Ints, most: int) -> Ints:
    """The first ``most`` rows of each owner, by owner."""
    order = np.argsort(owner, kind="stable")
    return order[np.arange(len(order)) - np.searchsorted(owner[order], owner[order]) < most]


def _labelled(nodes: Nodes, rows: Ints, move: Ints, code: int) -> Nodes:
    child = nodes.take(rows)
    child.label[np.arange(len(rows)), move[rows]] = code
    return child
