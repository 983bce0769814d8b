"""A program that runs ticks, each in a process of its own, so that one can be killed, limited and watched.

What ticks import is imported once, before. For each line of input, an order as JSON, it answers with the process's id
when the tick has begun, and with its end when it has ended: exit code or minus the signal, and its peak memory.
"""

import importlib
import json
import os
import resource
import sys
import time
import traceback
from datetime import datetime
from typing import Any

MEBIBYTE = 1024 * 1024
NEEDED = [
    "alembic.command", "deltalake", "paramiko", "vl_convert", "journeys_pipeline.cli", "journeys_pipeline.defs.checks",
    "journeys_pipeline.defs.jobs", "journeys_pipeline.defs.schedules", "journeys_pipeline.defs.sensors",
    "journeys_pipeline.showing", "journeys_pipeline_tests.faults.points",
]  # fmt: skip
"""All but what reads the home from the environment when it is imported."""


def run_tick(order: dict[str, Any]) -> int:
    """How many commands failed; all of them are run, as schedules would."""
    os.environ.update(order["environment"])
    time.tzset()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    if order["memory_mib"]:
        resource.setrlimit(resource.RLIMIT_DATA, (order["memory_mib"] * MEBIBYTE,) * 2)
    importlib.import_module("journeys_pipeline_tests.faults.points").lay(order["trap"])
    failed = [command for command in order["commands"] if not _succeeds(command)]
    sys.stdout.flush()
    return len(failed)


def _succeeds(command: list[str]) -> bool:
    answer(f"$ journeys {' '.join(command)}")
    try:
        if command[0] == "show":  # what the sensor launches that follows the ledger
            runs = importlib.import_module("journeys_pipeline.runs")
            runs.show(as_of=datetime.fromisoformat(command[-1]))
        else:
            cli = importlib.import_module("journeys_pipeline.cli")
            return not cli.app(command, standalone_mode=False)
    except SystemExit as ended:
        return not ended.code
    except Exception:  # noqa: BLE001 - the next command runs all the same
        traceback.print_exc()
        return False
    return True


def answer(text: object) -> None:
    """A line of output, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for name in NEEDED:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 99
            try:
                code = run_tick(json.loads(line))
            finally:
                os._exit(code)
        answer(child)
        _, status, usage = os.wait4(child, 0)
        answer(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss // 1024]))
