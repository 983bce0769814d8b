"""Figures served to readers, each unique count for its own grain (D20)."""

from journeys_pipeline.schemas.metrics.accounts import AccountMonthStarts, AccountPerformance
from journeys_pipeline.schemas.metrics.campaigns import (
    GOAL_DELAYS,
    CampaignPerformance,
    GoalDelays,
    GoalValues,
    VersionPerformance,
)
from journeys_pipeline.schemas.metrics.channels import ChannelCosts, ChannelPerformance
from journeys_pipeline.schemas.metrics.elements import (
    BranchTraffic,
    ElementCosts,
    ElementErrors,
    ElementMessages,
    ElementPerformance,
)
from journeys_pipeline.schemas.metrics.journeys import EntryPoints, ExitsByType, JourneyFunnel, JourneySummary
from journeys_pipeline.schemas.metrics.refreshes import Bookings, Refreshes, TouchedDays
from journeys_pipeline.schemas.metrics.spans import ALWAYS, UNIQUES, PeopleByDay, PeopleSpans
from journeys_pipeline.schemas.metrics.versions import (
    VersionChannels,
    VersionCosts,
    VersionElements,
    VersionExits,
    VersionFunnel,
    VersionGoalDelays,
)

FIGURES = [
    AccountPerformance,
    CampaignPerformance,
    VersionPerformance,
    JourneyFunnel,
    EntryPoints,
    ExitsByType,
    ChannelPerformance,
    ChannelCosts,
    ElementPerformance,
    ElementMessages,
    ElementCosts,
    BranchTraffic,
    ElementErrors,
    GoalValues,
    GoalDelays,
    VersionExits,
    VersionCosts,
]
"""The tables that are served by day and by month."""

MONTH_FIGURES = [VersionFunnel, VersionChannels, VersionElements, VersionGoalDelays]
"""The tables that are served by month alone."""

__all__ = [
    "ALWAYS",
    "FIGURES",
    "GOAL_DELAYS",
    "MONTH_FIGURES",
    "UNIQUES",
    "AccountMonthStarts",
    "AccountPerformance",
    "Bookings",
    "BranchTraffic",
    "CampaignPerformance",
    "ChannelCosts",
    "ChannelPerformance",
    "ElementCosts",
    "ElementErrors",
    "ElementMessages",
    "ElementPerformance",
    "EntryPoints",
    "ExitsByType",
    "GoalDelays",
    "GoalValues",
    "JourneyFunnel",
    "JourneySummary",
    "PeopleByDay",
    "PeopleSpans",
    "Refreshes",
    "TouchedDays",
    "VersionChannels",
    "VersionCosts",
    "VersionElements",
    "VersionExits",
    "VersionFunnel",
    "VersionGoalDelays",
    "VersionPerformance",
]
