"""Unique people in a form that sums: how many people a range of days counts, whatever its ends (F5, D20)."""

from datetime import date

import dataframely as dy

UNIQUES = ["profiles_in_journey", "profiles_exited", "completed", "active_profiles", "goal_performers"]
ALWAYS = date(1970, 1, 1)


class PeopleByDay(dy.Schema):
    """One row per person, day, journey and unique figure of CampaignPerformance that the person counts in that day.

    `completed` is the numerator of completion_rate: who reached an exit point after an entry.
    """

    day = dy.Date(primary_key=True)
    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    figure = dy.String(primary_key=True, check=lambda c: c.is_in(UNIQUES), description=", ".join(UNIQUES))
    person_id = dy.String(primary_key=True)
    begun_on = dy.Date(
        description="A range that starts later does not count the person for this day: the day itself; of completed, "
        "the day of the last entry before the exit"
    )


class PeopleSpans(dy.Schema):
    """One row per journey, day, unique figure and span of days on which a range may start so as to count `people`.

    Unique people from a day to another: the sum of `people` where `starts_from` <= from <= `starts_until` and
    `day` <= to. A person is in one such row at most, that of the first day on which they count, so the sum is exact.
    """

    day = dy.Date(primary_key=True, description="UTC day on which these people count")
    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    figure = dy.String(primary_key=True, check=lambda c: c.is_in(UNIQUES), description=", ".join(UNIQUES))
    starts_from = dy.Date(
        primary_key=True,
        description="A range that starts earlier counts them for an earlier day already; 1970-01-01 if there is none",
    )
    starts_until = dy.Date(primary_key=True, description="A range that starts later does not count them for this day")
    people = dy.Int64(min=1, description="How many people a range with such a start counts for this day")
