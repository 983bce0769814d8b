"""Time limits: each is kept, none outlives what it was set for, and one thread serves them all."""

import threading
import time
from collections.abc import Iterator

import pytest

from journeys_pipeline.adapters.sftp.watchdog import Watchdog


@pytest.fixture
def cut() -> threading.Event:
    return threading.Event()


@pytest.fixture
def watchdog(cut: threading.Event) -> Iterator[Watchdog]:
    watchdog = Watchdog(cut.set)
    yield watchdog
    watchdog.close()


def test_what_lasts_too_long_is_cut(watchdog: Watchdog, cut: threading.Event) -> None:
    with watchdog.within(0.05) as limit:
        was_cut = cut.wait(5)

    assert was_cut
    assert limit.has_passed


def test_what_ends_in_time_is_not_cut(watchdog: Watchdog, cut: threading.Event) -> None:
    with watchdog.within(0.05) as limit:
        pass

    assert not cut.wait(0.2)
    assert not limit.has_passed


@pytest.mark.parametrize("earlier_s", [0.01, 60], ids=["longer-than-the-one-before", "shorter-than-the-one-before"])
def test_every_limit_is_its_own(watchdog: Watchdog, cut: threading.Event, earlier_s: float) -> None:
    with watchdog.within(earlier_s):
        pass
    started = time.monotonic()

    with watchdog.within(0.3) as limit:
        was_cut = cut.wait(5)

    assert was_cut
    assert limit.has_passed
    assert 0.3 <= time.monotonic() - started < 2


def test_a_closed_watchdog_leaves_no_thread(cut: threading.Event) -> None:
    before = threading.active_count()

    Watchdog(cut.set).close()

    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
