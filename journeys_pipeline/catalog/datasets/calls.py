"""Datasets about phone calls."""

from journeys_pipeline.catalog.datasets.words import CALLS, DAY, JOURNEY, Column, Dataset, count, share, text

CALL_DATASETS: dict[str, Dataset] = {
    "ivr_journeys": Dataset(
        "Journeys with calls",
        {
            **JOURNEY,
            **CALLS,
            "completion_rate": share("Completion rate"),
            "median_talk_time": Column("Median talk time", "seconds"),
            "unique_callers": count("Unique callers"),
        },
    ),
    "call_days": Dataset("Calls of all journeys per day", {"day": DAY, **CALLS}),
    "ivr": Dataset(
        "Calls of one journey",
        {
            **CALLS,
            "completion_rate": share("Completion rate"),
            "median_talk_time": Column("Median talk time", "seconds"),
            "unique_callers": count("Unique callers"),
        },
        scope="calls",
    ),
    "ivr_days": Dataset("Calls of one journey per day", {"day": DAY, **CALLS}, scope="calls"),
    "ivr_hours": Dataset(
        "When calls of one journey begin",
        {"weekday": text("Weekday"), "hour": text("Hour, UTC"), "calls": count("Calls")},
        scope="calls",
    ),
    "ivr_steps": Dataset(
        "How far callers come in one journey",
        {"step": text("Step"), "calls": count("Calls")},
        scope="calls",
    ),
    "ivr_drop_offs": Dataset(
        "Where calls of one journey end early",
        {"element": text("Last element"), "ended_early": count("Ended early"), "share": share("Of all early ends")},
        scope="calls",
    ),
    "ivr_options": Dataset(
        "Options pressed in menus of one journey",
        {
            "menu": text("Menu"),
            "key": text("Key"),
            "option": text("Option"),
            "leads_to": text("Leads to"),
            "presses": count("Presses"),
            "share": share("Of the menu's presses"),
        },
        scope="calls",
    ),
    "ivr_menus": Dataset(
        "Menus and inputs of one journey that did not go well",
        {
            "element": text("Element"),
            "shown": count("Shown"),
            "repeats": count("Repeats"),
            "pressed": count("Options pressed"),
            "no_input": count("No input"),
            "invalid": count("Invalid input"),
        },
        scope="calls",
    ),
    "ivr_inputs": Dataset(
        "What callers of one journey were asked for",
        {
            "element": text("Element"),
            "variable": text("Asked for"),
            "attempts": count("Attempts"),
            "valid": count("Valid"),
            "no_input": count("No input"),
            "invalid": count("Invalid"),
            "distinct_values": count("Different values"),
        },
        scope="calls",
    ),
    "ivr_values": Dataset(
        "What callers of one journey keyed in, masked as its source asks",
        {"variable": text("Asked for"), "value": text("Value"), "inputs": count("Times")},
        scope="calls",
    ),
}
