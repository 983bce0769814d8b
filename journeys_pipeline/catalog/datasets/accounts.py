"""Datasets about an account as a whole, its journeys side by side, and its feeds."""

from journeys_pipeline.catalog.datasets.words import (
    BEFORE,
    COST,
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

ACCOUNT_DATASETS: dict[str, Dataset] = {
    "account": Dataset("The account's figures; unique people over all journeys", {**FIGURES, **BEFORE}),
    "account_days": Dataset(
        "The account's figures per day",
        {
            "day": DAY,
            **FIGURES,
            "entries": count("Entries"),
            "exits": count("Exits"),
            "inside": count("Inside at the day's end"),
        },
    ),
    "account_costs": Dataset(
        "Cost of messages and calls per currency",
        {**CURRENCY, **COST, "cost_before": Column("Cost, month before", "money")},
    ),
    "account_cost_days": Dataset("The same per day", {"day": DAY, **CURRENCY, **COST}),
    "journeys": Dataset(
        "Journeys with any activity in the month",
        {
            **JOURNEY,
            "campaign": text("Campaign"),
            "status": text("Status"),
            **FIGURES,
            "completion_rate": share("Completion"),
            "goal_rate": share("Goal rate"),
        },
    ),
    "journey_days": Dataset(
        "Journeys per day",
        {
            "day": DAY,
            **JOURNEY,
            **FIGURES,
            "entries": count("Entries"),
        },
    ),
    "goal_rates": Dataset(
        "Goal performers per profile, of journeys that have a goal",
        {**JOURNEY, "goal_rate": share("Goal rate"), "mean": share("Mean of the journeys")},
    ),
    "movers": Dataset(
        "Entries of each journey beside those on the same days of the month before",
        {
            **JOURNEY,
            "entries": count("Entries"),
            "entries_before": count("Same days before"),
            "difference": Column("Difference", "change"),
        },
    ),
    "feeds": Dataset(
        "What came over each feed",
        {
            "feed": text("Feed"),
            "holds": text("Holds"),
            "last_file_at": Column("Last file", "time"),
            "files": count("Files"),
            "failed_files": count("Failed"),
            "records": count("Records"),
            "quarantined": count("Refused records"),
        },
    ),
}
