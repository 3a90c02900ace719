"""Journeys of any table of touches, by the rules of the warehouse's models.

Belongs here: building and extending tables of journeys in a DuckDB connection.
Doesn't belong here: the rules (see dbt_project/macros/journeys.sql), reading input (see `touches`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from orchestration.journeys.layouts import choose, holds
from orchestration.journeys.render import macro
from orchestration.journeys.rules import STAGES, JourneyError, JourneyRules
from orchestration.journeys.touches import Measured, Touches, find_touches, measure, number_texts
from orchestration.lib import engine

DESCRIBED = {
    "cycle": "case when is_repeat then 'repeat' else 'first_purchase' end",
    "is_reopened": "is_reopened",
    "days_since_reopened": "reopened_after_micros / 86400000000.0",
    "after_sale_count": "after_sale_count::bigint",
    "channel_count": "distinct_channel_count::bigint",
    "first_channel": "codes.channel_codes[first_channel]",
    "last_channel": "codes.channel_codes[last_channel]",
    "path": "path",
    "path_collapsed": "path_collapsed",
    "path_unique": "path_unique",
    "path_first": "path_first",
    "stage_path": "stage_path",
    "switch_count": "switch_count::bigint",
    "loop_count": "loop_count::bigint",
    "back_step_count": "back_step_count::bigint",
    "skipped_stage_count": "skipped_stage_count::bigint",
    **{f"{stage}_at": f"stage_{rank}_at" for rank, stage in enumerate(STAGES, 1)},
    "longest_pause_days": "longest_pause_micros / 86400000000.0",
    "stall_count": "stall_count::bigint",
    "median_hours_between": "median_pause_micros / 3600000000.0",
    "mean_hours_between": "mean_pause_micros / 3600000000.0",
    "repeat_contact_count": "repeat_contact_count::bigint",
    "days_to_convert": "(epoch_us(converted_at) - epoch_us(started_at)) / 86400000000.0",
    "is_anonymous_start": "is_anonymous_start",
    "anonymous_count": "anonymous_count::bigint",
    "identified_at": "identified_at",
}
"""Descriptive columns of a journey, each with its SQL over what the macros give."""

PATHS = ("path", "path_collapsed", "path_unique", "path_first", "stage_path")
STEP_COLUMNS = "person, journey_number, steps, is_repeat, previous_first, previous_last"


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

    @property
    def journeys(self) -> duckdb.DuckDBPyRelation:
        """One row per journey."""
        return self.connection.sql(f"from {self._table()}")

    @property
    def steps(self) -> duckdb.DuckDBPyRelation:
        """One row per touch in a journey, in order; service after the sale comes last.

        Columns person, journey_number, step_number, occurred_at, channel, stage, touch_id,
        is_conversion, is_after_sale. Journey 0 holds touches outside any journey, journey -1
        clicks that became one contact with their visit.
        """
        self._needs_steps()
        return self.connection.sql(f"""
            with unpacked as (
                select person, journey_number, steps,
                    unnest(range(1, len(steps) + 1)) as step_number
                from {self._table("steps")}
            ),
            placed as (
                select person, journey_number, step_number, steps[step_number] as step
                from unpacked
            )
            select person, journey_number, step_number,
                {macro("step_at", "step", self.layout)} as occurred_at,
                channel.code as channel,
                {macro("stage_of_rank", macro("step_stage", "step", self.layout))} as stage,
                {self._key("step")} as touch_id,
                {macro("step_ends", "step", self.layout)} as is_conversion,
                {macro("step_flag", "step", "after_sale", self.layout)} as is_after_sale
            from placed
            inner join {self._table("channel")} as channel
                on {macro("step_channel", "step", self.layout)} = channel.number
        """)

    def paths(self, column: str = "path") -> duckdb.DuckDBPyRelation:
        """Journeys summed by path, as orchestration.attribution reads them.

        column: path, path_collapsed, path_unique, path_first or stage_path. Returns path,
        conversions, value (0 where touches have none) and nulls (journeys without conversion).
        """
        if column not in PATHS or column not in self.describe:
            raise JourneyError(f"{column} is no path that was described; give one of describe.")
        value = "coalesce(sum(value), 0)" if self._touches.has("value") else "0"
        return self.connection.sql(
            f"select {column} as path, count(converted_at) as conversions, {value} as value, "
            f"count(*) - count(converted_at) as nulls from {self._table()} group by 1 order by 1"
        )

    def build(self, touches: Touches) -> None:
        """Make the tables from touches."""
        self._touches = touches
        self._measured = measure(self.connection, touches)
        channels, campaigns = self._number(touches)
        self._packed, self.layout = choose(
            touches, self._measured, channels, campaigns, keep=self.keep_steps
        )
        self._ends_at = _micros(self.until) or self._measured.last_micros
        self._keep_values(touches, "create or replace table {table} as")
        journeys = self._journeys_sql(self._packed_sql(touches))
        if self.keep_steps:
            self.connection.execute(
                f"create or replace table {self._table('steps')} as {journeys} "
                f"select {STEP_COLUMNS} from journeys"
            )
            journeys = f"with {self._rules_sql()}, journeys as (from {self._table('steps')})"
        self.connection.execute(
            f"create or replace table {self._table()} as {self._described_sql(journeys)}"
        )

    def update(self, touches: Any, columns: Mapping[str, str] | None = None) -> None:
        """Add new touches, early or late, and rebuild the journeys of the persons they touch.

        The result is that of a build from all touches. New touches have the same columns.
        """
        self._needs_steps()
        found = find_touches(
            self.connection, touches, columns or self._touches.columns, f"{self.name}_new"
        )
        if set(found.columns) != set(self._touches.columns):
            raise JourneyError(
                f"The new touches have {sorted(found.columns)}, those before "
                f"{sorted(self._touches.columns)}; give the same columns."
            )
        measured = measure(self.connection, found)
        if not self._has_room(found, measured):
            self._build_anew(found)
            return
        self._ends_at = max(self._ends_at, _micros(self.until) or measured.last_micros)
        self._keep_values(found, "insert into {table}")
        self._rebuild_persons(found)
        self._lapse()

    def _rebuild_persons(self, touches: Touches) -> None:
        steps, new = self._table("steps"), self._table("redone")
        self.connection.execute(
            f"create or replace temp table {self._table('person')} as "
            f"select distinct {touches.column('person')} as person "
            f"from {touches.relation} as touch where {touches.where}"
        )
        persons = f"(select person from {self._table('person')})"
        self.connection.execute(
            f"create or replace temp table {new} as "
            f"{self._journeys_sql(self._packed_sql(touches, persons))} "
            f"select {STEP_COLUMNS} from journeys"
        )
        described = self._described_sql(f"with {self._rules_sql()}, journeys as (from {new})")
        self.connection.execute(f"delete from {steps} where person in {persons}")
        self.connection.execute(f"delete from {self._table()} where person in {persons}")
        self.connection.execute(f"insert into {steps} from {new}")
        self.connection.execute(f"insert into {self._table()} {described}")

    def _lapse(self) -> None:
        lapsed = f"make_timestamp(epoch_us(last_touch_at) + {self.rules.lapse_micros})"
        self.connection.execute(
            f"update {self._table()} set outcome = 'lapsed', ended_at = {lapsed} "
            f"where outcome = 'open' and {lapsed} < make_timestamp({self._ends_at})"
        )

    def _build_anew(self, touches: Touches) -> None:
        """Put the touches before and the new ones into one table, and build from it."""
        table = engine.name(f"{self.name}_all")
        names = [*touches.columns]
        new = ", ".join(f"{touches.column(name)} as {name}" for name in names)
        before = ", ".join(f"{self._unpacked_sql(name)} as {name}" for name in names)
        valued = (
            f"left join {self._table('value')} as valued on valued.person = unpacked.person "
            "and valued.step = unpacked.step"
            if touches.has("value")
            else ""
        )
        self.connection.execute(
            f"create or replace temp table {table} as with unpacked as ("
            f"select person, unnest(steps) as step from {self._table('steps')}) "
            f"select {before} from unpacked "
            f"inner join {self._table('channel')} as channel "
            f"on {macro('step_channel', 'unpacked.step', self.layout)} = channel.number "
            f"left join {self._table('campaign')} as campaign "
            f"on {macro('step_campaign', 'unpacked.step', self.layout)} = campaign.number "
            f"{valued} union all by name select {new} from {touches.relation} as touch"
        )
        self.build(Touches(table, {name: name for name in names}))

    def _number(self, touches: Touches) -> tuple[int, int]:
        """Number channels and campaigns; returns how many there are."""
        channels = number_texts(
            self.connection,
            self._table("channel"),
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
        return channels, number_texts(self.connection, self._table("campaign"), campaigns)

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
            table = self._table(kind)
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

    def _packed_sql(self, touches: Touches, persons: str | None = None) -> str:
        """`touches` as the macros of journeys read them: all, or some persons' with their steps."""
        campaigns, campaign = "", None
        if touches.has_clicks:
            campaigns = (
                f"left join {self._table('campaign')} as campaign on {touches.campaign} = "
                "campaign.code"
            )
            campaign = "coalesce(campaign.number, 0)"
        what = macro(
            "step_what",
            self._packed,
            channel="channel.number",
            stage=touches.stage,
            is_click=touches.flag("is_click") if touches.has_clicks else None,
            is_visit=touches.flag("is_visit") if touches.has_clicks else None,
            is_anonymous=touches.flag("is_anonymous"),
            campaign=campaign,
        )
        moment = macro("micros_of", touches.column("occurred_at"))
        key = touches.column("touch_id") if touches.has("touch_id") else "0"
        if self._packed["kind"] == "struct":
            key = f"{key}::bigint"
        step = macro("step_packed", moment, touches.ends, key, what, self._packed)
        traits = macro(
            "step_traits",
            touches.ends,
            stage=touches.stage,
            is_click=touches.flag("is_click") if touches.has_clicks else None,
            start_stages=self._start_stages,
        )
        new = (
            f"select {touches.column('person')} as person, {step} as step, {traits} as traits "
            f"from {touches.relation} as touch "
            f"inner join {self._table('channel')} as channel "
            f"on {touches.column('channel')}::varchar = channel.code {campaigns} "
            f"where {touches.where}"
        )
        if persons is None:
            return f"touches as ({new})"
        before = macro("step_after_sale", "step", self.layout, is_after_sale=False)
        return f"""
            unpacked as (
                select person, unnest(steps) as step from {self._table("steps")}
                where person in {persons}
            ),
            unmarked as (select person, {before} as step from unpacked),
            touches as (
                {new}
                union all
                select person, step, {self._traits_of_step()} as traits from unmarked
            )"""

    def _traits_of_step(self) -> str:
        return macro(
            "step_traits",
            macro("step_ends", "step", self.layout),
            stage=macro("step_stage", "step", self.layout),
            is_click=macro("step_flag", "step", "click", self.layout)
            if self._touches.has_clicks
            else None,
            start_stages=self._start_stages,
        )

    def _journeys_sql(self, touches: str) -> str:
        journeys = macro(
            "journeys_of_touches", self.layout, packed=self._packed, keep_clicks=self.keep_steps
        )
        return f"with {self._rules_sql()}, {touches}, {journeys}"

    def _described_sql(self, journeys: str) -> str:
        """The columns of journeys; `journeys` is a WITH clause that ends with `journeys`."""
        described = macro(
            "journeys_described", self.layout, conversion_in_path=self.rules.conversion_in_path
        )
        wanted = "".join(f", {DESCRIBED[column]} as {column}" for column in self.describe)
        ended = f"make_timestamp(epoch_us(last_touch_at) + {self.rules.lapse_micros})"
        is_over = f"{ended} < make_timestamp({self._ends_at})"
        value, valued = "", ""
        if self._touches.has("value"):
            value = ", valued.value as value"
            valued = (
                f"left join {self._table('value')} as valued on described.person = valued.person "
                "and described.last_step = valued.step and described.converted_at is not null"
            )
        return f"""
            {journeys},
            codes as (
                select list(code order by number) as channel_codes,
                    {macro("stage_list")} as stage_codes
                from {self._table("channel")}
            ),
            {described}
            select described.person, journey_number, started_at, last_touch_at, converted_at,
                case when converted_at is not null then converted_at when {is_over} then {ended}
                end as ended_at,
                case when converted_at is not null then 'converted' when {is_over} then 'lapsed'
                    else 'open' end as outcome,
                contact_count::bigint as touch_count{value}{wanted}
            from described
            cross join codes
            {valued}
        """

    def _keep_values(self, touches: Touches, into: str) -> None:
        """Keep the values of conversions apart, by their steps."""
        if not touches.has("value"):
            return
        packed = self._packed_sql(touches).removeprefix("touches as (").removesuffix(")")
        step = "step"
        if self._packed["kind"] != self.layout["kind"]:
            step = macro("step_shortened", "step", self._packed, self.layout)
        value = touches.column("value")
        selected = packed.replace("select ", f"select {value} as value, ", 1)
        self.connection.execute(
            f"{into.format(table=self._table('value'))} select person, {step} as step, value "
            f"from ({selected} and {touches.ends}) where value is not null"
        )

    def _unpacked_sql(self, name: str) -> str:
        """A column of touches, from a step as it was packed."""
        layout = self.layout
        step = "unpacked.step"
        return {
            "person": "unpacked.person",
            "occurred_at": macro("step_at", step, layout),
            "channel": "channel.code",
            "touch_id": macro("step_key", step, layout),
            "stage": macro("stage_of_rank", macro("step_stage", step, layout)),
            "is_conversion": macro("step_ends", step, layout),
            "value": "valued.value",
            "campaign": "campaign.code",
            "is_click": macro("step_flag", step, "click", layout),
            "is_visit": macro("step_flag", step, "visit", layout),
            "is_engagement": "true",
            "is_anonymous": macro("step_flag", step, "anonymous", layout),
        }[name]

    def _rules_sql(self) -> str:
        return f"rules as ({self.rules.as_sql()})"

    @property
    def _start_stages(self) -> str | None:
        """The stages that may begin a journey, or None where all may."""
        return None if set(self.rules.start_stages) == set(STAGES) else self.rules.starts

    def _table(self, suffix: str = "") -> str:
        return engine.name(f"{self.name}_{suffix}" if suffix else self.name)

    def _key(self, step: str) -> str:
        if not self._touches.has("touch_id"):
            return "null::bigint"
        return macro("step_key", step, self.layout)

    def _needs_steps(self) -> None:
        if not self.keep_steps:
            raise JourneyError("The steps were not kept; build with keep_steps=True.")


def _micros(moment: datetime | None) -> int | None:
    """Microseconds since 1970 of a time in UTC."""
    if moment is None:
        return None
    given = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((given - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
