"""Books looked at, and nothing written: are statements as frozen, what would differ today, why is somebody billed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from journeys_pipeline.adapters.statements import Statement, StatementChanged
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.schemas.landed_files import LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger
from journeys_pipeline.transforms.mep_ledger import (
    COLUMNS_OF_DIFFERENCES,
    explain_entries,
    find_differences,
    find_engagements,
    find_late,
    rename_booked,
)
from journeys_pipeline.transforms.people import resolve

UNCHANGED = "unchanged"


def audit_statements(books: Books, months: Collection[date] | None = None) -> pl.DataFrame:
    """One row per statement of these months, or of all: account_id, month, row_count, state, closed_at, path.

    `state` is "unchanged", or what is wrong and what to do about it.
    """
    rows = [
        {
            "account_id": statement.account_id, "month": statement.month, "row_count": statement.row_count,
            "state": _state(books, statement), "closed_at": statement.closed_at, "path": statement.path,
        }
        for statement in books.listed(months)
    ]  # fmt: skip
    columns = ["account_id", "month", "row_count", "state", "closed_at", "path"]
    return pl.DataFrame(rows, schema=columns if not rows else None).select(columns)


def _state(books: Books, statement: Statement) -> str:
    try:
        frozen = books.statements.read(statement)
    except StatementChanged as changed:
        return str(changed)
    key = [*MepLedger.primary_key(), "source_id", "billed_at"]
    in_lake = books.booked([statement.account_id], statement.month)
    sides = [frozen.join(in_lake, on=key, how="anti"), in_lake.join(frozen, on=key, how="anti")]
    differing = pl.concat([side.select(pl.len()) for side in sides]).sum().collect(engine="streaming").item()
    if differing:
        return f"unchanged, but {differing} rows of the lake's ledger differ from it: put the lake back from the backup"
    return UNCHANGED


def find_restatement(books: Books, account_id: str, month: date) -> pl.DataFrame:
    """How a closed month would be billed by what is known now: columns and rows as `find_differences` says.

    An open month has no rows: it is as it would be.

    Raises:
        StatementChanged: the statement is not what was frozen.
    """
    statement, accounts = books.statement(account_id, month), [account_id]
    if statement is None:
        return pl.DataFrame(schema=COLUMNS_OF_DIFFERENCES)
    entries, now = books.resolved(accounts, month), books.identities(accounts)
    closed = books.statements.read(statement)
    renamed = rename_booked(closed.with_columns(closed_as="person_id"), entries, now)
    adjustments = books.adjustments(accounts, month).rename({"month": "adjusted_in", "service_month": "month"})
    adjusted = rename_booked(adjustments, entries, now).group_by("account_id", restated_person_id="person_id")
    return find_differences(
        find_engagements(entries, books.journeys()),
        renamed.rename({"person_id": "restated_person_id", "closed_as": "person_id"}),
        late=find_late(
            books.entries(accounts, month),
            closed,
            MepAdjustments.create_empty().lazy(),
            known=books.identities(accounts, known_at=statement.closed_at),
            now=now,
        ),
        adjusted=adjusted.agg(pl.col("adjusted_in").min()),
    ).collect(engine="streaming")


@dataclass(frozen=True)
class Explanation:
    """Why a person is billed for a month, or is not.

    Attributes:
        person_id: The id that the person is counted under now.
        billed: MepLedger rows of the person: in the month's ledger, or booked as adjustments; none if not billed.
        statement: The closed month's; None while it is open.
        entries: One row per entry of the person in the month, in order, with where it came from and what it did.
    """

    person_id: str
    billed: pl.DataFrame
    statement: Statement | None
    entries: pl.DataFrame


def explain_person(books: Books, account_id: str, person_id: str, month: date) -> Explanation:
    """Every entry of a person, known by any id, in a month.

    Raises:
        StatementChanged: the statement is not what was frozen.
    """
    accounts = [account_id]
    asked = pl.LazyFrame({"account_id": accounts, "person_id": [person_id]})
    counted_as = resolve(asked, books.identities(accounts)).collect()["person_id"].item()
    raw = books.entries(accounts, month)
    named = books.resolved(accounts, month).filter(pl.col("person_id") == counted_as)
    entries = named.join(raw.select("source_id", entered_as="person_id"), on="source_id").collect(engine="streaming")
    sources = entries["source_id"].to_list()
    is_theirs = pl.col("source_id").is_in(sources) | pl.col("person_id").is_in([person_id, counted_as])
    ledger = books.ledger(account_id, month).filter(is_theirs).collect(engine="streaming")
    adjustments = books.adjustments(accounts, month).filter(is_theirs).collect(engine="streaming")
    explained = explain_entries(entries, ledger, adjustments).join(
        _origins(books, account_id, sources), on="source_id", how="left"
    )
    return Explanation(
        counted_as,
        pl.concat([ledger, adjustments.drop("month").rename({"service_month": "month"}).select(ledger.columns)]),
        books.statement(account_id, month),
        explained,
    )


def _origins(books: Books, account_id: str, sources: list[str]) -> pl.DataFrame:
    """Each entry's file and row: source_id, connection_id, file_name, row_number, fetched_at."""
    events = books.lake.scan(JourneyEvents).filter(
        (pl.col("account_id") == account_id) & pl.col("event_id").is_in(sources)
    )
    of_events = events.select("file_id", "row_number", source_id="event_id").collect(engine="streaming")
    imported = [
        source.rpartition("#") for source in sources if source not in set(of_events["source_id"]) and "#" in source
    ]
    rows: list[dict[str, Any]] = [
        {"file_id": file_id, "row_number": int(row), "source_id": f"{file_id}#{row}"}
        for file_id, _, row in imported
        if row.isdecimal()
    ]
    origins = pl.concat([of_events, pl.DataFrame(rows, schema=of_events.schema)])
    files = books.warehouse.read(LandedFiles, {"file_id": origins["file_id"].unique().to_list()})
    about_file = files.select("file_id", "connection_id", "file_name", "fetched_at")
    return origins.join(about_file, on="file_id", how="left").select(
        "source_id", "connection_id", "file_name", "row_number", "fetched_at"
    )
