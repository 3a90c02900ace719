"""Renders the warehouse's macros outside dbt, so that a rule stands in one place.

Belongs here: small stand-ins for what the macros use of dbt, and calling a macro by its name.
Doesn't belong here: what the rules say (see dbt_project/macros), other uses of SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, StrictUndefined

from orchestration.lib.settings import PROJECT_ROOT

MACROS = PROJECT_ROOT / "dbt_project" / "macros"
FILES = (
    "lists.sql",
    "params.sql",
    "dates.sql",
    "stages.sql",
    "journeys.sql",
    "journey_descriptions.sql",
    "business_clock.sql",
    "statistics.sql",
    "lead_funnel.sql",
)
ENGINE = "duckdb"


@cache
def _macros() -> Any:
    """The macros of FILES as one Jinja module, for DuckDB."""
    source = "\n".join((MACROS / name).read_text(encoding="utf-8") for name in FILES)
    environment = Environment(undefined=StrictUndefined, extensions=["jinja2.ext.do"])
    found: dict[str, Any] = {}

    def dispatch(name: str, _package: str | None = None) -> Callable[..., str]:
        return getattr(found["module"], f"{ENGINE}__{name}", None) or getattr(
            found["module"], f"default__{name}"
        )

    types = {"type_string": "varchar", "type_int": "integer", "type_bigint": "bigint"}
    environment.globals.update(
        adapter=SimpleNamespace(dispatch=dispatch),
        dbt=SimpleNamespace(
            datediff=_datediff,
            dateadd=_dateadd,
            date_trunc=_date_trunc,
            **{name: (lambda kind=kind: kind) for name, kind in types.items()},
        ),
        ref=lambda model: model,
        **{"return": lambda value: value},
    )
    found["module"] = environment.from_string(source).module
    return found["module"]


def _datediff(first: str, second: str, part: str) -> str:
    return f"date_diff('{part}', {first}, {second})"


def _dateadd(part: str, number: str, start: str) -> str:
    return f"date_add({start}, interval ({number}) {part})"


def _date_trunc(part: str, instant: str) -> str:
    return f"date_trunc('{part}', {instant})"


def macro(name: str, *arguments: Any, **named: Any) -> str:
    """SQL of a macro of the warehouse, for DuckDB."""
    return str(getattr(_macros(), name)(*arguments, **named))
