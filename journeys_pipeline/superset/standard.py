"""The standard dashboards of the mission, as far as Superset can show them (F86)."""

from journeys_pipeline.superset.charts import Chart
from journeys_pipeline.superset.dashboards import Dashboard

_ALL_VERSIONS = {"journey_version": 0}
_COUNTED = {"status": "landed"}  # a withdrawn file keeps its counts, which count no more
_ACCOUNT, _ACCOUNT_DAYS = "account_performance_by_month", "account_performance_by_day"
_CHANNELS, _CHANNEL_DAYS = "channel_performance_by_month", "channel_performance_by_day"
_CALLS, _CALL_DAYS = "call_performance_by_month", "call_performance_by_day"

OVERVIEW = Dashboard(
    "Journeys: overview",
    "journeys-overview",
    _ACCOUNT,
    (
        (
            Chart("Profiles in journey", _ACCOUNT, "number", ("profiles_in_journey",)),
            Chart("Active profiles", _ACCOUNT, "number", ("active_profiles",)),
            Chart("Goal performers", _ACCOUNT, "number", ("goal_performers",)),
            Chart("Messages sent", _ACCOUNT, "number", ("messages_sent",)),
        ),
        (
            Chart(
                "People who entered, by day",
                _ACCOUNT_DAYS,
                "line",
                ("profiles_in_journey", "active_profiles"),
                over="period",
            ),
            Chart(
                "Messages sent by channel and day",
                _CHANNEL_DAYS,
                "bar",
                ("messages_sent",),
                by=("channel",),
                over="period",
            ),
        ),
        (
            Chart(
                "Journeys of the month",
                "campaign_performance_by_month",
                "table",
                ("profiles_in_journey", "active_profiles", "goal_performers", "messages_sent"),
                by=("account_id", "journey_id"),
            ),
            Chart(
                "Cost by channel and currency", "channel_costs_by_month", "table", ("cost",), by=("channel", "currency")
            ),
        ),
    ),
)
CAMPAIGNS = Dashboard(
    "Journeys: campaign performance",
    "journeys-campaigns",
    "campaign_performance_by_month",
    (
        (
            Chart(
                "Entries by day and source",
                "entry_points_by_day",
                "bar",
                ("entries",),
                by=("entry_source",),
                over="period",
            ),
            Chart("Why people left", "exits_by_type_by_month", "table", ("exits",), by=("exit_type",)),
        ),
        (
            Chart(
                "From entry to goal, by journey",
                "journey_funnel_by_month",
                "table",
                ("entered", "messaged", "active", "reached_goal"),
                by=("account_id", "journey_id"),
            ),
            Chart(
                "Versions side by side",
                "version_performance_by_month",
                "table",
                ("profiles_in_journey", "profiles_exited", "active_profiles", "messages_sent"),
                by=("account_id", "journey_id", "journey_version"),
            ),
        ),
        (
            Chart(
                "Channels: what became of messages",
                _CHANNELS,
                "table",
                ("messages_sent", "delivered", "failed", "opened", "clicked"),
                by=("channel",),
            ),
            Chart(
                "Elements",
                "element_performance_by_month",
                "table",
                ("entered", "completed", "exited_here", "errored"),
                by=("account_id", "journey_id", "element_type", "element_id"),
            ),
        ),
    ),
)
CALLS = Dashboard(
    "Journeys: IVR insights",
    "journeys-ivr",
    _CALLS,
    (
        (
            Chart("Calls", _CALLS, "number", ("calls",), only=_ALL_VERSIONS),
            Chart("Answered calls", _CALLS, "number", ("answered",), only=_ALL_VERSIONS),
            Chart("Completed calls", _CALLS, "number", ("completed",), only=_ALL_VERSIONS),
            Chart("Calls that ended early", _CALLS, "number", ("ended_early",), only=_ALL_VERSIONS),
        ),
        (
            Chart(
                "Calls by day",
                _CALL_DAYS,
                "line",
                ("calls", "answered", "completed"),
                over="period",
                only=_ALL_VERSIONS,
            ),
            Chart(
                "Calls by weekday and hour",
                "call_hours_by_month",
                "table",
                ("calls", "answered"),
                by=("weekday", "hour"),
                only=_ALL_VERSIONS,
            ),
        ),
        (
            Chart(
                "Where calls ended early",
                "call_drop_offs_by_month",
                "table",
                ("ended_early",),
                by=("account_id", "journey_id", "element_id"),
                only=_ALL_VERSIONS,
            ),
            Chart(
                "Ways through menus",
                "menu_paths_by_month",
                "table",
                ("presses",),
                by=("account_id", "journey_id", "element_id", "key", "label", "next_element_id"),
                only=_ALL_VERSIONS,
            ),
        ),
    ),
)
IMPORTS = Dashboard(
    "Journeys: SFTP import",
    "journeys-imports",
    "import_performance",
    (
        (
            Chart("Entries in contact files", "import_performance", "number", ("total_entries",), only=_COUNTED),
            Chart("Valid entries", "import_performance", "number", ("valid_entries",), only=_COUNTED),
            Chart("Invalid entries", "import_performance", "number", ("invalid_entries",), only=_COUNTED),
        ),
        (
            Chart(
                "Valid and invalid entries by day",
                "import_performance",
                "bar",
                ("valid_entries", "invalid_entries"),
                over="fetched_at",
                only=_COUNTED,
            ),
        ),
        (
            Chart(
                "Files",
                "import_performance",
                "table",
                ("total_entries", "valid_entries", "invalid_entries"),
                by=("fetched_at", "connection_id", "connection_error", "file_name", "status", "reasons"),
            ),
        ),
    ),
)
MEP = Dashboard(
    "Journeys: MEP consumption",
    "journeys-mep",
    "mep_summary",
    (
        (
            Chart("MEP", "mep_summary", "number", ("mep",)),
            Chart("MEP in the plan", "mep_summary", "number", ("allowance",)),
            Chart("MEP above the plan", "mep_summary", "number", ("overage",)),
        ),
        (
            Chart("New MEP by day", "mep_by_day", "bar", ("new",), over="day"),
            Chart(
                "MEP by journey",
                "mep_by_journey",
                "table",
                ("billed",),
                by=("account_id", "journey_id", "journey_name"),
            ),
        ),
        (
            Chart(
                "MEP by sub-account", "mep_by_sub_account", "table", ("billed",), by=("account_id", "sub_account_id")
            ),
            Chart(
                "MEP by entry source", "mep_by_entry_source", "table", ("billed",), by=("account_id", "entry_source")
            ),
        ),
    ),
)
STANDARD = (OVERVIEW, CAMPAIGNS, CALLS, IMPORTS, MEP)
