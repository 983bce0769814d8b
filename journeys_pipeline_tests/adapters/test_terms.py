"""Acceptances of terms are added once and stay, on SQLite and on PostgreSQL alike (F93)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from journeys_pipeline.adapters.report_requests import OPEN_AT_ONCE, TooManyRequests, request_report
from journeys_pipeline.adapters.terms import TermsBook
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Terms
from journeys_pipeline.schemas.viewer import ReportRequests, TermsAcceptances

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
FIRST, SECOND = Terms(version="1", text="Be nice.\n"), Terms(version="2", text="Be nice.\n")
THREADS = 8


def wish(number: int, account_id: str = "acme") -> dict[str, object]:
    return {
        "request_id": f"{account_id}-{number}",
        "account_id": account_id,
        "name": "MEP consumption",
        "month": NOON.date().replace(day=1),
        "sub_accounts": None,
        "format": "xlsx",
        "requested_by": "ann",
        "requested_at": NOON,
    }


def test_an_acceptance_is_of_one_user_account_version_and_text(warehouse: Warehouse) -> None:
    book = TermsBook(warehouse)

    is_first = book.accept("acme", "ann", FIRST, at=NOON)

    other_text = Terms(version="1", text="Be nicer.\n")
    assert is_first
    assert TermsBook(warehouse).has_accepted("acme", "ann", FIRST)
    assert not book.has_accepted("acme", "ben", FIRST)
    assert not book.has_accepted("zeta", "ann", FIRST)
    assert not book.has_accepted("acme", "ann", SECOND)
    assert not book.has_accepted("acme", "ann", other_text)


def test_accepting_again_changes_nothing(warehouse: Warehouse) -> None:
    book = TermsBook(warehouse)
    book.accept("acme", "ann", FIRST, at=NOON)
    before = warehouse.read(TermsAcceptances)

    is_first = TermsBook(warehouse).accept("acme", "ann", FIRST, at=NOON + timedelta(days=1))

    assert not is_first
    assert warehouse.read(TermsAcceptances).equals(before)
    assert before["accepted_at"].to_list() == [NOON]


def test_of_many_acceptances_at_once_one_is_kept(warehouse: Warehouse) -> None:
    book = TermsBook(warehouse)

    with ThreadPoolExecutor(THREADS) as pool:
        firsts = [
            *pool.map(lambda second: book.accept("acme", "ann", FIRST, at=NOON + timedelta(seconds=second)), range(16))
        ]

    assert sum(firsts) == 1
    assert warehouse.read(TermsAcceptances).height == 1


def test_of_many_requests_by_one_key_one_is_kept(warehouse: Warehouse) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        news = [*pool.map(lambda _: request_report(warehouse, wish(1)), range(16))]

    assert sum(news) == 1
    assert warehouse.read(ReportRequests)["state"].to_list() == ["waiting"]


def test_an_account_waits_for_so_many_reports_and_another_for_its_own(warehouse: Warehouse) -> None:
    news = [request_report(warehouse, wish(number)) for number in range(OPEN_AT_ONCE)]

    with pytest.raises(TooManyRequests):
        request_report(warehouse, wish(OPEN_AT_ONCE))

    assert all(news)
    assert not request_report(warehouse, wish(0))
    assert request_report(warehouse, wish(0, "zeta"))
