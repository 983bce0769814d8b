"""What refreshes cost as Dagster runs: a long back-fill, a day of five times as many events, a day's last refresh."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline_tests.benchmarks.bench_homes import make_in_child, refresh_in
from journeys_pipeline_tests.benchmarks.event_worlds import FIRST_DAY, EventWorld
from journeys_pipeline_tests.benchmarks.turns import Row, run

BACKFILLED_DAYS, SINGLE_RUNS = 90, 6
WEEK = 7


def backfill(events: int) -> Row:
    """One run over 90 days beside 90 runs of a day, of which some, spread evenly, are run."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run(make_in_child(home, EventWorld(events, days=BACKFILLED_DAYS)))
        last = FIRST_DAY + timedelta(days=BACKFILLED_DAYS - 1)
        some = [FIRST_DAY + timedelta(days=BACKFILLED_DAYS // SINGLE_RUNS * number) for number in range(SINGLE_RUNS)]
        run(refresh_in(home, f"{FIRST_DAY}/{last}"))  # Dagster's storage and the tables exist from now on
        singles, _ = run(refresh_in(home, *(f"{day}/{day}" for day in some)))
        seconds, peak = run(refresh_in(home, f"{FIRST_DAY}/{last}"))
    estimate = singles / SINGLE_RUNS * BACKFILLED_DAYS
    peer = f"90 runs, from {SINGLE_RUNS}"
    return Row("backfill_90_vs_90_runs", round(seconds, 2), peer, round(estimate, 2), _ratio(seconds, estimate), peak)


def growth(many: int, few: int) -> list[Row]:
    """The refresh of a day of many events beside that of a day of few, per event."""
    measured = [_refreshed_day(events) for events in (few, many)]
    (few_s, few_peak, few_found), (many_s, many_peak, many_found) = measured
    ratio = _ratio(many_s / many_found, few_s / few_found)
    name = f"growth_{many // 1_000_000}M_vs_{few // 1_000_000}M"
    return [Row(name, round(many_s, 2), f"a fifth, peak {few_peak:,} MB", round(few_s, 2), ratio, many_peak)]


def _refreshed_day(events: int) -> tuple[float, int, float]:
    """Seconds, peak memory in MB, and the number of events."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        found, _ = run(make_in_child(home, EventWorld(events, days=1, accounts=20)))
        day = f"{FIRST_DAY}/{FIRST_DAY}"
        seconds, peak = run(refresh_in(home, day))
    return seconds, peak, found


def late_refresh(events: int) -> Row:
    """The refresh of yesterday and today at 22:00 beside that at 02:00, per event of the two hours before."""
    world = EventWorld(events, days=WEEK)
    yesterday, today = (FIRST_DAY + timedelta(days=WEEK - back) for back in (2, 1))
    at = {hour: datetime(today.year, today.month, today.day, hour, tzinfo=UTC) for hour in (0, 2, 20, 22)}
    per_event, seconds, peaks = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for since, until in ((0, 2), (20, 22)):
            run(make_in_child(home, world, at[until]))
            new = Lake(home / "lake").scan(JourneyEvents).filter(pl.col("occurred_at") >= at[since])
            arrived = new.select(pl.len()).collect().item()
            run(refresh_in(home, f"{FIRST_DAY}/{today}"))
            taken, peak = run(refresh_in(home, f"{yesterday}/{today}"))
            seconds.append(taken)
            per_event.append(taken / arrived)
            peaks.append(peak)
    early_s, late_s = seconds
    return Row(
        "refresh_late_vs_early", round(late_s, 2), "at 02:00", round(early_s, 2), _ratio(*reversed(per_event)), peaks[1]
    )


def _ratio(ours: float, theirs: float) -> float:
    return round(ours / theirs, 4)
