"""Datasets about MEP."""

from journeys_pipeline.catalog.datasets.words import DAY, JOURNEY, Column, Dataset, count, share, text

MEP_DATASETS: dict[str, Dataset] = {
    "mep": Dataset(
        "MEP of the month against the plan in force",
        {
            "plan": text("Plan"),
            "price": Column("Price a month", "money"),
            "currency": text("Currency"),
            "allowance": count("Plan allows"),
            "mep": count("MEP"),
            "used": share("Of the plan"),
            "overage": count("Above the plan"),
            "projected": count("Projected"),
            "state": text("State"),
            "mep_before": count("MEP, month before"),
        },
    ),
    "mep_days": Dataset(
        "MEP by the day of Engaged At", {"day": DAY, "new": count("New MEP"), "cumulative": count("MEP so far")}
    ),
    "mep_course": Dataset(
        "MEP so far, beside the month before, the plan, and where it leads",
        {
            "day": DAY,
            "cumulative": count("This month"),
            "last_month": count("Month before"),
            "plan": count("Plan"),
            "projection": count("Projection"),
        },
    ),
    "mep_journeys": Dataset(
        "MEP by journey (F82): billed sums to the total, engaged overlaps",
        {
            **JOURNEY,
            "campaign": text("Campaign"),
            "billed": count("Billed"),
            "engaged": count("Engaged"),
            "trend": Column("Billed per day", "trend"),
        },
    ),
    "mep_campaigns": Dataset(
        "MEP by campaign (F74)",
        {"campaign": text("Campaign"), "billed": count("Billed"), "engaged": count("Engaged")},
    ),
    "mep_sub_accounts": Dataset(
        "MEP by sub-account (F69)",
        {"sub_account": text("Sub-account"), "billed": count("Billed"), "engaged": count("Engaged")},
    ),
    "mep_sources": Dataset(
        "MEP by the source of the first entry (F64)",
        {"entry_source": text("Entry source"), "billed": count("Billed")},
    ),
    "mep_months": Dataset(
        "The months in sight against their plans",
        {
            "in_month": text("Month"),
            "mep": count("MEP"),
            "allowance": count("Plan allows"),
            "overage": count("Above the plan"),
            "state": text("State"),
        },
    ),
    "mep_reports": Dataset(
        "Reports made of the month (F75)",
        {
            "name": text("Report"),
            "made_at": Column("Made, UTC", "time"),
            "persons": count("Rows"),
            "format": text("Format"),
            "state": text("State"),
        },
    ),
}
