"""The daily maintenance: small files joined, old ones removed, leftovers and landed bytes past their time gone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.leftovers import remove_leftovers
from journeys_pipeline.adapters.table_files import DamagedFiles
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.erasures import note_altered
from journeys_pipeline.defs.lake_tables import LAKE_TABLES
from journeys_pipeline.defs.reading import unread_files
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, LandingFolder, WarehouseDatabase
from journeys_pipeline.defs.withdrawals import pending_changes
from journeys_pipeline.schemas.erasures import REMOVED, AlteredBytes
from journeys_pipeline.schemas.landed_files import KINDS, LandedFiles
from journeys_pipeline.schemas.shared_columns import table_name

HOLD_LEFTOVERS = ["landing", "scratch", "statements", "reports", "outbox", "dashboards"]
LEFT_FOR = timedelta(days=1)
NIGHTS = 7


class Leftovers(dg.ConfigurableResource):
    """The local folders in which something may be on its way."""

    folders: list[str]


@dg.op(
    description="Look at every byte of a seventh of the lake, join small files, remove what nobody needs any more; the "
    "metadata tells sizes before and after. Fails at the end if files of the lake are not what was written."
)
def upkeep(
    context: dg.OpExecutionContext,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    landing_folder: LandingFolder,
    warehouse_database: WarehouseDatabase,
    leftovers: Leftovers,
) -> None:
    settings, at = catalog_file.load().settings, datetime.now(UTC)
    tables, damaged = keep_lake(lake_folder.open(), keep_days=settings.keep_history_days, as_of=at)
    count, size = remove_leftovers(map(Path, leftovers.folders), before=at - LEFT_FOR)
    raw = (0, 0)
    if settings.keep_raw_days is not None:
        oldest = at - timedelta(days=settings.keep_raw_days)
        raw = remove_raw(landing_folder.open(), warehouse_database.open(), before=oldest, as_of=at)
    told = {
        "tables": tables,
        "leftovers removed": count,
        "leftover bytes": size,
        "landed contents removed": raw[0],
        "landed bytes removed": raw[1],
    }
    if damaged:
        raise dg.Failure("\n".join(damaged), metadata=told, allow_retries=False)
    context.add_output_metadata(told)


maintain = dg.GraphDefinition("maintain", node_defs=[upkeep]).to_job(
    description="Keep lake, landing zone and folders tidy; readers at work are not disturbed.",
)


@dg.schedule(
    cron_schedule="30 4 * * *",
    job=maintain,
    execution_timezone="UTC",
    description="Join small files of the lake, remove old ones, leftovers, and landed bytes past their time.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def maintain_daily(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    yield dg.RunRequest(run_key=context.scheduled_execution_time.astimezone(UTC).isoformat())


def keep_lake(lake: Lake, *, keep_days: int, as_of: datetime) -> tuple[dict[str, Any], list[str]]:
    """Files and bytes of each table, before and after its small files were joined; and a sentence for each damaged one.

    Each night a seventh of the files is looked at, so that a week sees all. Small files of a damaged table stay apart.
    """
    sizes, damaged = dict[str, Any](), list[str]()
    for table in LAKE_TABLES:
        found = lake.upkeep(table)
        if found:
            files, size = found.size()
            try:
                found.verify(share=(as_of.toordinal() % NIGHTS, NIGHTS))
                found.compact()
            except DamagedFiles as error:
                damaged.append(str(error))
            found.vacuum(keep_days=keep_days)
            files_after, size_after = found.size()
            sizes[table_name(table)] = {"files": [files, files_after], "bytes": [size, size_after]}
    return sizes, damaged


def remove_raw(
    landing_zone: LandingZone, warehouse: Warehouse, *, before: datetime, as_of: datetime
) -> tuple[int, int]:
    """How many landed contents were removed, and their bytes: fetched before a time, read, and not wanted since.

    The manifest keeps their hashes, so that each still loads only once. While a withdrawal waits to be carried out,
    any of them may have to be read again.
    """
    if pending_changes(warehouse, KINDS):
        return 0, 0
    files = warehouse.read(LandedFiles).filter(pl.col("sha256").is_not_null())
    content = ["connection_id", "sha256"]
    unread = pl.DataFrame(unread_files(warehouse, KINDS), schema=LandedFiles.create_empty().schema)
    removed = warehouse.read(AlteredBytes, {"state": [REMOVED]})
    newest = files.group_by(content).agg(pl.col("fetched_at").max())
    gone = newest.join(removed, on=content).filter(pl.col("altered_at") >= pl.col("fetched_at"))
    due = newest.filter(pl.col("fetched_at") < before).join(unread, on=content, how="anti")
    due = due.join(gone, on=content, how="anti").sort(content).to_dicts()
    sizes = [landing_zone.remove(file["connection_id"], file["sha256"]) for file in due]
    for file in due:
        note_altered(warehouse, file, state=REMOVED, as_of=as_of)
    return len(due), sum(sizes)
