"""What a refresh covers: periods, the accounts on its tiers, and its logical time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Catalog
from journeys_pipeline.defs.partitions import logical_time, run_periods
from journeys_pipeline.environment import first_day
from journeys_pipeline.periods import ranges_of
from journeys_pipeline.schemas.metrics import Bookings, Refreshes, TouchedDays
from journeys_pipeline.tiers import Tier

MOST_TOLD = 10
BRIDGED_DAYS = 14  # making as many days once more costs less than a further run


class RefreshConfig(dg.Config):
    """Whose numbers a run makes: the accounts that are on these tiers at the run's logical time.

    If accounts are named, those of them that are named.
    """

    tiers: list[str] = [tier.value for tier in Tier]
    accounts: list[str] = []


@dataclass(frozen=True)
class Scope:
    """The slice that a run replaces: its periods times its accounts."""

    periods: Sequence[date]
    accounts: Sequence[str]
    as_of: datetime

    @classmethod
    def of(cls, context: dg.AssetExecutionContext, config: RefreshConfig, catalog: Catalog) -> "Scope":
        """The scope that a run's partitions, config and logical time say."""
        as_of = logical_time(context)
        on_tiers = catalog.accounts_on([Tier(tier) for tier in config.tiers], as_of.date())
        wanted = [account for account in on_tiers if account in (config.accounts or on_tiers)]
        return cls(run_periods(context), wanted, as_of)

    def slice(self, column: str) -> dict[str, Sequence[date] | Sequence[str]]:
        """The slice as the lake and the warehouse take it; `column` is the one that holds the period."""
        return {column: self.periods, "account_id": self.accounts}

    def select(self, table: pl.LazyFrame, column: str) -> pl.LazyFrame:
        """The slice's rows of a table."""
        in_periods = pl.col(column).is_between(self.periods[0], self.periods[-1])
        return table.filter(in_periods & pl.col("account_id").is_in(self.accounts))


def stale_days(warehouse: Warehouse, accounts: Sequence[str], *, as_of: datetime) -> pl.DataFrame:
    """Columns account_id, day, files: days up to `as_of` that files touched since the account's figures were made."""
    touched = warehouse.read(TouchedDays, {"account_id": accounts})
    made = warehouse.read(Refreshes, {"account_id": accounts})
    is_stale = pl.col("begun_at").is_null() | (pl.col("touched_at") > pl.col("begun_at"))
    is_counted = pl.col("day").is_between(first_day(), as_of.date())
    stale = touched.join(made, on=["account_id", "day"], how="left").filter(is_stale & is_counted)
    return stale.select("account_id", "day", "files")


def correct_touches(warehouse: Warehouse, accounts: Sequence[str], *, at: datetime) -> None:
    """Nothing; days that were touched by a clock ahead of its time count as touched at `at`, the present.

    Else they would wait, and keep their month open, until that time has come.
    """
    touched = warehouse.read(TouchedDays, {"account_id": accounts})
    ahead = touched.filter(pl.col("touched_at") > at)
    warehouse.upsert(TouchedDays, ahead.with_columns(touched_at=pl.lit(at, pl.Datetime("us", "UTC"))))


def ranges_to_refresh(warehouse: Warehouse, accounts: Sequence[str], *, as_of: datetime) -> list[tuple[date, date]]:
    """Yesterday, today and the accounts' stale days, as ranges (first, last) that are a run each."""
    recent = [as_of.date() - timedelta(days=1), as_of.date()] if accounts else []
    late = stale_days(warehouse, accounts, as_of=as_of)["day"].to_list()
    return ranges_of([*recent, *late], bridging=BRIDGED_DAYS)


def unbooked_months(warehouse: Warehouse, accounts: Sequence[str], *, refreshed_before: datetime) -> list[date]:
    """The months of which any account's day was refreshed, before that time, by a run that no booking has followed.

    The run that should have followed has died, or was never started.
    """
    made = warehouse.read(Refreshes, {"account_id": accounts}).filter(pl.col("begun_at") < refreshed_before)
    newest = made.group_by("account_id", month=pl.col("day").dt.month_start()).agg(
        refreshed_at=pl.col("begun_at").max()
    )
    booked = warehouse.read(Bookings, {"account_id": accounts})
    is_waiting = pl.col("begun_at").is_null() | (pl.col("refreshed_at") > pl.col("begun_at"))
    waiting = newest.join(booked, on=["account_id", "month"], how="left").filter(is_waiting)
    return waiting["month"].unique().sort().to_list()


def why_anew(stale: pl.DataFrame, first: date, last: date, *, as_of: datetime) -> str:
    """Which of the days first..last late files touched: "late files: 2026-10-03 (2 files), …"; empty if none did.

    Yesterday and today are made at every refresh, so none of their files is late.

    Args:
        stale: Days that files touched, as `stale_days` finds them.
        first: The first day of a run.
        last: Its last.
        as_of: Its logical time.
    """
    is_late = pl.col("day").is_between(first, min(last, as_of.date() - timedelta(days=2)))
    spans: list[tuple[date, date, int]] = []
    for day, files in stale.filter(is_late).group_by("day").agg(pl.col("files").sum()).sort("day").rows():
        begun, ended, count = spans[-1] if spans else (day, day, files)
        is_next = day - ended <= timedelta(days=1) and files == count
        spans = [*spans[:-1], (begun, day, files)] if is_next else [*spans, (day, day, files)]
    told = [
        f"{begun}{'' if begun == ended else f' to {ended}'} ({files} file{'' if files == 1 else 's'})"
        for begun, ended, files in spans
    ]
    rest = [f"and {len(told) - MOST_TOLD} more spans"] if len(told) > MOST_TOLD else []
    return f"late files: {', '.join([*told[:MOST_TOLD], *rest])}" if told else ""
