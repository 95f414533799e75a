"""The report in a real browser: what a person sees, and that nothing else happens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browser as web
import pytest
from page_games import ACTOR, LABEL, PAGE, TITLE

import negotiation as ng

pytest.importorskip("jinja2", reason="reports need the extra 'report' (in 'test')")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from web.driver()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("report") / "report.html"
    ng.report(ng.loads(PAGE), target, draws=2, sliders=["cost"])
    return target.as_uri()


def choose(browser: Any, name: str, at: int) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select

    Select(browser.find_element(By.ID, name)).select_by_index(at)


def test_a_person_reads_picks_and_slides(browser: Any, address: str) -> None:
    web.requests(browser), web.complaints(browser)
    browser.get(address)
    web.until(browser, "return window.reportReady")
    web.draw_all(browser)
    # the verdict
    assert web.seen(browser, "h1") == TITLE == browser.title
    assert web.seen(browser, "#happen .verdict").startswith("There are 5 equilibria")
    assert "Does a settlement of “First front” carry over?" in web.seen(browser, "#cascade")
    # the picker: every picture of an equilibrium follows, and the table of outcomes
    names = ("outcomes", "fronts", "course", "timeline", "terms")
    before = {name: web.drawn(browser, name) for name in names}
    table = web.seen(browser, "#chances-table")
    choose(browser, "equilibrium", 1)
    web.until(browser, "return document.getElementById('shown').textContent.includes('path B')")
    after = {name: web.drawn(browser, name) for name in names}
    assert all(after[name] != before[name] for name in ("outcomes", "fronts", "course"))
    assert web.seen(browser, "#chances-table") != table
    choose(browser, "equilibrium", 0)
    assert web.drawn(browser, "outcomes") == before["outcomes"]
    # the slider
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    choose(browser, "parameter", 1)
    value = browser.find_element(By.ID, "value")
    said = web.seen(browser, "#value-said")
    mark = "return document.getElementById('slider-0-plot').layout.shapes[0].x0"
    begin = browser.execute_script(mark)
    value.send_keys(Keys.HOME)  # by keyboard alone
    assert web.seen(browser, "#value-said") != said
    assert web.seen(browser, "#value-said").startswith("1 <i>points</i>")
    assert "cost = 1 <i>points</i>" in web.seen(browser, "#shown")
    assert browser.execute_script(mark) == 1.0 != begin
    assert web.drawn(browser, "outcomes") != before["outcomes"]
    # hostile texts are seen as they are
    assert ACTOR in web.seen(browser, "#worth-table")
    assert LABEL in browser.execute_script(
        "return document.getElementById('course').textContent")
    assert browser.execute_script("return window.hacked") is None
    assert browser.execute_script(
        "return document.querySelectorAll('.plot a, main img, .plot b').length") == 0
    assert web.requests(browser) == [address]
    assert web.complaints(browser) == []


def test_pictures_are_drawn_as_they_come_near(browser: Any, address: str) -> None:
    count = "return document.querySelectorAll('.plot .main-svg:first-child').length"
    browser.get(address)
    web.until(browser, "return window.reportReady")
    browser.execute_script("document.getElementById('worth-table').scrollIntoView()")
    web.until(browser, "return document.getElementById('terms-plot').querySelector('svg')")
    early = browser.execute_script(count)
    whole = browser.execute_script(
        "return document.querySelectorAll('figure:not([hidden])').length")
    browser.execute_script("document.getElementById('network').scrollIntoView()")
    web.until(browser, "return document.getElementById('network-plot').querySelector('svg')")
    assert early < whole
    # printing draws what is left before it goes on
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script(count) == whole
    browser.execute_script("window.dispatchEvent(new Event('afterprint'))")


def test_the_policy_is_enforced(browser: Any, address: str) -> None:
    browser.get(address)
    web.until(browser, "return window.reportReady")
    browser.execute_script("""
        const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        document.body.append(script);
        const image = document.createElement("img");
        image.src = "http://127.0.0.1:9/x.png";
        document.body.append(image);
        fetch("http://127.0.0.1:9/").catch(() => { window.refused = true; });""")
    web.until(browser, "return window.refused")
    assert browser.execute_script("return window.hacked") is None
    assert len([text for text in web.complaints(browser) if "Content Security Policy" in text]) >= 3


def test_it_reads_on_a_phone_and_prints_whole(browser: Any, address: str) -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": 380, "height": 760, "deviceScaleFactor": 2, "mobile": True})
    try:
        browser.get(address)
        web.until(browser, "return window.reportReady")
        web.draw_all(browser)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 380
        wide = browser.execute_script(
            "return [...document.querySelectorAll('.plot')].map(one => one.scrollWidth)")
        assert max(wide) <= 380
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script("return document.querySelectorAll('details:not([open])').length"
                                  ) == 0
    browser.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert len(browser.print_page()) > 50_000


def test_the_keyboard_reaches_every_control_and_table(browser: Any, address: str) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    browser.get(address)
    web.until(browser, "return window.reportReady")
    reached = []
    for _ in range(60):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(browser.execute_script(
            "const at = document.activeElement; return at.id || at.className || at.tagName"))
    assert reached[0] == "skip"
    assert {"equilibrium", "parameter", "scroll", "SUMMARY"} <= set(reached)
    assert browser.find_element(By.ID, "shown").get_attribute("aria-live") == "polite"


@pytest.mark.long
def test_the_report_of_the_main_case_is_small_and_answers(browser: Any, tmp_path: Path) -> None:
    target = tmp_path / "nrnap.html"
    ng.report(ng.load("nrnap"), target, draws=16, seconds=120.0)
    assert target.stat().st_size < 4e6
    web.requests(browser), web.complaints(browser)
    browser.get(target.as_uri())
    web.until(browser, "return window.reportReady")
    web.draw_all(browser)
    summary = web.seen(browser, "#summary")
    for said in ("The first to be settled within 10 years", "is most likely “Central front",
                 "Yes, to every front", "50 % within 10 years", "can each stop it alone",
                 "The smallest change"):
        assert said in summary
    assert web.requests(browser) == [target.as_uri()] and web.complaints(browser) == []
