"""Facts become figures: per day, per month, or for one range, each unique count for its own grain (D20)."""

from journeys_pipeline.transforms.metrics.accounts import measure_accounts, measure_month_start, month_starts
from journeys_pipeline.transforms.metrics.campaigns import measure_campaigns, measure_versions
from journeys_pipeline.transforms.metrics.channels import measure_channel_costs, measure_channels
from journeys_pipeline.transforms.metrics.elements import (
    measure_branches,
    measure_element_costs,
    measure_element_messages,
    measure_elements,
    measure_errors,
)
from journeys_pipeline.transforms.metrics.entries import measure_entry_points, measure_exits
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.funnel import measure_funnel
from journeys_pipeline.transforms.metrics.goals import measure_goal_delays, measure_goal_values
from journeys_pipeline.transforms.metrics.journeys import summarise_journeys
from journeys_pipeline.transforms.metrics.narrowing import narrow
from journeys_pipeline.transforms.metrics.periods import Periods
from journeys_pipeline.transforms.metrics.spans import (
    campaigns_of_range,
    differing_days,
    measure_people,
    measure_spans,
)
from journeys_pipeline.transforms.metrics.versions import of_versions

__all__ = [
    "Facts",
    "Periods",
    "campaigns_of_range",
    "differing_days",
    "measure_accounts",
    "measure_branches",
    "measure_campaigns",
    "measure_channel_costs",
    "measure_channels",
    "measure_element_costs",
    "measure_element_messages",
    "measure_elements",
    "measure_entry_points",
    "measure_errors",
    "measure_exits",
    "measure_funnel",
    "measure_goal_delays",
    "measure_goal_values",
    "measure_month_start",
    "measure_people",
    "measure_spans",
    "measure_versions",
    "month_starts",
    "narrow",
    "of_versions",
    "summarise_journeys",
]
