"""What a page must show and may name, read from the warehouse without the transforms that shape pages."""

from collections.abc import Mapping
from typing import Any

import dataframely as dy

from journeys_pipeline.adapters.warehouse import Slice, Warehouse
from journeys_pipeline.catalog import Account
from journeys_pipeline.rendering.pages.formats import NOTHING
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.ivr_metrics import CallPerformance
from journeys_pipeline.schemas.landed_files import WITHDRAWN, LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepByCampaign, MepBySubAccount, MepSummary
from journeys_pipeline.schemas.metrics import AccountPerformance, CampaignPerformance, JourneySummary

Key = tuple[str, str, str]
"""Dataset, measure, and part: the month, and the version where there are versions."""

CARDS: Mapping[str, type[dy.Schema]] = {
    "account": AccountPerformance,
    "campaign": CampaignPerformance,
    "ivr": CallPerformance,
    "mep": MepSummary,
}
IMPORTED = {"total": "total_entries", "valid": "valid_entries", "invalid": "invalid_entries"}


def expected_figures(warehouse: Warehouse, account_id: str, journey_id: str | None) -> dict[Key, str]:
    """What the cards of an account's page, or of a journey's, must show; as text, as they hold it."""
    within: Slice = {"account_id": [account_id]} | ({"journey_id": [journey_id]} if journey_id else {})
    expected: dict[Key, str] = {}
    for dataset, table in CARDS.items():
        if journey_id is None or "journey_id" in table.column_names():
            expected |= _served(warehouse, dataset, table, within)
    return expected | (_imported(warehouse, within) if journey_id is None else {})


def own_names(warehouse: Warehouse, account: Account) -> dict[str, set[str]]:
    """By column of text, the names and ids that belong to an account; none listed stands for a dash."""

    def known(table: type[dy.Schema], *columns: str) -> set[str]:
        rows = warehouse.read(table, {"account_id": [account.id]}, columns=columns)
        return {text.strip() for name in columns for text in rows[name].drop_nulls().to_list()} | {NOTHING}

    subs = {text for sub in account.sub_accounts for text in (sub.id, sub.name)}
    credited = known(MepBySubAccount, "sub_account_id")
    journeys = warehouse.read(CampaignPerformance, {"account_id": [account.id]}, grain="month", columns=["journey_id"])
    return {
        "account": {account.name},
        "journey": known(JourneySummary, "journey_id", "name") | set(journeys["journey_id"]),
        "campaign": known(JourneySummary, "campaign_name") | known(MepByCampaign, "campaign_name"),
        "sub_account": subs | credited | {"none named"},
        "connection": known(ImportPerformance, "connection_id", "connection_error"),
        "file": known(ImportPerformance, "file_name"),
        "feed": known(LandedFiles, "feed_id")
        | {f"{name} (connection)" for name in known(LandedFiles, "connection_id")},
    }


def _served(warehouse: Warehouse, dataset: str, table: type[dy.Schema], within: Slice) -> dict[Key, str]:
    grain = "month" if "period" in table.column_names() else ""
    rows = warehouse.read(table, within, grain=grain).to_dicts()
    return {
        (dataset, measure, _part(row)): "" if value is None else str(value)
        for row in rows
        for measure, value in row.items()
    }


def _part(row: Mapping[str, Any]) -> str:
    month = f"{row.get('period') or row['month']:%Y-%m}"
    return f"{month}.{row['journey_version']}" if "journey_version" in row else month


def _imported(warehouse: Warehouse, within: Slice) -> dict[Key, str]:
    totals: dict[Key, int] = {}
    for row in warehouse.read(ImportPerformance, within).to_dicts():
        if row["status"] == WITHDRAWN:
            continue
        for measure, column in IMPORTED.items():
            key = ("imports", measure, f"{row['fetched_at']:%Y-%m}")
            totals[key] = totals.get(key, 0) + (row[column] or 0)
    return {key: str(total) for key, total in totals.items()}
