"""Stochastic games as JSON files, read and written.

::

    {"format": "negotiation/stochastic/1", "title": "Border", "players": ["West", "East"],
     "discount": 0.95, "noise": 0.1,
     "states": {
       "tense": {"actions": {"West": ["hold", "yield"], "East": ["hold", "yield"]},
                 "payoffs": {"West": [[-4, 1], [-1, 0]], "East": [[-4, -1], [1, 0]]},
                 "to": [["tense", {"calm": 0.5, "tense": 0.5}], ["calm", "calm"]]},
       "calm": {"payoffs": {"West": 1, "East": 1}}}}

Arrays have one axis per player with actions in the state, in the order of ``players``; a number,
or a state, instead of an array holds for every profile. Players without actions have nothing to
choose; payoffs left out are 0, and without ``to`` play stays. ``discount`` and ``noise`` are a
number, or a table by player; noise is what ``concept="logit"`` takes, and may be left out. So may
``title``, ``summary``, ``source`` and ``note``, which are text for the reader.
"""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..catalog import stochastic_names, stochastic_text
from ..errors import DefinitionError, InputError, Problem, unknown_name
from .game import PROBABILITY_TOLERANCE, SHOWN, StochasticGame

Floats = NDArray[np.float64]

FORMAT = "negotiation/stochastic/1"
TEXTS = ("title", "summary", "source", "note")
KEYS = ("format", *TEXTS, "players", "discount", "noise", "states")
STATE_KEYS = ("actions", "payoffs", "to")
#: the longest file that is read
MAX_BYTES = 200_000_000


@dataclass(frozen=True, eq=False)
class StochasticFile:
    """What a file holds: the game, its title (or ""), and the noise (n,) if it gives one."""

    game: StochasticGame
    title: str
    noise: Floats | None


def load_stochastic(path: str | os.PathLike[str]) -> StochasticFile:
    """Read a stochastic game from a JSON file (see the module), or a bundled one by its name.

    Raises:
        InputError: for a file that cannot be read.
        DefinitionError: with every problem found, each with its path in the file.
    """
    name = os.fspath(path)
    try:
        if name in stochastic_names():
            content = stochastic_text(name).encode()
        else:
            with open(path, "rb") as stream:
                content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: the file cannot be read: "
                         f"{getattr(error, 'strerror', None) or error}") from None
    if len(content) > MAX_BYTES:
        raise InputError(f"{name}: the file is longer than {MAX_BYTES} bytes")
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise DefinitionError(name, [Problem("", "expected UTF-8 text")]) from None
    except json.JSONDecodeError as error:
        raise DefinitionError(name, [Problem("", f"expected JSON: {error.msg}",
                                             error.lineno)]) from None
    except RecursionError:
        raise DefinitionError(name, [Problem("", "arrays are nested too deeply")]) from None
    return _Reader(name).read(data)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def say(self, path: str, message: str) -> None:
        self.problems.append(Problem(path, message))

    def read(self, data: Any) -> StochasticFile:
        if not isinstance(data, dict):
            raise DefinitionError(self.file, [Problem("", "expected a JSON object, found "
                                                      f"{_kind(data)}")])
        self.keys("", data, KEYS)
        if data.get("format") != FORMAT:
            self.say("format", f"expected {FORMAT!r}, found {data.get('format')!r}")
        for key in TEXTS:
            if not isinstance(data.get(key, ""), str):
                self.say(key, f"expected text, found {_kind(data[key])}")
        players = self.names("players", data.get("players"))
        states = data.get("states")
        if not isinstance(states, dict) or not states:
            self.say("states", f"expected a table of states, found {_kind(states)}")
            states = {}
        discount = self.numbers("discount", data.get("discount"), players)
        noise = None if "noise" not in data else self.numbers("noise", data["noise"], players)
        parts = [self.state(name, entry, players, list(states)) for name, entry in states.items()]
        game = None
        if not self.problems and discount is not None:
            try:
                game = StochasticGame([u for u, _, _ in parts], [to for _, to, _ in parts],
                                      discount, states=list(states), players=players,
                                      actions=[names for _, _, names in parts])
            except InputError as error:
                self.problems += [Problem("", line) for line in str(error).splitlines()]
        if game is None:
            more = len(self.problems) - SHOWN
            raise DefinitionError(self.file, [
                *self.problems[:SHOWN],
                *([Problem("", f"… and {more} more problems")] if more > 0 else [])])
        if noise is not None and not (np.isfinite(noise) & (noise > 0)).all():
            raise DefinitionError(self.file, [Problem("noise", "expected numbers above 0")])
        return StochasticFile(game, str(data.get("title", "")), noise)

    def keys(self, path: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                self.say(f"{path}{key}", unknown_name("key", key, known))

    def names(self, path: str, given: Any) -> list[str]:
        if (not isinstance(given, list) or not given
                or not all(isinstance(name, str) and name for name in given)):
            self.say(path, f"expected a list of names, found {_kind(given)}")
            return []
        if len(set(given)) != len(given):
            double = next(name for name in given if given.count(name) > 1)
            self.say(path, f"expected names that differ, found {double!r} twice")
        return list(given)

    def numbers(self, path: str, given: Any, players: list[str]) -> Floats | None:
        if _is_number(given):
            return np.full(len(players), float(given))
        if not isinstance(given, dict):
            self.say(path, f"expected a number, or a table by player, found {_kind(given)}")
            return None
        for name in given:
            if name not in players:
                self.say(f"{path}.{name}", unknown_name("player", name, players))
        out = np.zeros(len(players))
        for i, player in enumerate(players):
            if not _is_number(given.get(player)):
                self.say(f"{path}.{player}", f"expected a number, found "
                         f"{_kind(given.get(player))}")
            else:
                out[i] = given[player]
        return out

    def state(self, name: str, entry: Any, players: list[str], states: list[str],
              ) -> tuple[Floats, Floats, list[list[str]]]:
        path = f"states.{name}"
        names = [["-"] for _ in players]
        if not isinstance(entry, dict):
            self.say(path, f"expected a table, found {_kind(entry)}")
            entry = {}
        self.keys(f"{path}.", entry, STATE_KEYS)
        actions = self.table(f"{path}.actions", entry.get("actions", {}), players)
        for player, given in actions.items():
            names[players.index(player)] = self.names(f"{path}.actions.{player}", given) or ["-"]
        listed = [len(names[i]) for i, player in enumerate(players) if player in actions]
        shape = tuple(len(each) for each in names)
        u = np.zeros((len(players), *shape))
        for player, given in self.table(f"{path}.payoffs", entry.get("payoffs", {}),
                                        players).items():
            array = self.array(f"{path}.payoffs.{player}", given, listed)
            if array is not None:
                u[players.index(player)] = array.reshape(shape) if array.ndim else array
        to = np.zeros((*listed, len(states)))
        self.transitions(f"{path}.to", entry.get("to", name), listed, to, states)
        return u, to.reshape(*shape, len(states)), names

    def table(self, path: str, given: Any, players: list[str]) -> dict[str, Any]:
        if not isinstance(given, dict):
            self.say(path, f"expected a table by player, found {_kind(given)}")
            return {}
        for name in given:
            if name not in players:
                self.say(f"{path}.{name}", unknown_name("player", name, players))
        return {name: value for name, value in given.items() if name in players}

    def array(self, path: str, given: Any, listed: list[int]) -> Floats | None:
        try:
            array = np.array(given, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            array = np.full(1, np.nan)
        if given is None or array.shape not in ((), tuple(listed)) or not np.isfinite(array).all():
            self.say(path, f"expected a number, or numbers of the shape {listed} (the actions of "
                     f"the players that have some here), found {_kind(given)}")
            return None
        return array

    def transitions(self, path: str, given: Any, listed: list[int], out: Floats,
                    states: list[str]) -> None:
        """Fill φ (…, S) from nested lists whose leaves say where a profile leads."""
        if isinstance(given, list) and listed:
            if len(given) != listed[0]:
                self.say(path, f"expected {listed[0]} entries, one per action, found {len(given)}")
                return
            for k, part in enumerate(given):
                self.transitions(f"{path}[{k}]", part, listed[1:], out[k], states)
            return
        chances = {given: 1.0} if isinstance(given, str) else given
        if not isinstance(chances, dict):
            self.say(path, "expected a state, a table from states to chances"
                     f"{', or a list with one entry per action' if listed else ''}, found "
                     f"{_kind(given)}")
            return
        total = 0.0
        for name, chance in chances.items():
            if name not in states:
                self.say(path, unknown_name("state", name, states))
            elif not _is_number(chance) or not 0 <= chance <= 1:
                self.say(f"{path}.{name}", f"expected a chance from 0 to 1, found {chance!r}")
            else:
                out[..., states.index(name)] = chance
            total += chance if _is_number(chance) else np.nan
        if abs(total - 1.0) > PROBABILITY_TOLERANCE:
            self.say(path, f"expected chances that sum to 1, found a sum of {total:.12g}")


def _is_number(given: Any) -> bool:
    return isinstance(given, (int, float)) and not isinstance(given, bool)


def _kind(given: Any) -> str:
    if given is None:
        return "nothing"
    text = json.dumps(given, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def save_stochastic(game: StochasticGame, path: str | os.PathLike[str], *, title: str = "",
                    noise: Floats | None = None) -> None:
    """Write a game as a JSON file that :func:`load_stochastic` reads; never half of one."""
    data: dict[str, Any] = {"format": FORMAT, "title": title, "players": list(game.players),
                            "discount": dict(zip(game.players, game.discount.tolist(),
                                                 strict=True))}
    if noise is not None:
        data["noise"] = dict(zip(game.players, noise.tolist(), strict=True))
    data["states"] = {name: _state(game, s) for s, name in enumerate(game.states)}
    target = Path(path)
    handle, draft = tempfile.mkstemp(dir=target.parent or ".", prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(data, stream, ensure_ascii=False, indent=1)
        os.replace(draft, target)
    except BaseException:
        os.unlink(draft)
        raise


def _state(game: StochasticGame, s: int) -> dict[str, Any]:
    active = [i for i, m in enumerate(game.shapes[s]) if m > 1]
    shape = [game.shapes[s][i] for i in active]
    to = np.empty(shape, dtype=object)
    phi = game.transitions[s].reshape(*shape, -1)
    for profile in itertools.product(*map(range, shape)):
        to[profile] = {game.states[t]: float(phi[(*profile, t)])
                       for t in np.flatnonzero(phi[profile]).tolist()}
    return {"actions": {game.players[i]: list(game.actions[s][i]) for i in active},
            "payoffs": {player: game.payoffs[s][i].reshape(shape).tolist()
                        for i, player in enumerate(game.players)},
            "to": to.tolist()}
