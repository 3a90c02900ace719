"""The connection to PostgreSQL that CFS_POSTGRES_URL names, with errors that hide its password.

Belongs here: reading the URL, connecting, saying what a person can do about an error.
Doesn't belong here: what is written there (see `publish_postgres`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict

from orchestration.lib.publish_errors import PublishError
from orchestration.lib.settings import Settings

VARIABLE = "CFS_POSTGRES_URL"
CONNECT_SECONDS = 10
HIDDEN = "***"

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]


class PostgresError(PublishError):
    """PostgreSQL could not be published; the message names the variable, never the password."""


def place(settings: Settings) -> str:
    """Host and database that the setting names, fit for a log."""
    parameters = parameters_of(settings)
    host = parameters.get("host") or "local socket"
    port, database = parameters.get("port") or 5432, parameters.get("dbname") or "default database"
    return without_secrets(f"{host}:{port}/{database}", parameters)


def parameters_of(settings: Settings) -> dict[str, Any]:
    """The setting's parts; refused without a word of its text when the password broke it up."""
    try:
        parts = conninfo_to_dict(settings.postgres_url or "")
    except psycopg.ProgrammingError:
        parts = {"port": "unreadable"}
    misplaced = any("@" in str(parts.get(part, "")) for part in ("host", "dbname"))
    if misplaced or not re.fullmatch(r"[\d,]*", str(parts.get("port", ""))):
        raise PostgresError(
            f"{VARIABLE} is not a URL that PostgreSQL reads. Write "
            "postgresql://user:password@host:port/database, with special characters of the "
            "password as %XX (@ is %40, / is %2F, : is %3A)."
        )
    defaults: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "customer_full_stack",
    }
    return defaults | parts | {"client_encoding": "utf8"}


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """A connection whose errors say what to do and hide the password."""
    parameters = parameters_of(settings)
    try:
        with psycopg.connect(**parameters, autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        message = (
            f"PostgreSQL at {place(settings)} ({VARIABLE}) was not published: "
            f"{str(error).strip()}\n"
            f"{_advice(error)} Nothing was published; readers keep the last version."
        )
        raise PostgresError(without_secrets(message, parameters)) from None


def without_secrets(message: str, parameters: dict[str, Any]) -> str:
    """A message with the password of the URL hidden."""
    for name in ("password", "sslpassword"):
        if parameters.get(name):
            message = message.replace(str(parameters[name]), HIDDEN)
    return message


def _advice(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return (
            "The user must own schema marts and the views that read it, and have the right to "
            "create schemas: grant create on database <database> to <user>."
        )
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return "A reader's open transaction holds a view that reads marts; end it and run again."
    if isinstance(error, psycopg.OperationalError):
        return f"Is the server up, and are user, password and database of {VARIABLE} right?"
    return "Correct what PostgreSQL refuses, then run again."
