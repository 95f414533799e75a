"""The number of equilibria of a directional game, without listing them.

A component's local equilibria depend on the choices made in its successors, and successors are
shared, so the choices of two components are in general not independent. What later components need
of the choices made so far is the *joint* distribution of the rows (distinct values) of a few
components, the frontier. It is kept as a product of **tables**: each has columns (open components
that some later component still asks for), distinct rows of values, and the exact number of
selections of everything below that lead to each row. Tables of components that share nothing stay
apart, so independent siblings multiply.

A component is taken up by joining the tables that hold its successors, solving it once per distinct
input, and adding its column; columns that nobody needs any more are dropped and rows that have
become equal merge, their numbers added. The total is the product of what is left. This is variable
elimination (Dechter 1999, *Bucket elimination*, section 2) on the graph of components, with the
domains discovered on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .distinct import Distinct
from .traversal import Ending, Ints, Stopped, Traversal

#: counts beyond this are kept as Python integers
EXACT = 2**62

Counts = NDArray[Any]  # int64, or Python integers


@dataclass(eq=False)
class Table:
    """Distinct rows (R, k) of the components ``columns`` and how many selections lead to each."""

    columns: tuple[int, ...]
    rows: Ints
    times: Counts

    @property
    def total(self) -> int:
        return _total(self.times)


def count(tree: Traversal, most_rows: int = 30_000_000) -> int:
    """How many joint selections of local equilibria there are, exactly.

    Args:
        tree: the traversal; what is solved here is kept there.
        most_rows: the most rows of one table, which bounds the memory.

    Raises:
        Stopped: when the tree's time is over, or a table would grow beyond ``most_rows``.
    """
    needed: dict[int, set[int]] = {c: set() for c in tree.stages}
    for c, stage in tree.stages.items():
        for d in stage.asks:
            needed[d].add(c)
    holder: dict[int, Table] = {}
    waiting = dict.fromkeys(sorted(tree.stages))
    result, done = 1, len(tree.row) - len(waiting)
    while waiting:
        component = _next(tree, waiting, holder)
        del waiting[component]
        parts: list[Table] = []
        for d in tree.stages[component].asks:
            table = holder.get(d)
            if table is not None and all(table is not part for part in parts):
                parts.append(table)
        table = _join(parts, most_rows)
        for d in tree.stages[component].asks:
            needed[d].discard(component)
        table = _take_up(tree, component, table, needed, most_rows)
        if table.columns:
            holder.update(dict.fromkeys(table.columns, table))
        else:
            result *= table.total
        done += 1
        tree.check_time(done)
    return result


def _next(tree: Traversal, waiting: dict[int, None], holder: dict[int, Table]) -> int:
    """The component to take up: of those whose successors are ready, the one with fewest cases."""
    best, least = -1, float("inf")
    for c in waiting:
        size = 1.0
        seen: list[Table] = []
        for d in tree.stages[c].asks:
            if d in waiting:
                break
            table = holder[d]
            if all(table is not other for other in seen):
                seen.append(table)
                size *= len(table.rows)
        else:
            if size < least:
                best, least = c, size
    return best


def _join(parts: list[Table], most_rows: int) -> Table:
    """The product of independent tables."""
    out = Table((), np.zeros((1, 0), dtype=np.int64), np.ones(1, dtype=np.int64))
    for part in parts:
        wide, deep = len(part.rows), len(out.rows)
        if wide * deep > most_rows:
            raise Stopped(Ending.MEMORY)
        rows = np.concatenate([np.repeat(out.rows, wide, axis=0), np.tile(part.rows, (deep, 1))],
                              axis=1)
        left, right = _exact(out.times, part.total), _exact(part.times, out.total)
        times = np.repeat(left, wide) * np.tile(right, deep)
        out = Table(out.columns + part.columns, rows, times)
    return out


def _exact(times: Counts, factor: int) -> Counts:
    """The counts in a type that holds their total times ``factor``."""
    if times.dtype == object or _total(times) * factor < EXACT:
        return times
    return times.astype(object)


def _total(times: Counts) -> int:
    """The sum of counts; those kept as machine integers never sum to more than ``EXACT``."""
    return int(times.sum()) if len(times) else 0


def _take_up(tree: Traversal, component: int, table: Table, needed: dict[int, set[int]],
             most_rows: int) -> Table:
    """Add a component's column to a table (when somebody needs it), drop columns, merge rows."""
    at = [table.columns.index(d) for d in tree.stages[component].asks]
    ids, first, many = tree.stage_nodes(component, [table.rows[:, k] for k in at],
                                        len(table.rows))
    keep = [k for k, d in enumerate(table.columns) if needed[d]]
    columns = tuple(table.columns[k] for k in keep)
    repeat = many[ids]
    if int(repeat.sum()) > most_rows:
        raise Stopped(Ending.MEMORY)
    most = int(many.max(initial=0))
    times = _exact(table.times, most)
    distinct = len(keep) == len(table.columns)
    if not needed[component]:
        rows, times = table.rows[:, keep], times * repeat
    else:
        if most == 1 and (repeat == 1).all():
            rows, node = table.rows[:, keep], first[ids]
        else:
            start = np.repeat(first[ids] - np.cumsum(repeat) + repeat, repeat)
            node = start + np.arange(len(start))
            rows, times = np.repeat(table.rows[:, keep], repeat, axis=0), np.repeat(times, repeat)
            distinct = False
        rows = np.concatenate([rows, tree.node_row[node][:, None]], axis=1)
        columns = (*columns, component)
    return Table(columns, *_merge(rows, times, distinct))


def _merge(rows: Ints, times: Counts, distinct: bool) -> tuple[Ints, Counts]:
    """Rows once each, with the sum of their counts; rows without selections are left out."""
    alive = times > 0
    if not alive.all():
        rows, times = rows[alive], times[alive]
    if distinct or not len(rows):
        return rows, times
    if rows.shape[1] == 0:
        return rows[:1], np.array([_total(times)], dtype=times.dtype)
    fresh, ids = Distinct(rows.shape[1]).group(rows)
    if ids is None:
        return rows, times
    if times.dtype != object and _total(times) < 2**53:  # exact in doubles
        return rows[fresh], np.bincount(ids, times, len(fresh)).astype(np.int64)
    order = np.argsort(ids, kind="stable")
    begin = np.searchsorted(ids[order], np.arange(len(fresh)))
    return rows[fresh], np.add.reduceat(times[order], begin).astype(times.dtype)
