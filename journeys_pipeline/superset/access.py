"""Who may do and see what in a Superset: roles by package, the two managers, and each account's rows.

Assets carry neither roles nor row-level rules, so these are made by Superset's REST interface.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from journeys_pipeline.adapters.superset import Permission, Superset, SupersetRefused
from journeys_pipeline.superset.datasets import MEP, STANDARD
from journeys_pipeline.superset.naming import DATABASE, DENY_RULE, MANAGER_ROLES, TIER_ROLES, account_role

RULE_PREFIX = "journeys: "
LOOK: tuple[Permission, ...] = (
    ("can_dashboard", "Superset"),
    ("can_get", "MenuApi"),
    ("can_language_pack", "Superset"),
    ("can_log", "Superset"),
    ("can_read", "Chart"),
    ("can_read", "CurrentUserRestApi"),
    ("can_read", "Dashboard"),
    ("can_read", "DashboardFilterStateRestApi"),
    ("can_read", "DashboardPermalinkRestApi"),
    ("can_read", "Dataset"),
    ("can_read", "SecurityRestApi"),
    ("can_read", "Theme"),
    ("can_recent_activity", "Log"),
    ("can_time_range", "Api"),
    ("can_userinfo", "UserDBModelView"),
    ("can_view_chart_as_table", "Dashboard"),
    ("can_write", "DashboardFilterStateRestApi"),
    ("can_write", "DashboardPermalinkRestApi"),
    ("menu_access", "Dashboards"),
    ("menu_access", "Home"),
)
"""To open dashboards (F86)."""
EXPORT: tuple[Permission, ...] = (("can_csv", "Superset"),)
"""To take a widget's rows along as CSV or Excel (F89)."""
EXPLORE: tuple[Permission, ...] = (
    ("can_drill", "Dashboard"),
    ("can_explore", "Superset"),
    ("can_fetch_datasource_metadata", "Superset"),
    ("can_get", "Datasource"),
    ("can_get_drill_info", "Dataset"),
    ("can_read", "Explore"),
    ("can_read", "ExploreFormDataRestApi"),
    ("can_read", "ExplorePermalinkRestApi"),
    ("can_slice", "Superset"),
    ("can_write", "Chart"),
    ("can_write", "Dashboard"),
    ("can_write", "ExploreFormDataRestApi"),
    ("can_write", "ExplorePermalinkRestApi"),
    ("menu_access", "Charts"),
)
"""To explore, and to make visualisations and dashboards of one's own (F87, F88)."""
OF_TIER = {"start": LOOK, "grow": (*LOOK, *EXPORT), "scale": (*LOOK, *EXPORT, *EXPLORE)}


def grant(superset: Superset, accounts: Collection[str]) -> None:
    """Make roles and rules for these accounts in a Superset that has the assets; safe to repeat.

    Raises:
        SupersetRefused: the assets are not there, or a permission is unknown to this version.
    """
    datasets = superset.datasets(DATABASE)
    absent = sorted({*STANDARD, *MEP} - datasets.keys())
    if absent:
        raise SupersetRefused(f"Import the bundle first: there is no dataset {', '.join(absent)}.")
    known = superset.permissions()
    reads = {table: _id_of(known, ("datasource_access", _view(table, id_))) for table, id_ in datasets.items()}
    for tier, role in TIER_ROLES.items():
        abilities = [_id_of(known, permission) for permission in OF_TIER[tier]]
        superset.make_role(role, [*abilities, *(reads[table] for table in STANDARD)])
    for role in MANAGER_ROLES:
        superset.make_role(role, [reads[table] for table in MEP])
    roles = {account: superset.make_role(account_role(account), None) for account in accounts}
    ours = [datasets[table] for table in (*STANDARD, *MEP)]
    rules = [_deny(roles.values(), ours), *(_allow(account, role, ours) for account, role in roles.items())]
    for rule in rules:
        superset.make_rule(rule)
    superset.remove_rules(RULE_PREFIX, keep=[rule["name"] for rule in rules])


def _deny(roles: Iterable[int], tables: list[int]) -> dict[str, Any]:
    """No rows, for all but those who have an account's role: what holds however somebody got to a dataset."""
    return {
        "name": DENY_RULE,
        "filter_type": "Base",
        "clause": "1 = 0",
        "roles": list(roles),
        "tables": tables,
        "description": "Made by `journeys superset install`; it leaves those out who have an account's role.",
    }


def _allow(account_id: str, role: int, tables: list[int]) -> dict[str, Any]:
    """An account's rows; those of several accounts are added (one group key), not cut with each other."""
    return {
        "name": f"{RULE_PREFIX}{account_id}",
        "filter_type": "Regular",
        "group_key": "journeys_account",
        "clause": f"account_id = '{account_id}'",  # an id has letters, digits, dots, dashes and underscores only
        "roles": [role],
        "tables": tables,
        "description": "Made by `journeys superset install`.",
    }


def _view(table: str, dataset_id: int) -> str:
    return f"[{DATABASE}].[{table}](id:{dataset_id})"


def _id_of(known: Mapping[Permission, int], permission: Permission) -> int:
    if permission not in known:
        raise SupersetRefused(f"This Superset knows no permission {permission[0]} on {permission[1]}; 6.1 does.")
    return known[permission]
