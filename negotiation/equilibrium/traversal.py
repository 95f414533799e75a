"""One traversal of the equilibria of a directional game: count them all, list some, pick one.

A directional game falls into components (strongly connected sets of states) that follow each other
without a circle. Its equilibria are the consistent choices of one local equilibrium per component,
given those of the components that it leads to: the paths through a tree whose depth is the
component, in reverse topological order, and whose branches are the component's equilibria
(Recursive Lexicographical Search in its tree form: Iskhakov, Rust & Schjerning 2016, section 3).

Words used here. A **row** is one distinct value of a component: an entry of ``table``, which all
local equilibria with these values share. A **node** is one local equilibrium at one distinct input;
the **input** of a component is the rows of its successors. A component is **settled** when it has
one node whatever is chosen elsewhere; the others are **open**.

The tree is never built. Settled components are solved a level at a time, all in one call. For the
rest, ``counting.count`` carries the joint distribution of the rows that later components still
need, and ``listing.nodes`` walks the tree lazily; both solve a component once per distinct input,
and share what they solved.
"""

from __future__ import annotations

import enum
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .distinct import Distinct

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: called with (components done, components in all); a true answer stops the work
Progress = Callable[[int, int], object]
#: seconds between two reports of the progress within one component
PATIENCE = 0.2


class Ending(enum.Enum):
    """How a traversal ended; the value reads as a sentence."""

    FINISHED = "The whole tree of equilibria was walked."
    TIME = "The time limit ended the work; this is what had been found."
    INTERRUPTED = "The work was interrupted; this is what had been found."
    MEMORY = "Counting would need more cases at once than the limit allows."

    def __str__(self) -> str:
        return self.value


class Stopped(Exception):
    """Raised inside a traversal when its time is over or somebody asked it to stop."""

    def __init__(self, ending: Ending) -> None:
        self.ending = ending
        super().__init__(str(ending))


@dataclass(frozen=True, eq=False)
class Local:
    """The k local equilibria of P component problems.

    Attributes:
        owner: (k,) the problem that each solves, ascending.
        value: (k, size, n) its values in the component's states.
        source: what the game needs to say more about a solution, given its place in this list.
        doubt: problem → why its list is not proved complete.
    """

    owner: Ints
    value: Floats
    source: object
    doubt: Mapping[int, str] = field(default_factory=dict)


class Directional(Protocol):
    """A directional game as the traversal sees it.

    Attributes:
        successors: per component, the distinct components that its values depend on; each has a
            lower number than the component itself (reverse topological order).
        sizes: per component, its number of states.
        players: n.
        resolution: (n,) values of a player closer than this are taken to be the same; far below any
            tolerance, and at least 2^-60 of the largest value.
    """

    @property
    def successors(self) -> Sequence[Sequence[int]]: ...
    @property
    def sizes(self) -> Sequence[int]: ...
    @property
    def players(self) -> int: ...
    @property
    def resolution(self) -> Floats: ...

    def solve(self, components: Ints, follow: Ints, table: Floats) -> Local:
        """All local equilibria of P problems, in a deterministic order within each problem.

        Args:
            components: (P,) which component; all of one size.
            follow: (P, K) first row in ``table`` of each successor of the component, in the order
                of ``successors``, filled up with -1.
            table: (T, n) values; a component's states stand in consecutive rows.
        """
        ...


@dataclass(eq=False)
class Block:
    """Nodes that were solved in one call: ids ``begin`` … ``begin + size - 1``."""

    begin: int
    size: int
    source: object


class Stage:
    """What is known of one open component: its inputs, and the nodes of each.

    ``places`` (of a component that was solved ahead): per ask, row → its share of the input's
    number.
    """

    def __init__(self, component: int, asks: tuple[int, ...]) -> None:
        self.component, self.asks = component, asks
        self.inputs = Distinct(len(asks))
        self.places: list[Ints] = []
        self.first: Ints = np.zeros(0, dtype=np.int64)
        self.many: Ints = np.zeros(0, dtype=np.int64)


class Traversal:
    """The tree of equilibria of a directional game, solved as far as it was asked for.

    Args:
        game: the game.
        time_limit: seconds, counted from now, after which the work stops; None for no limit.
        progress: called after each batch of components.
        first_only: every component takes its first node and is settled with it: the choice of one
            equilibrium, a level of components at a time, without a tree.

    :meth:`settle` comes first; then :meth:`ahead`, where all equilibria are wanted;
    then ``listing.nodes`` and ``counting.count``, in any order.

    Attributes:
        table: (T, n) distinct values; ``row`` (C,) the first row of a settled component, -1 else;
            ``node`` (C,) its one node.
        node_row: (N,) first row of every node's values.
        doubt: (component, why) → how many inputs raised this doubt about completeness.
        empty: components for which some input has no local equilibrium in the list.
        solved: how many distinct component problems were solved.
    """

    #: problems per call of the game's solver, so that a time limit is met
    CHUNK = 1 << 17
    #: most inputs of a component that are solved before they are met
    AHEAD = 1 << 10

    def __init__(self, game: Directional, *, time_limit: float | None = None,
                 progress: Progress | None = None, first_only: bool = False) -> None:
        self.game = game
        self._first_only = first_only
        self.allow(time_limit)
        self._progress, self._told, self._done = progress, 0.0, 0
        size = len(game.sizes)
        self.row = np.full(size, -1)
        self.node = np.full(size, -1)
        self._table = np.zeros((1024, game.players))
        self._rows = 0
        self._values: dict[int, tuple[Distinct, list[int]]] = {}
        self._node_row: list[Ints] = []
        self._starts: list[int] = []
        self.blocks: list[Block] = []
        self._nodes = 0
        self.stages: dict[int, Stage] = {}
        self.doubt: dict[tuple[int, str], int] = {}
        self.empty: set[int] = set()
        self.solved = 0

    @property
    def table(self) -> Floats:
        return self._table[:self._rows]

    @property
    def node_row(self) -> Ints:
        if len(self._node_row) > 1:
            self._node_row = [np.concatenate(self._node_row)]
        return self._node_row[0] if self._node_row else np.zeros(0, dtype=np.int64)

    def check_time(self, done: int | None = None) -> None:
        """Raise :class:`Stopped` when the work has to end; tell the progress now and then."""
        now = time.perf_counter()
        if self._until is not None and now > self._until:
            raise Stopped(Ending.TIME)
        if self._progress is None or done is None and now < self._told + PATIENCE:
            return
        self._told, self._done = now, self._done if done is None else done
        if self._progress(self._done, len(self.row)):
            raise Stopped(Ending.INTERRUPTED)

    def allow(self, seconds: float | None) -> None:
        """Give the work this many seconds from now; None for no limit."""
        self._until = None if seconds is None else time.perf_counter() + seconds

    def release(self) -> None:
        """Lift the time limit, and tell nobody about the progress any more."""
        self._until = self._progress = None

    @property
    def decided(self) -> bool:
        """Whether every component has its nodes, so that listing solves nothing more."""
        return all(self.row[c] >= 0 or c in self.stages and not self.stages[c].asks
                   and len(self.stages[c].first) for c in range(len(self.row)))

    def settle(self) -> None:
        """Solve every component whose successors are settled, level by level, and mark the rest."""
        successors = self.game.successors
        level: list[int] = []
        for follow in successors:
            level.append(max((level[c] + 1 for c in follow), default=0))
        order: dict[tuple[int, int], list[int]] = {}
        for c, depth in enumerate(level):
            order.setdefault((depth, self.game.sizes[c]), []).append(c)
        done = 0
        for depth, size in sorted(order):
            batch = []
            for c in order[depth, size]:
                asks = tuple(d for d in successors[c] if self.row[d] < 0)
                if asks:
                    self.stages[c] = Stage(c, asks)
                else:
                    batch.append(c)
            done += len(batch)
            if batch:
                self._settle_batch(np.array(batch))
                self.check_time(done)

    def _settle_batch(self, batch: Ints) -> None:
        follow = self._follow(batch)
        first, many = self.solve(batch, follow)
        node_row = self.node_row
        for c, begin, count in zip(batch.tolist(), first.tolist(), many.tolist(), strict=True):
            if count == 1 or (count and self._first_only):
                self.row[c], self.node[c] = node_row[begin], begin
            else:
                stage = self.stages[c] = Stage(c, ())
                stage.inputs.add(np.zeros((1, 0), dtype=np.int64))
                stage.first, stage.many = np.array([begin]), np.array([count])

    def _follow(self, batch: Ints) -> Ints:
        wide = max(len(self.game.successors[c]) for c in batch)
        follow = np.full((len(batch), wide), -1)
        for k, c in enumerate(batch):
            after = self.game.successors[c]
            follow[k, :len(after)] = self.row[list(after)]
        return follow

    def solve(self, components: Ints, follow: Ints) -> tuple[Ints, Ints]:
        """Solve problems; their first node and number of nodes, (P,) each."""
        local = self.game.solve(components, follow, self.table)
        size = self.game.sizes[int(components[0])]
        begin = self._nodes
        self.solved += len(components)
        self.blocks.append(Block(begin, len(local.owner), local.source))
        self._starts.append(begin)
        self._nodes += len(local.owner)
        self._node_row.append(self._enter(components[local.owner], local.value.reshape(
            len(local.owner), size * self.game.players), size))
        for problem, why in local.doubt.items():
            key = int(components[problem]), why
            self.doubt[key] = self.doubt.get(key, 0) + 1
        many = np.bincount(local.owner, minlength=len(components))
        self.empty.update(components[many == 0].tolist())
        return begin + np.cumsum(many) - many, many

    def _enter(self, component: Ints, value: Floats, size: int) -> Ints:
        """First rows in the table of (k, size · n) values; equal ones of a component merge."""
        if not len(component):
            return np.zeros(0, dtype=np.int64)
        same = (component == component[0]).all()
        once = len(component) == 1 or (np.diff(component) > 0).all()
        if same and not once or int(component[0]) in self._values:
            return self._merge(int(component[0]), value, size)
        if once:
            return self._append(value, size)
        # several components in one call have all of their inputs in it, so that nothing is kept
        grain = np.tile(self.game.resolution, size)
        key = np.column_stack([component, np.rint(value / grain).astype(np.int64)])
        first, ids = Distinct(key.shape[1]).group(key)
        rows = self._append(value[first], size)
        return rows if ids is None else rows[ids]

    def _merge(self, component: int, value: Floats, size: int) -> Ints:
        if component not in self._values:
            self._values[component] = Distinct(value.shape[1]), []
        known, rows = self._values[component]
        before = len(known)
        grain = np.tile(self.game.resolution, size)
        ids, fresh = known.add(np.rint(value / grain).astype(np.int64))
        if len(known) > before:
            rows.extend(self._append(value[fresh], size).tolist())
        return np.array(rows, dtype=np.int64)[ids]

    def _append(self, value: Floats, size: int) -> Ints:
        need = self._rows + len(value) * size
        if need > len(self._table):
            grown = np.zeros((max(need, 2 * len(self._table)), self.game.players))
            grown[:self._rows] = self.table
            self._table = grown
        self._table[self._rows:need] = value.reshape(-1, self.game.players)
        first = self._rows + size * np.arange(len(value))
        self._rows = need
        return first

    def stage_nodes(self, component: int, columns: Sequence[Ints], size: int,
                    ) -> tuple[Ints, Ints, Ints]:
        """Nodes of an open component at inputs, solving those that are new.

        Args:
            columns: for each open successor that the component asks for, its rows (R,).
            size: R.

        Returns:
            which distinct input each is (R,), and the distinct inputs' first nodes and counts.
        """
        stage = self.stages[component]
        if stage.places:
            ids = stage.places[0][columns[0]]
            for place, column in zip(stage.places[1:], columns[1:], strict=True):
                ids += place[column]
            return ids, stage.first, stage.many
        rows = np.empty((size, len(columns)), dtype=np.int64, order="F")
        for k, column in enumerate(columns):
            rows[:, k] = column
        ids, _ = stage.inputs.add(rows)
        while len(stage.first) < len(stage.inputs):  # an interrupted call may have left some
            self.check_time()
            begin = len(stage.first)
            part = stage.inputs.rows[begin:begin + self.CHUNK]
            first, many = self.solve(np.full(len(part), component), self._inputs(stage, part))
            stage.first, stage.many = (np.concatenate([stage.first, first]),
                                       np.concatenate([stage.many, many]))
        return ids, stage.first, stage.many

    def _inputs(self, stage: Stage, rows: Ints) -> Ints:
        """(R, K) first rows of all successors, given those of the open ones (R, k)."""
        after = list(self.game.successors[stage.component])
        follow = np.repeat(self.row[after][None], len(rows), axis=0)
        follow[:, [after.index(d) for d in stage.asks]] = rows
        return follow

    def ahead(self) -> None:
        """Solve open components for every input that they can have, a level of them in one call.

        Where components share nothing open below them their rows combine freely, so that every
        combination is an input. The others, and those with many inputs, wait until they are met.
        """
        rows: dict[int, Ints] = {}
        levels = self._free()
        for depth in range(max(levels.values(), default=-1) + 1):
            batches: dict[int, list[tuple[Stage, list[Ints]]]] = {}
            for c in levels:
                stage = self.stages[c]
                if levels[c] != depth or any(d not in rows for d in stage.asks):
                    continue
                each = [rows[d] for d in stage.asks]
                if not each:
                    rows[c] = np.unique(self.node_row[stage.first[0] + np.arange(stage.many[0])])
                elif 0 < math.prod(map(len, each)) <= self.AHEAD:
                    batches.setdefault(self.game.sizes[c], []).append((stage, each))
            for batch in batches.values():
                self._solve_ahead(batch, rows)
                self.check_time()

    def _free(self) -> dict[int, int]:
        """Open components whose successors share nothing open below them, with their levels."""
        below: dict[int, frozenset[int]] = {}
        levels: dict[int, int] = {}
        for c in sorted(self.stages):
            parts = [below.get(d) for d in self.stages[c].asks]
            known = [part for part in parts if part is not None]
            joint = frozenset({c}).union(*known)
            if len(known) == len(parts) and len(joint) - 1 == sum(map(len, known)) < self.AHEAD:
                below[c] = joint
                levels[c] = max((levels[d] + 1 for d in self.stages[c].asks), default=0)
        return levels

    def _solve_ahead(self, batch: list[tuple[Stage, list[Ints]]], rows: dict[int, Ints]) -> None:
        components, follow = [], []
        wide = max(len(self.game.successors[stage.component]) for stage, _ in batch)
        for stage, each in batch:
            grid = np.stack([axis.ravel() for axis in np.meshgrid(*each, indexing="ij")], axis=1)
            inputs = self._inputs(stage, grid)
            follow.append(np.pad(inputs, ((0, 0), (0, wide - inputs.shape[1])),
                                 constant_values=-1))
            components.append(np.full(len(grid), stage.component))
        first, many = self.solve(np.concatenate(components), np.concatenate(follow))
        begin = 0
        for (stage, each), part in zip(batch, components, strict=True):
            times = 1
            for axis in reversed(each):
                place = np.zeros(int(axis[-1]) + 1, dtype=np.int64)
                place[axis] = times * np.arange(len(axis))
                stage.places.insert(0, place)
                times *= len(axis)
            mine = slice(begin, begin + len(part))
            stage.first, stage.many = first[mine], many[mine]
            begin += len(part)
            nodes = np.repeat(stage.first - np.cumsum(stage.many) + stage.many, stage.many)
            rows[stage.component] = np.unique(self.node_row[nodes + np.arange(len(nodes))])

    def source(self, node: int) -> tuple[object, int]:
        """The game's own record of a node: the ``source`` of its batch and its place there."""
        k = int(np.searchsorted(self._starts, node, side="right")) - 1
        while self.blocks[k].size == 0 or node >= self.blocks[k].begin + self.blocks[k].size:
            k -= 1
        return self.blocks[k].source, node - self.blocks[k].begin
