"""What `journeys erase` does, where the environment says that things are."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from journeys_pipeline import environment
from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.leftovers import remove_leftovers
from journeys_pipeline.catalog import Catalog
from journeys_pipeline.defs.erased_outputs import Outputs
from journeys_pipeline.defs.erasures import CannotErase, Eraser
from journeys_pipeline.defs.lake_upkeep import HOLD_LEFTOVERS
from journeys_pipeline.defs.resources import LakeFolder, LandingFolder, StatementsFolder, WarehouseDatabase
from journeys_pipeline.schemas.mep_ledger import MepLedger, MepStatements
from journeys_pipeline.transforms.contact_entries import normalise_emails, normalise_phones


def read_contacts(lines: Iterable[str], *, region: str | None) -> list[str]:
    """Contacts, one on each line, as they are in tables.

    Raises:
        CannotErase: a line is neither a phone number nor an e-mail address.
    """
    written = [line.strip() for line in lines if line.strip()]
    texts = pl.Series(written, dtype=pl.String)
    phones = normalise_phones(texts, default_region=region)
    contacts = pl.select(pl.coalesce(phones, normalise_emails(texts))).to_series().to_list()
    wrong = [number for number, contact in enumerate(contacts, start=1) if contact is None]
    if wrong or not contacts:
        what = f"Line {wrong[0]} is" if wrong else "Nothing was given;"
        raise CannotErase(f"{what} no phone number with its calling code, and no e-mail address. Nothing was erased.")
    return contacts


def erase_person(
    catalog: Catalog, account_id: str, person_id: str | None, contacts: Sequence[str], **about: Any
) -> tuple[dict[str, Any], list[date]]:
    """The row that tells of the erasure, and the account's open months, which are to be booked once more.

    `about` are the erasure's `requested_by` and `as_of`.
    """
    as_of: datetime = about["as_of"]
    scratch = str(environment.scratch_folder())
    lake = LakeFolder(folder=environment.lake_place(), scratch_folder=scratch).open()
    warehouse = WarehouseDatabase(url=environment.warehouse_url()).open()
    key = StatementsFolder(folder=str(environment.statements_folder())).deletion_key()
    landing_zone = LandingFolder(folder=environment.landing_place(), scratch_folder=scratch).open()
    outputs = Outputs(environment.home() / "reports", environment.home() / "outbox")
    eraser = Eraser(catalog, landing_zone, lake, warehouse, key, outputs, as_of)
    # nobody else is at work, so that what is unfinished was left by the dead
    remove_leftovers([environment.home() / name for name in HOLD_LEFTOVERS], before=now() + timedelta(days=1))
    done = eraser.erase(account_id, person_id=person_id, contacts=contacts, requested_by=about["requested_by"])
    of_account = pl.col("account_id") == account_id
    months = lake.scan(MepLedger).filter(of_account).select("month").unique().collect()["month"].to_list()
    closed = warehouse.read(MepStatements, {"account_id": [account_id]})["month"].to_list()
    return done, sorted(set(months) - set(closed))
