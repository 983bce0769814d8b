"""The rows of a requested report, read from lake and warehouse."""

from datetime import datetime, timedelta

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import TABLES, Warehouse
from journeys_pipeline.catalog import DeclaredChannels, DeclaredImports, DeclaredMeps, DeclaredTable
from journeys_pipeline.defs.billed_rows import billed_rows, engagements, is_closed
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.defs.fact_reading import read_facts
from journeys_pipeline.defs.requests import Request
from journeys_pipeline.periods import utc_midnight
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.schemas.reports import DATASETS
from journeys_pipeline.transforms.contact_entries import export_imports
from journeys_pipeline.transforms.metrics import narrow
from journeys_pipeline.transforms.reports import report_channels, report_meps, select_table


class NothingToReport(Exception):
    """What is asked for does not exist; the message says what does."""


def collect_rows(request: Request, books: Books) -> pl.DataFrame:
    """The report's rows, of the request's account alone.

    Raises:
        NothingToReport: the account has no such journey.
        StatementChanged: the statement of a closed month is not what was frozen.
    """
    match request.report:
        case DeclaredMeps():
            return _meps(request, request.report, books)
        case DeclaredChannels():
            return _channels(request, request.report, books)
        case DeclaredImports():
            return _imports(request, books)
        case DeclaredTable():
            return _table(request, request.report, books)


def is_provisional(request: Request, warehouse: Warehouse, *, as_of: datetime, grace: timedelta) -> bool:
    """Whether the rows may still change: the month is open, or late data of the days may still come (F68, D5)."""
    if request.month:
        return not is_closed(warehouse, request.account.id, request.month)
    return request.days is None or as_of < utc_midnight(request.days[1]) + grace


def _meps(request: Request, report: DeclaredMeps, books: Books) -> pl.DataFrame:
    account_id, month = request.account.id, request.month
    if month is None:
        raise NothingToReport("An MEP report needs a month.")
    billed = billed_rows(books, account_id, month, edition=report.edition)
    if not report.sub_accounts:
        return report_meps(billed).collect(engine="streaming")
    within = engagements(books, account_id, month, report.sub_accounts, edition=report.edition)
    return report_meps(billed, within).collect(engine="streaming")


def _channels(request: Request, report: DeclaredChannels, books: Books) -> pl.DataFrame:
    facts = read_facts(books.lake, [request.account.id])
    if report.journey_id:
        known = _journeys(books.lake, request.account.id)
        if report.journey_id not in known:
            raise NothingToReport(
                f"Account {request.account.id} has no journey {report.journey_id}; it has {', '.join(known) or 'none'}."
            )
        facts = narrow(facts, report.journey_id)
    if request.days is None:
        raise NothingToReport("A report of channels needs days.")
    return report_channels(facts, request.days)


def _journeys(lake: Lake, account_id: str) -> list[str]:
    of_account = lake.scan(Journeys).filter(pl.col("account_id") == account_id)
    return of_account.select(pl.col("journey_id").unique().sort()).collect()["journey_id"].to_list()


def _imports(request: Request, books: Books) -> pl.DataFrame:
    imports = books.warehouse.read(ImportPerformance, {"account_id": [request.account.id]})
    is_wanted = pl.lit(value=True)
    if request.days:
        start, end = map(utc_midnight, request.days)
        is_wanted = pl.col("fetched_at").is_between(start, end, closed="left")
    return export_imports(imports.filter(is_wanted).lazy()).collect()


def _table(request: Request, report: DeclaredTable, books: Books) -> pl.DataFrame:
    dataset, account_id = DATASETS[report.dataset], request.account.id
    key = dataset.table, dataset.grain if (dataset.table, dataset.grain) in TABLES else ""
    if key in TABLES:
        rows = books.warehouse.read(dataset.table, {"account_id": [account_id]}, grain=key[1]).lazy()
    else:
        rows = books.lake.scan(dataset.table)
    return select_table(rows, report, account_id, request.days).collect(engine="streaming")
