"""Encounters of a definition: statuses that are decided by a clash of simultaneous actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..frozen import FrozenMap
from ..model import Encounter, PosturePayoffs
from .postures import check_blocks, check_size, read_actions, read_block, read_players, read_table
from .reader import NOT_NEGATIVE, Path, Section, is_list

REQUIRED = ("front", "from", "rate", "players", "actions", "to", "payoffs")
OPTIONAL = ("name", "when", "doc")
#: what a profile without a change of status is written as
NO_CHANGE = ""


def read_encounters(root: Section, moves: Mapping[str, Any]) -> FrozenMap[str, Encounter]:
    """The encounters of a definition; their names differ from those of its ``moves``."""
    found = {}
    for name, section in root.sections("encounters", "encounter"):
        if name in moves:
            section.reader.fail(section.path, f"a move is called {name!r}, too: expected another "
                                              "name, since settings and linkages go by it")
        found[name] = _read_encounter(name, section)
    return FrozenMap(found)


def _read_encounter(name: str, section: Section) -> Encounter:
    section.keys(REQUIRED, OPTIONAL)
    reader, front = section.reader, ""
    if "front" in section:
        front = reader.name("front", section.data["front"], section.at("front"), reader.fronts)
    sources = section.statuses("from", front) if "from" in section else ()
    players, sound = read_players(section)
    actions = read_actions(section, players if sound else ())
    shape = [len(actions.get(player, ())) for player in players]
    known = sound and all(shape) and check_size(section, shape)
    when = section.condition("when")
    wanted = when.get(front, ())
    if wanted and sources and not set(wanted) & set(sources):
        reader.fail((*section.at("when"), front), "the condition on the encounter's own front is "
                    f"never true: expected one of its 'from' statuses, {', '.join(sources)}")

    def status(value: object, path: Path) -> str:
        return NO_CHANGE if value == NO_CHANGE else reader.status(front, value, path)

    sizes = list(zip(players, shape, strict=True)) if known else None
    targets = () if "to" not in section else read_table(
        reader, section.data["to"], section.at("to"), sizes, status)
    blocks = _read_payoffs(section, players if sound else (), shape if known else [])
    return Encounter(
        name=name, label=section.label(name), front=front, sources=sources,
        rate=section.number("rate", NOT_NEGATIVE), players=players, actions=actions,
        targets=targets, payoffs=tuple(blocks), when=when, doc=section.text("doc"))


def _read_payoffs(section: Section, players: Sequence[str], shape: Sequence[int],
                  ) -> list[PosturePayoffs]:
    """One table actor → payoffs, or a list of them by condition as postures have it."""
    if "payoffs" not in section:
        return []
    others = tuple(name for name in section.reader.actors or () if name not in players)
    if is_list(section.data["payoffs"]):
        blocks = [read_block(block, players, shape, others) for block in section.listed("payoffs")]
        check_blocks(section, blocks)
        return blocks
    table = section.section("payoffs")
    if players and not table.broken:
        table.keys(players, others)
    sizes = list(zip(players, shape, strict=True)) if shape else None
    payoffs = {actor: read_table(section.reader, table.data[actor], table.at(actor), sizes)
               for actor in (*players, *others) if actor in table}
    return [PosturePayoffs(name="always", when=FrozenMap(), payoffs=FrozenMap(payoffs))]
