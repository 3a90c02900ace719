"""Journeys of any table of touches, by the rules of the warehouse's models.

Belongs here: building and extending tables of journeys in a DuckDB connection.
Doesn't belong here: the rules (see dbt_project/macros/journeys.sql), reading input (see `touches`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from orchestration.journeys.extend import STEP_COLUMNS, extend, kept
from orchestration.journeys.layouts import Layout, choose, holds
from orchestration.journeys.rules import JourneyError, JourneyRules
from orchestration.journeys.statements import DESCRIBED, Statements
from orchestration.journeys.touches import Measured, Touches, find_touches, measure, number_texts
from orchestration.lib import engine
from orchestration.lib.macros import macro

PATHS = ("path", "path_collapsed", "path_unique", "path_first", "stage_path")

# What a touch takes while the lists are gathered, as measured, and how much of the memory may go
# into that.
BYTES_OF_A_TOUCH = 64
SHARE_OF_MEMORY = 0.6


def build_journeys(
    connection: duckdb.DuckDBPyConnection,
    touches: Any,
    rules: JourneyRules | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    name: str = "journeys",
    until: datetime | None = None,
    describe: Iterable[str] | None = None,
    keep_steps: bool = True,
) -> Journeys:
    """Build the journeys of a table of touches, as a table of the connection.

    touches: name of a table or view, DuckDB relation, pandas data frame, or path of a CSV or
    Parquet file, with columns person, occurred_at (UTC) and channel, and optionally touch_id
    (whole numbers, unique), stage, is_conversion (it ends a journey), value (of a conversion),
    campaign, is_click, is_visit, is_engagement (others are no steps), is_anonymous. `columns`
    gives other names: {"person": "user_id"}.
    name: the table made, replaced if it is there; tables for later use have names that begin so.
    until: when history ends (UTC; default: the last touch): a journey whose lapse time has passed
    by then has lapsed, another is open.
    describe: columns of DESCRIBED to work out; default all. A journey always has person,
    journey_number, started_at, last_touch_at, converted_at, ended_at, outcome, touch_count (before
    the conversion), and value where touches have one.
    keep_steps: whether to keep what `steps` and `update` of the result need.

    A person's touches are ordered by occurred_at, a conversion last, then touch_id; without
    touch_id by stage, then channel. Raises JourneyError.
    """
    found = find_touches(connection, touches, columns, name)
    wanted = tuple(DESCRIBED if describe is None else describe)
    unknown = sorted(set(wanted) - set(DESCRIBED))
    if unknown:
        raise JourneyError(f"describe names {unknown}; known are {', '.join(DESCRIBED)}.")
    journeys = Journeys(connection, name, rules or JourneyRules(), wanted, keep_steps, until)
    journeys.build(found)
    return journeys


@dataclass
class Journeys:
    """Journeys of one table of touches in a connection; see `build_journeys`."""

    connection: duckdb.DuckDBPyConnection
    name: str
    rules: JourneyRules
    describe: tuple[str, ...]
    keep_steps: bool
    until: datetime | None
    _sql: Statements = field(init=False, repr=False)
    _ends_at: int = field(init=False, repr=False)

    @property
    def journeys(self) -> duckdb.DuckDBPyRelation:
        """One row per journey."""
        return self.connection.sql(f"from {self.table()}")

    @property
    def steps(self) -> duckdb.DuckDBPyRelation:
        """One row per touch in a journey, in order; service after the sale comes last.

        Columns person, journey_number, step_number, occurred_at, channel, stage, touch_id,
        is_conversion, is_after_sale. Journey 0 holds touches outside any journey, journey -1
        clicks that became one contact with their visit.
        """
        self._needs_steps()
        return self.connection.sql(f"""
            with held as (
                select person, journey_number, steps from {self.table("steps")}
                where journey_number >= 0
                union all
                select person, journey_number, list_sort(flatten(list(steps))) as steps
                from {self.table("steps")}
                where journey_number < 0
                group by person, journey_number
            ),
            unpacked as (
                select person, journey_number, steps,
                    unnest(range(1, len(steps) + 1)) as step_number
                from held
            ),
            placed as (
                select person, journey_number, step_number, steps[step_number] as step
                from unpacked
            )
            select person, journey_number, step_number,
                {macro("step_at", "step", self.layout)} as occurred_at,
                channel.code as channel,
                {macro("stage_of_rank", macro("step_stage", "step", self.layout))} as stage,
                {self._sql.key("step")} as touch_id,
                {macro("step_ends", "step", self.layout)} as is_conversion,
                {macro("step_flag", "step", "after_sale", self.layout)} as is_after_sale
            from placed
            inner join {self.table("channel")} as channel
                on {macro("step_channel", "step", self.layout)} = channel.number
        """)

    def paths(
        self, column: str = "path", lookback_days: float | None = None
    ) -> duckdb.DuckDBPyRelation:
        """Journeys summed by path, as orchestration.attribution reads them.

        column: path, path_collapsed, path_unique, path_first or stage_path. lookback_days: only
        contacts that came no longer than this before the conversion, or before the last contact
        where there was none (path, path_collapsed and path_unique). Returns path, conversions,
        value (0 where touches have none) and nulls (journeys without conversion).
        """
        if column not in PATHS or column not in self.describe:
            raise JourneyError(f"{column} is no path that was described; give one of describe.")
        source = self.table()
        if lookback_days is not None:
            self._needs_steps()
            source = f"({self._sql.looked_back(column, lookback_days)})"
        value = "coalesce(sum(value), 0)" if self._sql.touches.has("value") else "0"
        return self.connection.sql(
            f"select {column} as path, count(converted_at) as conversions, {value} as value, "
            f"count(*) - count(converted_at) as nulls from {source} group by 1 order by 1"
        )

    @property
    def layout(self) -> Layout:
        """How steps are packed."""
        return self._sql.layout

    def table(self, suffix: str = "") -> str:
        """Name of the table of journeys, or of one beside it."""
        return self._sql.table(suffix)

    def build(self, touches: Touches) -> None:
        """Make the tables from touches."""
        measured = measure(self.connection, touches)
        names = Statements(self.name, self.rules, touches, {}, {}, self.describe, self.keep_steps)
        counts = self._number(touches, names)
        packed, layout = choose(touches, measured, *counts, keep=self.keep_steps)
        self._sql = replace(names, packed=packed, layout=layout)
        self._ends_at = _micros(self.until) or measured.last_micros
        self._keep_values(touches, "create or replace table {table} as")
        if self.keep_steps:
            self._make(
                "steps",
                touches,
                measured.rows,
                lambda found: f"{found} {kept(self._sql, 'journeys')}",
            )
            journeys = (
                f"with {self._sql.with_rules()}, "
                f"journeys as (select {STEP_COLUMNS} from {self.table('steps')})"
            )
            described = self._sql.described(journeys, self._ends_at)
            self.connection.execute(f"create or replace table {self.table()} as {described}")
        else:
            self._make(
                "", touches, measured.rows, lambda found: self._sql.described(found, self._ends_at)
            )

    def _make(self, suffix: str, touches: Touches, rows: int, select: Callable[[str], str]) -> None:
        """Make a table of journeys, of some persons at a time where memory is short.

        select: a query of the rows, given a WITH clause that ends with `journeys`.
        """
        parts = _parts(self.connection, rows)
        for part in range(parts):
            where = f"hash({touches.column('person')}) % {parts} = {part}" if parts > 1 else "true"
            found = self._sql.journeys(self._sql.packed_touches(touches, where=where))
            into = "insert into {table}" if part else "create or replace table {table} as"
            self.connection.execute(f"{into.format(table=self.table(suffix))} {select(found)}")

    def update(self, touches: Any, columns: Mapping[str, str] | None = None) -> None:
        """Add new touches, early or late, and rebuild the journeys of the persons they touch.

        The result is that of a build from all touches. New touches have the same columns.
        """
        self._needs_steps()
        found = find_touches(
            self.connection, touches, columns or self._sql.touches.columns, f"{self.name}_new"
        )
        if set(found.columns) != set(self._sql.touches.columns):
            raise JourneyError(
                f"The new touches have {sorted(found.columns)}, those before "
                f"{sorted(self._sql.touches.columns)}; give the same columns."
            )
        measured = measure(self.connection, found)
        if not self._has_room(found, measured):
            self._build_anew(found)
            return
        self._ends_at = max(self._ends_at, _micros(self.until) or measured.last_micros)
        self._keep_values(found, "insert into {table}")
        extend(self.connection, self._sql, found, self._ends_at)

    def _build_anew(self, touches: Touches) -> None:
        """Put the touches before and the new ones into one table, and build from it."""
        table = engine.name(f"{self.name}_all")
        names = [*touches.columns]
        new = ", ".join(f"{touches.column(name)} as {name}" for name in names)
        before = ", ".join(f"{self._sql.unpacked(name)} as {name}" for name in names)
        unpacked = f"select person, unnest(steps) as step from {self.table('steps')}"
        worth = ""
        if touches.has("value"):
            unpacked = self._sql.numbered(f"({unpacked})", "step", "step")
            worth = self._sql.worth("unpacked", "step")
        self.connection.execute(
            f"create or replace temp table {table} as with unpacked as ({unpacked}) "
            f"select {before} from unpacked "
            f"inner join {self.table('channel')} as channel "
            f"on {macro('step_channel', 'unpacked.step', self.layout)} = channel.number "
            f"left join {self.table('campaign')} as campaign "
            f"on {macro('step_campaign', 'unpacked.step', self.layout)} = campaign.number "
            f"{worth} union all by name select {new} from {touches.relation} as touch"
        )
        self.build(Touches(table, {name: name for name in names}))

    def _number(self, touches: Touches, names: Statements) -> tuple[int, int]:
        """Number channels and campaigns; returns how many there are."""
        channels = number_texts(
            self.connection,
            names.table("channel"),
            f"select distinct {touches.column('channel')}::varchar as code "
            f"from {touches.relation} as touch where {touches.where}",
        )
        campaigns = "select '' as code where false"
        if touches.has_clicks:
            campaigns = (
                f"select distinct {touches.campaign} as code from {touches.relation} as touch "
                f"where {touches.where} "
                f"and ({touches.flag('is_click')} or {touches.flag('is_visit')})"
            )
        return channels, number_texts(self.connection, names.table("campaign"), campaigns)

    def _has_room(self, touches: Touches, measured: Measured) -> bool:
        """Number what is new, and say whether the layout can hold the new touches.

        Where touches have no key, the numbers decide between touches at one instant, so they
        must stay in the order of the texts.
        """
        counts = []
        for kind, code, where in (
            ("channel", f"{touches.column('channel')}::varchar", "true"),
            ("campaign", touches.campaign, "true" if touches.has_clicks else "false"),
        ):
            table = self.table(kind)
            known = engine.number(self.connection, f"select count(*) from {table}")
            self.connection.execute(
                f"insert into {table} select code, {known} + row_number() over (order by code) "
                f"from (select distinct {code} as code from {touches.relation} as touch "
                f"where {touches.where} and {where}) where code not in (select code from {table})"
            )
            counts.append(engine.number(self.connection, f"select count(*) from {table}"))
            if counts[-1] > known and not touches.has("touch_id"):
                return False
        return holds(self.layout, measured, counts[0], counts[1])

    def _keep_values(self, touches: Touches, into: str) -> None:
        """Keep the values of conversions apart, by their steps."""
        if not touches.has("value"):
            return
        step = "step"
        if self._sql.packed["kind"] != self.layout["kind"]:
            step = macro("step_shortened", "step", self._sql.packed, self.layout)
        value = touches.column("value")
        sold = self._sql.packed_touches(
            touches, f", {value} as value", f"{touches.ends} and {value} is not null"
        )
        self.connection.execute(
            f"{into.format(table=self.table('value'))} select person, {step} as step, value "
            f"from ({sold})"
        )

    def _needs_steps(self) -> None:
        if not self.keep_steps:
            raise JourneyError("The steps were not kept; build with keep_steps=True.")


def _micros(moment: datetime | None) -> int | None:
    """Microseconds since 1970 of a time in UTC."""
    if moment is None:
        return None
    given = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((given - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def _parts(connection: duckdb.DuckDBPyConnection, rows: int) -> int:
    """In how many parts to build: lists that are being gathered cannot leave memory."""
    setting = connection.execute("select current_setting('memory_limit')").fetchall()[0][0]
    number, unit = str(setting).split()
    limit = float(number) * 1024 ** ("bytes", "KiB", "MiB", "GiB", "TiB").index(unit)
    return max(1, math.ceil(rows * BYTES_OF_A_TOUCH / (limit * SHARE_OF_MEMORY)))
