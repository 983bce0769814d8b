"""What goes back to the sender of a contact file: its rejected rows with reasons, and a receipt; once for each file."""

import json
import posixpath
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.original_rows import original_rows
from journeys_pipeline.adapters.sessions import Session
from journeys_pipeline.adapters.sftp import WriteFailed
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import AnyConnection, ContactsFeed
from journeys_pipeline.schemas.contact_entries import REASONS
from journeys_pipeline.schemas.landed_files import LANDED, REFUSED, FeedReadings, FileReturns, LandedFiles

REJECTS, RECEIPT = ".rejects.csv", ".receipt.json"
RETURN_WITHIN = timedelta(days=7)  # a feed that begins to want its rejects gets no heap of old ones
MOST_REJECTS = 100_000  # rows in one file; the receipt counts them all

File = Mapping[str, Any]


@dataclass(frozen=True)
class Returns:
    """The way back for files of one run; `render` makes a CSV that no spreadsheet takes for formulas."""

    landing_zone: LandingZone
    warehouse: Warehouse
    render: Callable[[pl.DataFrame], bytes]
    as_of: datetime

    def waiting(self, connection: AnyConnection) -> list[dict[str, Any]]:
        """LandedFiles rows of the connection's files that were read, and whose feed wants to hear of it; oldest first.

        What was fetched more than a week ago is not waited for any more.
        """
        feeds = [feed.id for feed in connection.feeds if isinstance(feed, ContactsFeed) and feed.return_rejects]
        within = {"connection_id": [connection.id], "feed_id": feeds, "status": [LANDED, REFUSED]}
        files = self.warehouse.read(LandedFiles, within)
        read = self.warehouse.read(FeedReadings, {"kind": ["contacts"]}, columns=["file_id"])
        back = self.warehouse.read(FileReturns, {"connection_id": [connection.id]}).filter(
            pl.col("returned_at").is_not_null()
        )
        is_judged = (pl.col("status") == REFUSED) | pl.col("file_id").is_in(read["file_id"].to_list())
        is_recent = pl.col("fetched_at") >= self.as_of - RETURN_WITHIN
        wanted = files.filter(pl.col("sha256").is_not_null() & is_judged & is_recent)
        return wanted.join(back, on="file_id", how="anti").sort("fetched_at", "file_id").to_dicts()

    def return_rejects(
        self, session: Session, file: File, *, folder: str, entries: pl.DataFrame, encoding: str = "utf-8"
    ) -> bool:
        """Whether `NAME.rejects.csv` and `NAME.receipt.json` now lie in the folder, which is recorded either way.

        Args:
            session: With the server that the file came from.
            file: A LandedFiles row.
            folder: Where to write, on the server.
            entries: ContactEntries rows of the file, valid and invalid; none if it was refused as a whole.
            encoding: The feed's, for the original rows.
        """
        path = posixpath.join(folder, file["file_name"])
        try:
            session.write(path + REJECTS, self.render(self._rejects(file, entries, encoding)))
            session.write(path + RECEIPT, receipt(file, entries))
        except WriteFailed as failure:
            self._record(file, returned_at=None, error=str(failure))
            return False
        self._record(file, returned_at=self.as_of, error=None)
        return True

    def _rejects(self, file: File, entries: pl.DataFrame, encoding: str) -> pl.DataFrame:
        rows = entries.sort("row_number").with_columns(next_row=pl.col("row_number").shift(-1))
        rejected = rows.filter(~pl.col("is_valid")).head(MOST_REJECTS)
        spans = rejected.select("row_number", "next_row").iter_rows()
        with self.landing_zone.reading(file["connection_id"], file["sha256"]) as path:
            texts = pl.Series(list(original_rows(path, encoding=encoding, spans=spans)), dtype=pl.String)
        return rejected.select(
            "row_number",
            reason="reasons",
            field=pl.col("reasons").map_elements(_fields, return_dtype=pl.String),
            row=texts,
        )

    def _record(self, file: File, *, returned_at: datetime | None, error: str | None) -> None:
        before = self.warehouse.read(FileReturns, {"file_id": [file["file_id"]]})
        row = {
            "file_id": file["file_id"],
            "account_id": file["account_id"],
            "connection_id": file["connection_id"],
            "attempts": sum(before["attempts"]) + 1,
            "last_error": error,
            "returned_at": returned_at,
        }
        self.warehouse.upsert(FileReturns, pl.DataFrame([row], schema=FileReturns.create_empty().schema))


def receipt(file: File, entries: pl.DataFrame) -> bytes:
    """What became of a file, as JSON; counts are null where it was refused as a whole."""
    was_read = file["status"] == LANDED
    valid = int(entries["is_valid"].sum())
    counts = Counter(code for codes in entries["reasons"].drop_nulls() for code in codes.split(","))
    content = {
        "file_name": file["file_name"],
        "sha256": file["sha256"],
        "received_at": f"{file['fetched_at']:%Y-%m-%dT%H:%M:%SZ}",
        "status": "imported" if was_read else "refused",
        "error": file["error"],
        "total": entries.height if was_read else None,
        "valid": valid if was_read else None,
        "invalid": entries.height - valid if was_read else None,
        "rejects_listed": min(entries.height - valid, MOST_REJECTS),
        "reasons": [
            {"reason": code, "count": count, "hint": REASONS.get(code, "")} for code, count in sorted(counts.items())
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _fields(reasons: str) -> str:
    """What of the row the reasons are about."""
    named = {"PHONE": "phone", "EMAIL": "email", "BOTH": "phone,email"}
    return ",".join(
        next((field for word, field in named.items() if word in code), "row") for code in reasons.split(",")
    )
