"""``negotiation explore``: serve the page until somebody interrupts."""

from __future__ import annotations

import webbrowser
from argparse import Namespace
from functools import partial

from ..equilibrium.solve import solve_each
from ..explore import Explorer
from ..model import Game
from .terminal import note, write


def serve(arguments: Namespace, game: Game, by: float) -> None:
    """Serve the explorer; ends with Ctrl-C."""
    solver = partial(solve_each, cap=arguments.cap, boxes=arguments.boxes,
                     indifferent=arguments.indifferent, conventions=arguments.conventions)
    with Explorer(game, solver, by=by, host=arguments.host, port=arguments.port) as explorer:
        if not explorer.local:
            note(f"{arguments.host} can be reached from other machines: whoever has the address "
                 "can have games solved here")
        write(f"Exploring {game.name} at {explorer.address}\nCtrl-C ends it.\n")
        if arguments.open:
            webbrowser.open(explorer.address)
        try:
            explorer.wait()
        except KeyboardInterrupt:
            pass
