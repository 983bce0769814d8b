"""Check of what became of reports' mails."""

import dagster as dg
import polars as pl

from journeys_pipeline.defs.metadata import markdown_table
from journeys_pipeline.defs.resources import WarehouseDatabase
from journeys_pipeline.schemas.reports import FAILED, REFUSED, UNKNOWN, MailOutbox


@dg.asset_check(
    asset="mail_outbox",
    description="Every mail was sent or will be tried again by itself: none was refused, given up, or lost sight of.",
)
def no_mail_needs_an_operator(warehouse_database: WarehouseDatabase) -> dg.AssetCheckResult:
    stuck = warehouse_database.open().read(MailOutbox, {"state": [FAILED, REFUSED, UNKNOWN]})
    stuck = stuck.filter((pl.col("state") != FAILED) | pl.col("due_at").is_null())
    return dg.AssetCheckResult(
        passed=stuck.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "mails": stuck.height,
            "what became of them": markdown_table(
                stuck.select("report_id", "account_id", "state", "attempts", "last_error")
            ),
            "what to do": "journeys mail list, then journeys mail resend --report REPORT_ID",
        },
    )
