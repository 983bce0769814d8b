"""Nothing is published before it is found fit: drafts of pages, read back and compared with the warehouse."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.pages_folder import PagesFolder
from journeys_pipeline.defs.assets.dashboards import KINDS, PageKind
from journeys_pipeline.defs.checks.page_figures import Comparison
from journeys_pipeline.defs.checks.page_names import own_names
from journeys_pipeline.defs.checks.page_reading import ReadPage
from journeys_pipeline.defs.metadata import markdown_table
from journeys_pipeline.defs.pages import AccountPages, PlannedPage
from journeys_pipeline.defs.partitions import run_time
from journeys_pipeline.defs.resources import CatalogFile, DashboardsFolder, WarehouseDatabase
from journeys_pipeline.schemas.dashboards import Page
from journeys_pipeline.tiers import Tier

MOST_BYTES = 3_000_000
OWN_ADDRESS = re.compile(r"data:,|[a-z0-9-]+\.html(#[a-z0-9-]*)?|#[a-z0-9_-]*")
FETCHING_STYLE = re.compile(r"url\(|@import|image-set\(", re.IGNORECASE)


@dataclass(frozen=True)
class Books:
    """What an account's drafts are compared with."""

    account: AccountPages

    @cached_property
    def planned(self) -> dict[str, PlannedPage]:
        """The account's pages by file, each with the tables that it is made from."""
        pages = (page for kind in KINDS for page in self.account.plan(kind.section))
        return {page.draft.file: page for page in pages}

    @cached_property
    def own_names(self) -> dict[str, set[str]]:
        """By column, all names and ids that this account's pages may show."""
        return own_names(self.account.warehouse, self.account.account)


@dataclass(frozen=True)
class ReadDraft:
    """A draft, read back."""

    page: Page
    read: ReadPage


Check = Callable[[ReadDraft, Books], Iterator[str]]
"""What is wrong with a draft."""


@dataclass(frozen=True)
class Finding:
    """What a check found wrong with a page."""

    account_id: str
    kind: PageKind
    check: Check
    page: str
    text: str


def figures_equal_the_warehouse(draft: ReadDraft, books: Books) -> Iterator[str]:
    """Every figure of every widget, and of its data, is the one that is served for its month, version and row."""
    if planned := books.planned.get(draft.page.file):
        yield from Comparison(planned, draft.read).findings()


def only_this_accounts_identifiers(draft: ReadDraft, books: Books) -> Iterator[str]:
    """Every journey, campaign, sub-account, connection, feed and file that is named is this account's."""
    for column, name in sorted(draft.read.all_names):
        if column in books.own_names and name not in books.own_names[column]:
            yield f"{name} is no {column} of this account"


def nothing_from_elsewhere(draft: ReadDraft, _books: Books) -> Iterator[str]:
    """No address but those of other pages in the folder, and no data of charts but the page's own."""
    for address in sorted(draft.read.addresses):
        if OWN_ADDRESS.fullmatch(address) is None:
            yield f"leads to {address}"
    if any(FETCHING_STYLE.search(style) for style in draft.read.styles):
        yield "a style fetches something"
    if '"url":' in json.dumps(draft.read.island["charts"], separators=(",", ":")):
        yield "a chart fetches data of its own"


def no_export_on_start(draft: ReadDraft, books: Books) -> Iterator[str]:
    """On start, nothing can be taken away (F89)."""
    if books.account.tier is Tier.START and (draft.read.has_export or draft.read.island["exports"]):
        yield "offers a download"


def small_enough(draft: ReadDraft, _books: Books) -> Iterator[str]:
    """A page is under 3 MB."""
    if draft.page.size > MOST_BYTES:
        yield f"is {draft.page.size:,} bytes"


PAGE_CHECKS: list[Check] = [
    figures_equal_the_warehouse,
    only_this_accounts_identifiers,
    nothing_from_elsewhere,
    no_export_on_start,
    small_enough,
]


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(check.__name__, asset=kind.asset_name, blocking=True, description=check.__doc__)
        for kind in KINDS
        for check in PAGE_CHECKS
    ],
    description="Reads drafts back as a browser would. A finding keeps its account's pages from being published.",
)
def pages_are_fit(
    context: dg.AssetCheckExecutionContext,
    catalog_file: CatalogFile,
    warehouse_database: WarehouseDatabase,
    dashboards_folder: DashboardsFolder,
) -> Iterator[dg.AssetCheckResult]:
    catalog, folder = catalog_file.load(), dashboards_folder.open()
    as_of = run_time(context.instance, context.run)
    books = [
        Books(AccountPages(catalog.account(account), catalog, warehouse_database.open(), as_of))
        for account in catalog.accounts_on(_tiers(context), as_of.date())
    ]
    found = [finding for book in books for finding in _findings(book, folder)]
    for book in books:
        account_id = book.account.account.id
        folder.judge(account_id, [f"{one.page}: {one.text}" for one in found if one.account_id == account_id])
    for kind in KINDS:
        pages = sum(1 for book in books for _ in folder.drafts(book.account.account.id, kind.section))
        for check in PAGE_CHECKS:
            yield _result(kind, check, [one for one in found if (one.kind, one.check) == (kind, check)], pages)


def _findings(book: Books, folder: PagesFolder) -> Iterator[Finding]:
    account_id = book.account.account.id
    for kind in KINDS:
        for page, path in folder.drafts(account_id, kind.section):
            draft = ReadDraft(page, ReadPage(path.read_text("utf-8")))
            for check in PAGE_CHECKS:
                yield from (Finding(account_id, kind, check, page.file, text) for text in check(draft, book))


def _result(kind: PageKind, check: Check, found: list[Finding], pages: int) -> dg.AssetCheckResult:
    rows = [(one.account_id, one.page, one.text) for one in found]
    table = pl.DataFrame(rows, schema=["account", "page", "finding"], orient="row")
    accounts = ", ".join(sorted({one.account_id for one in found}))
    return dg.AssetCheckResult(
        asset_key=kind.asset_name,
        check_name=check.__name__,
        passed=not found,
        # an error would keep all accounts from being published; the asset `dashboards` fails for those with findings
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Not published: {accounts}" if found else None,
        metadata={"pages": pages, "findings": len(found)} | ({"what": markdown_table(table)} if found else {}),
    )


def _tiers(context: dg.AssetCheckExecutionContext) -> list[Tier]:
    """The tiers that the run is for; all of them where its config names none."""
    ops = cast("dict[str, Any]", context.run.run_config.get("ops", {}))
    named: list[str] | None = ops.get(KINDS[0].asset_name, {}).get("config", {}).get("tiers")
    return [Tier(tier) for tier in named] if named else list(Tier)
