"""DuckDB connections for loads: limits, session settings and the macros that rules may use.

Belongs here: opening a connection, quoting names and texts.
Doesn't belong here: what is read with it (see `readers`) or checked (see `arriving`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.lib.settings import Settings

# GS1 General Specifications 7.9: digits weigh 3 and 1 in turn from the right, the check digit 1;
# the sum is a multiple of 10. Holds for GTIN-8, 12, 13, 14 and GLN (13) alike.
_DIGITS = " + ".join(
    f"(try_cast(code as bigint) // {10**place} % 10) * {3 if place % 2 else 1}"
    for place in range(14)
)
GTIN_MACRO = f"""
create or replace macro gtin_is_valid(code) as
    case
        when code is null then null
        when not regexp_full_match(code, '[0-9]{{8}}|[0-9]{{12,14}}') then false
        else try_cast(code as bigint) > 0 and ({_DIGITS}) % 10 = 0
    end
"""


def open_connection(settings: Settings, spill_dir: Path) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database that spills into `spill_dir`; times are UTC."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": max(1, settings.threads),
        "temp_directory": str(spill_dir),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if settings.memory_limit:
        config["memory_limit"] = settings.memory_limit
    connection = duckdb.connect(config=config)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    # An expression that stands inside and outside of try() would be worked out once, outside.
    connection.execute("set disabled_optimizers = 'common_subexpressions'")
    connection.execute(GTIN_MACRO)
    return connection


def name(identifier: str) -> str:
    """Quote a column or table name."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: object) -> str:
    """Quote a text; None becomes null."""
    return "null" if value is None else "'" + str(value).replace("'", "''") + "'"


def texts(values: object) -> str:
    """A list of quoted texts."""
    return "[" + ", ".join(text(value) for value in values) + "]"  # type: ignore[attr-defined]


def number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one whole number that a query returns."""
    return int(connection.execute(query).fetchall()[0][0])
