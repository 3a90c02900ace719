"""The truth of the service-level agreement: every clock of every lead and case, from the sample's
own steps, reckoned apart from the warehouse.

Belongs here: what happened when, who held it, when nothing was owed, and what became of each
promise. Doesn't belong here: the steps themselves (see `leads`, `service`, `salesforce_sales`).
"""

from __future__ import annotations

import duckdb

from orchestration.lib.companies import Company
from orchestration.sample.business_time import add_business_time, business_seconds
from orchestration.sample.parameters import Calendar

_MUST_FOLLOW = ("first_attempt", "first_contact", "first_response")


def create(con: duckdb.DuckDBPyConnection, calendar: Calendar, rules: Company) -> None:
    """Create view truth_sla; the tables of leads, cases and their steps must be there.

    Clocks that nothing stopped are read at the end of the last day (`pending`, unless breached).
    """
    end = f"timestamp '{calendar.end}' + interval 1 day"
    _rules(con, rules)
    _subjects(con)
    _events(con, end)
    _holders(con)
    _starts(con)
    _ends(con, end)
    _time(con)
    _dues(con)
    _tell(con)


def _rules(con: duckdb.DuckDBPyConnection, rules: Company) -> None:
    con.execute("""
        create table promise (code varchar, version int, valid_from date, valid_to date,
            kind varchar, start_event varchar, end_event varchar, end_count int,
            fulfilled_by varchar[], required_fields varchar[], target_seconds bigint,
            clock varchar, pauses boolean, min_score int, lead_sources varchar[]);
        create table status_meaning (status varchar, stage varchar, is_paused boolean)
    """)
    con.executemany(
        f"insert into promise values ({', '.join('?' * 15)})",
        [
            (c.code, c.version, c.valid_from, c.valid_to, c.kind, c.start_event, c.end_event,
             c.end_count, list(c.fulfilled_by), list(c.required_fields),
             c.target_minutes * 60 if c.target_minutes else None, c.clock, c.pauses, c.min_score,
             [source.lower() for source in c.lead_sources])
            for c in rules.sla
            if c.measured in ("time", "completeness")
        ],
    )  # fmt: skip
    con.executemany(
        "insert into status_meaning values (?, ?, ?)",
        [(s.status, s.stage, s.is_paused) for s in rules.lead_stages if s.system == "salesforce"],
    )


def _subjects(con: duckdb.DuckDBPyConnection) -> None:
    """Leads and cases; a lead that was merged away, and not touched since, owes nothing more."""
    con.execute("""
        create table owed as
        select 'lead' as kind, l.lead_id as id, l.market, l.captured_at as began_at, l.score,
            lower(l.lead_source) as lead_source,
            case when m.merged_at >= s.last_at then m.merged_at end as cut_at
        from lead l
        join (select lead_id, max(happened_at) as last_at from lead_step group by lead_id) s
            on s.lead_id = l.lead_id
        left join lead_merge m on m.lead_id = l.lead_id
        union all
        select 'service', case_number, market, opened_at, null, null, null from service_case
    """)


def _events(con: duckdb.DuckDBPyConnection, end: str) -> None:
    """Everything that starts or ends a promise, each time it happened."""
    con.execute(f"""
        create table lead_entry as
        with told as (
            select s.lead_id, s.happened_at, s.number, m.stage from lead_step s
            join status_meaning m on m.status = s.new_value where s.field = 'Status'
            union all select lead_id, captured_at, -1, 'captured' from lead
            union all select lead_id, first_lost_at, 97, 'lost' from lead
                where first_lost_at is not null
            union all select lead_id, deal_reopened_at, 98, 'opportunity' from lead
                where deal_reopened_at is not null
            union all select lead_id, closed_at, 99, case when is_won then 'won' else 'lost' end
                from lead where closed_at is not null
        )
        select * exclude (before) from (
            select *, lag(stage) over (partition by lead_id order by happened_at, number) as before
            from told)
        where before is null or before <> stage;
        create table done as
        select lead_id, happened_at, disposition = 'Connected' as reached, true as tried
        from activity where not automatic
        union all
        select lead_id, sql_at + interval 2 hour, true, true from lead
        where sql_at + interval 2 hour < {end} and chance(lead_id, 'meeting.no show') >= 0.1
        union all
        -- Who was converted and calls is answered for the latest of his leads.
        select max_by(l.lead_id, l.captured_at), t.touched_at, true, false
        from touch t join contact_known k on k.person_id = t.person_id
            and k.created_at <= t.touched_at
        join lead l on l.person_id = t.person_id and l.captured_at <= t.touched_at
            and l.opportunity_at is not null
        where t.channel = 'phone' group by t.touch_id, t.touched_at;
        create table sla_event as
        select 'lead' as kind, lead_id as id, stage as event, happened_at
            from lead_entry join lead using (lead_id)
            where stage <> 'captured' or happened_at > captured_at
        union select 'lead', lead_id, 'captured', coalesce(submitted_at, captured_at)
            from lead_delay
        union select 'lead', lead_id, 'accepted_or_rejected', happened_at from lead_entry
            where stage in ('sal', 'sql', 'opportunity', 'won', 'rejected', 'recycled')
        union select 'lead', lead_id, 'feedback', happened_at from lead_entry
            where stage in ('opportunity', 'won', 'lost', 'rejected', 'recycled')
        union select 'lead', lead_id, 'assigned', happened_at from lead_step
            where field = 'Owner' and new_value like '005%' and new_value <> user_code(0)
        union select 'lead', lead_id, 'first_attempt', happened_at from done where tried
        union select 'lead', lead_id, 'first_contact', happened_at from done where reached
        union select 'service', case_number, 'ticket_opened', opened_at from service_case
        union select 'service', case_number, 'first_response', responded_at from service_case
            where responded_at is not null
        union select 'service', case_number, 'resolved', resolved_at from service_case
            where resolved_at is not null
    """)


def _holders(con: duckdb.DuckDBPyConnection) -> None:
    """Who held what, and when nothing was owed."""
    con.execute("""
        create table held as
        with turns as (
            select 'lead' as kind, lead_id as id, captured_at as held_from, -1 as number,
                user_code(0) as user_id from lead
            union all select 'lead', lead_id, submitted_at, -2, null from lead_delay
                where submitted_at is not null
            union all select 'lead', lead_id, happened_at, number, new_value from lead_step
                where field = 'Owner'
            union all select 'service', case_number, opened_at, -1, user_code(owner_number)
                from service_case
            union all select 'service', case_number, happened_at, number, new_value from case_step
                where field = 'Owner'
        )
        select kind, id, user_id, held_from, coalesce(lead(held_from) over (
                partition by kind, id order by held_from, number),
                timestamp '9999-12-31') as held_to,
            user_id is null or user_id = user_code(0) or user_id like '00G%' as is_system
        from turns;
        create table nothing_owed as
        select * from (
            select 'lead' as kind, s.lead_id as id, m.is_paused, s.happened_at as paused_from,
                lead(s.happened_at) over (partition by s.lead_id order by s.happened_at,
                    s.number) as paused_to
            from lead_step s join status_meaning m on m.status = s.new_value
            where s.field = 'Status')
        where is_paused
        union all
        select 'service', case_number, true, paused_from, paused_to from case_pause
        where paused_from is not null
    """)


def _starts(con: duckdb.DuckDBPyConnection) -> None:
    """A promise starts with its event, and anew when that happens after the lead was closed."""
    con.execute("""
        create table sla_start as
        with closed as (
            select * from sla_event where event in ('rejected', 'recycled', 'lost', 'won')
        ),
        told as (
            select e.kind, e.id, e.event, e.happened_at, max(c.happened_at) as after_at
            from sla_event e left join closed c on c.kind = e.kind and c.id = e.id
                and c.happened_at < e.happened_at
            where e.event in (select start_event from promise)
            group by all
        ),
        cycles as (
            select kind, id, event, after_at, min(happened_at) as started_at from told group by all
        ),
        followed as (
            select *, lead(started_at) over (partition by kind, id, event order by started_at)
                as next_at from cycles
        )
        select p.code, p.version, o.*, f.started_at, f.after_at, f.next_at, p.end_event,
            p.end_count, p.fulfilled_by, p.required_fields, p.target_seconds, p.clock, p.pauses,
            row_number() over (partition by p.code, o.kind, o.id order by f.started_at)
                as cycle_number
        from followed f join owed o on o.kind = f.kind and o.id = f.id
        join market_setting m on m.market = o.market
        join promise p on p.start_event = f.event
            and timezone(m.time_zone, timezone('UTC', f.started_at))::date >= p.valid_from
            and timezone(m.time_zone, timezone('UTC', f.started_at))::date < p.valid_to
            and (p.min_score is null or o.score >= p.min_score)
            and (len(p.lead_sources) = 0 or list_contains(p.lead_sources, o.lead_source))
    """)


def _ends(con: duckdb.DuckDBPyConnection, end: str) -> None:
    must_follow = ", ".join(f"'{event}'" for event in _MUST_FOLLOW)
    con.execute(f"""
        create table sla_open as
        with reached as (
            select s.code, s.kind, s.id, s.cycle_number, s.end_count,
                e.event = s.end_event as is_end,
                greatest(e.happened_at, s.started_at) as reached_at,
                count(*) filter (e.event = s.end_event) over (
                    partition by s.code, s.kind, s.id, s.cycle_number order by e.happened_at,
                    (e.event = s.end_event)::int) as ends
            from sla_start s join sla_event e on e.kind = s.kind and e.id = s.id
                and (e.event = s.end_event or list_contains(s.fulfilled_by, e.event))
                and (e.happened_at >= s.started_at or e.event not in ({must_follow}))
                and (s.after_at is null or e.happened_at > s.after_at)
                and (s.next_at is null or e.happened_at < s.next_at)
        ),
        met as (
            select code, kind, id, cycle_number, min(reached_at) as ended_at from reached
            where not is_end or ends = end_count group by all
        )
        select s.*, m.ended_at, least(s.cut_at, s.next_at) as stopped_at,
            greatest(s.started_at, coalesce(m.ended_at, least(s.cut_at, s.next_at, {end})))
                as counted_until
        from sla_start s left join met m using (code, kind, id, cycle_number)
        where s.target_seconds is not null;
        create sequence sla_number;
        create or replace table sla_open as
        select nextval('sla_number') as clock_number, * from sla_open
    """)


def _time(con: duckdb.DuckDBPyConnection) -> None:
    """Seconds of each clock, of its pauses, of its turns with systems, and of pauses in those."""
    con.execute("""
        create table sla_pause as
        select o.clock_number, o.market, o.clock, o.started_at,
            greatest(p.paused_from, o.started_at) as cut_from,
            least(coalesce(p.paused_to, o.counted_until), o.counted_until) as cut_to
        from sla_open o join nothing_owed p on p.kind = o.kind and p.id = o.id
        where o.pauses and p.paused_from < o.counted_until
            and coalesce(p.paused_to, o.counted_until) > o.started_at;
        create table sla_turn as
        select o.clock_number, o.market, o.clock, h.user_id, h.is_system, h.held_from, h.held_to,
            greatest(h.held_from, o.started_at) as cut_from,
            least(h.held_to, o.counted_until) as cut_to
        from sla_open o join held h on h.kind = o.kind and h.id = o.id
        where h.held_from < o.counted_until and h.held_to > o.started_at;
        create table sla_turn_pause as
        select t.clock_number, t.market, t.clock, greatest(t.cut_from, p.cut_from) as cut_from,
            least(t.cut_to, p.cut_to) as cut_to
        from sla_turn t join sla_pause p on p.clock_number = t.clock_number
            and p.cut_from < t.cut_to and p.cut_to > t.cut_from
        where t.is_system
    """)
    _seconds(con, "sla_open", "started_at", "counted_until", "gross_seconds")
    for table in ("sla_pause", "sla_turn", "sla_turn_pause"):
        _seconds(con, table, "cut_from", "cut_to", "seconds")
    con.execute("""
        create or replace table sla_open as
        select o.*, gross_seconds - coalesce(p.seconds, 0) as elapsed_seconds,
            coalesce(p.seconds, 0) as paused_seconds,
            coalesce(t.seconds, 0) - coalesce(q.seconds, 0) as system_seconds
        from sla_open o
        left join (select clock_number, sum(seconds)::bigint as seconds from sla_pause group by 1) p
            using (clock_number)
        left join (select clock_number, sum(seconds)::bigint as seconds from sla_turn
            where is_system group by 1) t using (clock_number)
        left join (select clock_number, sum(seconds)::bigint as seconds from sla_turn_pause
            group by 1) q using (clock_number)
    """)


def _seconds(con: duckdb.DuckDBPyConnection, table: str, start: str, end: str, result: str) -> None:
    """Add `result`: business seconds, or all of them where the clock is of calendar time."""
    business_seconds(con, table, start, end, result)
    con.execute(
        f"update {table} set {result} = date_diff('second', {start}, {end}) "
        "where clock = 'calendar'"
    )


def _dues(con: duckdb.DuckDBPyConnection) -> None:
    """When the target was used up, and who held it then.

    The last second of the target is found and one added, so that a target that ends with the
    hours is due at the closing.
    """
    _seconds(con, "sla_pause", "started_at", "cut_from", "seconds_before")
    con.execute("""
        create table sla_due as
        with told as (
            select *, seconds_before - coalesce(sum(seconds) over (
                partition by clock_number order by cut_from
                rows between unbounded preceding and 1 preceding), 0) as run_before
            from sla_pause
        )
        select o.clock_number, o.market, o.clock, o.started_at,
            o.target_seconds - 1 + coalesce(sum(t.seconds) filter (
                where t.run_before < o.target_seconds), 0)::bigint as seconds
        from sla_open o left join told t on t.clock_number = o.clock_number
        group by o.clock_number, o.market, o.clock, o.started_at, o.target_seconds
    """)
    add_business_time(con, "sla_due", "started_at", "seconds", "last_at")
    con.execute("""
        update sla_due set last_at = started_at + to_seconds(seconds) where clock = 'calendar';
        create table sla_answer as
        select d.clock_number, d.last_at + interval 1 second as due_at, t.user_id as due_user_id
        from sla_due d left join sla_turn t on t.clock_number = d.clock_number
            and d.last_at + interval 1 second > t.held_from
            and d.last_at + interval 1 second <= t.held_to
    """)


def _tell(con: duckdb.DuckDBPyConnection) -> None:
    """truth_sla: clocks, and what was missing when leads were handed over."""
    con.execute("""
        create view truth_sla as
        select o.code as commitment_code, o.version, o.cycle_number::int as cycle_number, o.kind,
            case o.kind when 'lead' then 'salesforce.lead:' || lead_code(o.id)
                else 'salesforce.case:' || case_code(o.id) end as subject_id,
            o.market, o.started_at, a.due_at, o.ended_at, o.counted_until,
            round(o.target_seconds / 60.0, 2) as target_minutes,
            round(o.elapsed_seconds / 60.0, 4) as elapsed_minutes,
            round(o.paused_seconds / 60.0, 4) as paused_minutes,
            round(o.system_seconds / 60.0, 4) as system_minutes, a.due_user_id,
            null::varchar as missing_fields,
            case when o.elapsed_seconds > o.target_seconds then 'breached'
                when o.ended_at is not null then 'met'
                when o.stopped_at is not null then 'cancelled' else 'pending' end as status
        from sla_open o join sla_answer a using (clock_number)
        union all
        select code, version, cycle_number::int, kind, subject_id, market, started_at, started_at,
            case when len(missing) = 0 then started_at end, started_at, null, null, null, null,
            null, nullif(list_aggregate(missing, 'string_agg', ' > '), ''),
            case when len(missing) = 0 then 'met' else 'breached' end
        from (
            select s.*, v.id as subject_code, 'salesforce.lead:' || v.id as subject_id,
                list_filter(s.required_fields, lambda field: case field
                    when 'email' then v.email is null
                    when 'phone' then coalesce(v.phone, v.mobile_phone) is null
                    when 'company_name' then v.company is null
                    when 'market' then v.country_code is null
                    when 'lead_source' then v.lead_source is null
                    when 'campaign' then v.campaign_id_c is null
                    when 'industry' then v.industry is null
                    else v.score_c is null end) as missing
            from sla_start s join sf_lead v on v.id = lead_code(s.id)
                and v.system_modstamp <= s.started_at
            where len(s.required_fields) > 0
            qualify row_number() over (partition by s.code, s.id, s.cycle_number
                order by v.system_modstamp desc, v._id desc) = 1
        )
    """)
