"""New touches on top of journeys that stand: only what they can change is built anew.

Belongs here: from which journey on a person is rebuilt, and putting the result in place.
Doesn't belong here: the rules (see dbt_project/macros/journeys.sql).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from orchestration.journeys.render import macro
from orchestration.journeys.statements import Statements
from orchestration.journeys.touches import Touches

STEP_COLUMNS = "person, journey_number, steps, is_repeat, previous_first, previous_last"


def extend(
    connection: duckdb.DuckDBPyConnection, sql: Statements, touches: Touches, ends_at: int
) -> None:
    """Put new touches into the tables of journeys; the result is that of a build from all.

    A new touch changes nothing before the last journey that began before it, but for service
    after a sale: where the last conversion before that journey may be recent enough for it, its
    journey is rebuilt as well. From there on a person's steps, and the new ones, are cut
    anew; earlier journeys keep their numbers.
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
    for name, select in (
        ("first", _first_new(sql, touches)),
        ("before", f"select * from {sql.table('steps')} where person in {_persons(sql)}"),
        ("cut", _cuts(sql)),
        ("redone", _redone(sql, touches)),
    ):
        connection.execute(f"create or replace temp table {sql.table(name)} as {select}")
    steps, cut = sql.table("steps"), sql.table("cut")
    for table, or_apart in ((steps, " or journey_number <= 0"), (sql.table(), "")):
        connection.execute(
            f"delete from {table} as standing using {cut} as cut "
            f"where standing.person = cut.person and (journey_number >= cut.first_number{or_apart})"
        )
    connection.execute(f"insert into {steps} select {STEP_COLUMNS} from {sql.table('redone')}")
    journeys = f"with {sql.with_rules()}, journeys as (from {sql.table('redone')})"
    connection.execute(f"insert into {sql.table()} {sql.described(journeys, ends_at)}")
    _lapse(connection, sql, ends_at)


def _persons(sql: Statements) -> str:
    return f"(select person from {sql.table('first')})"


def _first_new(sql: Statements, touches: Touches) -> str:
    """Each person's first new touch, in the microseconds of the layout."""
    base = sql.layout.get("base", 0)
    return (
        f"select {touches.column('person')} as person, "
        f"epoch_us(min({touches.column('occurred_at')})) - {base} as micros "
        f"from {touches.relation} as touch where {touches.where} group by 1"
    )


def _cuts(sql: Statements) -> str:
    """Person, the first journey to rebuild, its first moment, and what stood before it."""
    first_micros = macro("step_micros", "steps[1]", sql.layout)
    last_micros = macro("step_micros", "steps[-1]", sql.layout)
    return f"""
        with standing as (
            select before.person, journey_number, first.micros,
                {first_micros} as first_micros,
                {last_micros} as last_micros,
                {macro("step_closes", "steps[-1]", sql.layout)} as is_converted
            from {sql.table("before")} as before
            inner join {sql.table("first")} as first on before.person = first.person
            where journey_number > 0
        ),
        running as (
            select person, max(journey_number) as number
            from standing where first_micros < micros group by person
        ),
        sold as (
            select standing.person, max(journey_number) as number,
                max_by(last_micros, journey_number) >= any_value(micros) - {sql.rules.lapse_micros}
                    as is_recent
            from standing
            inner join running on standing.person = running.person
            where is_converted and journey_number < running.number
            group by standing.person
        ),
        numbered as (
            select first.person, coalesce(
                case when sold.is_recent then sold.number end, running.number, 1
            ) as first_number
            from {sql.table("first")} as first
            left join running on first.person = running.person
            left join sold on first.person = sold.person
        )
        select numbered.person, first_number,
            case when running.number is not null then {first_micros} end as first_micros,
            coalesce(before.is_repeat, false) and running.number is not null as is_repeat,
            case when running.number is not null then previous_first end as previous_first,
            case when running.number is not null then previous_last end as previous_last
        from numbered
        left join running on numbered.person = running.person
        left join {sql.table("before")} as before
            on numbered.person = before.person and first_number = journey_number
    """


def _redone(sql: Statements, touches: Touches) -> str:
    """The rows of steps that replace those from the first journey to rebuild on."""
    unmarked = macro("step_after_sale", "step", sql.layout, is_after_sale=False)
    micros = macro("step_micros", "item", sql.layout)
    standing = f"""
        select person, {unmarked} as step from (
            select before.person, unnest(case when journey_number > 0 then steps
                else list_filter(steps, lambda item: {micros} >= coalesce(first_micros, {micros}))
                end) as step
            from {sql.table("before")} as before
            inner join {sql.table("cut")} as cut on before.person = cut.person
            where journey_number >= first_number or journey_number <= 0
        )"""
    journeys = sql.journeys(
        f"{sql.packed_touches(touches)} union all "
        f"select person, step, {sql.traits_of_step()} as traits from ({standing})"
    )
    return f"""
        {journeys},
        placed as (
            select journeys.person,
                case when journey_number > 0 then journey_number + first_number - 1
                    else journey_number end as journey_number,
                steps,
                journey_number > 0 and (journeys.is_repeat or cut.is_repeat) as is_repeat,
                case when journey_number = 1 then cut.previous_first
                    else journeys.previous_first end as previous_first,
                case when journey_number = 1 then cut.previous_last
                    else journeys.previous_last end as previous_last
            from journeys
            inner join {sql.table("cut")} as cut on journeys.person = cut.person
        ),
        apart as (
            select before.person, journey_number,
                list_filter(steps, lambda item: {micros} < first_micros) as steps
            from {sql.table("before")} as before
            inner join {sql.table("cut")} as cut on before.person = cut.person
            where journey_number <= 0 and first_micros is not null
        )
        select coalesce(placed.person, apart.person) as person,
            coalesce(placed.journey_number, apart.journey_number) as journey_number,
            case when apart.steps is null then placed.steps
                else list_concat(apart.steps, placed.steps) end as steps,
            coalesce(is_repeat, false) as is_repeat, previous_first, previous_last
        from placed
        full join (from apart where len(steps) > 0) as apart
            on placed.person = apart.person and placed.journey_number = apart.journey_number
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
