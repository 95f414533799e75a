"""The tree of states' equilibria that :mod:`.directional` walks, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..lattice import Lattice
from .extremes import Goals
from .state import Answers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(eq=False)
class Block:
    """The nodes of one level: consent, sigma (T, M); terms (T, M, n, J); first id ``begin``; the
    ``draw`` (T,) of each, and the nodes that its moves lead to, −1 within its component."""

    begin: int
    state: Ints
    answers: Answers
    regret: Floats
    draw: Ints
    follow: Ints


@dataclass(eq=False)
class Aside:
    """Branches beyond the cap: of ``node`` (B, S) those in ``keep`` (K,), whose ``which`` (K,)-th
    choice in the component before ``place`` of the level ``depth`` comes next."""

    depth: int
    place: int
    members: Ints
    node: Ints
    draw: Ints
    row: Ints
    count: Ints
    keep: Ints
    which: Ints


@dataclass(eq=False)
class Shelf:
    """What a walk that goes on beyond the cap keeps: branches set aside, and solved problems.

    ``known``: (draw, first state of the component, successors' nodes) → its first node, how many,
    and how far apart the nodes of its states are.
    """

    depth: int = 0
    aside: list[Aside] = field(default_factory=list)
    known: dict[bytes, tuple[int, int, int]] = field(default_factory=dict)


@dataclass(eq=False)
class Tree:
    """All branches: ``node`` (B, S) node ids, ``draw`` (B,); nodes' value (T, n) and blocks.

    ``doubt`` holds (state, why) for every reason why the list may not be complete; ``capped`` says
    whether branches were cut at the cap. By draw: ``unproved`` and ``cut`` are those with a doubt,
    or with branches cut; ``lost`` those left without a branch, and why (None: they are an error).
    Where branches are cut, ``goals`` say which are kept, by the nodes' ``score`` (T, K), and
    ``keep`` how many of each draw.
    """

    lattice: Lattice
    draw: Ints
    node: Ints
    value: Floats
    index: Ints
    regret: Floats
    blocks: list[Block]
    doubt: dict[tuple[int, str], int] = field(default_factory=dict)
    capped: bool = False
    concept: str = "mpe"
    unproved: set[int] = field(default_factory=set)
    cut: set[int] = field(default_factory=set)
    lost: dict[int, str] | None = None
    shelf: Shelf | None = None
    goals: Goals | None = None
    keep: int | None = None
    score: Floats | None = None
