"""Chromium for the tests: one browser, and pages that may neither complain nor call out."""

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.serving import classroom


NAMES = ("chromium", "chromium-browser", "google-chrome")
CURE = "pip install implicitbias[browser], and apt-get install chromium"
HERE = ("localhost", "127.0.0.1", "[::1]", "::1")
OWN = ("file", "data", "blob", "about")


@pytest.fixture(scope="session")
def chromium():
    """The browser, headless; without Playwright or Chromium, tests that ask for it are skipped."""
    path = next((found for found in map(shutil.which, NAMES) if found), None)
    if path is None:
        pytest.skip(f"no Chromium on this machine: {CURE}")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason=f"no Playwright in this environment: {CURE}"
    )
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def hall(chromium):
    """The address of the classroom, served once for all tests that there is a browser for."""
    del chromium
    with classroom() as address:
        yield address


@pytest.fixture(scope="session")
def screenshots():
    """The folder where pictures of pages are kept, for people to look at."""
    folder = Path(__file__).resolve().parents[2] / "out" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def quiet_page(chromium):
    """A page in a context of its own; the test fails if it logs an error, throws, or asks another machine."""
    context = chromium.new_context(viewport={"width": 900, "height": 700})
    context.set_default_timeout(60_000)  # a lesson starts a kernel; the machine may do other things
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.extend(foreign(request.url)))
    page.on("websocket", lambda socket: complaints.extend(foreign(socket.url)))
    yield page
    context.close()
    assert complaints == []


def foreign(url: str) -> list[str]:
    """Return the address if it leaves this machine."""
    parts = urlsplit(url)
    return [] if parts.scheme in OWN or parts.hostname in HERE else [f"asked {url[:200]}"]
