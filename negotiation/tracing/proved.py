"""That no branch was missed between the values that were solved: a proof for fixed payoffs.

A **cell** is a stretch of the interval. Over it every payoff lies within a known distance of what
it is in the middle, since payoffs are affine in the parameter. Bounds and branching as in
:mod:`negotiation.equilibrium.branch`, with these distances carried along, list every regime that a
state can have anywhere in the cell, given every regime that its successors can have there. When all
plays that come out of this are known ones, no other exists at any value in the cell, for a regime
of fixed payoffs has one solution. Else the cell is halved, until it is a **window** too narrow to
matter: around events nothing can be proved, since there regimes are at their borders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.nodes import MADE, MIX, REFUSED, UNDECIDED, Nodes, averages, binding, roots
from ..equilibrium.problem import Problems, gather
from ..equilibrium.state import Answers
from ..equilibrium.ties import null_members
from ..expressions import Expression, Tree
from ..lattice import Lattice, build_lattice
from ..model import Game, Number
from .plays import MIXED, reached
from .sample import Family, Sample
from .sweep import Solving, Sweep

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: width, as a share of the line, below which a cell is not halved any more
FINE = 2e-7
#: boxes that one state may cost in one cell, and cells that are worked on in one call
MOST_BOXES, BATCH = 400, 64
MOST_CELLS = 3000
#: states of a game that is proved
MOST_STATES = 500
#: bounds closer than this to a border, in payoff ranges, decide nothing
TOLERANCE = 1e-10
#: a mark on regimes whose mixed consents are not determined
LOOSE = 1 << 20


@dataclass(frozen=True)
class Cell:
    """Shares of the line from low to high, and the signatures of the plays known there."""

    low: float
    high: float
    known: frozenset[tuple[str, bytes, bytes]]


def unprovable(game: Game, moving: Iterable[str]) -> str | None:
    """Why this module says nothing about a game as parameters move; None where it does."""
    if any(move.issues for move in game.moves.values()):
        return "terms are bargained over"
    if game.postures or game.encounters:
        return "postures or encounters are played"
    if any(move.consents or move.excluded for move in game.moves.values()):
        return "a setting fixes consents"
    lattice = build_lattice(game)
    if len(lattice.states) > MOST_STATES:
        return "there are many states"
    if lattice.component.max(initial=0) + 1 != len(lattice.states):
        return "moves lead in circles"
    degrees = _degrees(game, set(moving))
    payoffs: list[Number] = []
    others: list[Number] = [actor.discount_rate for actor in game.actors.values()]
    for front in game.fronts.values():
        payoffs += [number for table in front.flow.values() for number in table.values()]
    for move in game.moves.values():
        payoffs += list(move.payoff.values())
        others.append(move.rate)
    for link in game.linkages:
        payoffs += list(link.flow.values())
        payoffs += [number for table in link.payoff.values() for number in table.values()]
        others += list(link.rate.values())
    if any(_degree(number, degrees) for number in others):
        return "a rate depends on the parameter"
    if any(_degree(number, degrees) > 1 for number in payoffs):
        return "a payoff is not affine in the parameter"
    return None


def _degrees(game: Game, moving: set[str]) -> dict[str, int]:
    """Parameter → 0 where it stays, 1 where it is affine in the moving ones, 2 for all else."""
    out = dict.fromkeys(moving, 1)
    while len(out) < len(game.parameters):
        for name, parameter in game.parameters.items():
            number = parameter.value
            if name not in out and (not isinstance(number, Expression)
                                    or all(other in out for other in number.names)):
                out[name] = _degree(number, out)
    return out


def _degree(number: Number, degrees: dict[str, int]) -> int:
    return _of_tree(number.tree, degrees) if isinstance(number, Expression) else 0


def _of_tree(tree: Tree, degrees: dict[str, int]) -> int:
    kind = tree[0]
    if kind == "number":
        return 0
    if kind == "name":
        return degrees[tree[1]]
    if kind == "negative":
        return _of_tree(tree[1], degrees)
    if kind in ("sum", "product"):
        parts = [(sign, _of_tree(part, degrees)) for sign, part in tree[1]]
        if kind == "sum":
            return max(degree for _, degree in parts)
        if any(sign < 0 and degree for sign, degree in parts):
            return 2
        return min(sum(degree for _, degree in parts), 2)
    parts_ = tree[1:] if kind == "power" else tree[2]
    return 2 if any(_of_tree(part, degrees) for part in parts_) else 0


def windows(family: Family, samples: Sequence[Sample], gaps: Sequence[bool], solving: Solving,
            ) -> list[tuple[float, float]]:
    """The stretches of the line in which it is not proved that the plays of the samples are all.

    Args:
        gaps: for each pair of neighbouring samples whether all plays go on from one to the other.

    Raises:
        OutOfTime: when the time is over.
    """
    open_: list[tuple[float, float]] = []
    todo: list[Cell] = []
    begin = 0
    for k in range(len(samples) - 1):
        if not gaps[k]:
            open_.append((samples[k].t, samples[k + 1].t))
        if not gaps[k] or k == len(samples) - 2:
            last = k + bool(gaps[k])
            known = frozenset(point.signature for sample in samples[begin:last + 1]
                              for point in sample.points)
            if last > begin:
                todo.append(Cell(samples[begin].t, samples[last].t, known))
            begin = k + 1
    spent = 0
    while todo:
        solving.check()
        part, todo = todo[:BATCH], todo[BATCH:]
        spent += len(part)
        if spent > MOST_CELLS:
            open_ += [(cell.low, cell.high) for cell in (*part, *todo)]
            break
        for cell, good in zip(part, _proved(family, part, solving), strict=True):
            if good:
                continue
            if cell.high - cell.low <= FINE:
                open_.append((cell.low, cell.high))
                continue
            middle = 0.5 * (cell.low + cell.high)
            todo += [replace(cell, high=middle), replace(cell, low=middle)]
    return _joined(open_)


def _joined(parts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches that touch are one."""
    out: list[tuple[float, float]] = []
    for low, high in sorted(parts):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def _proved(family: Family, cells: list[Cell], solving: Solving) -> list[bool]:
    middle, low, high = (family.rows(t).lattice for t in (
        [0.5 * (cell.low + cell.high) for cell in cells], [cell.low for cell in cells],
        [cell.high for cell in cells]))
    walk = _Walk(middle, low, high, solving)
    found = walk.run()
    label = np.full((len(found.draw), len(middle.edge_state)), REFUSED)
    consent = np.zeros(label.shape)
    for block in found.blocks:
        if block.label is None or not block.label.shape[1]:
            continue
        branch, node = np.nonzero(found.node[:, block.state] == block.begin + np.arange(
            len(block.state)))
        at = middle.first_edge[block.state[node]][:, None] + np.arange(block.label.shape[1])
        has = at < middle.first_edge[block.state[node] + 1][:, None]
        rows = np.broadcast_to(branch[:, None], at.shape)[has]
        label[rows, at[has]] = block.label[node][has]
        consent[rows, at[has]] = block.answers.consent[node][has]
    live = middle.rate[found.draw] > 0
    on_path = reached(middle, middle.rate[found.draw] * consent)[:, middle.edge_state] & live
    mask = np.maximum(label - MIX, 0)
    first = np.where(mask > 0, np.log2(np.maximum(mask & -mask, 1)).astype(np.int64), 0)
    plain = np.where(label >= MIX, MIXED + first + (mask & LOOSE), label)
    none = np.zeros((0, middle.value.shape[2]), dtype=np.int8).tobytes()
    good = [d not in found.capped and not found.doubt.get(d) for d in range(len(cells))]
    for branch_, d in enumerate(found.draw.tolist()):
        word = np.where(on_path[branch_], plain[branch_], 0).astype(np.int16).tobytes()
        good[d] = good[d] and ("", word, none) in cells[d].known
    return good


class _Walk(Sweep):
    """A sweep in which every payoff is known within a distance, and so is every value."""

    def __init__(self, middle: Lattice, low: Lattice, high: Lattice, solving: Solving) -> None:
        super().__init__(middle, solving)
        self.same = 0.0
        self.apart: Floats = np.zeros_like(self.value)
        self._new: Floats = self.apart
        round_off = 1e-14 * middle.payoff_range()
        self.flow_apart = 0.5 * np.abs(high.flow - low.flow) + round_off[:, None]
        self.lump_apart = 0.5 * np.abs(high.lump - low.lump) + round_off[:, None]

    def _solve(self, draw: Ints, state: Ints, follow: Ints,
               ) -> tuple[Answers, Floats, Ints | None]:
        lattice, flat = self.lattice, state.ravel()
        flow = self.flow_apart[draw, flat]
        if follow.shape[1] == 0:
            self._new = flow / lattice.discount[draw]
            return super()._solve(draw, state, follow)
        at = lattice.first_edge[flat][:, None] + np.arange(follow.shape[1])
        edge = np.where(follow >= 0, at, 0)
        has = (follow >= 0)[..., None]
        after = np.where(has, self.value[np.maximum(follow, 0)], 0.0)
        apart = np.where(has, self.apart[np.maximum(follow, 0)]
                         + self.lump_apart[draw[:, None], edge], 0.0)
        problems = gather(lattice, draw, flat, after)
        problems = problems.without(problems.rate == 0)
        found = _regimes(problems, flow, apart)
        for p in np.flatnonzero(found.open):
            self._doubt(int(draw[p]), "undecided")
        self._new = found.apart
        size, moves, n = problems.reward.shape
        answers = Answers(found.owner, found.value, found.consent, np.zeros_like(found.consent),
                          np.zeros((len(found.owner), moves, n, lattice.value.shape[2])),
                          np.ones(len(found.owner), dtype=np.int64))
        return answers, np.zeros(len(found.owner)), found.label

    def _remember(self, begin: int, state: Ints, draw: Ints, follow: Ints, part: Answers,
                  label: Ints | None) -> None:
        self.apart = np.concatenate([self.apart, self._new])
        super()._remember(begin, state, draw, follow, part, label)


@dataclass(eq=False)
class _Regimes:
    """Every regime that a problem may have: consent, value and how far it may be off; ``open`` the
    problems whose list is not known."""

    owner: Ints
    label: Ints
    value: Floats
    apart: Floats
    consent: Floats
    open: Bools


def _regimes(problems: Problems, flow: Floats, apart: Floats) -> _Regimes:
    """Bounds and branching; ``flow`` (P, n) and ``apart`` (P, M, n) are how far flows and payoffs
    may be off."""
    nodes = roots(problems)
    cost = np.zeros(problems.size, dtype=np.int64)
    open_ = np.asarray(null_members(problems).any(axis=(1, 2)))
    leaves = [nodes.take(np.zeros(0, dtype=np.int64))]
    while len(nodes.owner):
        np.add.at(cost, nodes.owner, 1)
        open_ |= cost > MOST_BOXES
        nodes = nodes.take(~open_[nodes.owner])
        sub = problems.take(nodes.owner)
        _contract(sub, nodes, flow[nodes.owner], apart[nodes.owner])
        nodes = nodes.take(~nodes.empty)
        undecided = np.asarray((nodes.label == UNDECIDED).any(axis=1))
        leaves.append(nodes.take(~undecided))
        nodes = _split(problems, nodes.take(undecided))
    ends = Nodes.join(leaves)
    ends = ends.take(np.argsort(ends.owner, kind="stable"))
    return _values(problems, ends, flow, apart, open_)


def _contract(problems: Problems, nodes: Nodes, flow: Floats, apart: Floats) -> None:
    low, high = problems.reward - apart, problems.reward + apart
    poor = replace(problems, flow=problems.flow - flow)
    rich = replace(problems, flow=problems.flow + flow)
    tolerance = TOLERANCE * problems.scale
    member = problems.member
    ask = problems.present & member.any(axis=2)
    for _ in range(4):
        before = nodes.label.copy()
        nodes.low = np.maximum(nodes.low, averages(poor, nodes, problems.rate, low, high)[0])
        nodes.high = np.minimum(nodes.high, averages(rich, nodes, problems.rate, low, high)[1])
        made = (nodes.label == MADE)[..., None] & member
        mixed = nodes.label >= MIX
        top = np.where(made | mixed[..., None] & member, high, np.inf).min(axis=1)
        held = binding(nodes.label, low.shape[2])
        nodes.high = np.minimum(nodes.high, top)
        nodes.low = np.maximum(nodes.low, np.where(held, low, -np.inf).max(axis=1))
        # a refused move: if all members but one surely gain, that one must not
        open_ = member & ~(low - nodes.high[:, None, :] > tolerance[:, None])
        only = ask & (nodes.label == REFUSED) & (open_.sum(axis=2) == 1)
        nodes.low = np.maximum(nodes.low, np.where(only[..., None] & open_, low, -np.inf).max(
            axis=1))
        nodes.empty |= (nodes.low > nodes.high + tolerance).any(axis=1)
        best = np.where(member, (high - nodes.low[:, None]) / problems.scale[:, None], np.inf)
        sure = np.where(member, (low - nodes.high[:, None]) / problems.scale[:, None], np.inf)
        no, yes = ask & (best.min(axis=2) < -TOLERANCE), ask & (sure.min(axis=2) > TOLERANCE)
        nodes.empty |= (no & (nodes.label >= MADE)).any(axis=1)
        nodes.empty |= (yes & ((nodes.label == REFUSED) | mixed)).any(axis=1)
        nodes.label[no & (nodes.label == UNDECIDED)] = REFUSED
        nodes.label[yes & (nodes.label == UNDECIDED)] = MADE
        if (nodes.label == before).all():
            break


def _split(problems: Problems, nodes: Nodes) -> Nodes:
    """An undecided move refused, made, or mixed with each member left without gain."""
    if not len(nodes.owner):
        return nodes
    move = (nodes.label == UNDECIDED).argmax(axis=1)
    rows = np.arange(len(move))
    parts = []
    for label in (MADE, REFUSED):
        child = nodes.take(rows)
        child.label[rows, move] = label
        parts.append(child)
    member = problems.member[nodes.owner, move]
    for i in range(member.shape[1]):
        child = nodes.take(np.flatnonzero(member[:, i]))
        child.label[np.arange(len(child.owner)), move[member[:, i]]] = MIX + (1 << i)
        parts.append(child)
    return Nodes.join(parts)


def _values(problems: Problems, ends: Nodes, flow: Floats, apart: Floats, open_: Bools,
            ) -> _Regimes:
    """Enclose consents and values of regimes; drop those whose conditions fail all over."""
    sub, flow, apart = problems.take(ends.owner), flow[ends.owner], apart[ends.owner]
    label = ends.label.copy()
    least, most, loose = _consents(sub, label, flow, apart)
    mixed = label >= MIX
    fails = (mixed & ((least > 1.0 + 1e-9) | (most < -1e-9))).any(axis=1)
    least, most = np.clip(least, 0.0, 1.0), np.clip(most, 0.0, 1.0)
    alpha = 0.5 * (least + most)
    weight = sub.rate * alpha
    value = ((sub.flow + (weight[..., None] * sub.reward).sum(axis=1))
             / (sub.discount + weight.sum(axis=1, keepdims=True)))
    off = np.abs(sub.reward - value[:, None])
    spread = (flow + (sub.rate[..., None] * (most[..., None] * apart + (
        0.5 * (most - least))[..., None] * off)).sum(axis=1)) / (
        sub.discount + (sub.rate * least).sum(axis=1, keepdims=True))
    low, high = np.maximum(value - spread, ends.low), np.minimum(value + spread, ends.high)
    spread = np.minimum(spread, np.maximum(np.maximum(high - value, value - low), 0.0)
                        + 1e-14 * sub.scale)
    gain_high, gain_low = (sub.reward + apart - low[:, None], sub.reward - apart - high[:, None])
    slack = TOLERANCE * sub.scale[:, None]
    ask = sub.present & sub.member.any(axis=2)
    fails |= (ask & (label >= MADE) & (sub.member & (gain_high < -slack)).any(axis=2)).any(axis=1)
    fails |= (ask & (label == REFUSED) & (~sub.member | (gain_low > slack)).all(axis=2)).any(axis=1)
    label = np.where(mixed & loose[:, None], label | LOOSE, label)
    keep = np.flatnonzero(~fails)
    inner = np.clip(alpha, 1e-12, 1.0 - 1e-12)
    consent = np.where(mixed, inner, (label == MADE).astype(float))
    return _Regimes(ends.owner[keep], label[keep], value[keep], spread[keep], consent[keep], open_)


def _consents(problems: Problems, label: Ints, flow: Floats, apart: Floats,
              ) -> tuple[Floats, Floats, Bools]:
    """(k, M) bounds of consents, and in which regimes mixed ones are not determined: the linear
    equations of :func:`negotiation.equilibrium.leaf.linear` with all numbers a little off."""
    size, moves, n = problems.reward.shape
    mixed, made = label >= MIX, (label == MADE).astype(float)
    least, most, loose = made.copy(), made.copy(), np.zeros(size, dtype=bool)
    rows = np.flatnonzero(mixed.any(axis=1))
    if not len(rows):
        return least, most, loose
    sub, mix = problems.take(rows), mixed[rows]
    who = binding(label[rows], n).argmax(axis=2)
    shape = (len(rows), moves, moves)
    columns = np.broadcast_to(who[:, None, :], shape)
    own, own_apart = (np.take_along_axis(a, who[..., None], axis=2)
                      for a in (sub.reward, apart[rows]))
    across, across_apart = (np.take_along_axis(a, columns, axis=2).swapaxes(1, 2)
                            for a in (sub.reward, apart[rows]))
    rate, other = sub.rate[:, None, :], ~np.eye(moves, dtype=bool)
    matrix = rate * (across - own)
    error = rate * (across_apart + own_apart) * other
    patience = np.take_along_axis(sub.discount, who, axis=1)
    rhs = (patience * own[..., 0] - np.take_along_axis(sub.flow, who, axis=1)
           - (matrix * made[rows][:, None, :]).sum(axis=2))
    rhs_error = (patience * own_apart[..., 0] + np.take_along_axis(flow[rows], who, axis=1)
                 + (error * made[rows][:, None, :]).sum(axis=2))
    both = mix[:, None, :] & mix[..., None]
    matrix = np.where(both, matrix, 0.0) + np.where(mix[..., None], 0.0, np.eye(moves))
    error = np.where(both, error, 0.0)
    rhs, rhs_error = np.where(mix, rhs, 0.0), np.where(mix, rhs_error, 0.0)
    unit = np.abs(matrix).max(axis=2) + 1e-300
    matrix, error = matrix / unit[..., None], error / unit[..., None]
    rhs, rhs_error = rhs / unit, rhs_error / unit
    singular = np.linalg.svd(matrix, compute_uv=False).min(axis=1) < 1e-9
    error[singular], rhs[singular], rhs_error[singular] = 0.0, 0.0, 0.0
    inverse = np.linalg.inv(np.where(singular[:, None, None], np.eye(moves), matrix))
    alpha = np.einsum("kij,kj->ki", inverse, rhs)
    size_ = np.abs(inverse)
    first = np.einsum("kij,kj->ki", size_, rhs_error + np.einsum("kij,kj->ki", error,
                                                                 np.abs(alpha)))
    factor = np.einsum("kij,kjl->kil", size_, error)
    norm = factor.sum(axis=2).max(axis=1)
    singular |= norm >= 0.9
    reach = first.max(axis=1) / (1.0 - np.minimum(norm, 0.9))
    delta = first + factor.sum(axis=2) * reach[:, None] + 1e-12
    least[rows] = np.where(mix, np.where(singular[:, None], 0.0, alpha - delta), least[rows])
    most[rows] = np.where(mix, np.where(singular[:, None], 1.0, alpha + delta), most[rows])
    loose[rows] = singular
    return least, most, loose
