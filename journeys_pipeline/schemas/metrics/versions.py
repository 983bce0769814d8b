"""The figures of each version of a journey, each unique count for its own month (D20).

A version is judged as a journey of its own: its people entered it, its messages were sent by it. What names no version
is in none.
"""

import dataframely as dy

from journeys_pipeline.schemas.metrics.campaigns import GoalDelays
from journeys_pipeline.schemas.metrics.channels import ChannelCosts, ChannelPerformance
from journeys_pipeline.schemas.metrics.elements import ElementPerformance
from journeys_pipeline.schemas.metrics.journeys import ExitsByType, JourneyFunnel


class VersionFunnel(JourneyFunnel):
    """JourneyFunnel of each journey version."""

    journey_version = dy.Int32(primary_key=True)


class VersionExits(ExitsByType):
    """ExitsByType of each journey version (D16)."""

    journey_version = dy.Int32(primary_key=True)


class VersionChannels(ChannelPerformance):
    """ChannelPerformance of each journey version (F33)."""

    journey_version = dy.Int32(primary_key=True)


class VersionCosts(ChannelCosts):
    """ChannelCosts of each journey version (F20, D18)."""

    journey_version = dy.Int32(primary_key=True)


class VersionElements(ElementPerformance):
    """ElementPerformance of each journey version: its people in it, the type that the newest version gives it (F3)."""

    journey_version = dy.Int32(primary_key=True)


class VersionGoalDelays(GoalDelays):
    """GoalDelays of each journey version: since the latest entry into it (F16)."""

    journey_version = dy.Int32(primary_key=True)
