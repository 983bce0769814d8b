"""Names and stable ids of what a Superset gets from us."""

from uuid import NAMESPACE_URL, uuid5

DATABASE = "journeys"
MONTH = "calendar_month"
TIER_ROLES = {"start": "journeys_start", "grow": "journeys_grow", "scale": "journeys_scale"}
MANAGER_ROLES = ("Analyze manager", "Communication manager")
DENY_RULE = "journeys: nothing without an account"


def uuid_of(kind: str, name: str) -> str:
    """The id of an asset; the same name has the same id for good, so that a later bundle replaces it."""
    return str(uuid5(NAMESPACE_URL, f"journeys_pipeline/superset/{kind}/{name}"))


def account_role(account_id: str) -> str:
    """The role of those who may see an account's rows."""
    return f"journeys_account_{account_id}"


def words(name: str) -> str:
    """A column's name for people: "Messages sent"."""
    return name.replace("_", " ").capitalize()
