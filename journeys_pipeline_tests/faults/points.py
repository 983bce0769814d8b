"""The named points at which a tick can be killed, or held up, and small delays that a test cannot wait for."""

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from journeys_pipeline.adapters import (
    clock,
    lake,
    landing_zone,
    leases,
    outbox,
    pages_folder,
    sftp,
    statements,
    warehouse,
)
from journeys_pipeline.adapters.fetching import manifest
from journeys_pipeline.adapters.sftp import RemoteFile
from journeys_pipeline.defs import billing, contact_reading
from journeys_pipeline.defs.assets import reports
from journeys_pipeline.schemas.daily_facts import MessageEvents
from journeys_pipeline.schemas.dashboards import MANIFEST
from journeys_pipeline.schemas.journey_events import EventKeys
from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger
from journeys_pipeline.schemas.metrics import CampaignPerformance

HELD = "held"
LEASE_S = 1.0  # in place of a minute, which the heir of a killed fetch waits for

IsMeant = Callable[[tuple[Any, ...]], bool]


def _about(table: Any) -> IsMeant:
    return lambda given: any(one is table for one in given)


def _any(_given: tuple[Any, ...]) -> bool:
    return True


def _new_contacts(given: tuple[Any, ...]) -> bool:
    """Files that were landed before are read again each day, and may be read first."""
    return any(isinstance(one, RemoteFile) and one.name.startswith("contacts-3") for one in given)


def _lists_pages(given: tuple[Any, ...]) -> bool:
    return given[0].name == MANIFEST and pages_folder.DRAFTS not in given[0].parts


POINTS: dict[str, tuple[Any, str, str, IsMeant]] = {
    "listed, not read": (sftp.SftpSession, "fetch", "before", _new_contacts),
    "bytes arrived, not kept": (landing_zone.IncomingFile, "keep", "before", _any),
    "bytes kept, row not committed": (manifest.Manifest, "save", "before", _any),
    "entries in the lake, file not marked": (contact_reading, "mark_read", "before", _any),
    "events in the lake, keys not": (lake.Lake, "replace", "before", _about(EventKeys)),
    "some facts made, others not": (lake.Lake, "replace", "before", _about(MessageEvents)),
    "figures written, not committed": (warehouse.Transaction, "replace", "after", _about(CampaignPerformance)),
    "ledger booked, not served": (lake.Lake, "replace", "after", _about(MepLedger)),
    "late persons found, not adjusted": (lake.Lake, "replace", "before", _about(MepAdjustments)),
    "statement written, not listed": (billing.Books, "_list", "before", _any),
    "report written, not listed": (reports, "_list_once", "before", _any),
    "mail handed over, not noted": (outbox.Outbox, "settle", "before", _any),
    "pages in place, not listed": (pages_folder, "write_whole", "before", _lists_pages),
    "statement half written": (statements, "_write_csv", "after", _any),
}
"""Name to whose function, which, whether death comes before or after it, and of which calls."""


def lay(trap: dict[str, Any]) -> None:
    """Prepare this process: `kill` or `hold` names a point, `call` which call of it, `until` what file ends the wait.

    `clock_h` is by how many hours the clock is wrong.
    """
    leases.LEASE_S, leases.RENEW_S, leases.LOOK_S = trap.get("lease_s", LEASE_S), LEASE_S / 4, 0.05
    if "clock_h" in trap:
        clock.datetime = _shifted(timedelta(hours=trap["clock_h"]))  # type: ignore[misc]
    if "kill" in trap:
        _at(trap["kill"], trap.get("call", 1), lambda: os.kill(os.getpid(), signal.SIGKILL))
    if "hold" in trap:
        _at(trap["hold"], trap.get("call", 1), lambda: _hold(Path(trap["until"])))


def _shifted(by: timedelta) -> type[datetime]:
    """The wall clock of the product is wrong by so much."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + by

    return Shifted


def _hold(until: Path) -> None:
    sys.stdout.write(f"{HELD}\n")
    sys.stdout.flush()
    while not until.exists():
        time.sleep(0.05)


def _at(point: str, call: int, act: Callable[[], None]) -> None:
    owner, name, when, is_meant = POINTS[point]
    function, calls = getattr(owner, name), list[None]()

    def trap(*given: Any, **more: Any) -> Any:
        if not is_meant(given):
            return function(*given, **more)
        calls.append(None)
        if when == "before" and len(calls) == call:
            act()
        result = function(*given, **more)
        if when == "after" and len(calls) == call:
            act()
        return result

    setattr(owner, name, trap)
