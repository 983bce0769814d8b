"""One account's served tables, as its pages are made from them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import dataframely as dy
import polars as pl

from journeys_pipeline.catalog.datasets import ranges
from journeys_pipeline.periods import add_months, days_between
from journeys_pipeline.schemas.ivr_metrics import ALL_VERSIONS, IVR_FIGURES
from journeys_pipeline.schemas.metrics import (
    AccountPerformance,
    CampaignPerformance,
    ChannelCosts,
    ChannelPerformance,
    ElementPerformance,
    ExitsByType,
    GoalDelays,
    JourneyFunnel,
    VersionChannels,
    VersionCosts,
    VersionElements,
    VersionExits,
    VersionFunnel,
    VersionGoalDelays,
    VersionPerformance,
)

WEEKDAYS = dict(enumerate(ranges.WEEKDAYS, start=1))
FIGURES = ["profiles_in_journey", "active_profiles", "goal_performers", "messages_sent"]

OF_VERSIONS: Mapping[type[dy.Schema], type[dy.Schema]] = {
    CampaignPerformance: VersionPerformance,
    JourneyFunnel: VersionFunnel,
    ExitsByType: VersionExits,
    ChannelPerformance: VersionChannels,
    ChannelCosts: VersionCosts,
    ElementPerformance: VersionElements,
    GoalDelays: VersionGoalDelays,
}
"""Where the figures of journeys are served for each of their versions."""


@dataclass(frozen=True)
class Served:
    """The account's rows of served tables, by schema and grain, of the months in sight and the one before them."""

    tables: Mapping[tuple[type[dy.Schema], str], pl.LazyFrame]
    months: tuple[date, ...]
    """Months in sight, the newest first."""
    today: date
    pages: Mapping[str, str] = field(default_factory=dict[str, str])
    """The file that each journey's page is in, by journey id."""
    warning_lines: Mapping[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    """Of each contacts feed, by connection and feed: the share of invalid entries above which people are warned."""
    contact_types: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Of each contacts feed: phone, email or both."""
    sub_accounts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names of sub-accounts, by id."""
    journey_id: str | None = None
    """Set where the rows are of one journey alone."""
    version: int | None = None
    """Set where they are of one version of it alone."""
    is_by_day: bool = False
    """Set where each day stands for a month of its own."""

    def of(self, table: type[dy.Schema], grain: str = "") -> pl.LazyFrame:
        """A table's rows."""
        source = table if self.version is None else OF_VERSIONS.get(table, table)
        rows = self.tables[source, grain]
        if source is not table or table in IVR_FIGURES:
            rows = rows.filter(pl.col("journey_version") == (self.version or ALL_VERSIONS)).drop("journey_version")
        return rows if self.journey_id is None else rows.filter(pl.col("journey_id") == self.journey_id)

    def by_day(self, table: type[dy.Schema]) -> pl.LazyFrame:
        """A table of figures by day, with `day` for its period and the `month` that it lies in; days in sight."""
        days = self.of(table, "day").rename({"period": "day"})
        return self.in_sight(days.with_columns(month=pl.col("day").dt.month_start()))

    def by_month(self, table: type[dy.Schema]) -> pl.LazyFrame:
        """A table of figures by month, with `month` for its period; months in sight."""
        return self.in_sight(self.of(table, "day" if self.is_by_day else "month").rename({"period": "month"}))

    def in_sight(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows of the months in sight."""
        return rows.filter(pl.col("month").dt.month_start().is_in(list(self.months)))

    def days(self) -> pl.LazyFrame:
        """Every day in sight up to today, with its `month`: a day without rows is a day of nothing, not a gap."""
        days = days_between(self.months[-1], self.today + timedelta(days=1))
        return pl.LazyFrame({"day": days}, schema={"day": pl.Date}).with_columns(month=pl.col("day").dt.month_start())

    def month_before(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Rows with a `day`, each under the month after; for the month that is not over, its same days alone."""
        is_comparable = (pl.col("day").dt.month_start() != add_months(self.months[0], -1)) | (
            pl.col("day").dt.day() <= self.today.day
        )
        later = pl.col("day").dt.month_start().dt.offset_by("1mo")
        return self.in_sight(rows.filter(is_comparable).with_columns(month=later))

    def comparable(self, before: pl.LazyFrame) -> pl.LazyFrame:
        """Of figures of months, each under the `month` after: those of months that we know whole.

        An account's history begins somewhere within a month; what comes after would seem to have grown a hundredfold.
        """
        begun = self.tables[AccountPerformance, "day"].select(begun=pl.col("period").min())
        is_whole = pl.col("month").dt.offset_by("-1mo") >= pl.col("begun")
        return before.join(begun, how="cross").filter(is_whole).drop("begun")

    def with_pages(self, pages: Mapping[str, str]) -> "Served":
        """The same, whose journeys lead to other pages."""
        return replace(self, pages=pages)

    def of_journey(self, journey_id: str) -> "Served":
        """The rows of one journey; tables without journeys cannot be asked for."""
        return replace(self, journey_id=journey_id)

    def by_days(self) -> "Served":
        """The same, each day in the place of a month: what a month's dataset says, it says of every day."""
        return replace(self, is_by_day=True)

    def of_version(self, version: int) -> "Served":
        """The rows of one version of the journey; of 0, those of all versions together."""
        return replace(self, version=version or None)


Shape = Callable[[Served], pl.LazyFrame]
"""Makes a dataset: the columns that catalog/datasets.py names, and the `month` that each row belongs to."""
