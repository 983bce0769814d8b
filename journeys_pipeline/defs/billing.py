"""The books that customers are billed by: what is closed, who counts as whom, what a month's ledger is."""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.parting import in_order
from journeys_pipeline.adapters.statements import Statement, Statements
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.resources import LakeFolder, StatementsFolder, WarehouseDatabase
from journeys_pipeline.periods import add_months, month_of
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys
from journeys_pipeline.schemas.landed_files import WITHDRAWN, LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger, MepStatements, WithdrawnEntries
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.transforms.mep_ledger import as_ledger, find_deleted, hide_deleted
from journeys_pipeline.transforms.people import resolve, resolve_identities

MEPS_AT_ONCE = 2_000_000
COUNTED_FROM = (ContactEntries, JourneyEvents, Journeys, Identities, JourneyEntries, WithdrawnEntries, MepLedger)


@dataclass(frozen=True)
class Books:
    """Ledger, statements and adjustments, and what they are made from.

    Attributes:
        lake: Where ledger, adjustments, entries and identities are.
        warehouse: Where the statements are listed.
        statements: The folder of their files.
        deletion_key: What ids of deleted persons are hashed with (D7); None leaves them as they are.
    """

    lake: Lake
    warehouse: Warehouse
    statements: Statements
    deletion_key: bytes | None

    @classmethod
    def open(cls, lake: LakeFolder, warehouse: WarehouseDatabase, statements: StatementsFolder) -> "Books":
        """The books that an asset's resources say."""
        return cls(lake.open(), warehouse.open(), statements.open(), statements.deletion_key())

    def listed(
        self, months: Collection[date] | None = None, accounts: Collection[str] | None = None
    ) -> list[Statement]:
        """The statements of these months and accounts, or of all, by account and month."""
        wanted = {"month": months, "account_id": accounts}
        within = {name: values for name, values in wanted.items() if values is not None}
        return [Statement(**row) for row in self.warehouse.read(MepStatements, within).to_dicts()]

    def statement(self, account_id: str, month: date) -> Statement | None:
        """The statement of a closed month; None while it is open."""
        return next(iter(self.listed([month], [account_id])), None)

    def ledger(self, account_id: str, month: date) -> pl.LazyFrame:
        """MepLedger rows of an account and month: of a closed month its statement's, each byte looked at.

        Raises:
            StatementChanged: the statement is not what was frozen.
        """
        statement = self.statement(account_id, month)
        return self.statements.read(statement) if statement else self.booked([account_id], month)

    def booked(self, accounts: Sequence[str], month: date) -> pl.LazyFrame:
        """MepLedger rows of the lake."""
        return self.lake.scan(MepLedger).filter((pl.col("month") == month) & pl.col("account_id").is_in(accounts))

    def entries(self, accounts: Sequence[str], month: date) -> pl.LazyFrame:
        """JourneyEntries of a month, each under the id that came with it."""
        in_month = pl.col("day").is_between(month, add_months(month, 1), closed="left")
        return self.lake.scan(JourneyEntries).filter(in_month & pl.col("account_id").is_in(accounts))

    def journeys(self) -> pl.LazyFrame:
        """Journeys."""
        return self.lake.scan(Journeys)

    def adjustments(self, accounts: Sequence[str], service_month: date) -> pl.LazyFrame:
        """MepAdjustments of a closed month, whatever month they are booked in."""
        of_month = pl.col("service_month") == service_month
        return self.lake.scan(MepAdjustments).filter(of_month & pl.col("account_id").is_in(accounts))

    def withdrawn(self, accounts: Sequence[str], month: date) -> tuple[pl.DataFrame, pl.DataFrame]:
        """WithdrawnEntries of a month: of files that are withdrawn, and of those that were reinstated."""
        in_month = pl.col("day").is_between(month, add_months(month, 1), closed="left")
        known = self.lake.scan(WithdrawnEntries).filter(in_month & pl.col("account_id").is_in(accounts)).collect()
        within = {"account_id": accounts, "status": [WITHDRAWN]}
        out = self.warehouse.read(LandedFiles, within, columns=["file_id"])["file_id"] if known.height else []
        is_out = pl.col("file_id").is_in(list(out))
        return known.filter(is_out), known.filter(~is_out)

    def billed(self, account_id: str, month: date) -> pl.LazyFrame:
        """MepLedger rows of whoever was billed for a month: in its ledger, or in an adjustment since."""
        return pl.concat([self.ledger(account_id, month), as_ledger(self.adjustments([account_id], month))])

    def identities(self, accounts: Sequence[str], *, known_at: datetime | None = None) -> pl.LazyFrame:
        """Identities as known now, or at a logical time, in which ids of deleted persons stand for their hash (D7)."""
        changes = self.lake.scan(PeopleChanges).filter(pl.col("account_id").is_in(accounts))
        if known_at is None:
            known = self.lake.scan(Identities).filter(pl.col("account_id").is_in(accounts))
        else:
            changes = changes.filter(pl.col("read_at") <= known_at)
            known = resolve_identities(changes)
        deleted = find_deleted(changes, known).collect()
        if deleted.is_empty() or self.deletion_key is None:
            return known
        hashes = [hash_person(self.deletion_key, account, person) for account, person in deleted.iter_rows()]
        return hide_deleted(known, deleted.with_columns(hashed_id=pl.Series(hashes)).lazy())

    def resolved(self, accounts: Sequence[str], month: date) -> pl.LazyFrame:
        """JourneyEntries of a month, each person under the one id that is known now."""
        identities = self.identities(accounts)
        if identities.head(1).collect().is_empty():  # looking nobody up in each entry takes a tenth of a booking
            return self.entries(accounts, month)
        return resolve(self.entries(accounts, month), identities)

    def count_unhashed(self, accounts: Sequence[str]) -> int:
        """How many deleted persons keep their id in the ledger, because there is no key."""
        if self.deletion_key:
            return 0
        changes = self.lake.scan(PeopleChanges).filter(pl.col("account_id").is_in(accounts))
        deleted = find_deleted(changes, self.lake.scan(Identities))
        return deleted.select(pl.len()).collect().item()

    def recover(self, accounts: Collection[str], month: date) -> None:
        """List the statements whose files are there, though a run died before it listed them."""
        unlisted = set(accounts) - {statement.account_id for statement in self.listed([month], accounts)}
        for account in sorted(unlisted):
            found = self.statements.find(account, month)
            if found:
                self._list(found)

    def verify(self, month: date) -> None:
        """Look at every byte that a month is counted from.

        Raises:
            DamagedFiles: files of the lake are not what was written.
        """
        for table in COUNTED_FROM:
            upkeep = self.lake.upkeep(table)
            if upkeep:
                upkeep.verify(month=month)

    def close(self, account_id: str, month: date, *, as_of: datetime) -> None:
        """Freeze the month's ledger as it is in the lake."""
        parts = in_order(self.booked([account_id], month), rows_at_once=MEPS_AT_ONCE)
        self._list(self.statements.write(account_id, month, parts, closed_at=as_of))

    def open_month(self, account_id: str, *, after: date, as_of: datetime) -> date:
        """The month that adjustments are booked in: that of the logical time, or the first open one after it."""
        closed = {statement.month for statement in self.listed(accounts=[account_id])}
        month = max(month_of(as_of.date()), add_months(after, 1))
        while month in closed:
            month = add_months(month, 1)
        return month

    def _list(self, statement: Statement) -> None:
        """List a statement; one that is listed already stays as it is, whoever comes later."""
        row = pl.DataFrame([asdict(statement)], schema=MepStatements.create_empty().schema)
        with self.warehouse.transaction() as transaction:
            transaction.add(MepStatements, row)


def hash_person(key: bytes, account_id: str, person_id: str) -> str:
    """What stands for a deleted person: the same for the same person, and no way back without the key (D7)."""
    digest = hmac.new(key, f"{account_id}\x1f{person_id}".encode(), hashlib.sha256).hexdigest()
    return f"deleted-{digest[:32]}"
