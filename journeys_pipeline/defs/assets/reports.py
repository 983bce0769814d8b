"""Stage 7: reports, their register, and their mail."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.outbox import Outbox, queue
from journeys_pipeline.adapters.statements import StatementChanged
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.defs.mailing import Mailing
from journeys_pipeline.defs.metadata import about, markdown_table
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.report_rows import NothingToReport, collect_rows, is_provisional
from journeys_pipeline.defs.requests import REPORT_TYPE, ReportConfig, Request, read_request
from journeys_pipeline.defs.resources import (
    CatalogFile,
    LakeFolder,
    MailAccount,
    ReportsFolder,
    StatementsFolder,
    WarehouseDatabase,
)
from journeys_pipeline.identity import identify
from journeys_pipeline.rendering.csv import render_csv
from journeys_pipeline.rendering.xlsx import render_xlsx
from journeys_pipeline.schemas.reports import FAILED, REFUSED, SENT, UNKNOWN, MailOutbox, ReportRegister
from journeys_pipeline.transforms.reports import choose_format

READ = [
    "mep_ledger",
    "mep_adjustments",
    "mep_summary",
    "journey_entries",
    "message_events",
    "journeys",
    "identities",
    "import_performance",
]


@dg.asset(deps=READ, **about(ReportRegister, kinds={"excel", "csv"}, group="reports"))
def report_register(
    context: dg.AssetExecutionContext,
    config: ReportConfig,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
    reports_folder: ReportsFolder,
    statements_folder: StatementsFolder,
) -> dg.MaterializeResult:
    catalog, warehouse, as_of = catalog_file.load(), warehouse_database.open(), logical_time(context)
    request = read_request(config, catalog, as_of=as_of)
    try:
        books = Books.open(lake_folder, warehouse_database, statements_folder)
        rows = collect_rows(request, books)
    except (NothingToReport, StatementChanged) as reason:
        raise dg.Failure(str(reason), allow_retries=False) from None
    grace = timedelta(hours=catalog.settings.month_close_grace_hours)
    state = is_provisional(request, warehouse, as_of=as_of, grace=grace)
    csv = render_csv(rows)
    entry = _entry(request, rows.height, csv, is_provisional=state) | {"made_at": as_of}
    entry |= _write_once(entry, rows, csv, reports_folder.open())
    _list_once(entry, request, warehouse)
    return dg.MaterializeResult(metadata=_describe(entry, warehouse, reports_folder.open()))


@dg.asset(deps=["report_register"], **about(MailOutbox, kinds={"sqlalchemy"}, group="reports"))
def mail_outbox(
    context: dg.AssetExecutionContext,
    catalog_file: CatalogFile,
    warehouse_database: WarehouseDatabase,
    reports_folder: ReportsFolder,
    mail_account: MailAccount,
) -> dg.MaterializeResult:
    warehouse = warehouse_database.open()
    mailing = Mailing(catalog_file.load(), warehouse, mail_account, reports_folder.open())
    states = mailing.send_due(Outbox(warehouse))
    for state in (FAILED, REFUSED, UNKNOWN):
        if states.get(state):
            context.log.warning(f"{states[state]} mails are {state}; `journeys mail list` says why.")
    counts = {f"mails {state}": count for state, count in states.items()}
    return dg.MaterializeResult(metadata={"mails sent": states.get(SENT, 0)} | counts)


def _entry(request: Request, row_count: int, csv: bytes, *, is_provisional: bool) -> dict[str, Any]:
    """The register's row, but for the file; the same request with the same rows is the same report."""
    report = request.report
    identity = {
        "account_id": request.account.id,
        "report_type": REPORT_TYPE[report.kind],
        "name": report.name,
        "parameters": request.parameters(),
        "is_provisional": is_provisional,
        "rows_sha256": hashlib.sha256(csv).hexdigest(),
        "format": choose_format(row_count, report.format),
    }
    report_id = identify(*identity.values())
    period = f"{request.days[0]:%Y-%m}" if request.days else "all"
    subject = report.id if report.kind == "custom" else REPORT_TYPE[report.kind].lower().replace(" ", "-")
    return identity | {
        "report_id": report_id,
        "requested_by": request.requested_by,
        "month": request.month,
        "sub_accounts": ",".join(request.sub_accounts) or None,
        "first_day": request.days[0] if request.days else None,
        "last_day": request.last_day,
        "row_count": row_count,
        "path": f"{request.account.id}/{period}/{subject}-{report_id[:12]}.{identity['format']}",
    }


def _write_once(entry: dict[str, Any], rows: pl.DataFrame, csv: bytes, folder: Path) -> dict[str, str]:
    """The hash of the report's file; one that is there already stays as it is."""
    path = folder / entry["path"]
    if not path.exists():
        write_whole(path, csv if entry["format"] == "csv" else render_xlsx(rows, title=entry["name"]))
    return {"file_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def _list_once(entry: dict[str, Any], request: Request, warehouse: Warehouse) -> None:
    """List the report, unless it is, and queue its mails: both or neither, so that a kill between them loses none."""
    with warehouse.transaction() as transaction:
        transaction.add(ReportRegister, pl.DataFrame([entry], schema=ReportRegister.create_empty().schema))
        queue(transaction, entry["report_id"], request.account.id, request.recipients, at=entry["made_at"])


def _describe(entry: dict[str, Any], warehouse: Warehouse, folder: Path) -> dict[str, Any]:
    made = warehouse.read(ReportRegister).sort("made_at", descending=True)
    newest = made.select("account_id", "name", "last_day", "row_count", "format", "is_provisional", "path")
    return {
        "dagster/row_count": made.height,
        "path": dg.MetadataValue.path(str(folder / entry["path"])),
        "report_id": entry["report_id"],
        "parameters": dg.MetadataValue.json(json.loads(entry["parameters"])),
        "register": markdown_table(newest),
    }
