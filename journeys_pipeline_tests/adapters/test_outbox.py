"""The outbox: one attempt at a time, a bounded number of them, and nothing sent twice unasked."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.adapters.mail import MailFailed, MailInDoubt, MailRefused
from journeys_pipeline.adapters.outbox import BACK_OFF, LONGEST_ATTEMPT, Outbox, queue
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.schemas.reports import MailOutbox

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANN, BOB = "ann@acme.example", "bob@acme.example"
MINUTE = timedelta(minutes=1)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(warehouse: Warehouse, clock: Clock) -> Outbox:
    return Outbox(warehouse, clock)


def ask(warehouse: Warehouse, *recipients: str, report_id: str = "r1") -> None:
    with warehouse.transaction() as transaction:
        queue(transaction, report_id, "acme", recipients, NOON)


def states(warehouse: Warehouse, *columns: str) -> list[tuple[Any, ...]]:
    return warehouse.read(MailOutbox).select("recipient", "state", *columns).rows()


def begin(outbox: Outbox) -> dict[str, Any]:
    """The only mail that is due, claimed."""
    [row] = outbox.due()
    claimed = outbox.claim(row)
    assert claimed is not None
    return claimed


def test_asking_again_queues_nobody_twice(warehouse: Warehouse) -> None:
    ask(warehouse, ANN, ANN)
    before = warehouse.read(MailOutbox)

    ask(warehouse, ANN, BOB)

    assert states(warehouse) == [(ANN, "queued"), (BOB, "queued")]
    assert warehouse.read(MailOutbox).filter(pl.col("recipient") == ANN).equals(before)


def test_a_mail_is_sending_from_before_the_attempt_until_its_end(warehouse: Warehouse, outbox: Outbox) -> None:
    ask(warehouse, ANN)

    row = begin(outbox)
    during = states(warehouse, "attempts")
    outbox.settle(row)

    assert during == [(ANN, "sending", 1)]
    assert states(warehouse, "attempts", "due_at") == [(ANN, "sent", 1, None)]
    assert not outbox.has_work()


def test_of_many_processes_one_gets_the_mail(warehouse: Warehouse, outbox: Outbox) -> None:
    ask(warehouse, ANN)
    [row] = outbox.due()
    together = threading.Barrier(8)

    def claim(_: int) -> bool:
        together.wait(timeout=30)
        return outbox.claim(row) is not None

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(claim, range(8)))

    assert sorted(got) == [False] * 7 + [True]


def test_failures_are_tried_again_later_and_later_and_not_for_ever(
    warehouse: Warehouse, outbox: Outbox, clock: Clock
) -> None:
    ask(warehouse, ANN)
    waits = []

    for _ in BACK_OFF:
        outbox.settle(begin(outbox), MailFailed("not now"))
        [(_, state, due_at)] = states(warehouse, "due_at")
        waits.append((state, due_at - clock.now))
        clock.now = due_at - MINUTE
        assert outbox.due() == []
        clock.now = due_at
    outbox.settle(begin(outbox), MailFailed("not now"))

    assert waits == [("failed", wait) for wait in BACK_OFF]
    assert states(warehouse, "attempts", "due_at", "last_error") == [(ANN, "failed", 6, None, "not now")]
    assert outbox.due() == []


@pytest.mark.parametrize(("failure", "state"), [(MailRefused("no"), "refused"), (MailInDoubt("perhaps"), "unknown")])
def test_what_is_refused_or_in_doubt_is_not_tried_again_by_itself(
    warehouse: Warehouse, outbox: Outbox, clock: Clock, failure: MailFailed, state: str
) -> None:
    ask(warehouse, ANN)

    outbox.settle(begin(outbox), failure)
    clock.now += timedelta(days=365)

    assert states(warehouse, "last_error") == [(ANN, state, str(failure))]
    assert not outbox.has_work()


def test_an_attempt_that_died_becomes_unknown_and_is_never_due_again(
    warehouse: Warehouse, outbox: Outbox, clock: Clock
) -> None:
    ask(warehouse, ANN)
    begin(outbox)

    clock.now += LONGEST_ATTEMPT - MINUTE
    early = outbox.has_work(), outbox.give_up_dead(), states(warehouse)
    clock.now += MINUTE
    late = outbox.has_work(), outbox.give_up_dead(), states(warehouse)

    assert early == (False, 0, [(ANN, "sending")])
    assert late == (True, 1, [(ANN, "unknown")])
    assert outbox.due() == []
    assert "may have arrived" in states(warehouse, "last_error")[0][2]


def test_an_attempt_that_was_only_slow_still_tells_its_end(warehouse: Warehouse, outbox: Outbox, clock: Clock) -> None:
    ask(warehouse, ANN)
    row = begin(outbox)
    clock.now += LONGEST_ATTEMPT
    outbox.give_up_dead()

    outbox.settle(row)

    assert states(warehouse, "last_error") == [(ANN, "sent", None)]


def test_an_operator_has_one_recipients_mail_sent_again_under_its_message_id(
    warehouse: Warehouse, outbox: Outbox
) -> None:
    ask(warehouse, ANN, BOB)
    for row in outbox.due():
        outbox.settle(outbox.claim(row) or {}, MailInDoubt("perhaps"))
    before = warehouse.read(MailOutbox)["message_id"].to_list()

    queued = outbox.send_again("r1", [ANN])

    assert queued == 1
    assert states(warehouse) == [(ANN, "queued"), (BOB, "unknown")]
    assert [row["recipient"] for row in outbox.due()] == [ANN]
    assert warehouse.read(MailOutbox)["message_id"].to_list() == before


def test_a_slow_attempt_from_before_is_not_taken_for_the_one_that_an_operator_asked_for(
    warehouse: Warehouse, outbox: Outbox, clock: Clock
) -> None:
    ask(warehouse, ANN)
    slow = begin(outbox)
    clock.now += LONGEST_ATTEMPT
    outbox.give_up_dead()
    outbox.send_again("r1")
    begin(outbox)

    outbox.settle(slow, MailRefused("no"))

    assert states(warehouse, "attempts") == [(ANN, "sending", 2)]


def test_a_mail_under_way_cannot_be_sent_again(warehouse: Warehouse, outbox: Outbox) -> None:
    ask(warehouse, ANN)
    begin(outbox)

    assert outbox.send_again("r1") == 0
    assert states(warehouse) == [(ANN, "sending")]
