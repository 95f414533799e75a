"""Components of the equilibria of a two-player game, from its extreme equilibria.

An extreme equilibrium pairs a strategy of the first player with one of the second; the pairs are
the edges of a bipartite graph between extreme strategies. A *maximal Nash subset* is a maximal
biclique of that graph (X, Y): every mix over X with every mix over Y is an equilibrium. A
*component* is a connected part of the graph: a largest connected set of equilibria.

Sources: Winkels 1979, "An algorithm to determine all equilibrium points of a bimatrix game";
Jansen 1981, "Maximal Nash subsets for bimatrix games", Naval Research Logistics Quarterly 28; Avis,
Rosenberg, Savani & von Stengel 2010, Economic Theory 42, §4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class NashSubset:
    """A maximal Nash subset: every mix of ``first`` with every mix of ``second`` is an equilibrium.

    ``first`` (p, m_1) and ``second`` (q, m_2) are the extreme points of its two sides;
    ``equilibria`` are the ids of its extreme equilibria, all p·q pairs.
    """

    first: Floats
    second: Floats
    equilibria: tuple[int, ...]

    @cached_property
    def dimension(self) -> int:
        """How many directions its equilibria can vary in; 0 for a single point."""
        return _dimension(self.first) + _dimension(self.second)


@dataclass(frozen=True, eq=False)
class NashComponent:
    """A largest connected set of equilibria: a point, or a continuum made of maximal Nash subsets.

    ``equilibria`` are the ids of its extreme equilibria; ``str`` says in words what it is.
    """

    subsets: tuple[NashSubset, ...]
    equilibria: tuple[int, ...]

    @property
    def is_point(self) -> bool:
        """Whether it is one isolated equilibrium."""
        return len(self.equilibria) == 1

    @property
    def dimension(self) -> int:
        """The largest dimension of its maximal Nash subsets."""
        return max(subset.dimension for subset in self.subsets)

    def __str__(self) -> str:
        ids = ", ".join(str(k) for k in self.equilibria)
        if self.is_point:
            return f"the single equilibrium {ids}"
        parts = f" in {len(self.subsets)} maximal Nash subsets" if len(self.subsets) > 1 else ""
        return (f"a continuum of dimension {self.dimension} spanned by the extreme equilibria "
                f"{ids}{parts}")


def components_of(pairs: Sequence[Pair], first: Mapping[int, Floats],
                  second: Mapping[int, Floats]) -> tuple[NashComponent, ...]:
    """The components that the extreme equilibria ``pairs`` (ids 1, 2, …) form.

    ``first`` and ``second`` give the strategies that the pairs name. In the order of the lowest id.
    """
    number = {pair: k + 1 for k, pair in enumerate(pairs)}
    parts = []
    for part in _connected(pairs):
        subsets = []
        for xs, ys in maximal_bicliques(part):
            ids = sorted(number[x, y] for x in xs for y in ys)
            subsets.append(NashSubset(_rows(first, xs), _rows(second, ys), tuple(ids)))
        subsets.sort(key=lambda subset: subset.equilibria)
        parts.append(NashComponent(tuple(subsets), tuple(sorted(number[pair] for pair in part))))
    return tuple(sorted(parts, key=lambda part: part.equilibria))


def maximal_bicliques(pairs: Sequence[Pair]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Every maximal (X, Y) with X × Y among the pairs.

    The sides Y are exactly the non-empty intersections of neighbourhoods, closed one X at a time.
    """
    around: dict[int, frozenset[int]] = {}
    for x, _ in pairs:
        if x not in around:
            around[x] = frozenset(y for other, y in pairs if other == x)
    sides: set[frozenset[int]] = set()
    for mine in around.values():
        sides |= {common for side in sides if (common := side & mine)} | {mine}
    return [(tuple(sorted(x for x, mine in around.items() if side <= mine)), tuple(sorted(side)))
            for side in sorted(sides, key=sorted)]


def _connected(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """The pairs, parted so that those sharing a strategy, directly or not, are together."""
    group: dict[tuple[str, int], list[Pair]] = {}
    for pair in pairs:
        mine = group.setdefault(("first", pair[0]), [])
        other = group.setdefault(("second", pair[1]), [])
        if mine is not other:
            mine.extend(other)
            for x, y in other:
                group["first", x] = group["second", y] = mine
            group["second", pair[1]] = mine
        mine.append(pair)
    return list({id(part): part for part in group.values()}.values())


def _rows(strategies: Mapping[int, Floats], which: Sequence[int]) -> Floats:
    rows: Floats = np.array([strategies[k] for k in which])
    rows.setflags(write=False)
    return rows


def _dimension(points: Floats) -> int:
    if len(points) == 1:
        return 0
    return int(np.linalg.matrix_rank(points[1:] - points[0], tol=1e-9))
