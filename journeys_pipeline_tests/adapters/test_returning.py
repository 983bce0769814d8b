"""A contact file's rejected rows and its receipt go back to the sender, once."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.adapters.returning import Returns
from journeys_pipeline.adapters.sftp import SftpSession, WriteFailed, open_sftp
from journeys_pipeline.catalog import Connection
from journeys_pipeline.rendering.csv import render_csv
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.landed_files import REFUSED, FeedReadings, FileReturns, LandedFiles
from journeys_pipeline_tests.customers import CONTACTS, NOON, Customer

CONTENT = (
    "phone,note\r\n"
    "+31206241111,fine\r\n"
    '=cmd(1),"a note\r\nof two lines"\r\n'
    "\r\n"
    "12,Zo\u00eb\r\n"
    ",\r\n"
)  # fmt: skip
VERDICTS = [(2, None), (3, "MALFORMED_PHONE"), (6, "MALFORMED_PHONE,MALFORMED_EMAIL"), (7, "EMPTY_PHONE")]


def entries(verdicts: list[tuple[int, str | None]] = VERDICTS) -> pl.DataFrame:
    usual: dict[str, Any] = dict.fromkeys(ContactEntries.column_names())
    usual |= {"file_id": "f", "account_id": "acme", "journey_id": "welcome", "is_duplicate": False}
    usual |= {"attributes": "{}", "imported_at": NOON, "day": NOON.date()}
    rows = [usual | {"row_number": row, "is_valid": why is None, "reasons": why} for row, why in verdicts]
    return ContactEntries.validate(pl.DataFrame(rows, schema=ContactEntries.create_empty().schema))


def mark_read(customer: Customer) -> None:
    files = customer.warehouse.read(LandedFiles, {"status": ["landed"]})["file_id"]
    counts = dict.fromkeys(["records", "accepted", "duplicates", "quarantined"], 0)
    rows = [{"file_id": file, "account_id": "acme", "kind": "contacts", "read_at": NOON} | counts for file in files]
    customer.warehouse.upsert(FeedReadings, pl.DataFrame(rows, schema=FeedReadings.create_empty().schema))


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))


@pytest.fixture
def customer(openssh_server: Any, tmp_path: Path) -> Customer:
    """One whose feed wants its rejects back, and has sent one file, which was fetched."""
    connection = Connection(
        id="acme-sftp",
        account_id="acme",
        feeds=[CONTACTS | {"return_rejects": True}],
        **{name: getattr(openssh_server, name) for name in ("host", "port", "user", "key_file", "host_key")},
    )
    customer = Customer(openssh_server.folder, connection, tmp_path)
    (customer.folder / "a.csv").write_bytes(CONTENT.encode())
    customer.fetch()
    return customer


@pytest.fixture
def session(customer: Customer) -> Iterator[SftpSession]:
    with open_sftp(customer.connection, password=None) as session:
        yield session


@pytest.fixture
def returns(customer: Customer) -> Returns:
    return Returns(customer.landing_zone, customer.warehouse, render_csv, NOON + timedelta(hours=1))


def test_f53_each_rejected_row_comes_back_with_its_reasons_and_is_no_formula(
    customer: Customer, returns: Returns, session: SftpSession
) -> None:
    mark_read(customer)
    [file] = returns.waiting(customer.connection)

    returns.return_rejects(session, file, folder=".", entries=entries())

    assert rows_of(customer.folder / "a.csv.rejects.csv") == [
        ["row_number", "reason", "field", "row"],
        ["3", "MALFORMED_PHONE", "phone", '\'=cmd(1),"a note\nof two lines"'],
        ["6", "MALFORMED_PHONE,MALFORMED_EMAIL", "phone,email", "12,Zo\u00eb"],
        ["7", "EMPTY_PHONE", "phone", ","],
    ]


def test_the_receipt_counts_all_rows_and_explains_each_reason(
    customer: Customer, returns: Returns, session: SftpSession
) -> None:
    mark_read(customer)
    [file] = returns.waiting(customer.connection)

    returns.return_rejects(session, file, folder=".", entries=entries())

    receipt = json.loads((customer.folder / "a.csv.receipt.json").read_text())
    reasons = receipt.pop("reasons")
    assert receipt == {
        "file_name": "a.csv",
        "sha256": file["sha256"],
        "received_at": "2026-03-20T12:00:00Z",
        "status": "imported",
        "error": None,
        "total": 4,
        "valid": 1,
        "invalid": 3,
        "rejects_listed": 3,
    }
    assert {reason["reason"]: reason["count"] for reason in reasons} == {
        "EMPTY_PHONE": 1,
        "MALFORMED_EMAIL": 1,
        "MALFORMED_PHONE": 2,
    }
    assert all(reason["hint"] for reason in reasons)


def test_a_file_without_rejects_comes_back_with_an_empty_list(
    customer: Customer, returns: Returns, session: SftpSession
) -> None:
    mark_read(customer)
    [file] = returns.waiting(customer.connection)

    returns.return_rejects(session, file, folder=".", entries=entries([(2, None)]))

    assert rows_of(customer.folder / "a.csv.rejects.csv") == [["row_number", "reason", "field", "row"]]


def test_a_file_refused_as_a_whole_comes_back_with_the_reason(
    customer: Customer, returns: Returns, session: SftpSession
) -> None:
    customer.refuse_when_read(customer.warehouse.read(LandedFiles))
    [file] = returns.waiting(customer.connection)

    returns.return_rejects(session, file, folder=".", entries=entries([]))

    receipt = json.loads((customer.folder / "a.csv.receipt.json").read_text())
    assert (file["status"], receipt["status"], receipt["error"]) == (REFUSED, "refused", "No header.")
    assert (receipt["total"], receipt["valid"], receipt["invalid"]) == (None, None, None)


def test_a_file_comes_back_once_and_what_came_back_is_never_fetched(
    customer: Customer, returns: Returns, session: SftpSession
) -> None:
    mark_read(customer)
    [file] = returns.waiting(customer.connection)

    is_back = returns.return_rejects(session, file, folder=".", entries=entries())

    assert is_back
    assert returns.waiting(customer.connection) == []
    assert customer.fetch(hours=2).is_empty()
    assert customer.warehouse.read(FileReturns).rows() == [
        (file["file_id"], "acme", "acme-sftp", 1, None, NOON + timedelta(hours=1))
    ]


def test_what_cannot_be_written_is_said_and_tried_again(
    customer: Customer, returns: Returns, session: SftpSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_session: SftpSession, path: str, _content: bytes) -> None:
        raise WriteFailed(f"Writing '{path}' failed: read-only.")

    mark_read(customer)
    [file] = returns.waiting(customer.connection)

    with monkeypatch.context() as patch:
        patch.setattr(SftpSession, "write", refuse)
        is_back = returns.return_rejects(session, file, folder=".", entries=entries())
    failed = customer.warehouse.read(FileReturns).select("attempts", "last_error", "returned_at").rows()
    returns.return_rejects(session, returns.waiting(customer.connection)[0], folder=".", entries=entries())

    assert not is_back
    assert failed == [(1, "Writing './a.csv.rejects.csv' failed: read-only.", None)]
    back = customer.warehouse.read(FileReturns).select("attempts", "last_error", "returned_at").rows()
    assert back == [(2, None, NOON + timedelta(hours=1))]


def test_only_files_that_were_read_lately_for_feeds_that_ask_are_waiting(customer: Customer, returns: Returns) -> None:
    unread = returns.waiting(customer.connection)
    mark_read(customer)

    asked = returns.waiting(customer.connection)
    not_asked = returns.waiting(customer.with_feeds({}).connection)
    late = Returns(customer.landing_zone, customer.warehouse, render_csv, NOON + timedelta(days=8))

    assert [len(files) for files in (unread, asked, not_asked)] == [0, 1, 0]
    assert late.waiting(customer.connection) == []
