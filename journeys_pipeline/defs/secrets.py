"""Secrets, which the catalog names by their environment variables."""

import dagster as dg


def secret(variable: str | None) -> str | None:
    """The variable's value; None where no variable is named, or it is not set."""
    return dg.EnvVar(variable).get_value() if variable else None
