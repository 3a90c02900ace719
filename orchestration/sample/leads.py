"""Business leads: how they were captured, how and when sales dealt with them, how they ended.

Waits are drawn in business seconds of the market, so that it is known whether a commitment was met.
How the CRM records it stands in `salesforce`.
"""

from __future__ import annotations

import duckdb

from orchestration.lib.companies import Company
from orchestration.sample.business_time import add_business_time
from orchestration.sample.chance import weighted_list
from orchestration.sample.parameters import Calendar, Parameters

SOURCES = {
    "Web": 0.36,
    "Google Ads": 0.14,
    "Facebook Ads": 0.10,
    "LinkedIn Ads": 0.06,
    "Trade Show": 0.13,
    "Webinar": 0.08,
    "Phone": 0.06,
    "Partner": 0.07,
}
# What a lead's origin adds to its quality (mean score).
SOURCE_QUALITY = {
    "Web": 55,
    "Google Ads": 50,
    "Facebook Ads": 34,
    "LinkedIn Ads": 52,
    "Trade Show": 60,
    "Webinar": 56,
    "Phone": 70,
    "Partner": 72,
}


def build_employees(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """Create employee: per market two in marketing, four in sales, four in service."""
    con.execute("""
        create table employee as
        with posts as (
            select m.market, m.language, m.time_zone, d.department, n.number,
                row_number() over (order by m.market, d.department, n.number) as employee_number
            from market_setting m, (values ('marketing', 2), ('sales', 4), ('service',
                4)) d(department, posts),
                (select unnest(range(1, 5)) as number) n
            where n.number <= d.posts
        )
        select employee_number, code('005', employee_number, 12) || 'AAA' as user_id, p.market,
            p.department, p.number, p.time_zone,
            g.name || ' ' || f.name as name,
            replace(ascii_of(g.name) || '.' || ascii_of(f.name), '''', '') || employee_number
                || '@lumavera.example' as email,
            case when p.number = 1 then 'Head of ' || p.department else p.department
                || ' specialist' end as title,
            code('005', first_value(employee_number) over (partition by p.market,
                p.department order by p.number), 12) || 'AAA' as manager_id
        from posts p
        join given g on g.language = p.language and g.position = floor(chance(p.employee_number,
            'employee.given') * 60)::int
        join family f on f.language = p.language and f.position = floor(chance(p.employee_number,
            'employee.family') * 70)::int
    """)


def build(
    con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar, rules: Company
) -> None:
    """Create lead (captured leads, with all their times) and lead_capture (for the web site)."""
    _capture(con, params, calendar)
    add_business_time(con, "lead", "captured_at", "assign_seconds", "assigned_at")
    add_business_time(
        con, "lead", "assigned_at", "case when becomes_mql then qualify_seconds end", "mql_at"
    )
    _promise(con, params, rules)
    add_business_time(con, "lead", "mql_at", "attempt_seconds", "first_attempt_at")
    add_business_time(con, "lead", "first_attempt_at", "contact_seconds", "first_contact_at")
    add_business_time(con, "lead", "mql_at", "decision_seconds", "decided_at")
    add_business_time(
        con,
        "lead",
        "decided_at",
        "case when is_accepted and becomes_sql then sql_seconds end",
        "sql_at",
    )
    add_business_time(con, "lead", "sql_at", "opportunity_seconds", "opportunity_at")
    add_business_time(con, "lead", "opportunity_at", "close_seconds", "closed_at")
    add_business_time(
        con,
        "lead",
        "decided_at",
        "case when not is_accepted and is_recycled then recycle_seconds end",
        "recycled_at",
    )
    _stray(con)
    _cut_at_end(con, calendar)


def _stray(con: duckdb.DuckDBPyConnection) -> None:
    """Leads that leave the straight way.

    Some are converted without ever being qualified by sales, some go back to accepted and are
    qualified again, some are opened again after a rejection (never those that are recycled), and
    some deals are lost and opened again before they are won.
    """
    con.execute("""
        create or replace table lead as
        select * replace (case when not skips_sql then sql_at end as sql_at),
            case when goes_back and not skips_sql then sql_at + interval 20 minute end as back_at,
            case when goes_back and not skips_sql then sql_at + interval 40 minute
                end as requalified_at,
            case when is_reopened and not is_accepted and not is_recycled
                then decided_at + interval 5 day end as reopened_at,
            case when is_deal_reopened and is_won then date_trunc('second', opportunity_at
                + (closed_at - opportunity_at) * 0.8) end as first_lost_at,
            case when is_deal_reopened and is_won then date_trunc('second', opportunity_at
                + (closed_at - opportunity_at) * 0.9) end as deal_reopened_at
        from lead
    """)


def _capture(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    rates = params.rates
    quality = " ".join(f"when '{source}' then {mean}" for source, mean in SOURCE_QUALITY.items())
    con.execute(f"""
        create table lead as
        with captures as (
            select p.*, v.number, p.person_id * 4 + v.number as lead_id
            from person p, (values (0), (1)) v(number)
            where p.is_business_buyer and chance(p.person_id, 'lead.has') < 0.85
                and (v.number = 0 or chance(p.person_id, 'lead.again') < {rates["lead_recaptured"]})
        ),
        sourced as (
            select *, pick({weighted_list(SOURCES)}, chance(lead_id, 'lead.source')) as lead_source,
                timestamp '{calendar.start}' + to_seconds((86400 * {calendar.day_count}
                    * (chance(person_id, 'lead.day') * (1 - 0.3 * number) + 0.3
                        * number))::bigint) as captured_at
            from captures
        ),
        scored as (
            select *, least(100, greatest(0, round((case lead_source {quality} end) + 18
                * normal(lead_id, 'lead.score'))))::int as score
            from sourced
        )
        select lead_id, person_id, business_id, market, number, lead_source, captured_at, score,
            (60 + case when chance(lead_id, 'lead.assign') < {rates["assigned_on_time"]} then 3400
                * chance(lead_id, 'lead.assign s')
                else 3800 + 20000 * chance(lead_id, 'lead.assign s') end)::bigint as assign_seconds,
            score >= 30 and chance(lead_id, 'lead.mql') < 0.9 as becomes_mql,
            (600 + 40000 * wait(lead_id, 'lead.qualify'))::bigint as qualify_seconds,
            chance(lead_id, 'lead.engaged') < 0.5 as is_engaged,
            chance(lead_id, 'lead.accept') < 1 / (1 + exp(-({rates["lead_accepted"]} - 0.5) * 4
                - 0.035 * (score - 52))) as is_accepted,
            chance(lead_id, 'lead.recycle') < 0.35 as is_recycled,
            chance(lead_id, 'lead.sql') < {rates["lead_qualified"]} as becomes_sql,
            chance(lead_id, 'lead.won') < {rates["opportunity_won"]} as is_won,
            chance(lead_id, 'lead.skips') < {rates["lead_skips_sql"]} as skips_sql,
            chance(lead_id, 'lead.back') < {rates["lead_goes_back"]} as goes_back,
            chance(lead_id, 'lead.reopened') < {rates["lead_reopened"]} as is_reopened,
            chance(lead_id, 'deal.reopened') < {rates["deal_reopened"]} as is_deal_reopened,
            pick(['Not a fit', 'No budget', 'Wrong contact data', 'Duplicate', 'Competitor',
                'Not now'], chance(lead_id, 'lead.reason')) as reason,
            case when chance(lead_id, 'lead.untouched') > 0.05 then 'x' end as gets_attempt,
            case when chance(lead_id, 'lead.undecided') > 0.06 then 'x' end as gets_decision,
            chance(lead_id, 'lead.connects') < 0.45 as connects_at_once,
            (chance(lead_id, 'lead.attempts') * 3)::int + 1 as more_attempts,
            (30000 + 90000 * wait(lead_id, 'lead.sql s'))::bigint as sql_seconds,
            (3600 + 20000 * chance(lead_id, 'lead.opportunity s'))::bigint as opportunity_seconds,
            (90000 + 500000 * wait(lead_id, 'lead.close s'))::bigint as close_seconds,
            (200000 + 300000 * chance(lead_id, 'lead.recycle s'))::bigint as recycle_seconds,
            round(400 * exp(0.9 * normal(lead_id, 'lead.amount')) * (0.5 + score / 60.0),
                2) as amount_eur,
            employee_of(market, 'sales', lead_id) as owner_number
        from scored;
        create table lead_capture as
        select lead_id, person_id, person_id * 4 + 1 as device_id, market, captured_at, lead_source,
            case lead_source when 'Web' then pick(['organic_search', 'direct'], chance(lead_id,
                'lead.channel'))
                when 'Google Ads' then 'paid_search' else 'paid_social' end as channel
        from lead where lead_source in ('Web', 'Google Ads', 'Facebook Ads')
            and captured_at >= timestamp '{calendar.start}' + interval 10 minute;
    """)


def create_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Create the macros employee_of and drawn_wait.

    employee_of(market, department, id): the number of an employee who deals with a thing.
    drawn_wait(target, id, what, share): seconds; that share clearly within the target, the rest
    clearly beyond it.
    """
    con.execute("""
        create temp table employee_list as
        select map(list(team order by team), list(numbers order by team)) as teams
        from (
            select market || department as team,
                list(employee_number order by employee_number) as numbers
            from employee group by 1
        );
        create macro employee_of(of_market, of_department, id) as (
            pick(map_extract_value((select teams from employee_list), of_market || of_department),
                chance(id, 'employee')));
        create macro drawn_wait(target, id, what, share) as
            (case when chance(id, what) < share
                then target * (0.04 + 0.9 * chance(id, what || ' s'))
                else target * (1.08 + 1.5 * wait(id, what || ' s')) end)::bigint
    """)


def _promise(con: duckdb.DuckDBPyConnection, params: Parameters, rules: Company) -> None:
    """Waits against the version of each commitment that holds when the lead qualifies."""
    con.execute("""
        create table commitment (code varchar, version int, valid_from date, valid_to date,
            kind varchar,
            start_event varchar, end_event varchar, target_seconds bigint)
    """)
    con.executemany(
        "insert into commitment values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                c.code,
                c.version,
                c.valid_from,
                c.valid_to,
                c.kind,
                c.start_event,
                c.end_event,
                c.target_minutes * 60,
            )
            for c in rules.sla
            if c.target_minutes is not None
        ],
    )
    rates = params.rates
    con.execute(f"""
        create or replace table lead as
        select l.*,
            case when l.gets_attempt is not null then drawn_wait(a.target_seconds, l.lead_id,
                'lead.attempt', {rates["first_attempt_on_time"]}) end as attempt_seconds,
            case when l.gets_decision is not null then drawn_wait(d.target_seconds, l.lead_id,
                'lead.decision', {rates["decision_on_time"]}) end as decision_seconds,
            case when l.connects_at_once then 0 else l.more_attempts * 21600 + (chance(l.lead_id,
                'lead.contact') * 9000)::bigint end as contact_seconds
        from lead l
        join market_setting m on m.market = l.market
        left join commitment a on a.code = 'lead_first_attempt'
            and (l.mql_at + to_hours(m.utc_offset_hours))::date >= a.valid_from and (l.mql_at
                + to_hours(m.utc_offset_hours))::date < a.valid_to
        left join commitment d on d.code = 'lead_decision'
            and (l.mql_at + to_hours(m.utc_offset_hours))::date >= d.valid_from and (l.mql_at
                + to_hours(m.utc_offset_hours))::date < d.valid_to
    """)


def _cut_at_end(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """What lies after the last day has not happened yet."""
    end = f"timestamp '{calendar.end}' + interval 1 day"
    times = (
        "assigned_at",
        "mql_at",
        "first_attempt_at",
        "first_contact_at",
        "decided_at",
        "sql_at",
        "opportunity_at",
        "closed_at",
        "recycled_at",
        "back_at",
        "requalified_at",
        "reopened_at",
        "first_lost_at",
        "deal_reopened_at",
    )
    cut = ", ".join(f"case when {t} < {end} then {t} end as {t}" for t in times)
    con.execute(f"""
        create or replace table lead as
        select * exclude ({", ".join(times)}), {cut} from lead where captured_at < {end}
    """)
