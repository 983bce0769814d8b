"""Time limits that hold whatever a server, or paramiko, is waiting for."""

import math
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Limit:
    """When it ends, and whether it did."""

    ends_at: float
    has_passed: bool = False


class Watchdog:
    """One thread for all limits of a session: a thread for each file would cost more than a small file does."""

    def __init__(self, cut: Callable[[], object]) -> None:
        self._cut = cut
        self._changed = threading.Condition()
        self._limit: Limit | None = None
        self._wakes_at = math.inf
        self._is_over = False
        threading.Thread(target=self._watch, name="sftp-watchdog", daemon=True).start()

    @contextmanager
    def within(self, seconds: float) -> Generator[Limit]:
        """Calls `cut` if this lasts longer, which should end any wait; the limit then has passed."""
        limit = Limit(time.monotonic() + seconds)
        with self._changed:
            self._limit = limit
            if limit.ends_at < self._wakes_at:
                self._changed.notify()
        try:
            yield limit
        finally:
            with self._changed:
                self._limit = None

    def close(self) -> None:
        """No limit holds any more, and the thread ends."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while not self._is_over:
                limit = self._limit
                left_s = math.inf if limit is None else limit.ends_at - time.monotonic()
                if limit and left_s <= 0:
                    limit.has_passed = True
                    self._limit = None
                    self._cut()
                else:
                    self._wakes_at = math.inf if limit is None else limit.ends_at
                    self._changed.wait(None if limit is None else left_s)
