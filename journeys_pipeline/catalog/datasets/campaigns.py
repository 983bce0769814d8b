"""Datasets about journeys and their elements."""

from journeys_pipeline.catalog.datasets.words import (
    BEFORE,
    CHANNEL,
    CURRENCY,
    DAY,
    FIGURES,
    JOURNEY,
    Column,
    Dataset,
    count,
    share,
    text,
)

CAMPAIGN_DATASETS: dict[str, Dataset] = {
    "entry_sources": Dataset(
        "How people came in",
        {"entry_source": text("Entry source"), "entries": count("Entries")},
    ),
    "elements": Dataset(
        "Elements of journeys: who came, who waits, who went on, and how",
        {
            **JOURNEY,
            "element": text("Element"),
            "element_type": text("Type"),
            "entered": count("Entered"),
            "waiting": count("Waiting"),
            "completed": count("Completed"),
            "exited": count("Exited"),
            "failed": count("Failed"),
            "timed_out": count("Timed out"),
            "median_dwell": Column("Median stay", "seconds"),
        },
    ),
    "silent_elements": Dataset(
        "Elements that send nothing (F22)",
        {
            **JOURNEY,
            "element": text("Element"),
            "element_type": text("Type"),
            "entered": count("Entered"),
            "waiting": count("Waiting"),
            "completed": count("Completed"),
            "satisfied": count("Satisfied"),
            "timed_out": count("Timed out"),
            "executed": count("Executed"),
            "failed": count("Failed"),
            "median_dwell": Column("Median stay", "seconds"),
        },
    ),
    "exits": Dataset(
        "How people left",
        {"exit_type": text("Exit"), "exits": count("Exits"), "people": count("People")},
    ),
    "campaign": Dataset(
        "The six figures of one journey (F6-F20)",
        {
            **FIGURES,
            "profiles_exited": count("Profiles exited"),
            "completion_rate": share("Completion rate"),
            "goal_events": count("Goal events"),
            **BEFORE,
            "profiles_exited_before": count("Profiles exited, month before"),
        },
        scope="journey",
    ),
    "campaign_days": Dataset(
        "One journey per day",
        {
            "day": DAY,
            **FIGURES,
            "profiles_exited": count("Profiles exited"),
            "entries": count("Entries"),
            "exits": count("Exits"),
            "goal_events": count("Goal events"),
        },
        scope="journey",
    ),
    "campaign_funnel": Dataset(
        "People of one journey: each step among those of the step before",
        {"step": text("Step"), "people": count("People")},
        scope="journey",
    ),
    "versions": Dataset(
        "Versions of one journey side by side",
        {
            "journey_version": text("Version"),
            **FIGURES,
            "profiles_exited": count("Profiles exited"),
            "completion_rate": share("Completion"),
        },
        scope="journey",
    ),
    "goal_costs": Dataset(
        "What one goal event costs, by channel and currency",
        {**CHANNEL, **CURRENCY, "cost_per_goal": Column("Cost per goal event", "money")},
        scope="journey",
    ),
    "goal_values": Dataset(
        "Value of goal events per currency",
        {**CURRENCY, "goal_events": count("Goal events"), "goal_value": Column("Goal value", "money")},
        scope="journey",
    ),
    "time_to_goal": Dataset(
        "Goal events by the time since the latest entry that earned them",
        {"delay": text("After entry"), "goal_events": count("Goal events")},
        scope="journey",
    ),
}
