"""Monthly engaged persons: the ledger that customers are billed by, its statements, and what is served of it."""

from journeys_pipeline.schemas.mep_ledger.ledger import MepAdjustments, MepLedger, MepStatements, WithdrawnEntries
from journeys_pipeline.schemas.mep_ledger.summaries import (
    MEP_SUMMARIES,
    MepByCampaign,
    MepByDay,
    MepByEntrySource,
    MepByJourney,
    MepByJourneyDay,
    MepBySubAccount,
    MepSummary,
)

__all__ = [
    "MEP_SUMMARIES",
    "MepAdjustments",
    "MepByCampaign",
    "MepByDay",
    "MepByEntrySource",
    "MepByJourney",
    "MepByJourneyDay",
    "MepBySubAccount",
    "MepLedger",
    "MepStatements",
    "MepSummary",
    "WithdrawnEntries",
]
