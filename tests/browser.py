"""A real headless Chromium, and what a person sees in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

#: what .ci/run installs
BROWSERS, DRIVERS = ("chromium", "chromium-browser", "google-chrome"), ("chromedriver",)
SECONDS = 60.0


def missing() -> str:
    """Why no browser can be driven; empty where one can."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed (it is in the extras 'test' and 'browser')"
    for kinds in (BROWSERS, DRIVERS):
        if not any(map(shutil.which, kinds)):
            return (f"no browser is present: {kinds[0]} was not found (on Debian: apt-get install "
                    "chromium chromium-driver)")
    return ""


def driver(width: int = 1100, height: int = 900) -> Iterator[Any]:
    """A browser of that size; the test is skipped, with the reason, where there is none.

    With ``NEGOTIATION_BROWSER=required`` in the environment, as in ``.ci/run``, it fails instead.
    """
    if reason := missing():
        if os.environ.get("NEGOTIATION_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    for word in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                 f"--window-size={width},{height}"):
        options.add_argument(word)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # which the superuser cannot have
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = webdriver.Chrome(options=options, service=Service(shutil.which(DRIVERS[0])))
    found.set_script_timeout(SECONDS)
    found.set_page_load_timeout(SECONDS)
    try:
        yield found
    finally:
        found.quit()


def requests(browser: Any) -> list[str]:
    """Every address that the browser asked for since this was asked last, in order."""
    found = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(message["params"]["request"]["url"])
    return [url for url in found if not url.startswith(("data:", "blob:", "chrome:"))]


def complaints(browser: Any) -> list[str]:
    """What the browser's console complains about, the policy's refusals included."""
    return [entry["message"] for entry in browser.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")]


def until(browser: Any, script: str) -> Any:
    """Wait until a script says something true, and return that."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, SECONDS, poll_frequency=0.05).until(
        lambda _: browser.execute_script(script))


def draw_all(browser: Any) -> None:
    """Have every picture drawn, on the screen or not."""
    browser.execute_async_script(
        "const done = arguments[arguments.length - 1]; pictures.all().then(() => done(true));")


def seen(browser: Any, css: str) -> str:
    """The text of an element as it is seen."""
    from selenium.webdriver.common.by import By

    text: str = browser.find_element(By.CSS_SELECTOR, css).text
    return text


def drawn(browser: Any, name: str) -> Any:
    """The points of every line that a picture holds."""
    return browser.execute_script(
        "const plot = document.getElementById(arguments[0] + '-plot');"
        "return plot.data.map(one => [one.type, one.x, one.y || one.z]);", name)
