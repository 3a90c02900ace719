"""New touches on top of journeys that stand: only what they can change is built anew.

Belongs here: from which journey on a person is rebuilt, and putting the result in place.
Doesn't belong here: the rules (see dbt_project/macros/journeys.sql).

A touch reaches back for the lapse time: what ended before that is neither lengthened nor answered
by service any more; and before that for the time from a click to its visit, since a touch between
them makes the click a contact of its own. So journeys are rebuilt from the first one with a step
since then. Clicks that became one with their visit are kept apart (journey -1, in one or more rows
of a person), and take part again from there on. Where service after the sale before stands between
the steps of that journey, that sale and service take part too, so that each step has the
neighbours that it had; the journey that they make is left as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from orchestration.journeys.statements import Statements
from orchestration.journeys.touches import Touches
from orchestration.lib import engine
from orchestration.lib.macros import macro

STEP_COLUMNS = "person, journey_number, steps, is_repeat, previous_first, previous_last"
FOREVER = 2**62


def kept(sql: Statements, journeys: str) -> str:
    """Rows of the table of steps: journeys, their first and last step, and how far they reach.

    journeys: a relation with STEP_COLUMNS. `reach` is the last moment of a journey and of the one
    before it, so that it never falls from one journey of a person to the next. Rows come in its
    order: new touches find the journeys of the last weeks together.
    """
    last = macro("step_micros", "last_step", sql.layout)
    before = macro("step_micros", "previous_last", sql.layout)
    return f"""
        select {STEP_COLUMNS}, first_step, last_step,
            greatest({last}, coalesce({before}, {last})) as reach
        from (
            select {STEP_COLUMNS}, steps[1] as first_step, steps[-1] as last_step from {journeys}
        )
        order by reach
    """


def extend(
    connection: duckdb.DuckDBPyConnection, sql: Statements, touches: Touches, ends_at: int
) -> None:
    """Put new touches into the tables of journeys; the result is that of a build from all.

    A person's journeys are rebuilt from the first that new touches can reach; those before it
    keep their rows and numbers.
    """
    with _transaction(connection):
        _extend(connection, sql, touches, ends_at)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing; a transaction that the caller began stays the caller's."""
    try:
        connection.execute("begin")
    except duckdb.TransactionException:
        yield
        return
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _extend(
    connection: duckdb.DuckDBPyConnection, sql: Statements, touches: Touches, ends_at: int
) -> None:
    steps, before = sql.table("steps"), sql.table("before")

    def make(name: str, select: str) -> None:
        connection.execute(f"create or replace temp table {sql.table(name)} as {select}")

    make("cut", _cuts(sql, touches))
    # Rows lie in the order of their reach, so that the least one spares reading the others.
    least = engine.number(
        connection, f"select coalesce(min(reach), {FOREVER}) {_rows_to_rebuild(sql)}"
    )
    make("before", _before(sql, least))
    make("rebuilt", f"{_rebuilt(sql, touches)} select {STEP_COLUMNS} from journeys")
    make("redone", _redone(sql))
    connection.execute(
        f"delete from {steps} where rowid in (select row_id from {before} where not is_context)"
    )
    connection.execute(
        f"delete from {sql.table()} as standing using {before} as before "
        "where standing.person = before.person and not before.is_context "
        "and standing.journey_number = before.journey_number"
    )
    connection.execute(f"insert into {steps} {kept(sql, sql.table('redone'))}")
    journeys = f"with {sql.with_rules()}, journeys as (from {sql.table('redone')})"
    connection.execute(f"insert into {sql.table()} {sql.described(journeys, ends_at)}")
    _lapse(connection, sql, ends_at)


def _cuts(sql: Statements, touches: Touches) -> str:
    """Per person: the first journey to rebuild, from when on steps are fed, what stood before it.

    context: 1 where service after the sale before stands between the journey's steps. Start
    stages that keep contacts outside of journeys rebuild a person from the start.
    """
    rules, layout = sql.rules, sql.layout
    first, last = (macro("step_micros", step, layout) for step in ("first_step", "previous_last"))
    reached = "coalesce(min(journey_number) filter (where is_reached), max(journey_number) + 1)"
    fed_from = f"least(coalesce(here.began, new_micros), new_micros - {rules.click_micros})"
    if sql.start_stages is not None:
        reached, fed_from = "1", str(-FOREVER)
    return f"""
        with new as (
            select {touches.column("person")} as person,
                epoch_us(min({touches.column("occurred_at")})) - {layout.get("base", 0)}
                    as new_micros
            from {touches.relation} as touch where {touches.where} group by 1
        ),
        standing as (
            select person, journey_number, first_step, last_step, {first} as began,
                coalesce(({last} >= {first})::int, 0) as context,
                reach >= new_micros - {rules.lapse_micros + rules.click_micros} as is_reached,
                is_repeat or {macro("step_closes", "last_step", layout)} as has_converted
            from {sql.table("steps")}
            inner join new using (person)
            where journey_number > 0
        ),
        reached as (
            select person, {reached} as first_number from standing group by person
        )
        select new.person,
            coalesce(reached.first_number, 1) as first_number,
            coalesce(here.context, 0) as context,
            here.began,
            {fed_from} as fed_from,
            coalesce(before.has_converted, false) as has_converted,
            before.first_step as previous_first,
            before.last_step as previous_last
        from new
        left join reached on new.person = reached.person
        left join standing as here
            on reached.person = here.person and reached.first_number = here.journey_number
        left join standing as before
            on reached.person = before.person
            and reached.first_number - 1 = before.journey_number
    """


def _rows_to_rebuild(sql: Statements) -> str:
    return f"""
        from {sql.table("steps")} as standing
        inner join {sql.table("cut")} as cut on standing.person = cut.person
        where (standing.journey_number >= cut.first_number - cut.context
            or (standing.journey_number <= 0 and standing.reach >= cut.fed_from))
    """


def _before(sql: Statements, least: int) -> str:
    """The rows that are rebuilt, and those that give them context."""
    return f"""
        select standing.rowid as row_id, standing.person, standing.journey_number,
            standing.steps, cut.fed_from, cut.began,
            standing.journey_number > 0 and standing.journey_number < cut.first_number
                as is_context
        {_rows_to_rebuild(sql)} and standing.reach >= {least}
    """


def _rebuilt(sql: Statements, touches: Touches) -> str:
    """Journeys of the new touches and of the steps that take part again."""
    unmarked = macro("step_after_sale", "step", sql.layout, is_after_sale=False)
    micros = macro("step_micros", "step", sql.layout)
    return sql.journeys(f"""
        {sql.packed_touches(touches)}
        union all
        select person, step, {sql.traits_of_step()} as traits
        from (
            select person, {unmarked} as step
            from (
                select person, journey_number, is_context, fed_from, began,
                    unnest(steps) as step
                from {sql.table("before")}
            )
            where case
                when is_context
                    then {macro("step_ends", "step", sql.layout)} or (
                        {macro("step_flag", "step", "after_sale", sql.layout)}
                        and {micros} >= began
                    )
                else journey_number > 0 or {micros} >= fed_from
            end
        )
    """)


def _redone(sql: Statements) -> str:
    """What was rebuilt, numbered on; what stands outside joins what did already."""
    micros = macro("step_micros", "item", sql.layout)
    return f"""
        select rebuilt.person,
            rebuilt.journey_number + first_number - 1 - context as journey_number,
            steps,
            is_repeat or has_converted as is_repeat,
            case when rebuilt.journey_number = 1 + context then cut.previous_first
                else rebuilt.previous_first end as previous_first,
            case when rebuilt.journey_number = 1 + context then cut.previous_last
                else rebuilt.previous_last end as previous_last
        from {sql.table("rebuilt")} as rebuilt
        inner join {sql.table("cut")} as cut on rebuilt.person = cut.person
        where rebuilt.journey_number > context
        union all by name
        select person, journey_number, flatten(list(steps order by is_new)) as steps,
            false as is_repeat
        from (
            select person, journey_number, false as is_new,
                list_filter(steps, lambda item: {micros} < fed_from) as steps
            from {sql.table("before")} where journey_number <= 0
            union all by name
            select person, journey_number, true as is_new, steps
            from {sql.table("rebuilt")} where journey_number <= 0
        )
        where len(steps) > 0
        group by person, journey_number
    """


def _lapse(connection: duckdb.DuckDBPyConnection, sql: Statements, ends_at: int) -> None:
    """Let open journeys lapse whose time has passed now that history goes on.

    Rows are replaced: after an update DuckDB writes whole columns anew, which takes longer than all
    the rest.
    """
    lapse = sql.rules.lapse_micros
    over = f"outcome = 'open' and last_touch_at < make_timestamp({ends_at - lapse})"
    connection.execute(
        f"create or replace temp table {sql.table('lapsed')} as "
        "select * replace ('lapsed' as outcome, "
        f"make_timestamp(epoch_us(last_touch_at) + {lapse}) as ended_at) "
        f"from {sql.table()} where {over}"
    )
    connection.execute(f"delete from {sql.table()} where {over}")
    connection.execute(f"insert into {sql.table()} from {sql.table('lapsed')}")
