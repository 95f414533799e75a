"""Random games: seeded generators, and hypothesis strategies that draw their seeds and shapes.

A game is a definition table given to ``from_dict``, so what comes out has passed the same checks
as a file. Payoffs are continuous, so that ties have probability zero, unless a function says that
it makes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from negotiation.equilibrium.problem import Problems, gather
from negotiation.formats.definition import from_dict
from negotiation.lattice import build_lattice
from negotiation.model import Game

ACTORS = ("ada", "bo", "cy", "dee")
FRONTS = ("north", "east", "south", "west")


@dataclass(frozen=True)
class Shape:
    """What kind of game to draw."""

    fronts: int = 2
    actors: int = 3
    third: bool = False
    coalition: int = 2
    chance: float = 0.1
    links: int = 3
    issues: int = 0
    curved: bool = False
    discount: tuple[float, float] = (0.05, 0.2)
    most_moves: int = 5


def random_definition(seed: int, shape: Shape = Shape()) -> dict[str, Any]:
    """The definition of a directional game: statuses only ever move to later ones."""
    rng = np.random.default_rng(seed)
    actors, fronts = ACTORS[:shape.actors], FRONTS[:shape.fronts]
    statuses = {f: ["open", "half", "done"] if shape.third and rng.random() < 0.6
                else ["open", "done"] for f in fronts}
    moves = _moves(rng, shape, actors, statuses)
    return {
        "format": "negotiation/1", "title": f"random {seed}",
        "parameters": {"mood": {"value": _number(rng), "low": -1.0, "high": 1.0},
                       "twice": {"value": "2*mood"}},
        "actors": {a: {"discount_rate": float(rng.uniform(*shape.discount))} for a in actors},
        "fronts": {f: {"statuses": statuses[f],
                       "flow": {s: {a: _flow(rng) for a in actors} for s in statuses[f]}}
                   for f in fronts},
        "moves": moves,
        "linkages": [_linkage(rng, k, actors, statuses, moves) for k in range(shape.links)],
    }


def random_game(seed: int, shape: Shape = Shape()) -> Game:
    return from_dict(random_definition(seed, shape))


def _number(rng: np.random.Generator) -> float:
    return float(rng.uniform(-1.0, 1.0))


def _flow(rng: np.random.Generator) -> float | str:
    return f"{_number(rng)!r} + 0.1*twice" if rng.random() < 0.1 else _number(rng)


def _some(rng: np.random.Generator, names: tuple[str, ...], most: int) -> list[str]:
    size = int(rng.integers(1, min(most, len(names)) + 1))
    return [names[k] for k in sorted(rng.choice(len(names), size, replace=False))]


def _moves(rng: np.random.Generator, shape: Shape, actors: tuple[str, ...],
           statuses: dict[str, list[str]]) -> dict[str, Any]:
    moves: dict[str, Any] = {}
    for front, known in statuses.items():
        steps = [(a, b) for k, a in enumerate(known) for b in known[k + 1:]]
        if len(steps) > 1 and rng.random() < 0.3:
            steps = steps[1:]
        for source, target in steps:
            moves[f"{front}_{source}_{target}"] = _move(rng, shape, actors, statuses, front,
                                                        source, target)
    spare = [m for m in moves if "_open_" in m]
    for name in spare[shape.most_moves:]:
        del moves[name]
    return moves


def _move(rng: np.random.Generator, shape: Shape, actors: tuple[str, ...],
          statuses: dict[str, list[str]], front: str, source: str, target: str) -> dict[str, Any]:
    chance = rng.random() < shape.chance
    move: dict[str, Any] = {
        "front": front, "from": source, "to": target, "rate": float(rng.uniform(0.3, 2.0)),
        "by": [] if chance else _some(rng, actors, shape.coalition),
        "payoff": {a: _number(rng) for a in actors}}
    others = [f for f in statuses if f != front]
    if others and rng.random() < 0.15:
        other = others[int(rng.integers(len(others)))]
        move["when"] = {other: _some(rng, tuple(statuses[other]), 2)}
    if others and rng.random() < 0.15:
        other = others[int(rng.integers(len(others)))]
        move["sets"] = {other: statuses[other][-1]}
    if shape.issues and not chance and rng.random() < 0.8:
        move["weights"] = {a: float(rng.uniform(0.5, 2.0)) for a in move["by"]}
        move["issues"] = {f"issue{j}": _issue(rng, shape, actors)
                          for j in range(int(rng.integers(1, shape.issues + 1)))}
    return move


def _issue(rng: np.random.Generator, shape: Shape, actors: tuple[str, ...]) -> dict[str, Any]:
    issue: dict[str, Any] = {"value": {a: 4.0 * _number(rng) for a in actors}}
    if shape.curved and rng.random() < 0.7:
        issue["curvature"] = {a: float(rng.uniform(0.0, 4.0)) for a in _some(rng, actors, 4)}
    return issue


def _linkage(rng: np.random.Generator, number: int, actors: tuple[str, ...],
             statuses: dict[str, list[str]], moves: dict[str, Any]) -> dict[str, Any]:
    places = _some(rng, tuple(statuses), 2)
    name = list(moves)[int(rng.integers(len(moves)))]
    link: dict[str, Any] = {
        "name": f"link{number}",
        "when": {f: statuses[f][int(rng.integers(len(statuses[f])))] for f in places},
        "flow": {a: _number(rng) for a in _some(rng, actors, 2)}}
    if rng.random() < 0.4:
        link["rate"] = {name: float(rng.uniform(0.3, 3.0))}
    if rng.random() < 0.4:
        link["payoff"] = {name: {a: _number(rng) for a in _some(rng, actors, 2)}}
    if "issues" in moves[name] and rng.random() < 0.6:
        link["value"] = {name: {"issue0": {a: _number(rng) for a in _some(rng, actors, 2)}}}
        member = moves[name]["by"][0]
        link["weights"] = {name: {member: float(rng.uniform(0.5, 2.0))}}
    return link


def open_state(seed: int, moves: int, actors: int, coalition: int, issues: int = 0,
               curved: bool = False) -> Game:
    """One front with one open status and a move to each of several ends: one state to solve.

    Lumps ~ N(0, 1) and few reasons to hurry make several equilibria common.
    """
    shape = Shape(actors=actors, issues=issues, curved=curved)
    rng = np.random.default_rng(seed)
    names = ACTORS[:actors]
    ends = [f"end{k}" for k in range(moves)]
    return from_dict({
        "format": "negotiation/1", "title": f"open state {seed}",
        "actors": {a: {"discount_rate": 0.1} for a in names},
        "fronts": {"table": {"statuses": ["open", *ends], "flow": {
            "open": {a: 0.3 * float(rng.normal()) for a in names}}}},
        "moves": {f"to_{end}": {
            "front": "table", "from": "open", "to": end, "rate": float(rng.uniform(0.5, 1.5)),
            "by": _some(rng, names, coalition),
            "payoff": {a: float(rng.normal()) for a in names},
            "issues": {f"issue{j}": _issue(rng, shape, names)
                       for j in range(int(rng.integers(0, issues + 1)) if issues else 0)}}
            for end in ends}})


def problem_of(game: Game) -> Problems:
    """The one open state of a game whose moves all lead to ends."""
    lattice = build_lattice(game)
    start, ends = np.array([0]), lattice.flow[0] / lattice.discount[0]
    return gather(lattice, start, start, ends[lattice.edge_target[list(lattice.edges(0))]][None])


def shapes(**fixed: Any) -> st.SearchStrategy[Shape]:
    """Shapes of games without issues, unless ``fixed`` says otherwise."""
    return st.builds(Shape, **{
        "fronts": st.integers(2, 3), "actors": st.integers(2, 4), "third": st.booleans(),
        "coalition": st.integers(1, 3), **{k: st.just(v) for k, v in fixed.items()}})


def games(**fixed: Any) -> st.SearchStrategy[Game]:
    """Random games; what hypothesis shrinks is the shape and the seed."""
    return st.builds(random_game, st.integers(0, 10**6), shapes(**fixed))


# ---- the same game, said otherwise ----------------------------------------------------------

def relabelled(definition: dict[str, Any]) -> dict[str, Any]:
    """Other names for everything, and every table in reverse order."""
    def new(name: str) -> str:
        return f"new_{name}"

    def payments(table: dict[str, Any]) -> dict[str, Any]:
        return {new(a): number for a, number in reversed(table.items())}

    def when(table: dict[str, Any]) -> dict[str, Any]:
        return {new(f): [new(s) for s in statuses] if isinstance(statuses, list) else new(statuses)
                for f, statuses in table.items()}

    def move(table: dict[str, Any]) -> dict[str, Any]:
        out = {**table, "front": new(table["front"]), "from": new(table["from"]),
               "to": new(table["to"]), "by": [new(a) for a in reversed(table["by"])],
               "payoff": payments(table["payoff"])}
        for key, change in (("when", when), ("sets", when), ("weights", payments)):
            if key in table:
                out[key] = change(table[key])
        if "issues" in table:
            out["issues"] = {new(j): {k: payments(v) for k, v in issue.items()}
                             for j, issue in reversed(table["issues"].items())}
        return out

    def link(table: dict[str, Any]) -> dict[str, Any]:
        out = {**table, "when": when(table["when"]), "flow": payments(table["flow"])}
        if "rate" in table:
            out["rate"] = payments(table["rate"])
        for key in ("payoff", "weights"):
            if key in table:
                out[key] = {new(m): payments(t) for m, t in table[key].items()}
        if "value" in table:
            out["value"] = {new(m): {new(j): payments(t) for j, t in issues.items()}
                            for m, issues in table["value"].items()}
        return out

    return {
        **definition,
        "actors": payments(definition["actors"]),
        "fronts": {new(f): {"statuses": [new(s) for s in reversed(front["statuses"])],
                            "start": new(front["statuses"][0]),
                            "flow": {new(s): payments(t) for s, t in front["flow"].items()}}
                   for f, front in reversed(definition["fronts"].items())},
        "moves": {new(m): move(t) for m, t in reversed(definition["moves"].items())},
        "linkages": [link(t) for t in reversed(definition["linkages"])]}


def rescaled(definition: dict[str, Any], actor: str | None, factor: float, shift: float,
             ) -> dict[str, Any]:
    """One actor's payoffs times a factor and its values plus a shift; without an actor, time runs
    faster by the factor: flows and rates of all kinds go up, lumps stay."""
    def times(number: Any) -> Any:
        return f"{factor!r}*({number})" if isinstance(number, str) else factor * number

    def payments(table: dict[str, Any]) -> dict[str, Any]:
        return {a: times(v) if actor in (None, a) else v for a, v in table.items()}

    def lumps(table: dict[str, Any]) -> dict[str, Any]:
        return table if actor is None else payments(table)

    def move(table: dict[str, Any]) -> dict[str, Any]:
        out = {**table, "payoff": lumps(table["payoff"])}
        if actor is None:
            out["rate"] = times(table["rate"])
        if "issues" in table:
            out["issues"] = {j: {k: lumps(v) for k, v in issue.items()}
                             for j, issue in table["issues"].items()}
        return out

    def link(table: dict[str, Any]) -> dict[str, Any]:
        out = {**table, "flow": payments(table["flow"])}
        if "payoff" in table:
            out["payoff"] = {m: lumps(t) for m, t in table["payoff"].items()}
        if "value" in table:
            out["value"] = {m: {j: lumps(t) for j, t in issues.items()}
                            for m, issues in table["value"].items()}
        return out

    first = next(iter(definition["fronts"]))
    fronts = {f: {**front, "flow": {s: payments(t) for s, t in front["flow"].items()}}
              for f, front in definition["fronts"].items()}
    actors = definition["actors"]
    if actor is None:
        actors = {a: {"discount_rate": times(t["discount_rate"])} for a, t in actors.items()}
    else:
        extra = shift * actors[actor]["discount_rate"]
        for table in fronts[first]["flow"].values():
            held = table[actor]
            table[actor] = f"{held} + {extra!r}" if isinstance(held, str) else held + extra
    return {**definition, "actors": actors, "fronts": fronts,
            "moves": {m: move(t) for m, t in definition["moves"].items()},
            "linkages": [link(t) for t in definition["linkages"]]}
