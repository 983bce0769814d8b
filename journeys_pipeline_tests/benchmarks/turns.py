"""Two programs timed in turn, as docs/benchmarks.md says."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """What a benchmark found; times are medians in seconds, `peak_mb` is our process's, `ratio` is ours / peer."""

    name: str
    ours_s: float
    peer: str
    peer_s: float
    ratio: float
    peak_mb: int


def python(program: str, *arguments: object) -> list[str]:
    """The command that runs a program text; it prints its seconds as its last line."""
    return [sys.executable, "-c", program, *map(str, arguments)]


def compare(name: str, ours: Sequence[str], peer: str, theirs: Sequence[str], *, turns: int = 7) -> Row:
    """Both commands run in turn; the ratio is the median of the turns' ratios. A first turn of each is thrown away."""
    measured = [(run(ours), run(theirs)) for _ in range(turns + 1)]
    kept = measured[1:] or measured
    return Row(
        name=name,
        ours_s=round(statistics.median(mine for (mine, _), _ in kept), 4),
        peer=peer,
        peer_s=round(statistics.median(other for _, (other, _) in kept), 4),
        ratio=round(statistics.median(mine / other for (mine, _), (other, _) in kept), 4),
        peak_mb=max(peak for (_, peak), _ in kept),
    )


def run(command: Sequence[str]) -> tuple[float, int]:
    """The seconds that the command prints as its last line, and its peak memory in MB.

    Raises:
        RuntimeError: it failed.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"The command ended with {process.returncode}: {' '.join(command)[:200]}\n{output}")
    return float(output.split()[-1]), usage.ru_maxrss // 1024


def print_rows(rows: Iterable[Row]) -> None:
    """A table for people, then one line of JSON for programs."""
    table = Table("name", "ours, s", "peer", "peer, s", "ratio", "peak, MB")
    listed = [asdict(row) for row in rows]
    for row in listed:
        table.add_row(*map(str, row.values()))
    Console(width=120).print(table)
    Console(soft_wrap=True, highlight=False).out(json.dumps(listed))
