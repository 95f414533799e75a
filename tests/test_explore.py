"""The explorer solves again what is asked, and answers nobody else and nothing else."""

from __future__ import annotations

import html
import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from typing import Any

import browser as web
import numpy as np
import pytest
from page_games import ACTOR, PAGE, TITLE

import negotiation as ng
from negotiation.cli import main
from negotiation.equilibrium.certificate import regret_of
from negotiation.equilibrium.solve import solve_each
from negotiation.text.words import percent_range

pytest.importorskip("flask", reason="the explorer needs the extra 'explore' (in 'test')")

from negotiation.explore import Explorer, question  # noqa: E402
from negotiation.explore.quick import Quick  # noqa: E402
from negotiation.explore.server import is_loopback  # noqa: E402


@pytest.fixture(scope="module")
def explorer() -> Iterator[Explorer]:
    with Explorer(ng.loads(PAGE), partial(solve_each, cap=100)) as running:
        yield running


def call(address: str, data: object = None, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers of a request; POST where there is data."""
    body = None if data is None else (
        data if isinstance(data, bytes) else json.dumps(data).encode())
    request = urllib.request.Request(address, body, {"Content-Type": "application/json",
                                                     **headers} if body is not None else headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read().decode(), dict(reply.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


# ---- what it answers -------------------------------------------------------------------------

@pytest.mark.parametrize(("asked", "options"), [
    ({"parameters": {"cost": 1.2}}, {"parameters": {"cost": 1.2}}),
    ({"start": {"f": "left"}}, {"start": {"f": "left"}}),
    ({"hold": {"f": "open"}}, {"hold": {"f": "open"}}),
    ({"block": ["right"]}, {"block": ["right"]}),
    ({"consents": {"bo": "never"}}, {"consents": {"bo": False}})])
def test_the_answer_is_that_of_the_library(explorer: Explorer, asked: dict[str, Any],
                                           options: dict[str, Any]) -> None:
    status, text, _ = call(explorer.address + "solve", asked)
    reply = json.loads(text)
    assert status == 200 and reply["ok"]
    game = ng.apply(ng.loads(PAGE), ng.setting(**options))
    solution = ng.solve(game)
    for row, name in zip(reply["changes"]["rows"], game.outcomes, strict=True):
        chances = [e.probability(name) for e in solution.equilibria]
        assert row[1] == percent_range(min(chances), max(chances))
    assert str(len(solution.equilibria)) in reply["says"] or "exactly one" in reply["says"]


def test_an_answer_at_once_is_one_of_the_equilibria(explorer: Explorer) -> None:
    reply = explorer.reply({"quick": True, "parameters": {"pace": 2.0}})
    game = ng.loads(PAGE).with_parameters(pace=2.0)
    assert [len(reply["views"]), reply["ok"]] == [1, True]
    shares = reply["views"][0]["pictures"]["outcomes"]["data"][0]["y"]
    assert any(abs(e.probability("second") - shares[-1]) < 1e-4
               for e in ng.solve(game).equilibria)


@pytest.mark.parametrize(("game", "parameter", "values"), [
    ("central", "political_will_west", (0.1, 0.45, 0.5, 0.55, 0.9)),
    ("issue-linkage", "opportunities", (0.2, 2.0, 9.0)),
    ("nrnap", "us_presence", (0.62, 0.6, 0.35)), ("rubinstein", "rate", (0.5, 40.0))])
@pytest.mark.parametrize("loops", [True, False])
def test_an_answer_at_once_is_certified_and_among_all_answers(
        game: str, parameter: str, values: tuple[float, ...], loops: bool,
        monkeypatch: pytest.MonkeyPatch) -> None:
    if not loops:
        monkeypatch.setattr("negotiation.explore.quick.compiled.available", lambda: False)
    found = Quick()
    base = ng.load(game)
    if parameter not in base.parameters:
        parameter = next(iter(base.parameters))
    for value in values:
        changed = base.with_parameters(**{parameter: value})
        one = found(changed)
        assert one is not None and one.status == one.status.ONE
        equilibrium, = one.equilibria
        assert regret_of(equilibrium) <= 1e-9 and equilibrium.regret <= 1e-9
        if len(one.lattice.states) < 100:
            near = [np.abs(other.values - equilibrium.values).max()
                    for other in ng.solve(changed, cap=200).equilibria]
            assert min(near) < 1e-8


def test_games_that_cannot_be_solved_at_once_are_solved_as_ever() -> None:
    assert Quick()(ng.load("brinkmanship")) is None  # encounters
    with Explorer(ng.load("brinkmanship"), partial(solve_each, cap=100)) as running:
        reply = running.reply({"quick": True})
    assert reply["ok"] and len(reply["views"]) == 1


@pytest.mark.parametrize("tab", ["one", "other"])
def test_a_newer_question_ends_the_search_of_its_own_page(tab: str) -> None:
    begun, go = threading.Event(), threading.Event()

    def slow(games: Any, progress: Any = None, **options: Any) -> Any:
        if progress is not None:
            begun.set()
            assert go.wait(60)
            progress(0, 1)
        return solve_each(games, cap=100, **options)

    with Explorer(ng.loads(PAGE), slow) as running:
        replies: list[Any] = []
        whole = threading.Thread(target=lambda: replies.append(
            running.reply({"tab": "one"})))
        whole.start()
        assert begun.wait(60)
        assert running.reply({"quick": True, "parameters": {"pace": 2.0}, "tab": tab})["ok"]
        go.set()
        whole.join(60)
        if tab == "one":
            assert "another question" in replies[0]["error"].lower()
        else:
            assert replies[0]["ok"]
        assert running.reply({})["ok"]


@pytest.mark.parametrize(("asked", "said"), [
    ([], "the question must be a table"), ({"file": "/etc/passwd"}, "unknown key 'file'"),
    ({"parameters": {"cots": 1.0}}, "did you mean 'cost'"),
    ({"parameters": {"cost": "1; import os"}}, "must be a finite number"),
    ({"parameters": {"cost": True}}, "must be a finite number"),
    ({"parameters": {"cost": float("nan")}}, "must be a finite number"),
    ({"start": {"f": "lft"}}, "did you mean 'left'"), ({"start": {"f": 1}}, "must name words"),
    ({"block": "left"}, "must be a list"), ({"block": ["lft"]}, "did you mean 'left'"),
    ({"consents": {"ada": "perhaps"}}, "unknown consent 'perhaps'"),
    ({"consents": {"eve": "never"}}, "unknown actor 'eve'")])
def test_wrong_questions_get_a_message(explorer: Explorer, asked: Any, said: str) -> None:
    reply = explorer.reply(asked)
    assert reply["ok"] is False and said in reply["error"][:1].lower() + reply["error"][1:]


def test_a_question_is_a_setting() -> None:
    found = question({"hold": {"f": "open"}, "consents": {"bo": "always"}, "quick": True})
    assert found.quick and found.setting == ng.setting(hold={"f": "open"}, consents={"bo": True})


# ---- what it lets in -------------------------------------------------------------------------

def test_only_the_path_with_the_token_is_served(explorer: Explorer) -> None:
    root = f"http://127.0.0.1:{explorer.port}/"
    assert len(explorer.token) >= 32
    for path in ("", "solve", "static/x", "x" * 32 + "/", explorer.token + "/../../etc/passwd",
                 explorer.token + "/page.js", "%2e%2e/%2e%2e/etc/passwd",
                 explorer.token[:-1] + "/"):
        status, text, _ = call(root + path)
        assert status == 404 and "window.answers" not in text and "root:" not in text, path
    status, text, headers = call(explorer.address)
    assert status == 200 and headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    policy = html.unescape(text)
    assert "script-src 'sha256-" in policy and "connect-src 'self'" in policy


def test_other_names_other_pages_and_forms_are_refused(explorer: Explorer) -> None:
    assert call(explorer.address, Host="evil.example:80")[0] == 403  # a rebound name
    solve = explorer.address + "solve"
    assert call(solve, {}, Origin="http://evil.example")[0] == 403
    assert call(solve, b"{}", **{"Content-Type": "text/plain"})[0] == 415
    assert call(solve, b"{", **{"Content-Type": "application/json"})[0] == 400
    assert call(solve, b" " * 70_000)[0] == 413
    assert call(solve)[0] == 405
    assert call(solve, {}, Origin=f"http://127.0.0.1:{explorer.port}")[0] == 200


def test_it_listens_on_loopback_only(explorer: Explorer) -> None:
    assert explorer.local and is_loopback("::1") and is_loopback("127.0.0.9")
    assert not is_loopback("0.0.0.0") and not is_loopback("192.0.2.1")
    host = socket.gethostbyname(socket.gethostname())
    if not is_loopback(host):
        with pytest.raises(OSError):
            socket.create_connection((host, explorer.port), timeout=2)


def test_a_port_that_is_taken_is_one_message(explorer: Explorer,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "issue-linkage", "--port", str(explorer.port)]) == 2
    assert f"cannot listen at 127.0.0.1 port {explorer.port}" in capsys.readouterr().err


def test_the_command_serves_until_it_is_interrupted() -> None:
    running = subprocess.Popen([sys.executable, "-m", "negotiation", "explore", "issue-linkage"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None and running.stderr is not None
        line = running.stdout.readline()
        assert line.startswith("Exploring issue-linkage at http://127.0.0.1:")
        assert call(line.split()[-1])[0] == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 0
        assert all(line.startswith("note: issue-linkage is solved once before it is served")
                   for line in running.stderr.read().splitlines())
    finally:
        running.kill()
        running.communicate()


def test_without_flask_one_message_says_how_to_get_it() -> None:
    code = ("import sys; sys.modules['flask'] = None\nfrom negotiation.cli import main\n"
            "sys.exit(main(['explore', 'issue-linkage']))")
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert said.returncode == 2 and said.stderr.count("\n") == 1
    assert "pip install 'negotiation[explore]'" in said.stderr


# ---- in a browser ----------------------------------------------------------------------------

@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from web.driver(1300)


def test_a_person_moves_sliders_and_switches(browser: Any, explorer: Explorer) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select

    web.requests(browser), web.complaints(browser)
    browser.get(explorer.address)
    whole = "return document.getElementById('status').textContent.includes(arguments[0])"

    def wait(text: str) -> None:
        end = time.monotonic() + web.SECONDS
        while not browser.execute_script(whole, text):
            assert time.monotonic() < end, web.seen(browser, "#answer")
            time.sleep(0.05)

    wait("There are 5 equilibria")
    assert web.seen(browser, "h1") == TITLE and ACTOR in web.seen(browser, "#worth")
    before, table = web.drawn(browser, "outcomes"), web.seen(browser, "#changes")
    # another equilibrium
    Select(browser.find_element(By.ID, "equilibrium")).select_by_index(1)
    assert web.drawn(browser, "outcomes") != before
    # a slider, by keyboard: an answer at once, then the whole one
    browser.find_element(By.ID, "p-pace").send_keys(Keys.END)
    assert web.seen(browser, "#o-pace") == "3"
    web.until(browser, "return document.getElementById('status').dataset.quick === 'false' && "
                       "window.answers > 2")
    assert web.seen(browser, "#changes") != table
    count = len(ng.solve(explorer.game.with_parameters(pace=3.0)).equilibria)
    assert web.seen(browser, "#status").startswith(f"There are {count} equilibria")
    # a switch: who always refuses
    browser.find_element(By.CSS_SELECTOR, "#asking details:nth-of-type(2) summary").click()
    Select(browser.find_element(By.ID, "c-bo")).select_by_visible_text("never")
    wait("There is exactly one equilibrium")
    assert "The second is settled 0 %" in web.seen(browser, "#changes")
    # and back
    browser.find_element(By.ID, "as-filed").click()
    wait("There are 5 equilibria")
    assert web.seen(browser, "#changes") == table
    browser.find_element(By.ID, "filter").send_keys("pac")
    assert not browser.find_element(By.ID, "p-cost").is_displayed()
    assert browser.execute_script("return window.hacked") is None
    asked = set(web.requests(browser))
    assert asked == {explorer.address, explorer.address + "solve"}
    assert web.complaints(browser) == []
