"""Secrets, which the catalog names by their environment variables."""

from typing import TypedDict

import dagster as dg

from journeys_pipeline.catalog import AnyConnection, Connection


class Login(TypedDict):
    """What a server asks for beside a key; None where no variable is named, or it is not set."""

    password: str | None
    passphrase: str | None


def login_of(connection: AnyConnection) -> Login:
    """The passwords of a connection; object stores read theirs from the environment themselves."""
    if not isinstance(connection, Connection):
        return Login(password=None, passphrase=None)
    return Login(password=_secret(connection.password_env), passphrase=_secret(connection.passphrase_env))


def _secret(variable: str | None) -> str | None:
    return dg.EnvVar(variable).get_value() if variable else None
