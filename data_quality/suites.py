"""Suites: which checks a mart has, as YAML that anybody can write.

Belongs here: reading and validating `data_quality/suites/<mart>.yaml`, and the checks that
every mart has. Doesn't belong here: running them (see `marts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from data_quality.checks import CheckDefinition
from data_quality.engine import QUERY, ROWS

SUITES_DIR = Path(__file__).resolve().parent / "suites"
SHORT_TYPES = {"rows": ROWS, "sql": QUERY}

# Names of the checks that every mart has; `marts` knows how they run.
TYPES_READABLE = "types_are_readable"
PERSONAL_DATA = "personal_data_is_classified"
NO_FUTURE = "no_future_dates"
NOT_SHRUNK = "rows_not_shrunk"
NOT_COLLAPSED = "rows_not_collapsed"


class SuiteError(ValueError):
    """A suite that cannot be used; the message names file, check and what is wrong."""


class Check(BaseModel):
    """One check of a suite.

    `type` is `rows` (kwargs `passes`: SQL that each row satisfies; `max_failed_pct`), `sql`
    (kwargs `query`: returns the failing rows; `max_failed_rows`) or the name of a class of
    Great Expectations with its own kwargs.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["critical", "warning"]
    description: str

    @property
    def expectation_type(self) -> str:
        """Name of the class that runs it."""
        return SHORT_TYPES.get(self.type, self.type)


class Suite(BaseModel):
    """The checks of one mart.

    `key` are the columns that name a row in the list of failed rows. `future_columns` are
    dates that may lie ahead. `may_shrink` is for tables whose rows come and go by nature.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mart: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    key: tuple[str, ...]
    future_columns: tuple[str, ...] = ()
    may_shrink: bool = False
    checks: tuple[Check, ...] = ()

    @property
    def asset(self) -> str:
        """`marts/<mart>`, as results and asset checks name it."""
        return f"marts/{self.mart}"

    @property
    def definitions(self) -> list[CheckDefinition]:
        """Every check of the mart: those that each mart has, then its own."""
        return [
            CheckDefinition(
                "marts", self.asset, c.name, c.severity, c.description, c.expectation_type
            )
            for c in (*self.general_checks, *self.checks)
        ]

    @property
    def general_checks(self) -> tuple[Check, ...]:
        """The checks of every mart; their SQL depends on the table's columns (see `marts`)."""
        skipped = {NOT_SHRUNK, NOT_COLLAPSED} if self.may_shrink else set()
        return tuple(check for check in _GENERAL if check.name not in skipped)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Suite:
        names = [check.name for check in (*_GENERAL, *self.checks)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the names {twice} stand for two checks; rename one of each")
        return self


_GENERAL = (
    Check(
        name=TYPES_READABLE,
        type="sql",
        severity="critical",
        description="Every column has a type that BI drivers read",
    ),
    Check(
        name=PERSONAL_DATA,
        type="rows",
        severity="critical",
        description="No published text column holds e-mail addresses: personal data is classified",
    ),
    Check(
        name=NO_FUTURE,
        type="rows",
        severity="critical",
        description="No date lies more than two days ahead",
    ),
    Check(
        name=NOT_SHRUNK,
        type="sql",
        severity="warning",
        description="At least 90 % of the rows of the last published version",
        kwargs={"share": 0.9},
    ),
    Check(
        name=NOT_COLLAPSED,
        type="sql",
        severity="critical",
        description="At least half of the rows of the last published version",
        kwargs={"share": 0.5},
    ),
)


@lru_cache(maxsize=4)
def load_suites(folder: Path = SUITES_DIR) -> Mapping[str, Suite]:
    """Every suite below `folder`, by mart. Raises SuiteError that names file and check."""
    suites: dict[str, Suite] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            suite = Suite.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (ValidationError, yaml.YAMLError) as error:
            raise SuiteError(f"{path.name}: {error}") from error
        if suite.mart != path.stem:
            raise SuiteError(
                f"{path.name}: is about {suite.mart}; name the file {suite.mart}.yaml."
            )
        suites[suite.mart] = suite
    return suites


def mart_checks(folder: Path = SUITES_DIR) -> list[CheckDefinition]:
    """Every check on marts, known without reading any data."""
    return [
        definition for suite in load_suites(folder).values() for definition in suite.definitions
    ]
