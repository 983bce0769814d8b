"""Stage 7: the MEP consumption report, its register, and its mail."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.catalog import Account
from journeys_pipeline.defs.mailing import mail_queued, queue_mail
from journeys_pipeline.defs.metadata import about, markdown_table
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, MailAccount, ReportsFolder, WarehouseDatabase
from journeys_pipeline.identity import identify
from journeys_pipeline.periods import add_months, month_of, parse_month
from journeys_pipeline.rendering.csv import render_csv
from journeys_pipeline.rendering.xlsx import render_xlsx
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.schemas.mep_ledger import MepLedger, MepSummary
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.schemas.reports import ReportRegister
from journeys_pipeline.transforms.mep_ledger import find_engagements
from journeys_pipeline.transforms.people import resolve, resolve_identities
from journeys_pipeline.transforms.reports import choose_format, report_meps

REPORT_TYPE = "MEP consumption"
MONTHS_IN_REACH = 3


class ReportConfig(dg.Config):
    """What the report's maker asks for (F67-F70)."""

    account: str
    month: str
    name: str = REPORT_TYPE
    sub_accounts: list[str] = []
    format: Literal["xlsx", "csv"] = "xlsx"
    mail: bool = True


@dg.asset(
    deps=["mep_ledger", "mep_summary", "identities"], **about(ReportRegister, kinds={"excel", "csv"}, group="reports")
)
def mep_reports(
    context: dg.AssetExecutionContext,
    config: ReportConfig,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
    reports_folder: ReportsFolder,
    mail_account: MailAccount,
) -> dg.MaterializeResult:
    warehouse, as_of = warehouse_database.open(), logical_time(context)
    account = catalog_file.load().account(config.account)
    _refuse_out_of_reach(config, account, as_of=as_of)
    rows = _collect_rows(config, lake_folder.open(), warehouse)
    entry = _register_entry(config, rows, warehouse, as_of=as_of)
    _write_once(entry, rows, reports_folder.open(), warehouse)
    if config.mail:
        queue_mail(entry, account, warehouse, as_of=as_of)
        mail_queued(entry, account, mail_account, warehouse, reports_folder.open())
    made = warehouse.read(ReportRegister).sort("made_at", descending=True)
    newest = made.select("account_id", "name", "month", "row_count", "format", "is_provisional", "path")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": made.height,
            "path": dg.MetadataValue.path(str(reports_folder.open() / entry["path"])),
            "report_id": entry["report_id"],
            "register": markdown_table(newest),
        }
    )


def _refuse_out_of_reach(config: ReportConfig, account: Account, *, as_of: datetime) -> None:
    """A report is for the current month or one of the two before it (F68), and for sub-accounts that exist (F69)."""
    newest = month_of(as_of.date())
    reach = [f"{add_months(newest, -back):%Y-%m}" for back in range(MONTHS_IN_REACH)]
    if config.month not in reach:
        raise dg.Failure(f"No report for {config.month}: reports are made for {', '.join(reach)}.", allow_retries=False)
    known = {sub_account.id for sub_account in account.sub_accounts}
    unknown = sorted(set(config.sub_accounts) - known)
    if unknown:
        raise dg.Failure(
            f"Account {account.id} has no sub-account {', '.join(unknown)}; it has {', '.join(sorted(known))}.",
            allow_retries=False,
        )


def _collect_rows(config: ReportConfig, lake: Lake, warehouse: Warehouse) -> pl.DataFrame:
    month = parse_month(config.month)
    of_account = pl.col("account_id") == config.account
    ledger = lake.scan(MepLedger).filter(of_account & (pl.col("month") == month))
    in_month = pl.col("day").is_between(month, add_months(month, 1), closed="left")
    chosen = pl.col("sub_account_id").is_in(config.sub_accounts)
    entries = lake.scan(JourneyEntries).filter(of_account & in_month & chosen)
    persons = resolve(entries, _identities(config, lake, warehouse))
    engagements = find_engagements(persons, lake.scan(Journeys))
    return report_meps(ledger, engagements, sub_accounts=config.sub_accounts or None).collect()


def _identities(config: ReportConfig, lake: Lake, warehouse: Warehouse) -> pl.LazyFrame:
    """The account's Identities; for a closed month those that were known when it closed (D6)."""
    of_month = {"account_id": [config.account], "month": [parse_month(config.month)], "is_closed": [True]}
    closed = warehouse.read(MepSummary, of_month)
    of_account = pl.col("account_id") == config.account
    if closed.is_empty():
        return lake.scan(Identities).filter(of_account)
    was_known = pl.col("read_at") <= closed["as_of"].item()
    return resolve_identities(lake.scan(PeopleChanges).filter(of_account & was_known))


def _register_entry(
    config: ReportConfig, rows: pl.DataFrame, warehouse: Warehouse, *, as_of: datetime
) -> dict[str, Any]:
    """The register's row; the same request with the same rows is the same report."""
    month = parse_month(config.month)
    closed = warehouse.read(MepSummary, {"account_id": [config.account], "month": [month], "is_closed": [True]})
    about_report = {
        "account_id": config.account,
        "report_type": REPORT_TYPE,
        "name": config.name,
        "month": month,
        "sub_accounts": ",".join(sorted(config.sub_accounts)) or None,
        "is_provisional": closed.is_empty(),
        "row_count": rows.height,
        "rows_sha256": identify(render_csv(rows).decode()),
        "format": choose_format(rows.height, config.format),
    }
    report_id = identify(*about_report.values())
    path = f"{config.account}/{config.month}/mep-consumption-{report_id[:12]}.{about_report['format']}"
    return about_report | {"report_id": report_id, "path": path, "made_at": as_of}


def _write_once(entry: dict[str, Any], rows: pl.DataFrame, folder: Path, warehouse: Warehouse) -> None:
    """Write the file, then list it; a report that is listed already stays as it is."""
    if not warehouse.read(ReportRegister, {"report_id": [entry["report_id"]]}).is_empty():
        return
    content = render_csv(rows) if entry["format"] == "csv" else render_xlsx(rows, title=REPORT_TYPE)
    write_whole(folder / entry["path"], content)
    warehouse.upsert(ReportRegister, pl.DataFrame([entry], schema=ReportRegister.create_empty().schema))
