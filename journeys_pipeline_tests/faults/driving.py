"""Ticks of the product: fetch, refresh, close, report, mail and pages, in a process of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from journeys_pipeline_tests.faults import tick
from journeys_pipeline_tests.faults.worlds import ACCOUNTS, World

FIRST_DAY, HELD, PATIENCE_S = "2026-02-01", "held", 300.0
Command = Sequence[str]


@dataclass(frozen=True)
class Ended:
    """How a tick ended: how many commands failed, or minus the signal; and how much memory it had."""

    code: int
    peak_mib: int
    said: str


class Ticking:
    """A tick that is under way."""

    def __init__(self, program: "subprocess.Popen[str]", log: Path) -> None:
        assert program.stdout
        self._program, self._log, self._begun = program, log, log.stat().st_size if log.exists() else 0
        self.pid = 0

    def begin(self, order: dict[str, Any]) -> "Ticking":
        assert self._program.stdin
        assert self._program.stdout
        self._program.stdin.write(json.dumps(order) + "\n")
        self._program.stdin.flush()
        self.pid = int(self._program.stdout.readline())
        return self

    @property
    def said(self) -> str:
        """What it printed so far."""
        return self._log.read_bytes()[self._begun :].decode(errors="replace") if self._log.exists() else ""

    def wait_until_held(self) -> None:
        """It has come to the point at which it was told to wait."""
        give_up_at = time.monotonic() + PATIENCE_S
        while HELD not in self.said.splitlines():
            assert time.monotonic() < give_up_at, self.said
            time.sleep(0.05)

    def end(self) -> Ended:
        """Waits for it."""
        assert self._program.stdout
        code, peak_mib = json.loads(self._program.stdout.readline())
        return Ended(code, peak_mib, self.said)


class Driver:
    """Runs ticks of any world, one at a time."""

    def __init__(self, program: "subprocess.Popen[str]") -> None:
        self._program = program

    def start(
        self,
        world: World,
        at: datetime,
        commands: Sequence[Command] | None = None,
        *,
        memory_mib: int = 0,
        **trap: Any,
    ) -> Ticking:
        """A tick that has begun, at a logical time."""
        order = {
            "environment": world.environment,
            "commands": commands or a_tick(at),
            "log": str(world.root / "ticks.log"),
            "memory_mib": memory_mib,
            "trap": trap,
        }
        return Ticking(self._program, world.root / "ticks.log").begin(order)

    def tick(
        self, world: World, at: datetime, commands: Sequence[Command] | None = None, *, memory_mib: int = 0, **trap: Any
    ) -> Ended:
        """A whole tick."""
        return self.start(world, at, commands, memory_mib=memory_mib, **trap).end()


def a_tick(at: datetime, *, closing: str = "", pages: bool = False) -> list[Command]:
    """The commands of a tick; `closing` names a month that is due."""
    as_of = ("--as-of", at.isoformat())
    close: list[Command] = [("mep", "close", "--month", closing, *as_of)] if closing else []
    reports: list[Command] = [
        ("report", "--account", account_id, "--month", f"{at:%Y-%m}", "--format", "csv", *as_of)
        for account_id in ACCOUNTS
    ]
    show: list[Command] = [("show", at.isoformat())] if pages else []
    return [("fetch", *as_of), ("refresh", *as_of), *close, *reports, ("mail", "send"), *show]


@contextmanager
def driving() -> Iterator[Driver]:
    """A driver, whose program is ready."""
    environment = os.environ | {
        "JOURNEYS_FIRST_DAY": FIRST_DAY,
        "COLUMNS": "200",
        "PYTHONWARNINGS": "",
        "POLARS_MAX_THREADS": "2",
    }
    program = subprocess.Popen(
        [sys.executable, "-m", tick.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(tick.__file__).parents[2],
    )
    try:
        yield Driver(program)
    finally:
        program.communicate()
