"""Statements: the ledgers of closed months as files that are written once and looked at whenever they are read (D5).

A statement is CSV (RFC 4180, UTF-8, CRLF, each text in quotes, times to the microsecond in UTC), sorted by person. Its
bytes follow from its rows alone, whatever version of whatever library writes them, and an auditor needs no program of
ours to read and to hash it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

import polars as pl

from journeys_pipeline.adapters.whole_files import writing_whole
from journeys_pipeline.schemas.mep_ledger import MepLedger

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.6fZ"
NAME_FORMAT = "%Y-%m"
CLOSED_FORMAT = "%Y%m%dT%H%M%S%fZ"


class StatementChanged(Exception):
    """A statement's file is not what was frozen, or is gone; the message says which, and what to do."""


@dataclass(frozen=True)
class Statement:
    """A closed account and month, and the file that it is frozen in; the columns of MepStatements."""

    account_id: str
    month: date
    closed_at: datetime
    row_count: int
    sha256: str
    path: str


class Statements:
    """The folder of statements, one folder per account, names ours.

    A file's name says when its month closed. So a file whose row in the warehouse was lost, or was not yet written when
    a run died, is known for what it is.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, account_id: str, month: date) -> Statement | None:
        """The statement whose file lies in the folder; of several (two runs closed at once) the one closed first."""
        names = sorted(path.name for path in (self._root / account_id).glob(f"{month:{NAME_FORMAT}}_closed_*.csv"))
        if not names:
            return None
        closed_at = names[0].removesuffix(".csv").rpartition("_")[2]
        return self._describe(account_id, month, datetime.strptime(closed_at, CLOSED_FORMAT).replace(tzinfo=UTC))

    def write(self, account_id: str, month: date, parts: Iterable[pl.LazyFrame], *, closed_at: datetime) -> Statement:
        """The statement, whose file is there now; one that is there already is left as it is.

        Args:
            account_id: Whose.
            month: Which.
            parts: Its MepLedger rows, by person; a part at a time is in memory.
            closed_at: The logical time of the run that closes the month.
        """
        found = self.find(account_id, month)
        if found:
            return found
        with writing_whole(self._path(account_id, month, closed_at)) as stream:
            _write_csv(MepLedger.create_empty(), stream, include_header=True)
            for part in parts:
                _write_csv(MepLedger.cast(part).sort("person_id").collect(engine="streaming"), stream)
        return self._describe(account_id, month, closed_at)

    def read(self, statement: Statement) -> pl.LazyFrame:
        """The statement's MepLedger rows, after a look at every byte.

        Raises:
            StatementChanged: the file is gone, or a byte of it is not what was frozen.
        """
        self.verify(statement)
        text = dict.fromkeys(MepLedger.column_names(), pl.String()) | {"month": pl.Date()}
        rows = pl.scan_csv(self._root / statement.path, schema=text)
        time = pl.col("engaged_at", "billed_at").str.to_datetime(TIME_FORMAT, time_unit="us", time_zone="UTC")
        return MepLedger.cast(rows.with_columns(time))

    def verify(self, statement: Statement) -> None:
        """Look at every byte of the file.

        Raises:
            StatementChanged: the file is gone, or a byte of it is not what was frozen.
        """
        path = self._root / statement.path
        found = _hash(path) if path.is_file() else None
        if found == statement.sha256:
            return
        what = "is missing" if found is None else f"was changed: its sha256 is {found}, {statement.sha256} was frozen"
        raise StatementChanged(
            f"The statement of account {statement.account_id} for {statement.month:{NAME_FORMAT}} {what}. "
            f"File: {path}. Put it back from the backup, then run `journeys mep verify`. Nothing was read from it."
        )

    def _describe(self, account_id: str, month: date, closed_at: datetime) -> Statement:
        path = self._path(account_id, month, closed_at)
        row_count = pl.scan_csv(path, infer_schema=False).select(pl.len()).collect(engine="streaming").item()
        relative = path.relative_to(self._root).as_posix()
        return Statement(account_id, month, closed_at, row_count, _hash(path), relative)

    def _path(self, account_id: str, month: date, closed_at: datetime) -> Path:
        at = closed_at.astimezone(UTC)
        return self._root / account_id / f"{month:{NAME_FORMAT}}_closed_{at:{CLOSED_FORMAT}}.csv"


def _write_csv(rows: pl.DataFrame, stream: BinaryIO, *, include_header: bool = False) -> None:
    rows.write_csv(
        stream,
        include_header=include_header,
        line_terminator="\r\n",
        quote_style="non_numeric",
        datetime_format=TIME_FORMAT,
    )


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
