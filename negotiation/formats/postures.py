"""Postures of a definition: simultaneous games that pay flows, and outcomes about their play."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..frozen import FrozenMap
from ..model import POSTURE_RULES, Condition, Posture, PosturePayoffs
from .reader import Names, Path, Reader, Section, describe, is_list, is_name

#: more profiles of actions than this are not solved completely, and no table of them is readable
MOST_PROFILES = 4096
#: more players than this give tables that are nested too deeply to read
MOST_PLAYERS = 8


def posture_names(table: Mapping[str, Any] | None,
                  ) -> Mapping[str, Mapping[str, Names] | None] | None:
    """Posture → player → actions, for what refers to them; None where that cannot be read."""
    if table is None:
        return None
    found: dict[str, Mapping[str, Names] | None] = {}
    for name, posture in table.items():
        actions = posture.get("actions") if isinstance(posture, Mapping) else None
        found[name] = None if not isinstance(actions, Mapping) else {
            player: tuple(known) if is_list(known) and known and all(map(is_name, known)) else None
            for player, known in actions.items()}
    return found


def read_postures(root: Section) -> FrozenMap[str, Posture]:
    """The postures of a definition."""
    return FrozenMap({name: _read_posture(name, section)
                      for name, section in root.sections("postures", "posture")})


def read_players(section: Section) -> tuple[tuple[str, ...], bool]:
    """The players of a simultaneous game, and whether they can be relied on."""
    reader = section.reader
    players = section.names("players", "actor", reader.actors)
    if len(players) > MOST_PLAYERS:
        reader.fail(section.at("players"), f"expected at most {MOST_PLAYERS} players, found "
                                           f"{len(players)}")
    sound = bool(players) and len(players) <= MOST_PLAYERS and len({*players}) == len(players) and (
        all(player in (reader.actors or players) for player in players))
    for at, player in enumerate(players):
        if player in ("when", "name"):
            reader.fail((*section.at("players"), at), f"the name {player!r} is a key of 'payoffs': "
                                                      "expected a player with another name")
    return players, sound


def check_size(section: Section, shape: Sequence[int]) -> bool:
    """Whether a simultaneous game is small enough to be solved."""
    size = math.prod(shape)
    if size > MOST_PROFILES:
        section.reader.fail(section.at("actions"), f"the actions make {size} profiles: expected at "
                                                   f"most {MOST_PROFILES}")
    return size <= MOST_PROFILES


def _read_posture(name: str, section: Section) -> Posture:
    section.keys(("players", "actions", "payoffs"), ("equilibrium", "name", "doc"))
    reader = section.reader
    players, sound = read_players(section)
    actions = read_actions(section, players if sound else ())
    rule = section.one_of("equilibrium", "choice of equilibria", POSTURE_RULES, "all")
    shape = [len(actions.get(player, ())) for player in players]
    known = sound and all(shape)
    if known and rule == "risk-dominant" and shape != [2, 2]:
        reader.fail(section.at("equilibrium"), "risk dominance is defined here for two players "
                    f"with two actions each: expected one of all, payoff-dominant, worst for "
                    f"{' × '.join(map(str, shape))} actions")
    known = known and check_size(section, shape)
    blocks = [read_block(block, players if sound else (), shape if known else [])
              for block in section.listed("payoffs")]
    check_blocks(section, blocks)
    return Posture(name=name, label=section.label(name), players=players, actions=actions,
                   payoffs=tuple(blocks), equilibrium=rule, doc=section.text("doc"))


def read_actions(section: Section, players: Sequence[str]) -> FrozenMap[str, tuple[str, ...]]:
    if "actions" not in section:
        return FrozenMap()
    reader, table = section.reader, section.section("actions")
    actions: dict[str, tuple[str, ...]] = {}
    for player in table.data:
        if players:
            reader.name("player", player, table.at(player), players)
        actions[player] = table.names(player, "action", None)
        for at, action in enumerate(actions[player]):
            if action:
                reader.identifier("action", action, (*table.at(player), at))
    for player in players:
        if player and player not in actions and not table.broken:
            reader.fail(table.path, f"the actions of player {player!r} are missing")
    return FrozenMap({player: actions[player] for player in players if player in actions})


def read_block(section: Section, players: Sequence[str], shape: Sequence[int],
               others: Sequence[str] = ()) -> PosturePayoffs:
    """One block of payoffs; the keys beside 'when' and 'name' are the players (() if not known),
    and ``others`` who may be paid."""
    if players:
        section.keys(("when", *players), ("name", *others))
    when = section.condition("when")
    sizes = list(zip(players, shape, strict=True)) if shape else None
    payoffs = {actor: read_table(section.reader, section.data[actor], section.at(actor), sizes)
               for actor in (*players, *others) if actor in section}
    return PosturePayoffs(name=section.text("name") or condition_label(when), when=when,
                          payoffs=FrozenMap(payoffs))


def read_table(reader: Reader, value: object, path: Path,
               shape: Sequence[tuple[str, int]] | None,
               entry: Callable[[object, Path], Any] | None = None) -> Any:
    """Nested lists of numbers; ``shape`` is (player, its number of actions), outermost first.

    ``entry`` reads what is no number.
    """
    if not shape:
        return ()
    read = reader.number if entry is None else entry
    (player, count), rest = shape[0], shape[1:]
    if not is_list(value):
        reader.fail(path, f"expected a list with an entry for each of the {count} actions of "
                          f"{player!r}, found {describe(value)}")
        return ()
    entries: Sequence[object] = value  # type: ignore[assignment]
    if len(entries) != count:
        reader.fail(path, f"expected {count} entries, one for each action of {player!r}, found "
                          f"{len(entries)}")
        return ()
    if rest:
        return tuple(read_table(reader, item, (*path, at), rest, entry)
                     for at, item in enumerate(entries))
    return tuple(read(item, (*path, at)) for at, item in enumerate(entries))


def check_blocks(section: Section, blocks: Sequence[PosturePayoffs]) -> None:
    """Conditions that can hold together, and labels that are used twice."""
    reader, path = section.reader, section.at("payoffs")
    if "payoffs" in section and is_list(section.data["payoffs"]) and not blocks:
        reader.fail(path, "expected at least one block of payoffs, found an empty list")
    for (i, first), (j, second) in itertools.combinations(enumerate(blocks), 2):
        if any(front not in (reader.fronts or ()) for front in (*first.when, *second.when)):
            continue
        if _overlap(first.when, second.when):
            reader.fail((*path, j, "when"), f"this condition and that of payoffs[{i}] can hold at "
                                            "once: expected conditions that exclude each other")
        elif first.name == second.name:
            reader.fail((*path, j), f"the name {second.name!r} is given twice: expected different "
                                    "names")


def _overlap(first: Condition, second: Condition) -> bool:
    return all(set(first[front]) & set(second[front]) for front in first if front in second)


def condition_label(when: Condition) -> str:
    """What a condition without a name is called: ``us_posture reduced; centre tense or broken``."""
    return "; ".join(f"{front} {' or '.join(statuses)}"
                     for front, statuses in when.items()) or "always"


def read_played(section: Section) -> FrozenMap[str, FrozenMap[str, str]]:
    """The actions that an outcome asks about: posture → player → action."""
    reader, table = section.reader, section.section("posture")
    played: dict[str, FrozenMap[str, str]] = {}
    if "posture" in section and not table.broken and not table.data:
        reader.fail(table.path, "expected a table posture → player → action, found an empty table")
    for posture in table.data:
        reader.name("posture", posture, table.at(posture), reader.postures)
        inner = table.section(posture)
        players = (reader.postures or {}).get(posture)
        if not inner.broken and not inner.data:
            reader.fail(inner.path, "expected a table player → action, found an empty table")
        actions = {}
        for player, action in inner.data.items():
            reader.name("player", player, inner.at(player), players, f"posture {posture!r}")
            actions[player] = reader.name("action", action, inner.at(player),
                                          (players or {}).get(player), f"player {player!r}")
        played[posture] = FrozenMap(actions)
    return FrozenMap(played)
