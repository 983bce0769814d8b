"""The one assembly: what Dagster loads."""

import dagster as dg

from journeys_pipeline import environment
from journeys_pipeline.defs.assets.account_metrics import daily_account_assets, monthly_account_assets
from journeys_pipeline.defs.assets.bookings import bookings
from journeys_pipeline.defs.assets.contact_entries import (
    contact_entries,
    file_returns,
    import_exports,
    import_performance,
)
from journeys_pipeline.defs.assets.daily_facts import fact_assets
from journeys_pipeline.defs.assets.dashboards import dashboard_assets
from journeys_pipeline.defs.assets.ivr_facts import ivr_fact_assets
from journeys_pipeline.defs.assets.ivr_metrics import daily_ivr_assets, monthly_ivr_assets
from journeys_pipeline.defs.assets.journey_events import journey_events, journeys
from journeys_pipeline.defs.assets.landed_files import landed_files
from journeys_pipeline.defs.assets.mep_ledger import mep_adjustments, mep_ledger, mep_summary
from journeys_pipeline.defs.assets.metrics import daily_metric_assets, monthly_metric_assets, refreshes
from journeys_pipeline.defs.assets.people import people
from journeys_pipeline.defs.assets.people_spans import people_spans
from journeys_pipeline.defs.assets.reports import mail_outbox, report_register
from journeys_pipeline.defs.checks import checks
from journeys_pipeline.defs.jobs import book, ingest, mail, refresh, report, reread, show
from journeys_pipeline.defs.lake_upkeep import HOLD_LEFTOVERS, Leftovers, maintain, maintain_daily
from journeys_pipeline.defs.notice_sensors import missed_promises, run_failures
from journeys_pipeline.defs.resources import (
    CatalogFile,
    DashboardsFolder,
    LakeFolder,
    LandingFolder,
    MailAccount,
    ReportsFolder,
    StatementsFolder,
    WarehouseDatabase,
)
from journeys_pipeline.defs.run_logs import log_in_json
from journeys_pipeline.defs.schedules import schedules
from journeys_pipeline.defs.sensors import ledger_follows_facts, pages_follow_figures, requested_reports

if environment.logs_json():
    log_in_json(environment.secrets())

_home = environment.home()
_smtp = environment.smtp()

defs = dg.Definitions(
    assets=[
        landed_files,
        contact_entries,
        import_performance,
        import_exports,
        file_returns,
        journeys,
        journey_events,
        people,
        *fact_assets,
        *ivr_fact_assets,
        *daily_account_assets,
        *daily_metric_assets,
        *daily_ivr_assets,
        people_spans,
        refreshes,
        *monthly_account_assets,
        *monthly_metric_assets,
        *monthly_ivr_assets,
        mep_ledger,
        mep_adjustments,
        mep_summary,
        bookings,
        report_register,
        mail_outbox,
        *dashboard_assets,
    ],
    asset_checks=checks,
    jobs=[ingest, reread, refresh, book, report, mail, show, maintain],
    schedules=[*schedules, maintain_daily],
    sensors=[ledger_follows_facts, pages_follow_figures, requested_reports, run_failures, missed_promises],
    executor=dg.in_process_executor,
    resources={
        "catalog_file": CatalogFile(path=str(environment.catalog_path())),
        "lake_folder": LakeFolder(folder=environment.lake_place(), scratch_folder=str(environment.scratch_folder())),
        "landing_folder": LandingFolder(
            folder=environment.landing_place(), scratch_folder=str(environment.scratch_folder())
        ),
        "warehouse_database": WarehouseDatabase(url=environment.warehouse_url()),
        "dashboards_folder": DashboardsFolder(folder=str(_home / "dashboards"), viewer_url=environment.viewer_url()),
        "statements_folder": StatementsFolder(folder=str(environment.statements_folder())),
        "reports_folder": ReportsFolder(folder=str(_home / "reports")),
        "leftovers": Leftovers(folders=[str(_home / name) for name in HOLD_LEFTOVERS]),
        "mail_account": MailAccount(
            host=_smtp["host"],
            port=int(_smtp["port"]),
            security=environment.smtp_security(),
            user=_smtp["user"],
            sender=_smtp["sender"],
            outbox=str(_home / "outbox"),
        ),
    },
)
