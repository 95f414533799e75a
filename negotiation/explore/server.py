"""The server behind the explorer: one page, one kind of question, and nothing else.

What it lets in: requests to its own host name and port (so that no other page's name can be made
to point here), below a path that holds a random token, and questions in JSON, which no form of
another page can send. One answer at once and one whole answer are worked out at a time; a new
question of a page ends its search for a whole answer, which is not wanted any more.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from .. import __version__
from ..courses import outcomes
from ..equilibrium.result import Solution
from ..errors import InputError, MissingLibraryError, NegotiationError
from ..model import Game
from ..report.page import render, require_libraries
from ..report.picture import Data
from ..report.views import FOLLOW
from ..text.describe import one_line
from ..text.words import time
from .question import answer, controls, question, spans, trouble
from .quick import Quick

#: bytes of a question, and of the random part of the address
LARGEST, TOKEN = 65_536, 24
_HEADERS = {
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin"}


def require_flask() -> None:
    """See that what serves the page is there.

    Raises:
        MissingLibraryError: with what to install.
    """
    try:
        import_module("flask")
    except ImportError as error:
        raise MissingLibraryError(
            "the explorer needs Flask, which is not installed: pip install "
            "'negotiation[explore]' (or pip install flask plotly)") from error
    require_libraries()


class OvertakenError(NegotiationError):
    """A newer question was asked while this one was being answered."""


class Explorer:
    """A page about one game, served from this machine.

    Used as ``with Explorer(game, solver) as explorer: print(explorer.address)``; it serves in the
    background until it is left. ``wait`` blocks until somebody interrupts.

    Args:
        game: the game.
        solver: how games are solved.
        by: the date that chances refer to; the game's horizon when left out.
        host: the address to listen at; a loopback one.
        port: 0 for a free one.

    Raises:
        MissingLibraryError: without Flask or plotly.
        InputError: for an address that cannot be listened at.
    """

    def __init__(self, game: Game, solver: Callable[..., Sequence[Solution]], *,
                 by: float | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        require_flask()
        self.game, self.solver, self.by = game, solver, game.horizon if by is None else by
        self.token = secrets.token_urlsafe(TOKEN)
        self._locks = {quick: threading.Lock() for quick in (True, False)}
        self._asked: defaultdict[str, int] = defaultdict(int)
        make_server: Any = import_module("werkzeug.serving").make_server
        quiet: Any = type("Quiet", (import_module("werkzeug.serving").WSGIRequestHandler,),
                          {"log": lambda self, kind, message, *args: None})
        try:
            # taken here, since the library would end the process over a port that is not free; and
            # before the game is solved, so that nobody waits to hear of that
            listening = socket.create_server((host, port), family=_family(host))
        except (OSError, OverflowError) as error:
            raise InputError(f"cannot listen at {host} port {port}: {error}") from None
        with listening:
            base = solver([game])[0]
            self._before = spans(outcomes([e.process for e in base.equilibria], self.by))
            self._quick = Quick(base.options.indifferent, base.options.conventions)
            self._quick(game)  # what has to be compiled or remembered is, before anybody waits
            self.host, self.port = host, int(listening.getsockname()[1])
            self._server = make_server(host, self.port, self._app(), threaded=True,
                                       request_handler=quiet, fd=listening.detach())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        """Where the page is; whoever has it can ask."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.port}/{self.token}/"

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        return is_loopback(self.host)

    def __enter__(self) -> Explorer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self) -> None:
        """Serve until somebody interrupts."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def reply(self, asked: object) -> Data:
        """The answer to a question, or what is wrong with it."""
        try:
            wanted = question(asked)
            self._asked[wanted.tab] += 1
            mine = self._asked[wanted.tab]
            with self._locks[wanted.quick]:
                solve = self._one if wanted.quick else partial(self._all, wanted.tab, mine)
                return answer(self.game, self.by, wanted, solve, self._before)
        except NegotiationError as error:
            return trouble(error)

    def _one(self, game: Game) -> Solution:
        """One equilibrium, as fast as can be."""
        return self._quick(game) or self.solver([game], equilibria="one")[0]

    def _all(self, tab: str, mine: int, game: Game) -> Solution:
        """Every equilibrium, unless the same page asks something else meanwhile."""
        def overtaken(done: int, total: int) -> None:
            if self._asked[tab] != mine:
                raise OvertakenError("another question came before this one was answered")

        overtaken(0, 1)
        return self.solver([game], progress=overtaken)[0]

    # -- what is served

    def page(self) -> str:
        """The page."""
        game = self.game
        data = {"controls": controls(game), "follow": FOLLOW}
        about = (f"{one_line(game)}. Chances refer to {time(self.by, game.time_unit)}. Made by "
                 f"negotiation {__version__}.")
        return render("explore.html", ("pictures.js", "explore.js"), data, connect="'self'",
                      title=game.title, about=about, follow=FOLLOW, controls=data["controls"])

    def _app(self) -> Any:
        flask: Any = import_module("flask")
        app = flask.Flask("negotiation.explore", static_folder=None, template_folder=None)
        app.config["MAX_CONTENT_LENGTH"] = LARGEST
        ours = {f"{name}:{self.port}" for name in (
            [self.host, "localhost", "127.0.0.1"] if self.local else [self.host])}
        page = self.page()

        @app.before_request  # type: ignore[untyped-decorator]
        def check() -> None:
            request = flask.request
            if self.local and request.host not in ours:
                flask.abort(403)
            origin = request.headers.get("Origin")
            if origin is not None and origin != f"http://{request.host}":
                flask.abort(403)
            token = request.path.split("/")[1]
            if not secrets.compare_digest(token.encode(), self.token.encode()):
                flask.abort(404)

        @app.after_request  # type: ignore[untyped-decorator]
        def guard(response: Any) -> Any:
            response.headers.update(_HEADERS)
            return response

        @app.get(f"/{self.token}/")  # type: ignore[untyped-decorator]
        def show() -> Any:
            return flask.Response(page, mimetype="text/html")

        @app.post(f"/{self.token}/solve")  # type: ignore[untyped-decorator]
        def solve() -> Any:
            if flask.request.mimetype != "application/json":
                flask.abort(415)
            return flask.jsonify(self.reply(flask.request.get_json()))

        return app


def is_loopback(host: str) -> bool:
    """Whether an address is only reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
