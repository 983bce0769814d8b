"""Datasets about MEP: what customers pay for, against what their plan allows (F76-F82, F102)."""

import polars as pl

from journeys_pipeline.schemas.mep_ledger import (
    MepByCampaign,
    MepByDay,
    MepByEntrySource,
    MepByJourney,
    MepByJourneyDay,
    MepBySubAccount,
    MepSummary,
)
from journeys_pipeline.schemas.reports import MEP_REPORT, ReportRegister
from journeys_pipeline.transforms.dashboards.naming import with_pages
from journeys_pipeline.transforms.dashboards.served import Served, Shape

CLOSED, OPEN = "closed", "provisional"


def shape_mep(served: Served) -> pl.LazyFrame:
    """The month against the plan. MEP of the month before: of its same days, while this month is not over."""
    used = pl.when(pl.col("allowance") > 0).then(pl.col("mep") / pl.col("allowance"))
    days = served.of(MepByDay)
    until = pl.when(pl.col("month").dt.offset_by("1mo") == served.months[0]).then(served.today.day).otherwise(31)
    before = (
        days.filter(pl.col("day").dt.day() <= until)
        .group_by("month")
        .agg(mep_before=pl.col("cumulative").max())
        .with_columns(pl.col("month").dt.offset_by("1mo"))
    )
    columns = ["plan", "price", "currency", "allowance", "mep", "used", "overage", "projected", "state", "mep_before"]
    summary = served.in_sight(served.of(MepSummary)).with_columns(used=used, state=_state())
    return summary.join(served.comparable(before), on="month", how="left").select("month", *columns)


def shape_mep_days(served: Served) -> pl.LazyFrame:
    """New MEPs per day, and so far."""
    return served.in_sight(served.of(MepByDay)).select("month", "day", "new", "cumulative").sort("day")


def shape_mep_course(served: Served) -> pl.LazyFrame:
    """Every day of the month: MEP so far, the month before on the same number of day, the plan, and the projection.

    The projection is a straight line from today's count to that of the month's end.
    """
    days = served.of(MepByDay).select("month", "day", "cumulative")
    later = days.select(
        pl.col("month").dt.offset_by("1mo"), number=pl.col("day").dt.day(), last_month=pl.col("cumulative")
    )
    summary = served.in_sight(served.of(MepSummary)).select("month", "projected", "mep", plan="allowance")
    every_day = summary.with_columns(
        day=pl.date_ranges("month", pl.col("month").dt.month_end()), last=pl.col("month").dt.month_end()
    ).explode("day")
    since = (pl.col("day") - pl.lit(served.today)).dt.total_days()
    left = (pl.col("last") - pl.lit(served.today)).dt.total_days()
    leads_to = pl.col("mep") + (pl.col("projected") - pl.col("mep")) * since / left
    is_ahead = (pl.col("day") >= served.today) & (left > 0)
    return (
        every_day.with_columns(number=pl.col("day").dt.day())
        .join(days, on=["month", "day"], how="left")
        .join(served.comparable(later), on=["month", "number"], how="left")
        .with_columns(projection=pl.when(is_ahead).then(leads_to).round().cast(pl.Int64))
        .select("month", "day", "cumulative", "last_month", "plan", "projection")
        .sort("day")
    )


def shape_mep_journeys(served: Served) -> pl.LazyFrame:
    """Journeys by rank, each with its MEPs per day so far."""
    key = ["month", "journey_id"]
    days = served.of(MepByJourneyDay)
    grid = served.days().join(served.in_sight(served.of(MepByJourney)).select(key), on="month")
    daily = grid.join(days, on=[*key, "day"], how="left").sort("day").group_by(key, maintain_order=True)
    trends = daily.agg(trend=pl.col("billed").fill_null(0))
    ranked = with_pages(served.in_sight(served.of(MepByJourney)), served).join(trends, on=key, how="left")
    return (
        ranked.sort("month", "rank")
        .select("month", "page", "billed", "engaged", "trend", journey="journey_name", campaign="campaign_name")
        .select("month", "journey", "page", "campaign", "billed", "engaged", "trend")
    )


def shape_mep_campaigns(served: Served) -> pl.LazyFrame:
    """MEP by campaign, the most billed first."""
    rows = served.in_sight(served.of(MepByCampaign)).with_columns(campaign="campaign_name")
    return _ranked(rows, "campaign").select("month", "campaign", "billed", "engaged")


def shape_mep_sub_accounts(served: Served) -> pl.LazyFrame:
    """MEP by sub-account, the most billed first."""
    name = pl.col("sub_account_id").replace({"": "none named", **served.sub_accounts})
    rows = served.in_sight(served.of(MepBySubAccount)).with_columns(sub_account=name)
    return _ranked(rows, "sub_account").select("month", "sub_account", "billed", "engaged")


def shape_mep_sources(served: Served) -> pl.LazyFrame:
    """MEP by entry source, the most frequent first."""
    return _ranked(served.in_sight(served.of(MepByEntrySource)), "entry_source").select(
        "month", "entry_source", "billed"
    )


def shape_mep_months(served: Served) -> pl.LazyFrame:
    """All months in sight, the same whichever is chosen."""
    shown = served.in_sight(served.of(MepSummary)).select(
        "mep", "allowance", "overage", at="month", in_month=pl.col("month").dt.strftime("%B %Y"), state=_state()
    )
    chosen = pl.LazyFrame({"month": list(served.months)}, schema={"month": pl.Date})
    columns = ["month", "in_month", "mep", "allowance", "overage", "state"]
    return chosen.join(shown, how="cross").sort("month", "at").select(columns)


def shape_mep_reports(served: Served) -> pl.LazyFrame:
    """Reports of the month, the newest first."""
    is_its = pl.col("report_type") == MEP_REPORT
    state = pl.when(pl.col("is_provisional")).then(pl.lit(OPEN)).otherwise(pl.lit(CLOSED))
    reports = served.in_sight(served.of(ReportRegister)).filter(is_its).sort("made_at", descending=True)
    return reports.select("month", "name", "made_at", "format", persons="row_count", state=state).select(
        "month", "name", "made_at", "persons", "format", "state"
    )


def _ranked(rows: pl.LazyFrame, name: str) -> pl.LazyFrame:
    return rows.sort("month", "billed", name, descending=[True, True, False])


def _state() -> pl.Expr:
    return pl.when(pl.col("is_closed")).then(pl.lit(CLOSED)).otherwise(pl.lit(OPEN))


MEP_SHAPES: dict[str, Shape] = {
    "mep": shape_mep,
    "mep_days": shape_mep_days,
    "mep_course": shape_mep_course,
    "mep_journeys": shape_mep_journeys,
    "mep_campaigns": shape_mep_campaigns,
    "mep_sub_accounts": shape_mep_sub_accounts,
    "mep_sources": shape_mep_sources,
    "mep_months": shape_mep_months,
    "mep_reports": shape_mep_reports,
}
