"""What a page may name, read from the warehouse without the transforms that shape pages."""

import dataframely as dy

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Account
from journeys_pipeline.rendering.pages.formats import NOTHING
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.landed_files import LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepByCampaign, MepByJourney, MepBySubAccount
from journeys_pipeline.schemas.metrics import CampaignPerformance, JourneySummary


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
        "journey": known(JourneySummary, "journey_id", "name")
        | known(MepByJourney, "journey_id", "journey_name")  # the ledger may be there before the list of journeys
        | set(journeys["journey_id"]),
        "campaign": known(JourneySummary, "campaign_name")
        | known(MepByCampaign, "campaign_name")
        | known(MepByJourney, "campaign_name"),
        "sub_account": subs | credited | {"none named"},
        "connection": known(ImportPerformance, "connection_id", "connection_error"),
        "file": known(ImportPerformance, "file_name"),
        "feed": known(LandedFiles, "feed_id")
        | {f"{name} (connection)" for name in known(LandedFiles, "connection_id")},
    }
