"""Entries become billed MEPs: one person, one month, one account, once (F56-F65, D1-D8)."""

from journeys_pipeline.transforms.mep_ledger.adjusting import adjust, as_ledger, find_late
from journeys_pipeline.transforms.mep_ledger.booking import (
    book_engagements,
    find_deleted,
    hide_deleted,
    match_booked,
    rename_booked,
)
from journeys_pipeline.transforms.mep_ledger.engaging import ENTRY, find_engagements
from journeys_pipeline.transforms.mep_ledger.explaining import explain_entries
from journeys_pipeline.transforms.mep_ledger.restating import (
    CAUSES,
    COLUMNS_OF_DIFFERENCES,
    find_differences,
    restate,
)
from journeys_pipeline.transforms.mep_ledger.summing import (
    Months,
    count_by_campaign,
    count_by_day,
    count_by_entry_source,
    count_by_journey,
    count_by_journey_day,
    count_by_sub_account,
    summarise_meps,
    tally_engaged,
)
from journeys_pipeline.transforms.mep_ledger.withdrawing import credit_anew, find_unfounded, recall_billing

__all__ = [
    "CAUSES",
    "COLUMNS_OF_DIFFERENCES",
    "ENTRY",
    "Months",
    "adjust",
    "as_ledger",
    "book_engagements",
    "count_by_campaign",
    "count_by_day",
    "count_by_entry_source",
    "count_by_journey",
    "count_by_journey_day",
    "count_by_sub_account",
    "credit_anew",
    "explain_entries",
    "find_deleted",
    "find_differences",
    "find_engagements",
    "find_late",
    "find_unfounded",
    "hide_deleted",
    "match_booked",
    "recall_billing",
    "rename_booked",
    "restate",
    "summarise_meps",
    "tally_engaged",
]
