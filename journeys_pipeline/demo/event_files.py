"""Event files of the sample world: one account's lines, each in the file of its day, with the flaws of real feeds."""

import zlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import BinaryIO

from journeys_pipeline.demo.accounts import World
from journeys_pipeline.demo.drops import drop_times
from journeys_pipeline.periods import utc_midnight

DAY_MS = 86_400_000
_OFFSET_MS = 7_200_000
_OTHER_MS = 1000  # by which the two records of a conflict differ
_LINES_PER_FILE = 1_000_000
_LINES_PER_WRITE = 512
_EVENTS_PER_BAD_RECORD = 4_000
_EVENTS_PER_CONFLICT = 3_000

# One random number decides an event's fate: the bands lie one after the other.
_LATE_BELOW = 0.015
_DUPLICATE_BELOW = 0.025
_NEXT_DAY_DUPLICATE_BELOW = 0.018
_EPOCH_BELOW = 0.075
_OFFSET_ABOVE = 0.85

_CLOCK = [f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in range(86_400)]

BAD_RECORDS = {  # event type, end of the time, further fields
    "not_json": ("message_sent", 'Z"', '"channel":"sms",,'),
    "missing_field": ("message_sent", 'Z"', '"channel":"sms"'),
    "unknown_type": ("person_teleported", 'Z"', '"channel":"sms"'),
    "time_without_offset": ("message_seen", '"', '"message_id":"lost-1","channel":"viber"'),
    "bad_channel": ("message_sent", 'Z"', '"message_id":"lost-2","channel":"pigeon"'),
    "negative_price": ("message_sent", 'Z"', '"message_id":"lost-3","channel":"sms","price":-0.05,"currency":"EUR"'),
}


class EventFiles:
    """Takes events in any order and writes them, flawed as real feeds are, into one gzip file a day.

    Holds no more than a few hundred lines for each day that is still open. `counts` tells what was written:
    events (distinct and sound), lines, late, test_events, duplicates, conflicts, and each kind of bad record.
    """

    def __init__(self, world: World, account_id: str, *, random: Random, path_of: Callable[[int, int], Path]) -> None:
        self.counts: Counter[str] = Counter()
        self._account = account_id
        self._random = random.random
        self._path_of = path_of
        self._files: dict[int, _DayFile] = {}
        self._sequence = 0
        self._days = world.days
        self._start = int(utc_midnight(world.first_day).timestamp()) * 1000
        self._end = min(self._start + world.days * DAY_MS, int(world.now.timestamp() * 1000))
        # A month's last file is taken away before its day is over; what follows is in the next day's file.
        held_from = {
            int(time.timestamp() * 1000) // DAY_MS: int(time.timestamp() * 1000) for time in drop_times(world)[:-1]
        }
        first = self._start // DAY_MS
        self._held_from = [held_from.get(first + day, self._end) for day in range(world.days)]
        self._dates = [(world.first_day + timedelta(days=day)).isoformat() + "T" for day in range(world.days + 1)]
        for kind in BAD_RECORDS:
            self._write_bad(kind, self._start, 0)

    def emit(self, event_type: str, at: int, fields: str) -> None:
        """Write an event that occurs at `at` (epoch milliseconds); nothing if that is after the world's end.

        `fields` are JSON members without braces.
        """
        if at >= self._end:
            return
        fate = self._random()
        day = (at - self._start) // DAY_MS
        late = 1 if at >= self._held_from[day] else 0
        if fate < _LATE_BELOW:
            late += 1 + int(fate * 1e6) % 4
        file_day = day + late
        if file_day >= self._days:
            return
        self._sequence += 1
        prefix = f'{{"event_id":"{self._account}-{self._sequence:08x}","event_type":"{event_type}","occurred_at":'
        line = f"{prefix}{self._when(at, fate)},{fields}}}\n"
        self._write(file_day, line)
        self.counts["late"] += late > 0
        self.counts["test_events"] += '"is_test":true' in fields
        if _LATE_BELOW <= fate < _DUPLICATE_BELOW:
            self._write_again(file_day, line, fate)
        if self._sequence % _EVENTS_PER_CONFLICT == 1:
            other = at + (_OTHER_MS if at - self._start < _OTHER_MS else -_OTHER_MS)
            self._write(file_day, f"{prefix}{self._when(other, 0.5)},{fields}}}\n")
            self.counts["conflicts"] += 1
        if self._sequence % _EVENTS_PER_BAD_RECORD == 0:
            kinds = list(BAD_RECORDS)
            self._write_bad(kinds[self._sequence // _EVENTS_PER_BAD_RECORD % len(kinds)], at, file_day)

    def close_before(self, day: int) -> None:
        """Close the files of the days before the `day`-th: no event follows for them."""
        for done in [open_day for open_day in self._files if open_day < day]:
            self._files.pop(done).close()

    def close(self) -> None:
        """Close all files."""
        self.counts["events"] = self._sequence
        self.close_before(self._days)

    def _write(self, day: int, line: str) -> None:
        file = self._files.get(day)
        if file is None:
            file = self._files[day] = _DayFile(day, self._path_of)
        file.lines.append(line)
        if len(file.lines) >= _LINES_PER_WRITE:
            file.flush()
        self.counts["lines"] += 1

    def _write_again(self, day: int, line: str, fate: float) -> None:
        is_next_day = fate < _NEXT_DAY_DUPLICATE_BELOW and day + 1 < self._days
        self._write(day + 1 if is_next_day else day, line)
        self.counts["duplicates"] += 1

    def _write_bad(self, kind: str, at: int, day: int) -> None:
        event_type, end, fields = BAD_RECORDS[kind]
        self.counts[kind] += 1
        event_id = f"{self._account}-bad-{kind}-{self.counts[kind]}"
        when = self._when(at, 0.5).replace('Z"', end)
        member = f'"account_id":"{self._account}","person_id":"person-0000001"'
        self._write(
            day, f'{{"event_id":"{event_id}","event_type":"{event_type}","occurred_at":{when},{member},{fields}}}\n'
        )

    def _when(self, at: int, fate: float) -> str:
        """The time as JSON: mostly ISO-8601 in UTC, some with another offset, some as epoch milliseconds."""
        if _DUPLICATE_BELOW <= fate < _EPOCH_BELOW:
            return str(at)
        zone = "Z"
        since = at - self._start
        if fate > _OFFSET_ABOVE:
            since += _OFFSET_MS
            zone = "+02:00"
        day, milliseconds = divmod(since, DAY_MS)
        return f'"{self._dates[day]}{_CLOCK[milliseconds // 1000]}.{milliseconds % 1000:03d}{zone}"'


class _DayFile:
    """One day's lines; a new part begins after a million."""

    def __init__(self, day: int, path_of: Callable[[int, int], Path]) -> None:
        self.lines: list[str] = []
        self._day = day
        self._path_of = path_of
        self._part = 0
        self._room = 0
        self._file: BinaryIO | None = None
        self._gzip = zlib.compressobj(1, zlib.DEFLATED, 31)

    def flush(self) -> None:
        """Write what was held back."""
        if self._room <= 0 or self._file is None:
            self._finish()
            self._part += 1
            path = self._path_of(self._day, self._part)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb")
            self._gzip = zlib.compressobj(1, zlib.DEFLATED, 31)  # 31: a gzip header, whose time is always 0
            self._room = _LINES_PER_FILE
        self._file.write(self._gzip.compress("".join(self.lines).encode()))
        self._room -= len(self.lines)
        self.lines.clear()

    def close(self) -> None:
        """Write the rest and end the file."""
        self.flush()
        self._finish()

    def _finish(self) -> None:
        if self._file is not None:
            self._file.write(self._gzip.flush())
            self._file.close()
            self._file = None
