"""``negotiation explore``: serve the page until somebody interrupts."""

from __future__ import annotations

import threading
import webbrowser
from argparse import Namespace
from functools import partial

from ..equilibrium.solve import solve_each
from ..explore import Explorer
from ..kernels import compiled
from ..model import Game
from .terminal import note, write

#: seconds after which it is said why nothing is served yet
PATIENCE = 4.0


def serve(arguments: Namespace, game: Game, by: float) -> None:
    """Serve the explorer; ends with Ctrl-C."""
    solver = partial(solve_each, cap=arguments.cap, boxes=arguments.boxes,
                     indifferent=arguments.indifferent, conventions=arguments.conventions)
    waiting = threading.Timer(PATIENCE, note, (
        f"{game.name} is solved once before it is served"
        + (", and loops are compiled, which takes about a minute the first time"
           if compiled.available() else ""),))
    waiting.daemon = True
    waiting.start()
    try:
        explorer = Explorer(game, solver, by=by, host=arguments.host, port=arguments.port)
    finally:
        waiting.cancel()
    with explorer:
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
