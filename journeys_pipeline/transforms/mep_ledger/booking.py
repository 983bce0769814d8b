"""Engagements become billed MEPs: who is booked stays booked, under the id that the person has now (D1, D5-D7)."""

from datetime import datetime

import polars as pl

from journeys_pipeline.schemas.mep_ledger import MepLedger
from journeys_pipeline.schemas.people import DELETION, Identities
from journeys_pipeline.transforms.mep_ledger.engaging import KEY
from journeys_pipeline.transforms.people import resolve

PERSON = ["account_id", "person_id"]


def find_deleted(changes: pl.LazyFrame, identities: pl.LazyFrame) -> pl.LazyFrame:
    """`account_id` and `person_id` of all persons that were deleted (D7), each under the id that is counted.

    Args:
        changes: PeopleChanges.
        identities: Identities; a deletion of any id of a person is the person's.
    """
    deletions = changes.filter(pl.col("change_type") == DELETION).select(PERSON)
    return resolve(deletions, identities).unique().sort(PERSON)


def hide_deleted(identities: pl.LazyFrame, hashes: pl.LazyFrame) -> pl.LazyFrame:
    """Identities in which each id of a deleted person stands for the person's hash (D7).

    Args:
        identities: Identities.
        hashes: `account_id`, `person_id` of deleted persons, each under the id that is counted, and `hashed_id`.
    """
    counted = hashes.rename({"person_id": "resolved_person_id"})
    hidden = identities.join(counted, on=["account_id", "resolved_person_id"], how="left").select(
        *PERSON, resolved_person_id=pl.coalesce("hashed_id", "resolved_person_id")
    )
    of_themselves = hashes.select(*PERSON, resolved_person_id="hashed_id")
    return Identities.cast(pl.concat([hidden, of_themselves]))


def match_booked(booked: pl.LazyFrame, engagements: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The booked MEPs whose entry is still somebody's first, under that person's id; and the other ones, as they are.

    Nearly all are of the first kind, so that few are left to be looked for among all entries.

    Args:
        booked: MepLedger rows.
        engagements: What `find_engagements` gives for the same months.
    """
    entry = ["month", "account_id", "source_id"]
    named = engagements.select(*entry, engaged_as="person_id")
    matched = booked.join(named, on=entry).with_columns(person_id="engaged_as").drop("engaged_as")
    return matched, booked.join(named, on=entry, how="anti")


def rename_booked(booked: pl.LazyFrame, entries: pl.LazyFrame, identities: pl.LazyFrame) -> pl.LazyFrame:
    """The booked MEPs, each under the id that its person has now: that of the entry that made it (D6, D23).

    Args:
        booked: MepLedger rows of open months.
        entries: JourneyEntries of these months, resolved.
        identities: Identities; they say who it is where the entry is gone.
    """
    entry = ["account_id", "source_id"]
    # the booked are few beside the entries, which should not be in memory all at once
    of_booked = entries.select(*entry, entered_as="person_id").join(booked.select(entry), on=entry, how="semi")
    renamed = booked.join(of_booked, on=entry, how="left").with_columns(
        person_id=pl.coalesce("entered_as", "person_id")
    )
    return resolve(renamed.drop("entered_as"), identities)


def book_engagements(engagements: pl.LazyFrame, booked: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """MepLedger: who was booked stays booked with that `billed_at`; whoever is new is booked at `as_of` (D1, D5).

    Args:
        engagements: What `find_engagements` gives for the months.
        booked: MepLedger rows of the same months and accounts; several of one person become one, which keeps the
            earliest `billed_at` (D6).
        as_of: The run's logical time.
    """
    billed_before = booked.group_by(KEY).agg(pl.col("billed_at").min())
    current = engagements.join(billed_before, on=KEY, how="left").with_columns(
        pl.col("billed_at").fill_null(pl.lit(as_of).dt.convert_time_zone("UTC"))
    )
    no_longer_seen = (
        booked.join(engagements, on=KEY, how="anti")
        .sort("engaged_at", "source_id")
        .unique(KEY, keep="first", maintain_order=True)
        .drop("billed_at")
        .join(billed_before, on=KEY)
    )
    columns = MepLedger.column_names()
    return MepLedger.cast(pl.concat([current.select(columns), no_longer_seen.select(columns)], how="vertical_relaxed"))
