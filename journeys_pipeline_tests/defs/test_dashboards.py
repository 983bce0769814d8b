"""Pages are drawn as drafts, checked, and only then put in place, for the accounts of the run."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from journeys_pipeline.adapters.pages_folder import PagesFolder
from journeys_pipeline.adapters.warehouse import TABLES
from journeys_pipeline.catalog import load_catalog
from journeys_pipeline.catalog.datasets import DATASETS
from journeys_pipeline.defs import pages as page_making
from journeys_pipeline.defs.assets.dashboards import KINDS, dashboard_assets
from journeys_pipeline.defs.checks.dashboards import PAGE_CHECKS, Books, ReadDraft, pages_are_fit
from journeys_pipeline.defs.checks.page_figures import Comparison
from journeys_pipeline.defs.checks.page_reading import ReadPage
from journeys_pipeline.defs.checks.page_sources import SOURCES
from journeys_pipeline.defs.jobs import tier_config
from journeys_pipeline.defs.pages import AccountPages
from journeys_pipeline.defs.partitions import AS_OF_TAG
from journeys_pipeline.defs.resources import CatalogFile, DashboardsFolder, WarehouseDatabase
from journeys_pipeline.identity import identify
from journeys_pipeline.rendering.pages.page import render_page
from journeys_pipeline.schemas.dashboards import MEP_ROLES, Draft, Manifest
from journeys_pipeline.tiers import Tier
from journeys_pipeline_tests.served_accounts import AS_OF, CATALOG, fill, open_warehouse

SURVEY_PAGE = f"campaign-{identify('survey')[:12]}.html"
SURVEY_CALLS = f"ivr-{identify('survey')[:12]}.html"
CALLS_PAGE = f"ivr-{identify('promo')[:12]}.html"
PAGES = [asset.key.to_user_string() for asset in dashboard_assets]
ALL = list(Tier)
FIGURES, NAMES = "figures_equal_the_warehouse", "only_this_accounts_identifiers"


class Home:
    """A catalog, a warehouse, and the folder of pages."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.folder, self._instance = folder, instance
        self.url = f"sqlite:///{folder / 'warehouse.sqlite'}"
        self.pages = PagesFolder(folder / "dashboards")
        (folder / "journeys.yaml").write_text(CATALOG)
        fill(open_warehouse(folder))

    def show(self, *tiers: Tier) -> dg.ExecuteInProcessResult:
        """Draw, check and publish the pages of the accounts on these tiers."""
        definitions = dg.Definitions(
            assets=dashboard_assets,
            asset_checks=[pages_are_fit],
            jobs=[dg.define_asset_job("show", selection=PAGES)],
            executor=dg.in_process_executor,
            resources={
                "catalog_file": CatalogFile(path=str(self.folder / "journeys.yaml")),
                "warehouse_database": WarehouseDatabase(url=self.url),
                "dashboards_folder": DashboardsFolder(
                    folder=str(self.pages.folder), viewer_url="https://dashboards.example"
                ),
            },
        )
        console = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        return definitions.resolve_job_def("show").execute_in_process(
            instance=self._instance,
            tags={AS_OF_TAG: AS_OF.isoformat()},
            run_config=console | tier_config(PAGES, tiers or ALL),
            raise_on_error=False,
        )

    def manifest(self, account: str) -> Manifest:
        """What an account's folder lists."""
        return Manifest.model_validate_json((self.pages.account(account) / "pages.json").read_bytes())

    def serve(self, statement: str) -> None:
        """Change what the warehouse serves."""
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home of this file's tests; its pages were published once, by the run `first`."""
    with dg.instance_for_test() as instance:
        yield Home(tmp_path_factory.mktemp("home"), instance)


@pytest.fixture(scope="module")
def first(home: Home) -> dg.ExecuteInProcessResult:
    return home.show()


def failed(result: dg.ExecuteInProcessResult) -> set[str]:
    return {check.check_name for check in result.get_asset_check_evaluations() if not check.passed}


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}


def test_pages_of_every_account_are_published(home: Home, first: dg.ExecuteInProcessResult) -> None:  # F86, F94
    acme = home.manifest("acme")

    assert made(first) == set(PAGES)
    assert failed(first) == set()
    assert acme.page("index.html") is not None
    assert {file.name for file in home.pages.account("acme").iterdir()} == {
        "pages.json",
        *(page.file for page in acme.pages),
    }


@pytest.mark.usefixtures("first")
def test_the_manifest_says_who_may_see_a_page_and_what_it_stands_for(home: Home) -> None:  # F76, F87, F88
    acme, beta = home.manifest("acme"), home.manifest("beta")

    assert {page.file for page in acme.pages if page.roles} == {
        "mep.html",
        "overview-mep.html",
        "rows-mep-journeys.html",
        "rows-mep-campaigns.html",
        "rows-mep-sub-accounts.html",
        "rows-mep-days.html",
    }
    assert {page.roles for page in acme.pages if page.roles} == {MEP_ROLES}
    assert [page.file for page in acme.pages if page.instead_of == "index.html"] == ["overview-mep.html"]
    assert [page.file for page in beta.pages if page.section in {"rows", "custom"}] == []


@pytest.mark.usefixtures("first")
def test_nothing_of_mep_is_in_what_every_role_may_see(home: Home) -> None:  # F76
    folder = home.pages.account("acme")
    for_all = [page.file for page in home.manifest("acme").pages if not page.roles]

    islands = [ReadPage((folder / file).read_text()).island["datasets"] for file in for_all]

    assert {name for island in islands for name in island if name.startswith("mep")} == set()
    assert "Does MEP stay within the plan?" not in (folder / "index.html").read_text()
    assert "Does MEP stay within the plan?" in (folder / "overview-mep.html").read_text()


def test_the_assets_show_their_pages_in_the_dagster_ui(first: dg.ExecuteInProcessResult) -> None:
    (overview,) = first.asset_materializations_for_node("overview_pages")

    assert overview.metadata["pages"].value == 4
    assert overview.metadata["open"].value == "https://dashboards.example/acme/index.html"
    assert "| acme | Overview | index.html |" in str(overview.metadata["made"].value)
    assert str(overview.metadata["main chart"].value).startswith("![acme](data:image/svg+xml;base64,")


@pytest.mark.usefixtures("first")
def test_wrong_pages_keep_their_own_account_from_being_published_and_no_other(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = (b'data-figure="account.messages_sent" data-value="', b'data-figure="account.messages_sent" data-value="9')
    monkeypatch.setattr(
        page_making,
        "render_page",
        lambda content: render_page(content).replace(*wrong) if content.account == "Beta" else render_page(content),
    )
    old = {account: home.pages.account(account) / "pages.json" for account in ("acme", "beta")}
    for file in old.values():
        os.utime(file, (0, 0))

    result = home.show()

    (check,) = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert (check.check_name, check.description) == (FIGURES, "Not published: beta")
    assert "| beta | index.html |" in str(check.metadata["what"].value)
    assert {account: file.stat().st_mtime > 0 for account, file in old.items()} == {"acme": True, "beta": False}
    assert "dashboards" in made(result)
    assert not result.success
    assert "beta: index.html: messages_sent" in str(result.failure_data_for_node("dashboards"))


@pytest.mark.usefixtures("first")
def test_pages_that_nobody_checked_are_not_published(home: Home) -> None:
    before = (home.pages.account("beta") / "index.html").read_bytes()
    home.pages.draft("beta", "overview", [(Draft(file="index.html", title="New"), b"new")])

    assert home.pages.findings("beta") == ["they were not checked"]
    assert (home.pages.account("beta") / "index.html").read_bytes() == before


@pytest.mark.usefixtures("first")
def test_pages_of_what_is_gone_are_removed(home: Home) -> None:
    before = {page.file for page in home.manifest("beta").pages}

    home.serve("DELETE FROM call_performance_by_month WHERE account_id = 'beta'")
    home.show(Tier.START)

    after = {page.file for page in home.manifest("beta").pages}
    assert before - after == {"ivr.html", CALLS_PAGE}
    assert list(home.pages.account("beta").glob("ivr*")) == []


@pytest.fixture
def overview(home: Home, first: dg.ExecuteInProcessResult) -> Callable[[str, str], list[str]]:
    """What the checks say of beta's Overview, with one text in the place of another."""
    assert first.success
    catalog = load_catalog(home.folder / "journeys.yaml")
    books = Books(AccountPages(catalog.account("beta"), catalog, open_warehouse(home.folder), AS_OF))
    page = home.manifest("beta").pages[0]
    text = (home.pages.account("beta") / page.file).read_text()

    def check(old: str, new: str) -> list[str]:
        changed = text.replace(old, new)
        draft = ReadDraft(page.model_copy(update={"size": len(changed)}), ReadPage(changed))
        return [f"{check.__name__}: {finding}" for check in PAGE_CHECKS for finding in check(draft, books)]

    return check


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("", "", ""),
        ('sent" data-value="30"', 'sent" data-value="31"', f"{FIGURES}: messages_sent of 2026-11 is 31, served is 30"),
        ("</h1>", '</h1><p data-of="journey">survey</p>', f"{NAMES}: survey is no journey of this account"),
        ("</h1>", '</h1><img src="https://e.example/x">', "nothing_from_elsewhere: leads to https://e.example/x"),
        ("</h1>", '</h1><a href="//e.example">x</a>', "nothing_from_elsewhere: leads to //e.example"),
        ("</h1>", '</h1><p style="background:url(x)"></p>', "nothing_from_elsewhere: a style fetches something"),
        ('"mark":', '"data":{"url":"x.csv"},"mark":', "nothing_from_elsewhere: a chart fetches data of its own"),
        ("</h1>", '</h1><button data-export="csv"></button>', "no_export_on_start: offers a download"),
        ("</h1>", f"</h1>{2_100_000 * 'x'}", "small_enough: is 3,0"),
    ],
)
def test_each_check_notices_what_it_is_for(
    overview: Callable[[str, str], list[str]], old: str, new: str, finding: str
) -> None:
    findings = overview(old, new)

    assert [found[: len(finding)] for found in findings] == [finding] * bool(finding)


OTHERS = {
    ("goal_costs", "cost_per_goal"), ("goal_rates", "mean"), ("import_files", "warning_line"),
    ("import_warnings", "warning_line"), ("mep_course", "last_month"), ("mep_course", "plan"),
    ("mep_course", "projection"), ("movers", "difference"), ("delivery_funnel", "share"), ("exits", "people"),
    ("channel_costs", "priced"), ("journey_costs", "priced"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        ("index.html", 'data-of="goal_rate">2', 'data-of="goal_rate">7', "goal_rate of 2026-11 "),
        ("index.html", 'data-of="messages">', 'data-of="messages">9', "messages of 2026-11 Sent is 9"),
        ("index.html", '["2026-11-02",', '["2026-11-02",7', "profiles_in_journey of 2026-11 2026-11-02 is 7"),
        ("campaigns.html", 'data-of="messages_sent">', 'data-of="messages_sent">9', "messages_sent of 2026-11 "),
        ("campaigns.html", 'data-of="exits">', 'data-of="exits">9', "exits of 2026-11 Exit point is 912, served is 12"),
        (SURVEY_PAGE, 'data-of="people">18<', 'data-of="people">20<', "people of 2026-11 Entered is 20, served is 18"),
        (
            SURVEY_CALLS,
            '["2026-10-03",10,8,5,3,0',
            '["2026-10-03",11,8,5,3,0',
            "calls of 2026-10-03 is 11, served is 10",
        ),
        (SURVEY_CALLS, '["2026-10-03",10,8,5,3,0', '["2026-08-03",10,8,5,3,0', "ivr of 2026-10-03 is missing"),
        ("mep.html", 'data-of="billed">60<', 'data-of="billed">61<', "billed of 2026-11 "),
    ],
)
@pytest.mark.usefixtures("first")
def test_a_wrong_figure_is_found_wherever_it_stands(home: Home, file: str, old: str, new: str, finding: str) -> None:
    catalog = load_catalog(home.folder / "journeys.yaml")
    books = Books(AccountPages(catalog.account("acme"), catalog, open_warehouse(home.folder), AS_OF))
    text = (home.pages.account("acme") / file).read_text()

    found = {
        changed: list(Comparison(books.planned[file], ReadPage(page)).findings())
        for changed, page in ((False, text), (True, text.replace(old, new, 1)))
    }

    assert found[False] == []
    assert [one for one in found[True] if one.startswith(finding)] != []


def test_every_figure_is_compared_but_those_that_are_made_of_others() -> None:
    figures = {(name, figure) for name, dataset in DATASETS.items() for figure in dataset.measures}
    compared = {
        (name, figure) for name, sources in SOURCES.items() for source in sources
        for figure in (*source.figures, *source.rates)
    }  # fmt: skip

    left_out = {(name, figure) for name, figure in figures - compared if not figure.endswith("_before")}

    assert left_out == OTHERS


def test_every_kind_of_page_is_checked_for_everything() -> None:
    checked = {(key.asset_key.to_user_string(), key.name) for key in pages_are_fit.check_keys}

    assert checked == {(kind.asset_name, check.__name__) for kind in KINDS for check in PAGE_CHECKS}


@pytest.mark.parametrize(("has_viewer", "named"), [(True, ["mep.html"]), (False, [])])
@pytest.mark.usefixtures("first")
def test_the_page_of_mep_leads_to_reports_where_a_viewer_makes_them(
    home: Home, *, has_viewer: bool, named: list[str]
) -> None:  # F83
    catalog = load_catalog(home.folder / "journeys.yaml")
    account = AccountPages(catalog.account("acme"), catalog, open_warehouse(home.folder), AS_OF, has_viewer=has_viewer)
    planned = [*account.plan("mep"), *account.plan("imports")]

    drawn = {page.draft.file: account.draw(page)[1].decode() for page in planned}

    assert [file for file, page in drawn.items() if 'href="reports.html"' in page] == named


@pytest.mark.usefixtures("first")
def test_a_page_in_early_access_is_made_for_accounts_that_have_it_and_nothing_leads_there_for_others(
    home: Home, tmp_path: Path
) -> None:  # F91
    text = CATALOG.replace("  - id: beta\n", "    early_access: [ivr]\n  - id: beta\n")
    (tmp_path / "journeys.yaml").write_text(f"{text}settings:\n  early_access: [ivr, campaigns]\n")
    catalog = load_catalog(tmp_path / "journeys.yaml")

    drafts, links = {}, {}
    for account in catalog.accounts:
        pages = AccountPages(account, catalog, open_warehouse(home.folder), AS_OF)
        planned = [page for kind in KINDS for page in pages.plan(kind.section)]
        drafts[account.id] = {(page.draft.file.partition("-")[0], page.draft.early_access) for page in planned}
        links[account.id] = ReadPage(pages.draw(planned[0])[1].decode()).addresses

    assert {("ivr.html", "ivr"), ("ivr", "ivr"), ("index.html", None)} <= drafts["acme"]
    assert {file for file, _ in drafts["beta"]} == {"index.html", "overview", "imports.html", "mep.html"}
    assert "ivr.html" in links["acme"]
    assert links["beta"] == {"index.html", "imports.html", "mep.html", "#_main", "data:,"}


@pytest.mark.usefixtures("first")
def test_the_ledger_may_name_journeys_before_there_is_a_list_of_them(home: Home) -> None:
    not_made_yet = [table.name for (_, grain), table in TABLES.items() if grain] + ["journey_summary"]
    for table in not_made_yet:
        home.serve(f"DELETE FROM {table}")

    result = home.show()

    assert failed(result) == set()
    assert ">Spring<" in (home.pages.account("acme") / "mep.html").read_text()
