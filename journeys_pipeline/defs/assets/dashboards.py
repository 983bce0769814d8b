"""Stage 8: pages, drawn as drafts, checked, and published."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.pages_folder import PagesFolder
from journeys_pipeline.catalog import Catalog
from journeys_pipeline.catalog.dashboards import Chart
from journeys_pipeline.defs.metadata import OWNER, markdown_table
from journeys_pipeline.defs.pages import AccountPages, PlannedPage, Rows
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.refresh import RefreshConfig
from journeys_pipeline.defs.resources import CatalogFile, DashboardsFolder, WarehouseDatabase
from journeys_pipeline.rendering.pages.content import is_drawn
from journeys_pipeline.rendering.pages.drawing import draw, svg
from journeys_pipeline.rendering.pages.formats import said
from journeys_pipeline.rendering.pages.island import values_of
from journeys_pipeline.rendering.pages.plain_rows import plain
from journeys_pipeline.schemas.dashboards import LANDING_PAGE, Manifest, Page, Section
from journeys_pipeline.tiers import Tier

GROUP = "dashboards"
MOST_LISTED = 8


@dataclass(frozen=True)
class Drawn:
    """A section of one account: the pages that were drawn, and what the first of them shows."""

    account_id: str
    pages: Sequence[Page]
    first: PlannedPage | None
    rows: Rows


@dataclass(frozen=True)
class PageKind:
    """Pages of one section, made by one asset."""

    section: Section
    description: str
    deps: Sequence[str]

    @property
    def asset_name(self) -> str:
        """overview_pages, say."""
        return f"{self.section}_pages"

    def asset(self) -> dg.AssetsDefinition:
        """The asset that draws the section's pages, of the run's accounts, as drafts."""

        @dg.asset(
            name=self.asset_name,
            deps=list(self.deps),
            description=self.description,
            kinds={"html", "vega"},
            group_name=GROUP,
            owners=[OWNER],
        )
        def pages(
            context: dg.AssetExecutionContext,
            config: RefreshConfig,
            catalog_file: CatalogFile,
            warehouse_database: WarehouseDatabase,
            dashboards_folder: DashboardsFolder,
        ) -> dg.MaterializeResult:
            accounts = accounts_of(context, config, catalog_file.load(), warehouse_database, dashboards_folder)
            drawn = [draw_section(account, self.section, dashboards_folder.open()) for account in accounts]
            return dg.MaterializeResult(metadata=_about(drawn, dashboards_folder))

        return pages


def accounts_of(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog: Catalog,
    warehouse: WarehouseDatabase,
    folder: DashboardsFolder,
) -> list[AccountPages]:
    """The accounts that are on the run's tiers, at its logical time; if some are named, those of them."""
    as_of = logical_time(context)
    on_tiers = catalog.accounts_on([Tier(tier) for tier in config.tiers], as_of.date())
    ids = [account for account in on_tiers if account in (config.accounts or on_tiers)]
    has_viewer = bool(folder.viewer_url)
    return [AccountPages(catalog.account(id_), catalog, warehouse.open(), as_of, has_viewer) for id_ in ids]


def draw_section(account: AccountPages, section: Section, folder: PagesFolder) -> Drawn:
    """Draw a section's pages as drafts; one page's rows are in memory at a time, and the first one's stay."""
    planned = account.plan(section)
    first_rows: Rows = {}

    def drawn() -> Any:
        for page in planned:
            draft, content, rows = account.draw(page)
            if page is planned[0]:
                first_rows.update(rows)
            yield draft, content

    pages = folder.draft(account.account.id, section, drawn())
    return Drawn(account.account.id, pages, planned[0] if planned else None, first_rows)


def _about(drawn: Sequence[Drawn], folder: DashboardsFolder) -> dict[str, Any]:
    """Numbers to plot, a table of the pages, a picture of the first chart, and the way to them."""
    listed = [(one.account_id, page.title, page.file, page.size) for one in drawn for page in one.pages]
    table = pl.DataFrame(listed, schema=["account", "title", "file", "bytes"], orient="row")
    about: dict[str, Any] = {
        "pages": len(listed),
        "bytes": sum(size for *_, size in listed),
        "largest page, bytes": max((size for *_, size in listed), default=0),
        "made": markdown_table(table, most=MOST_LISTED),
        "folder": dg.MetadataValue.path(folder.folder),
    }
    if folder.viewer_url and drawn and drawn[0].pages:
        first = drawn[0]
        about["open"] = dg.MetadataValue.url(f"{folder.viewer_url}/{first.account_id}/{first.pages[0].file}")
    picture = next(filter(None, map(_picture, drawn)), None)
    return about | ({"main chart": picture} if picture else {})


def _picture(drawn: Drawn) -> dg.MetadataValue | None:
    """The main chart of a section's first page that has rows, as SVG."""
    page = drawn.first
    for widget in page.dashboard.widgets if page else []:
        if isinstance(widget, Chart) and is_drawn(widget):
            rows = said(drawn.rows[widget.dataset])
            newest = rows.filter(pl.col("month") == rows["month"].max())
            if not newest.is_empty():
                picture = b64encode(
                    svg(draw(widget, values_of(widget, newest)), plain(newest.drop("month")).to_dicts()).encode()
                ).decode()
                return dg.MetadataValue.md(f"![{drawn.account_id}](data:image/svg+xml;base64,{picture})")
    return None


FIGURES = ["campaign_figures_by_month", "channel_figures_by_month", "element_figures_by_month", "journey_summary"]
KINDS = [
    PageKind(
        "overview",
        "The landing page of each account: all journey communication at a glance (F86, F94).",
        [*FIGURES, "account_figures_by_month", "account_month_starts", "call_figures_by_month", "mep_summary"],
    ),
    PageKind(
        "campaigns",
        "Campaign performance: an index, and a page per journey, also per version (F5-F22).",
        [*FIGURES, "version_figures_by_month"],
    ),
    PageKind("ivr", "IVR insights of journeys with calls, per version (F23-F32).", ["call_figures_by_month"]),
    PageKind("imports", "What became of contact files (F37-F55).", ["import_performance"]),
    PageKind("mep", "MEP consumption, for the two roles only (F76-F84, F102).", ["mep_summary"]),
    PageKind("rows", "The rows behind figures, for accounts on scale (F88, F100).", FIGURES),
    PageKind("custom", "Dashboards that accounts on scale declare in the catalog (F87, F96, F99).", FIGURES),
]
page_assets = [kind.asset() for kind in KINDS]


@dg.asset(
    deps=[kind.asset_name for kind in KINDS],
    description="The pages as people see them: drafts that were found fit are put in place, one folder per account. "
    "Fails, after all others are in place, if those of an account were not.",
    kinds={"html"},
    group_name=GROUP,
    owners=[OWNER],
)
def dashboards(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog_file: CatalogFile,
    warehouse_database: WarehouseDatabase,
    dashboards_folder: DashboardsFolder,
) -> Iterator[dg.MaterializeResult]:
    folder = dashboards_folder.open()
    accounts = accounts_of(context, config, catalog_file.load(), warehouse_database, dashboards_folder)
    unfit = {account.account.id: found for account in accounts if (found := folder.findings(account.account.id))}
    fit = [account for account in accounts if account.account.id not in unfit]
    for account in fit:
        folder.publish(_manifest(account, folder))
    about: dict[str, Any] = {"accounts": len(fit), "accounts left as they were": len(unfit)}
    if fit:
        landing_page = folder.account(fit[0].account.id) / LANDING_PAGE
        about["landing page"] = dg.MetadataValue.path(str(landing_page))
    if fit and dashboards_folder.viewer_url:
        about["open"] = dg.MetadataValue.url(f"{dashboards_folder.viewer_url}/{fit[0].account.id}/")
    yield dg.MaterializeResult(metadata=about)
    if unfit:
        listed = "; ".join(f"{account}: {found[0]} ({len(found)} in all)" for account, found in unfit.items())
        raise dg.Failure(
            f"The pages of {len(unfit)} accounts were left as they were, since checks found faults in the new ones: "
            f"{listed}. All others were published. See the checks of the page assets.",
            allow_retries=False,
        )


def _manifest(account: AccountPages, folder: PagesFolder) -> Manifest:
    return Manifest(
        account_id=account.account.id,
        account_name=account.account.name,
        tier=account.tier,
        as_of=account.as_of,
        pages=tuple(page for kind in KINDS for page, _ in folder.drafts(account.account.id, kind.section)),
    )


dashboard_assets = [*page_assets, dashboards]
