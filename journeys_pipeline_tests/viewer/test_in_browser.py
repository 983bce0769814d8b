"""The viewer in a real browser: terms, then pages that draw under their own policy, downloads, a report asked for."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from journeys_pipeline.roles import Role
from journeys_pipeline.viewer.identity import NamedVisitor
from journeys_pipeline.viewer.settings import settle
from journeys_pipeline_tests.served_accounts import publish
from journeys_pipeline_tests.viewer.world import VARIABLES, Home, served

CHROMIUM = shutil.which("chromium")
SETTINGS = """
settings:
  contact: the desk, desk@host.example
  terms: {version: "7", text: "Look, and tell nobody."}
"""
PAGES = ["campaigns", "imports", "ivr", "mep", "rows-journeys", "custom-board"]
REFUSED_BY_POLICY = """async () => {
    const found = [];
    try { await fetch('/acme/index.html'); } catch (error) { found.push(error.name); }
    try { setTimeout('window.smuggled = 2'); } catch (error) { found.push(error.name); }
    await new Promise((after) => setTimeout(after, 100));
    try { eval('1'); } catch (error) { found.push(error.name); }
    const script = document.createElement('script');
    script.textContent = 'window.smuggled = 1';
    document.body.append(script);
    found.push(typeof window.smuggled);
    return found;
}"""


@dataclass
class Seen:
    """A reader's browser, what it complained of, and whom it asked."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list[str])
    hosts: set[str] = field(default_factory=set[str])

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def accept_terms(self) -> None:
        self.open("/")
        self.page.get_by_role("button", name="I accept these terms").click()
        self.page.wait_for_selector("html[data-ready]")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        reason = "no chromium here (Debian: apt-get install chromium)"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Pages as the assets draw them."""
    home = Home(tmp_path_factory.mktemp("home"))
    publish(home.path)
    home.catalog.write_text(home.catalog.read_text() + SETTINGS)
    return home


@contextmanager
def reading(browser: Browser, home: Home, user: str, role: Role) -> Iterator[Seen]:
    """A browser on a viewer for one reader of the account acme."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = settle(VARIABLES, "127.0.0.1", port, visitor=NamedVisitor(user, "acme", role))
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    with served(home.application(settings), port=port):
        seen = Seen(context.new_page(), f"http://127.0.0.1:{port}")
        seen.page.on("console", lambda message: seen.complaints.append(message.text))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("request", lambda request: seen.hosts.add(request.url.split("/")[2]))
        yield seen
        context.close()


@pytest.fixture
def ana(browser: Browser, published: Home, request: pytest.FixtureRequest) -> Iterator[Seen]:
    """An analyze manager, new in each test."""
    with reading(browser, published, f"ana-{request.node.name}"[:200], Role.ANALYZE_MANAGER) as seen:
        yield seen


def test_f92_f94_a_reader_accepts_the_terms_and_lands_on_the_overview(ana: Seen) -> None:
    ana.open("/acme/mep.html")
    asked = ana.page.inner_text("main")

    ana.page.get_by_role("button", name="I accept these terms").click()
    ana.page.wait_for_selector("html[data-ready]")

    assert "Look, and tell nobody." in asked
    assert ana.page.title().startswith("Overview")
    assert ana.page.locator("[data-chart] svg path").count() > 0


@pytest.mark.parametrize("name", PAGES)
def test_a_page_draws_under_its_policy_and_asks_nobody_else(ana: Seen, name: str) -> None:
    ana.accept_terms()

    ana.open(f"/acme/{name}.html")
    ana.page.wait_for_selector("html[data-ready]")

    assert ana.complaints == []
    assert {f"http://{host}" for host in ana.hosts} <= {ana.address, "http://"}
    assert ana.page.evaluate("() => window.hacked") is None


def test_what_a_page_was_not_published_with_does_not_run(ana: Seen) -> None:
    ana.accept_terms()

    refused = ana.page.evaluate(REFUSED_BY_POLICY)

    assert refused == ["TypeError", "EvalError", "undefined"]


def test_f97_a_widget_is_downloaded(ana: Seen) -> None:
    ana.accept_terms()

    with ana.page.expect_download() as started:
        ana.page.locator("[data-export=csv]").first.click()

    assert Path(started.value.path()).stat().st_size > 0
    assert ana.complaints == []


def test_f83_a_report_is_asked_for_on_the_form(ana: Seen) -> None:
    ana.accept_terms()
    ana.open("/acme/reports")

    ana.page.get_by_label("Name").fill("For the board")
    ana.page.get_by_label(".csv", exact=True).check()
    ana.page.get_by_role("button", name="Make the report").click()

    row = ana.page.locator("tr", has_text="For the board")
    assert "waiting" in row.first.inner_text()
    assert ana.complaints == []


def test_f76_f101_who_may_not_see_mep_is_told_whom_to_ask(browser: Browser, published: Home) -> None:
    with reading(browser, published, "vera", Role.VIEWER) as vera:
        vera.accept_terms()
        vera.open("/acme/mep.html")

        assert vera.page.inner_text("h1") == "Not for your role"
        assert "the desk, desk@host.example" in vera.page.inner_text("main")
