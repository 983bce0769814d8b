"""Pages in a real browser: every chart drawn, the month switched, rows taken away, hostile names inert (F77-F100)."""

import csv
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from playwright.sync_api import Browser, Download, Page, sync_playwright

from journeys_pipeline.identity import identify
from journeys_pipeline.rendering.pages.formats import NOTHING
from journeys_pipeline_tests.served_accounts import FORMULA, SCRIPT, publish

CHROMIUM = shutil.which("chromium")
SURVEY = f"acme/campaign-{identify('survey')[:12]}.html"
SURVEY_CALLS = f"acme/ivr-{identify('survey')[:12]}.html"
ACME = ["index", "overview-mep", "campaigns", "imports", "mep", "ivr", "rows-journeys", "rows-mep-days", "custom-board"]
BETA = ["index", "mep"]
PAGES = [*(f"acme/{name}.html" for name in ACME), *(f"beta/{name}.html" for name in BETA), SURVEY, SURVEY_CALLS]
NARROW = ["acme/index.html", "acme/mep.html", "acme/imports.html", SURVEY_CALLS]
A4 = {"width": 718, "height": 1047}  # pixels between margins of a centimetre

SHOWN = "main .view:not([hidden])"
UNDRAWN = """() => [...document.querySelectorAll('[data-chart]')].filter((section) =>
    !section.querySelector('.view:not([hidden]) .empty') && (
        !section.querySelector('.chart svg .mark-rect path, .chart svg .mark-line path, .chart svg .mark-area path') ||
        section.querySelector('.chart svg').getBoundingClientRect().width < 100)
).map((section) => section.id)"""


@dataclass
class Opened:
    """A page in the browser, and what it complained of or asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])

    def choose(self, month: str) -> None:
        """Choose a month, as with the mouse, and wait until it is drawn."""
        self.page.locator(f"#_month input[value='{month}'] + span").click()
        self.page.wait_for_function("month => document.documentElement.dataset.slice.startsWith(month)", arg=month)
        self.page.wait_for_selector("html[data-complete]")

    def choose_days(self, first: str, last: str) -> None:
        """Choose a range of days, and wait until it is drawn."""
        self.page.fill("#_to", last)
        self.page.fill("#_from", first)
        self.page.wait_for_selector("html[data-complete]")

    def figure(self, name: str) -> str:
        """The text of a card."""
        return self.page.locator(f"{SHOWN} [data-figure='{name}']").first.inner_text()

    def take(self, button: str) -> Path:
        """What a button downloads."""
        with self.page.expect_download() as started:
            self.page.locator(button).click()
        download: Download = started.value
        path: Path = download.path()
        return path.rename(path.with_name(download.suggested_filename))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    publish(home)
    return home


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        reason = "no chromium here (Debian: apt-get install chromium)"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def show(folder: Path, browser: Browser) -> Iterator[Any]:
    """Opens a page of the folder from disk, ready when its charts are drawn."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})

    def open_page(file: str, **options: Any) -> Opened:
        opened = Opened(context.new_page())
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.emulate_media(**options)
        name, _, anchor = file.partition("#")
        opened.page.goto(f"{(folder / 'dashboards' / name).as_uri()}#{anchor}")
        opened.page.wait_for_selector("html[data-complete]")
        return opened

    yield open_page
    context.close()


@pytest.fixture
def serves(folder: Path) -> Iterator[Any]:
    """Asks the warehouse in SQL."""
    engine = sa.create_engine(f"sqlite:///{folder / 'warehouse.sqlite'}")
    with engine.connect() as connection:
        yield lambda statement: connection.execute(sa.text(statement)).scalar()
    engine.dispose()


@pytest.mark.parametrize("file", PAGES)
def test_a_page_draws_every_chart_asks_nobody_and_runs_no_customers_script(show: Any, file: str) -> None:
    opened = show(file)

    assert opened.page.evaluate(UNDRAWN) == []
    assert opened.complaints == []
    assert [url.partition("#")[0] for url in opened.requests] == [opened.page.url.partition("#")[0]]
    assert opened.page.evaluate("window.hacked") is None


def test_a_month_chosen_shows_the_figures_that_the_warehouse_serves_for_it(show: Any, serves: Any) -> None:  # F77, F78
    opened = show("acme/index.html")
    month = "SELECT {} FROM account_performance_by_month WHERE account_id = 'acme' AND period = '{}-01'"

    newest = opened.figure("account.profiles_in_journey")
    opened.choose("2026-10")

    assert newest == f"{serves(month.format('profiles_in_journey', '2026-11')):,}"
    assert opened.figure("account.profiles_in_journey") == f"{serves(month.format('profiles_in_journey', '2026-10')):,}"
    assert opened.figure("account.messages_sent") == f"{serves(month.format('messages_sent', '2026-10')):,}"
    assert opened.page.evaluate(UNDRAWN) == []


def test_four_months_can_be_chosen_and_one_without_figures_says_so(show: Any) -> None:  # F78
    opened = show("acme/index.html")

    opened.choose("2026-08")

    assert opened.page.locator("#_month span").all_inner_texts() == ["Nov 2026", "Oct 2026", "Sep 2026", "Aug 2026"]
    assert "No message was sent this month." in opened.page.locator(f"#messages {SHOWN[5:]}").inner_text()


def test_a_version_chosen_shows_its_calls(show: Any, serves: Any) -> None:  # F25, F32
    opened = show(SURVEY_CALLS)

    opened.page.select_option("#_version", "2")
    opened.page.wait_for_function("document.documentElement.dataset.slice === '2026-11.2'")

    calls = "SELECT calls FROM call_performance_by_month WHERE account_id = 'acme' AND journey_id = 'survey' "
    assert opened.figure("ivr.calls") == str(serves(calls + "AND journey_version = 2 AND period = '2026-11-01'"))


def test_a_journeys_page_shows_the_version_that_is_chosen_and_first_all_of_them(show: Any, serves: Any) -> None:  # D20
    where = "WHERE account_id = 'acme' AND journey_id = 'survey' AND period = '2026-10-01'"
    opened = show(f"{SURVEY}#&month=2026-10")
    all_versions = opened.figure("campaign.profiles_in_journey")

    opened.page.select_option("#_version", "2")
    opened.page.wait_for_selector("html[data-slice='2026-10.2'][data-complete]")

    people = f"SELECT profiles_in_journey FROM {{}}_performance_by_month {where}"
    assert opened.page.locator("#_version option").all_inner_texts() == ["all", "2", "1"]
    assert all_versions == str(serves(people.format("campaign")))
    assert opened.figure("campaign.profiles_in_journey") == str(
        serves(f"{people.format('version')} AND journey_version = 2")
    )
    assert opened.page.locator(f"#funnel {SHOWN[5:]} .n").first.inner_text().startswith("18")
    assert opened.page.locator(f"#exits {SHOWN[5:]} .n").all_inner_texts() == ["3"]
    assert opened.page.locator(f"#versions {SHOWN[5:]} tbody tr").count() == 2
    assert opened.page.evaluate(UNDRAWN) == []


CALLS_OF = (
    "SELECT {} FROM call_performance_by_day WHERE account_id = 'acme' AND journey_id = 'survey' "
    "AND journey_version = {} AND period BETWEEN '{}' AND '{}'"
)


@pytest.mark.parametrize("version", [0, 2])
@pytest.mark.parametrize(
    "days", [("2026-10-05", "2026-11-03"), ("2026-11-02", "2026-11-24"), ("2026-10-01", "2026-11-24")]
)
def test_any_range_of_days_shows_the_calls_of_those_days_and_of_the_chosen_version(
    show: Any, serves: Any, days: tuple[str, str], version: int
) -> None:  # F24, F25, F32
    opened = show(SURVEY_CALLS)
    opened.page.select_option("#_version", str(version))

    opened.choose_days(*days)

    counts = {
        name: serves(CALLS_OF.format(f"sum({name})", version, *days)) for name in ("calls", "answered", "completed")
    }
    assert opened.figure("ivr.calls") == f"{counts['calls']:,}"
    assert opened.figure("ivr.completion_rate") == f"{counts['completed'] / counts['answered'] * 100:.1f}%"
    assert opened.page.locator(f"#steps {SHOWN[5:]} b").all_inner_texts()[:2] == [
        f"{counts['calls']:,}", f"{counts['answered']:,}",
    ]  # fmt: skip
    presses = serves(CALLS_OF.format("sum(presses)", version, *days).replace("call_performance", "menu_paths"))
    assert f"In all: {presses}" in opened.page.evaluate(TOLD)
    assert opened.page.evaluate(UNDRAWN) == []
    assert opened.complaints == []


TOLD = """() => 'In all: ' + window.journeysPage.shown.rows('ivr_options').reduce((sum, row) => sum + row[4], 0)"""


def test_what_does_not_add_up_is_shown_for_a_month_or_a_day_alone(show: Any, serves: Any) -> None:  # D20
    opened = show(SURVEY_CALLS)

    opened.choose_days("2026-10-05", "2026-11-03")
    over_days = opened.figure("ivr.unique_callers")
    opened.choose_days("2026-10-05", "2026-10-05")
    of_a_day = opened.figure("ivr.unique_callers")
    opened.choose_days("2026-10-01", "2026-10-31")

    day = CALLS_OF.format("unique_callers", 0, "2026-10-05", "2026-10-05")
    assert (over_days, of_a_day) == (NOTHING, str(serves(day)))
    assert opened.page.get_attribute("html", "data-slice") == "2026-10.0"
    assert opened.page.locator("#_month input:checked").get_attribute("value") == "2026-10"


def test_a_range_without_calls_says_so_and_a_wrong_one_is_mended(show: Any) -> None:
    opened = show(SURVEY_CALLS)

    opened.choose_days("2026-08-03", "2026-08-20")
    assert opened.page.locator(f"#calls {SHOWN[5:]} .empty").inner_text() == "No call ended on these days."

    opened.page.fill("#_from", "2026-11-10")
    assert opened.page.input_value("#_to") == "2026-11-10"


def test_rows_of_a_range_are_taken_as_they_are_shown(show: Any, serves: Any) -> None:  # F24, F97
    opened = show(SURVEY_CALLS)
    opened.choose_days("2026-10-30", "2026-11-02")

    taken = opened.take("#calls [data-export=csv]")

    head, *rows = csv.reader(StringIO(taken.read_text()))
    assert taken.name == "calls-2026-10-30--2026-11-02.0.csv"
    assert [row[0] for row in rows] == ["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"]
    assert sum(int(row[head.index("Calls")]) for row in rows) == serves(
        CALLS_OF.format("sum(calls)", 0, "2026-10-30", "2026-11-02")
    )


def test_rows_taken_as_csv_are_the_rows_of_the_month_and_no_formulas(show: Any, serves: Any) -> None:  # F97
    opened = show("acme/index.html#&month=2026-10")

    content = opened.take("#journeys [data-export=csv]").read_bytes()

    head, *rows = csv.reader(StringIO(content.decode(), newline=""), strict=True)
    sent = "SELECT sum(messages_sent) FROM campaign_performance_by_month WHERE account_id = 'acme' AND period = "
    assert head[:4] == ["Journey", "Campaign", "Status", "Profiles in journey"]
    assert sum(int(row[head.index("Messages sent")]) for row in rows) == serves(sent + "'2026-10-01'")
    assert {row[0] for row in rows} == {SCRIPT, f"'{FORMULA}"}


def test_rows_taken_as_a_workbook_are_numbers_and_plain_text(show: Any, serves: Any) -> None:  # F97
    opened = show("acme/index.html")

    workbook = load_workbook(opened.take("#messages [data-export=xlsx]"))

    head, *rows = workbook.worksheets[0].iter_rows()
    sent = "SELECT sum(messages_sent) FROM channel_performance_by_day WHERE account_id = 'acme' AND period >= "
    assert [cell.value for cell in head] == ["Day", "Channel", "Messages sent", "Delivered"]
    assert sum(row[2].value for row in rows) == serves(sent + "'2026-11-01'")


def test_a_whole_page_is_taken_as_a_workbook_with_a_sheet_per_widget(show: Any) -> None:  # F98
    opened = show("acme/campaigns.html")

    workbook = load_workbook(opened.take("#_workbook"))

    assert workbook.sheetnames == ["How do the journeys compare", "How do people come in", "How do people leave"]
    assert [cell.data_type for cell in workbook.worksheets[0]["A"][1:]] == ["s", "s"]
    assert {cell.value for cell in workbook.worksheets[0]["A"][1:]} == {SCRIPT, FORMULA}


def test_on_start_nothing_can_be_taken_away_and_no_figure_leads_to_rows(show: Any) -> None:  # F88, F89
    opened = show("beta/index.html")

    assert opened.page.locator("[data-export], #_workbook, a[href*='rows']").count() == 0


def test_a_figure_leads_to_the_rows_behind_it_in_the_same_month(show: Any) -> None:  # F88, F100
    opened = show("acme/index.html")
    opened.choose("2026-10")

    opened.page.locator(f"{SHOWN} [data-figure='account.messages_sent'] a").click()
    opened.page.wait_for_selector("html[data-ready]")

    assert opened.page.url.endswith("/acme/rows-channels.html#&month=2026-10")
    assert opened.page.locator("#_month input:checked").get_attribute("value") == "2026-10"


def test_a_page_can_be_used_by_keyboard_alone(show: Any) -> None:
    opened = show("acme/index.html")

    opened.page.locator("#_month input").first.focus()
    opened.page.keyboard.press("ArrowRight")
    opened.page.wait_for_function("document.documentElement.dataset.slice === '2026-10'")

    opened.page.locator("#flow summary").focus()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector("#flow .numbers td")
    assert opened.page.locator("#flow .numbers tbody tr").count() == 31


def test_a_page_speaks_to_a_screen_reader(show: Any) -> None:
    page = show("acme/index.html").page

    assert page.get_by_role("main").count() == page.get_by_role("navigation").count() == 1
    assert page.get_by_role("heading", level=1).inner_text() == "Overview"
    assert page.get_by_role("table", name="Which journeys reach the most people?, November 2026").is_visible()
    assert "Email" in (page.locator("#messages .chart").get_attribute("aria-label") or "")
    assert page.locator("th:not([scope]), section:not([aria-labelledby]), .spark:not([aria-label])").count() == 0


def test_a_page_follows_the_readers_wish_for_dark_and_prints_light(show: Any) -> None:
    dark = show("acme/index.html", color_scheme="dark").page
    ink = "getComputedStyle(document.body).color"
    background = "getComputedStyle(document.querySelector('.widget.of-line')).backgroundColor"

    on_screen = dark.evaluate(f"[{ink}, {background}]")
    dark.emulate_media(color_scheme="dark", media="print")

    assert on_screen == ["rgb(232, 236, 244)", "rgb(23, 30, 43)"]
    assert dark.evaluate(f"[{ink}, {background}]") == ["rgb(26, 34, 51)", "rgb(255, 255, 255)"]
    assert dark.locator("nav").is_hidden()


@pytest.mark.parametrize("file", NARROW)
def test_a_narrow_page_scrolls_in_one_direction_only(show: Any, file: str) -> None:
    page = show(file).page

    page.set_viewport_size({"width": 400, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize("file", PAGES)
def test_on_paper_no_table_is_wider_than_its_card(show: Any, file: str) -> None:
    opened = show(file, media="print")
    opened.page.set_viewport_size(A4)

    wider = opened.page.evaluate(
        """() => [...document.querySelectorAll('.view:not([hidden]) table')].filter((table) =>
            table.getBoundingClientRect().right > table.closest('.widget').getBoundingClientRect().right
        ).map((table) => table.closest('.widget').id)"""
    )

    assert wider == []
