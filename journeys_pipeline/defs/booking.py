"""What a run does to the books: book a month, close it, and adjust it once it is closed, some people at a time.

The lake's ledger has its rows by part, then by key. Nothing depends on the parts but the memory that a run needs.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.parting import part_people
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.defs.refresh import Scope, stale_days
from journeys_pipeline.defs.withdrawals import pending_changes
from journeys_pipeline.schemas.landed_files import KINDS
from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger
from journeys_pipeline.transforms.mep_ledger import (
    ENTRY,
    adjust,
    book_engagements,
    credit_anew,
    find_engagements,
    find_late,
    find_unfounded,
    match_booked,
    recall_billing,
    rename_booked,
    tally_engaged,
)

ROWS_AT_ONCE = 5_000_000  # entries; some 1.5 GB

Parts = list[pl.LazyFrame]


def waiting_days(warehouse: Warehouse, scope: Scope, month: date) -> pl.DataFrame:
    """`account_id` and `day` of the month's days whose facts are older than their files; they keep it open (D5)."""
    stale = stale_days(warehouse, scope.accounts, as_of=scope.as_of)
    return stale.filter(pl.col("day").dt.month_start() == month)


def book_and_close(books: Books, scope: Scope, month: date, *, is_due: bool) -> None:
    """Book the open accounts; then freeze those that are due, from what was booked.

    What waits is looked at before the facts are: all that had come by then is in the statement, and what came since is
    an adjustment. Nothing is between the two. What is frozen is counted from bytes that are those that were written.

    Raises:
        DamagedFiles: they are not, so that no account is closed.
    """
    books.recover(scope.accounts, month)
    closed = {statement.account_id for statement in books.listed([month], scope.accounts)}
    accounts = sorted(set(scope.accounts) - closed)
    waiting = set(waiting_days(books.warehouse, scope, month)["account_id"])
    waiting |= {change.file["account_id"] for change in pending_changes(books.warehouse, KINDS) if change.is_out}
    closing = [account for account in accounts if is_due and account not in waiting]
    if closing:
        books.verify(month)
    if accounts:
        _book(books, scope, month, accounts)
    for account in closing:
        books.close(account, month, as_of=scope.as_of)


def adjust_month(books: Books, scope: Scope, month: date) -> int:
    """How many persons of the scope's closed accounts arrived since the close; they are booked now."""
    return sum(
        _adjust(books, scope, month, statement.account_id) for statement in books.listed([month], scope.accounts)
    )


def tally(books: Books, accounts: Sequence[str], month: date, ledger: pl.LazyFrame) -> pl.DataFrame:
    """What `tally_engaged` gives for a month."""
    entries, journeys = books.resolved(accounts, month).select(ENTRY), books.journeys()
    with _in_parts(books, [entries, ledger]) as (of_entries, of_ledger):
        tallies = [
            tally_engaged(*part, journeys).collect(engine="streaming")
            for part in zip(of_entries, of_ledger, strict=True)
        ]
    return pl.concat(tallies)


def _book(books: Books, scope: Scope, month: date, accounts: Sequence[str]) -> None:
    entries, journeys = books.resolved(accounts, month).select(ENTRY), books.journeys()
    withdrawn, reinstated = books.withdrawn(accounts, month)
    unfounded = _unfounded(books.booked(accounts, month), withdrawn, entries)
    with (
        books.lake.scratch() as folder,
        _in_parts(books, [entries, books.booked(accounts, month)]) as (of_entries, of_booked),
    ):
        engaged = [
            _keep(find_engagements(part, journeys), folder / f"engaged-{number}.parquet")
            for number, part in enumerate(of_entries)
        ]
        matches = [match_booked(*pair) for pair in zip(of_booked, engaged, strict=True)]
        moved = pl.concat([rest for _, rest in matches]).collect(engine="streaming")
        renamed = rename_booked(moved.lazy(), entries, books.identities(accounts)).collect(engine="streaming")
        placed = part_people(renamed.lazy(), len(engaged), folder / "renamed")
        ledger = [
            _keep(
                recall_billing(
                    book_engagements(engagements, pl.concat([matched, again]), as_of=scope.as_of).join(
                        unfounded.lazy(), on=["account_id", "source_id"], how="anti"
                    ),
                    reinstated.lazy(),
                ).sort(MepLedger.primary_key()),
                folder / f"ledger-{number}.parquet",
            )
            for number, (engagements, (matched, _), again) in enumerate(zip(engaged, matches, placed, strict=True))
        ]
        within = {"month": [month], "account_id": accounts}
        books.lake.replace(MepLedger, pl.concat(ledger), within, is_sorted=len(ledger) > 1)


def _keep(rows: pl.LazyFrame, path: Path) -> pl.LazyFrame:
    """The same rows, made once."""
    rows.sink_parquet(path, compression="lz4")
    return pl.scan_parquet(path)


@contextmanager
def _in_parts(books: Books, tables: Sequence[pl.LazyFrame]) -> Generator[list[Parts]]:
    """The tables in as many parts as the first needs."""
    count = tables[0].select(pl.len()).collect(engine="streaming").item()
    parts = max(1, -(-count // ROWS_AT_ONCE))
    with books.lake.scratch() as folder:
        yield [part_people(table, parts, folder / str(number)) for number, table in enumerate(tables)]


def _adjust(books: Books, scope: Scope, month: date, account_id: str) -> int:
    statement, accounts = books.statement(account_id, month), [account_id]
    if statement is None:
        return 0
    entries, before, now = (
        books.entries(accounts, month),
        books.adjustments(accounts, month),
        books.identities(accounts),
    )
    unfounded = _unfounded_adjustments(books, account_id, month).lazy()
    kept = before.join(unfounded, on=["account_id", "source_id"], how="anti")
    late = find_late(
        entries,
        books.statements.read(statement),
        kept,
        known=books.identities(accounts, known_at=statement.closed_at),
        now=now,
    )
    booked_in = books.open_month(account_id, after=month, as_of=scope.as_of)
    new = adjust(late, books.journeys(), booked_in=booked_in, as_of=scope.as_of)
    adjusted = pl.concat([kept, credit_anew(new, unfounded, now)]).collect(engine="streaming")
    was, of_others = before.collect(), pl.col("service_month") != month
    key = MepAdjustments.column_names()
    sides = ((was, adjusted), (adjusted, was))
    changed = pl.concat([some.join(others, on=key, how="anti", nulls_equal=True) for some, others in sides])["month"]
    for booked in changed.unique().sort():
        of_slice = (pl.col("month") == booked) & (pl.col("account_id") == account_id)
        rest = books.lake.scan(MepAdjustments).filter(of_slice & of_others)
        rows = pl.concat([rest, adjusted.lazy().filter(of_slice)])
        books.lake.replace(MepAdjustments, rows, {"month": [booked], "account_id": accounts})
    return adjusted.join(was, on=["account_id", "person_id"], how="anti").height


def _unfounded_adjustments(books: Books, account_id: str, month: date) -> pl.DataFrame:
    """The adjustments of a service month that withdrawn files had made, and that are booked in a month that is open."""
    withdrawn, _ = books.withdrawn([account_id], month)
    closed = [statement.month for statement in books.listed(accounts=[account_id])]
    booked = books.adjustments([account_id], month).filter(~pl.col("month").is_in(closed))
    return _unfounded(booked, withdrawn, books.entries([account_id], month))


def _unfounded(booked: pl.LazyFrame, withdrawn: pl.DataFrame, entries: pl.LazyFrame) -> pl.DataFrame:
    """What `find_unfounded` finds; usually nothing was withdrawn, and entries need not be looked at."""
    if withdrawn.is_empty():
        return booked.clear().collect()
    return find_unfounded(booked, withdrawn.lazy(), entries).collect(engine="streaming")
