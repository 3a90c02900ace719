"""What marketing and sales report of themselves: spreadsheets of the leads that each counts.

Marketing lists the leads that qualified by the month of capture, duplicates among them, and closes
each list a few days after the month. Sales lists them by the month in which it decided, and states
the deals won as bare totals. The truth says, lead by lead, why both differ from what is true.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd

from orchestration.sample.house_files import HouseFiles, Style
from orchestration.sample.parameters import Calendar

CLOSED_AFTER = {"marketing": timedelta(days=4), "sales": timedelta(days=2)}
"""Days after the first of the next month on which a department closes its list."""
CLOSED_EARLY = 20
"""Day of the month on which marketing once closed its list, before the last leads had come."""
MISCOUNTED = 1
"""By how much sales once overstates the deals won of a month."""
HOUSE = Style(delimiter=";", encoding="cp1252")


def write(con: duckdb.DuckDBPyConnection, folder: Path, calendar: Calendar) -> None:
    """Write both departments' files below `folder`.

    Reads lead, lead_merge, sf_lead and market_setting. Creates truth_count_difference and
    truth_count_total, which cover the whole history whatever the calendar's `until` says.
    """
    files = HouseFiles(con, folder, calendar)
    months = _close_lists(con, calendar)
    _claim(con)
    early = months[len(months) // 2] if months else None
    _spoil(con, early)
    # An empty list is not sent; marketing's has a total at least.
    con.execute("""
        delete from count_list where department = 'sales'
            and month not in (select month from count_claim where department = 'sales')
    """)
    for month in months:
        _write_marketing(files, month, is_restated=month == early)
        _write_sales(files, month)
    _write_summary(files, months)
    files.note_written()
    _tell_differences(con)
    _note_faults(con, files)


def _close_lists(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> list[date]:
    """Create count_list: per department and whole month, the last day that its list knows of."""
    con.execute("create table count_list (department varchar, month date, closed_on date)")
    ends = [(month, _next_month(month)) for month in calendar.months if month >= calendar.start]
    closed = [
        (month, end)
        for month, end in ends
        if end + max(CLOSED_AFTER.values()) <= calendar.end
    ]  # fmt: skip
    for position, (month, end) in enumerate(closed):
        for department, days in CLOSED_AFTER.items():
            is_early = department == "marketing" and position == len(closed) // 2
            closed_on = month.replace(day=CLOSED_EARLY) if is_early else end + days
            con.execute("insert into count_list values (?, ?, ?)", [department, month, closed_on])
    return [month for month, _ in closed]


def _next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _claim(con: duckdb.DuckDBPyConnection) -> None:
    """Create counted_item (what is true) and count_claim (what the departments count)."""
    con.execute("""
        create temp table counted_lead as
        select l.*, coalesce(m.master_id, l.lead_id) as standing_id, m.merged_at,
            timezone(z.time_zone, timezone('UTC', l.mql_at))::date as mql_on,
            count(*) filter (m.lead_id is null) over (partition by l.person_id) = 1 as is_one_person
        from lead l
        join market_setting z on z.market = l.market
        left join lead_merge m on m.lead_id = l.lead_id;
        create temp table counted_item as
        select standing_id, date_trunc('month', min(mql_on))::date as month, min(mql_on) as mql_on,
            bool_and(is_one_person) as is_one_person,
            -- What is merged away leaves its stage.
            list(coalesce(decided_at, merged_at) order by mql_at)[1] as left_at
        from counted_lead where mql_on is not null group by standing_id;
        create temp table mail_of_one as
        select any_value(id) as id, lower(email) as email from sf_lead
        where email is not null and not starts_with(email, 'info@')
        group by lower(email) having count(distinct id) = 1;
        create table count_claim as
        select 'marketing' as department, c.month, l.lead_id, lead_code(l.lead_id) as reference,
            l.captured_at::date as dated_on, l.lead_source, c.closed_on, 1 as copies
        from counted_lead l
        join count_list c on c.department = 'marketing'
            and c.month = date_trunc('month', l.captured_at)
        where l.mql_on <= c.closed_on
        union all
        select 'sales', c.month, l.lead_id,
            case when l.is_one_person and chance(l.lead_id, 'count.mail') < 0.3
                then coalesce(e.email, lead_code(l.lead_id)) else lead_code(l.lead_id) end,
            l.decided_at::date, l.lead_source, c.closed_on, 1
        from counted_lead l
        join count_list c on c.department = 'sales' and c.month = date_trunc('month', l.decided_at)
        left join mail_of_one e on e.id = lead_code(l.lead_id)
        where l.mql_on is not null and (l.merged_at is null or l.merged_at::date > c.closed_on)
    """)


def _spoil(con: duckdb.DuckDBPyConnection, month: date | None) -> None:
    """Plant what people get wrong in spreadsheets, in the list of one month."""
    con.execute(
        """
        -- A lead that never qualified.
        insert into count_claim
        select 'marketing', c.month, l.lead_id, lead_code(l.lead_id), l.captured_at::date,
            l.lead_source, c.closed_on, 1
        from counted_lead l
        join count_list c on c.department = 'marketing'
            and c.month = date_trunc('month', l.captured_at)
        where c.month = $1 and l.mql_at is null and l.is_one_person and l.merged_at is null
            and l.captured_at::date <= c.closed_on
        order by l.lead_id limit 1;
        """,
        [month],
    )
    con.execute(
        """
        -- A lead that stands in the list twice.
        update count_claim set copies = 2
        where department = 'marketing' and lead_id = (
            select min(lead_id) from count_claim
            where department = 'marketing' and month = $1
                and lead_id in (select lead_id from counted_lead
                    where is_one_person and mql_at is not null)
        );
        """,
        [month],
    )
    con.execute(
        """
        -- An O for a 0.
        update count_claim set lead_id = null, reference = left(reference, 6) || 'O'
            || substr(reference, 8)
        where department = 'sales' and lead_id = (
            select min(lead_id) from count_claim join counted_lead using (lead_id)
            where department = 'sales' and month = $1 and starts_with(reference, '00Q')
                and is_one_person and merged_at is null
        );
        """,
        [month],
    )
    con.execute(
        """
        -- A lead of another system.
        insert into count_claim
        select 'sales', month, null, 'LM-' || strftime(month, '%Y%m') || '-0417', month + 8,
            'Partner', closed_on, 1
        from count_list where department = 'sales' and month = $1
        """,
        [month],
    )


def _write_marketing(files: HouseFiles, month: date, is_restated: bool) -> None:
    """A workbook with a title, a merged line, a list and a total; sent twice where it was wrong."""
    rows = files.con.execute(
        """
        select reference, strftime(dated_on, '%d/%m/%Y'), lead_source
        from count_claim, range(copies)
        where department = 'marketing' and month = $1
        order by dated_on, reference
        """,
        [month],
    ).fetchall()
    closed_on = files.scalar(
        "select strftime(closed_on, '%d/%m/%Y') from count_list "
        f"where department = 'marketing' and month = date '{month}'"
    )
    if not files.calendar.is_written(_next_month(month) + max(CLOSED_AFTER.values())):
        return
    name = f"marketing_report/mql_{month:%Y-%m}.xlsx"
    if is_restated:
        _write_list(files, name, month, closed_on, rows[: len(rows) // 2])
        files.note_fault(
            name,
            "restated_file",
            len(rows) // 2,
            f"half a list, superseded by mql_{month:%Y-%m}_v2",
        )
        name = name.replace(".xlsx", "_v2.xlsx")
    _write_list(files, name, month, closed_on, rows)


def _write_list(
    files: HouseFiles, name: str, month: date, closed_on: str, rows: list[tuple[str, str, str]]
) -> None:
    columns = ["Registro CRM", "Fecha de captura", "Origen", "Corte", "Nº"]
    table = pd.DataFrame([(*row, closed_on, None) for row in rows], columns=columns)
    table.loc[len(table)] = [None] * len(columns)
    table.loc[len(table)] = ["TOTAL", None, None, closed_on, len(rows)]
    titles = ["Casa Lumavera - Marketing", f"MQL captados en {month:%m/%Y}", ""]
    files.write_workbook(name, {"MQL": (titles, table)}, merge_titles=True)


def _write_sales(files: HouseFiles, month: date) -> None:
    """A CSV file of the Spanish house format."""
    if files.calendar.is_written(_next_month(month) + max(CLOSED_AFTER.values())):
        files.write(
            f"sales_report/mql_{month:%Y-%m}.csv",
            f"""
            select reference as "Lead o correo", strftime(dated_on, '%d/%m/%Y') as "Decidido",
                strftime(closed_on, '%d/%m/%Y') as "Corte"
            from count_claim
            where department = 'sales' and month = date '{month}'
            order by dated_on, reference
            """,
            HOUSE,
        )


def _write_summary(files: HouseFiles, months: list[date]) -> None:
    """Sales' summary of the year so far: a column per month, totals only, one of them too high."""
    con = files.con
    con.execute(
        f"""
        create table won_total as
        select c.month, count(l.lead_id) as won, count(l.lead_id)
            + case when c.month = (select max(month) from count_list) then {MISCOUNTED} else 0 end
            as stated
        from count_list c
        left join lead l on date_trunc('month', l.closed_at) = c.month and l.is_won
        where c.department = 'sales' group by c.month
        """
    )
    if not months or not files.calendar.is_written(files.calendar.end):
        return
    stated = con.execute("select month, stated from won_total order by month").fetchall()
    received = con.execute(
        "select month, count(*) from count_claim where department = 'sales' group by all"
    ).fetchall()
    table = pd.DataFrame(
        {
            "Concepto": ["MQL recibidos", "Ganadas"],
            **{f"{month:%Y-%m}": [dict(received).get(month, 0), won] for month, won in stated},
        }
    )
    titles = ["Ventas - resumen del año", ""]
    files.write_workbook(
        f"sales_report/summary_{files.calendar.end:%Y-%m-%d}.xlsx", {"Resumen": (titles, table)}
    )


def _tell_differences(con: duckdb.DuckDBPyConnection) -> None:
    """The truth: each department's count of a month, and each difference with its cause."""
    con.execute("""
        create table truth_count_total as
        select department, 'mql' as measure, month, sum(copies)::bigint as side_count
        from count_claim group by all
        union all select 'sales', 'won', month, stated from won_total;
        create table truth_count_difference as
        with claims as (
            select c.*, l.standing_id, i.month as true_month,
                coalesce(i.is_one_person, l.is_one_person, true) as is_one_person,
                row_number() over (
                    partition by c.department, coalesce(l.standing_id, -c.claim_number)
                    order by c.month is distinct from i.month, c.lead_id <> l.standing_id, c.month
                ) as number
            from (select *, row_number() over () as claim_number from count_claim) c
            left join counted_lead l on l.lead_id = c.lead_id
            left join counted_item i on i.standing_id = l.standing_id
        ),
        judged as (
            select *, case when lead_id is null then 'unknown_lead'
                when number > 1 then 'duplicate'
                when true_month = month then 'agreed'
                when true_month is not null then 'other_period'
                else 'not_in_stage' end as cause
            from claims
        ),
        missed as (
            select s.department, i.*, l.lead_id, case s.department
                when 'marketing' then l.captured_at else i.left_at end as dated_at
            from (select department, min(month) as first_month, max(month) as last_month
                from count_list group by department) s
            join counted_item i on i.month between s.first_month and s.last_month
            join counted_lead l on l.lead_id = i.standing_id
            where not exists (select 1 from claims c
                where c.department = s.department and c.standing_id = i.standing_id)
        )
        select department, 'mql' as measure, cause, month as side_month, case
            when cause = 'other_period' then true_month end as true_month, reference,
            case when lead_id is not null then 'salesforce.lead:' || lead_code(lead_id)
                end as record_id, is_one_person
        from judged where cause <> 'agreed'
        union all
        select department, 'mql', 'duplicate', month, null, reference,
            'salesforce.lead:' || lead_code(lead_id), is_one_person
        from claims where copies = 2
        union all
        select m.department, 'mql', case when m.dated_at is null then 'still_in_stage'
            when c.month is null then 'no_list'
            when m.mql_on > c.closed_on then 'late'
            else 'missing_in_report' end, null, m.month, null,
            'salesforce.lead:' || lead_code(m.lead_id), m.is_one_person
        from missed m
        left join count_list c on c.department = m.department
            and c.month = date_trunc('month', m.dated_at)
    """)


def _note_faults(con: duckdb.DuckDBPyConnection, files: HouseFiles) -> None:
    for department, cause in (
        ("marketing", "duplicate"),
        ("marketing", "late"),
        ("marketing", "not_in_stage"),
        ("sales", "unknown_lead"),
    ):
        rows = files.scalar(
            "select count(*) from truth_count_difference "
            f"where department = '{department}' and cause = '{cause}'"
        )
        files.note_fault(
            f"{department}_report/mql", f"count_{cause}", rows, "leads of the department's lists"
        )
