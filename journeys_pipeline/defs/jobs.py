"""Jobs: what runs together. A job holds one kind of partition only."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from journeys_pipeline.defs.assets.account_metrics import daily_account_assets, monthly_account_assets
from journeys_pipeline.defs.assets.daily_facts import fact_assets
from journeys_pipeline.defs.assets.dashboards import dashboard_assets
from journeys_pipeline.defs.assets.ivr_facts import ivr_fact_assets
from journeys_pipeline.defs.assets.ivr_metrics import daily_ivr_assets, monthly_ivr_assets
from journeys_pipeline.defs.assets.metrics import daily_metric_assets, monthly_metric_assets, refreshes
from journeys_pipeline.defs.assets.people_spans import people_spans
from journeys_pipeline.tiers import Tier

DAILY = [
    asset.key.to_user_string()
    for asset in (
        *fact_assets,
        *ivr_fact_assets,
        *daily_account_assets,
        *daily_metric_assets,
        *daily_ivr_assets,
        people_spans,
        refreshes,
    )
]
MONTHLY = [
    "mep_ledger",
    "mep_adjustments",
    "mep_summary",
    *(asset.key.to_user_string() for asset in (*monthly_account_assets, *monthly_metric_assets, *monthly_ivr_assets)),
    "bookings",
]

INGESTED = [
    "landed_files", "contact_entries", "import_performance", "import_exports", "file_returns", "journeys",
    "journey_events", "people_changes", "identities",
]  # fmt: skip
REREAD = [asset for asset in INGESTED if asset not in {"landed_files", "file_returns"}]
PAGES = [asset.key.to_user_string() for asset in dashboard_assets]

ingest = dg.define_asset_job(
    "ingest",
    selection=INGESTED,
    description="Fetch what is new from every server, and accept or refuse its records.",
    tags={"journeys/writes": "imports"},
)
reread = dg.define_asset_job(
    "reread",
    selection=REREAD,
    description="Take out what was withdrawn, put back what was reinstated, and read what was landed.",
    tags={"journeys/writes": "imports"},
)
refresh = dg.define_asset_job(
    "refresh",
    selection=DAILY,
    description="Make facts and daily figures of a range of days, for the accounts on the run's tiers.",
    tags={"journeys/writes": "facts"},
)
book = dg.define_asset_job(
    "book",
    selection=MONTHLY,
    description="Bring the MEP ledger and the monthly figures up to the facts.",
    tags={"journeys/writes": "ledger"},
)
report = dg.define_asset_job(
    "report",
    selection=["report_register", "mail_outbox"],
    description="Make a report of any kind, list it in the register, mail it once to each of its recipients.",
)
mail = dg.define_asset_job(
    "mail",
    selection=["mail_outbox"],
    description="Send the mails that are due.",
)


def report_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The run config that asks for a report, `config` as ReportConfig says."""
    return {"ops": {"report_register": {"config": dict(config)}}}


show = dg.define_asset_job(
    "show",
    selection=PAGES,
    description="Draw the pages of the accounts on the run's tiers, check them, put them in place.",
    tags={"journeys/writes": "pages"},
)


def tier_config(assets: Sequence[str], tiers: Sequence[Tier], accounts: Sequence[str] = ()) -> dict[str, Any]:
    """The run config that restricts assets to the accounts on some tiers, and of them to some, if any are named."""
    of_tiers = {"tiers": [tier.value for tier in tiers]}
    config = of_tiers | ({"accounts": list(accounts)} if accounts else {})
    return {"ops": {asset: {"config": config} for asset in assets}}
