"""Figures of an account as a whole: a person in several journeys is one."""

import dataframely as dy


class AccountPerformance(dy.Schema):
    """One row per account and period with any activity: unique people over all of its journeys (F94, D20)."""

    account_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    profiles_in_journey = dy.Int64(min=0, description="Unique people who entered any journey in the period (F6)")
    entries = dy.Int64(min=0, description="Entries, re-entries included")
    active_profiles = dy.Int64(min=0, description="Unique people who are active in at least one journey (F11-F13)")
    goal_performers = dy.Int64(min=0, description="Unique people who performed the goal of at least one journey (F14)")
    messages_sent = dy.Int64(min=0, description="One per message id, over all journeys (F18, D17)")


class AccountMonthStarts(dy.Schema):
    """One row per account and month of the last four: the figures of its first days (F78).

    As many days as the newest month has come to, so that months can be compared before they are over.
    """

    account_id = dy.String(primary_key=True)
    month = dy.Date(primary_key=True)
    days = dy.Int64(min=1, max=31, description="How many first days of the month are counted")
    profiles_in_journey = dy.Int64(min=0, description="Unique people who entered any journey in those days (F6)")
    entries = dy.Int64(min=0, description="Entries, re-entries included")
    active_profiles = dy.Int64(min=0, description="Unique people who are active in at least one journey (F11-F13)")
    goal_performers = dy.Int64(min=0, description="Unique people who performed the goal of at least one journey (F14)")
    messages_sent = dy.Int64(min=0, description="One per message id, over all journeys (F18, D17)")
