"""The bundled stochastic games in words, from what their files say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .words import counted, listed, table, wrapped


def stochastic_lines(games: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The bundled stochastic games, as the end of ``negotiation list``."""
    rows = [[name, f"{len(data['players'])}", f"{len(data['states'])}", data["title"]]
            for name, data in games.items()]
    return ["", "Stochastic games, in discrete time",
            *table(rows, ["NAME", "PLAYERS", "STATES", "TITLE"], right=(1, 2), indent=0)
            .splitlines()] if rows else []


def stochastic_record(name: str, data: Mapping[str, Any], brief: bool = False) -> dict[str, Any]:
    """A bundled stochastic game, as ``list --json`` (``brief``) and ``show --json`` print it."""
    size = {"players": data["players"], "states": len(data["states"])}
    if brief:
        return {"name": name, "title": data["title"], **size}
    return {"name": name, **{key: data[key] for key in ("title", "summary", "source", "note")},
            **size, "discount": data["discount"]}


def stochastic_page(name: str, data: Mapping[str, Any]) -> str:
    """What ``negotiation show`` prints of a bundled stochastic game."""
    moving = [state for state in data["states"].values() if state.get("actions")]
    discount = data["discount"]
    factor = (f"{discount:.6g}" if isinstance(discount, int | float) else
              listed(f"{player} {value:.6g}" for player, value in discount.items()))
    return "\n".join([
        f"{data['title']} ({name})", "", wrapped(data["summary"]), "",
        wrapped(f"Source: {data['source']}", 0, 2), "",
        "KNOWN ANSWERS", wrapped(data["note"], 2, 2), "",
        "THE GAME", wrapped(
            f"A stochastic game in discrete time: {listed(data['players'])}; "
            f"{counted(len(data['states']), 'state')}, in {len(moving)} of which somebody has a "
            f"choice; discount factor {factor} a period. 'negotiation solve {name}' solves it; "
            "payoffs and transitions are in its file, which negotiation.stochastic.files "
            "describes.", 2, 2), ""])
