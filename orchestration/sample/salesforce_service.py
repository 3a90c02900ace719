"""The CRM's service side in Salesforce's shape: cases, their history and comments, surveys."""

from __future__ import annotations

import duckdb

from orchestration.sample.files import Outbox
from orchestration.sample.parameters import Calendar, Parameters


def write(
    con: duckdb.DuckDBPyConnection, outbox: Outbox, params: Parameters, calendar: Calendar
) -> None:
    """Write case, case_history, case_comment and survey_response_c."""
    _create_cases(con)
    _create_comments(con, calendar)
    late, twice = params.rates["late_row"], params.rates["duplicate_row"]
    outbox.write(con, "sf_case", "salesforce", "case", "csv", late, twice)
    outbox.write(con, "sf_case_history", "salesforce", "case_history", "csv", late, 0.0)
    outbox.write(con, "sf_case_comment", "salesforce", "case_comment", "jsonl", 0.0, twice)
    outbox.write(con, "sf_survey", "salesforce", "survey_response_c", "csv")


def _create_cases(con: duckdb.DuckDBPyConnection) -> None:
    """A version per change; who wrote is known by contact, e-mail, phone or profile."""
    con.execute("""
        create macro case_code(case_number) as code('500', case_number, 12) || 'AAA';
        create temp table case_step as
        with steps as (
            select case_number, 0 as number, opened_at as happened_at, 'created' as field,
                null as old_value, null as new_value from service_case
            union all select case_number, 2, handed_at, 'Owner', user_code(owner_number),
                user_code(owner_2_number) from service_case
            union all select case_number, 3, handed_2_at, 'Owner', user_code(owner_2_number),
                user_code(owner_3_number) from service_case
        ),
        statuses as (
            select case_number, 1 as number, responded_at as happened_at, 'Working' as status
                from service_case
            union all select case_number, 4, held_at, 'On Hold' from service_case
            union all select case_number, 5, hold_ended_at, 'New' from service_case
            union all select case_number, 6, waits_from, 'Waiting on Customer' from service_case
            union all select case_number, 7, back_at, 'Working' from service_case
            union all select case_number, 8, first_resolved_at, 'Closed' from service_case
            union all select case_number, 9, reopened_at, 'Working' from service_case
            union all select case_number, 10, resolved_2_at, 'Closed' from service_case
        )
        select * from steps where happened_at is not null
        union all
        select case_number, number, happened_at, 'Status', lag(status, 1, 'New') over (
            partition by case_number order by happened_at, number), status
        from statuses where happened_at is not null;
        create temp view sf_case as
        with stated as (
            select s.case_number, s.number, s.happened_at,
                coalesce(last_value(case when field = 'Status' then new_value end ignore nulls)
                    over along, 'New') as status,
                coalesce(last_value(case when field = 'Owner' then new_value end ignore nulls)
                    over along, user_code(c.owner_number)) as owner_id,
                last_value(case when new_value = 'Closed' then happened_at end ignore nulls)
                    over along as closed_at
            from case_step s join service_case c on c.case_number = s.case_number
            window along as (partition by s.case_number order by s.happened_at,
                s.number rows between unbounded preceding and current row)
        )
        select case_code(c.case_number) as id, lpad(c.case_number::varchar, 8, '0') as case_number,
            case when k.created_at <= c.opened_at then k.contact_id end as contact_id,
            case when c.origin in ('Email', 'Web', 'Chat') then coalesce(at_time(c.opened_at,
                n.changed_at, n.email, n.email_later), p.email) end as supplied_email,
            case when c.origin = 'Phone' then coalesce(at_time(c.opened_at, n.changed_at,
                n.phone_national, n.phone_national_later), p.mobile) end as supplied_phone,
            case when c.origin = 'Social' and p.social_platform is not null then p.social_platform
                || '/' || p.social_profile_id end as social_profile_id_c,
            c.origin, c.type, c.topic as topic_c, case when c.type in ('Complaint',
                'Return') then 'negative' else pick(['neutral', 'positive', 'neutral'],
                chance(c.case_number, 'case.mood')) end as sentiment_c,
            s.status, case when c.topic = 'allergy' then 'High' else 'Medium' end as priority,
                s.owner_id,
            case when c.order_journey_id is not null then order_name(c.order_journey_id)
                end as order_number_c,
            case when c.topic in ('ingredients', 'allergy') then (select list(gtin order by gtin)
                from product)[1 + c.case_number % 30] end as gtin_c,
            c.market as market_c, case when s.status = 'Closed' then s.closed_at
                end as closed_date, false as is_deleted,
            c.opened_at as created_date, s.happened_at as system_modstamp, s.happened_at as _at,
                c.case_number * 16 + s.number as _id
        from stated s join service_case c on c.case_number = s.case_number
        join person p on p.person_id = c.person_id
        join noisy_person n on n.person_id = c.person_id and n.system = 'case'
        left join contact_known k on k.person_id = c.person_id;
        create temp view sf_case_history as
        select code('018', s.case_number * 16 + s.number, 12) || 'AAA' as id,
            case_code(s.case_number) as case_id, field, old_value, new_value,
            user_code(c.owner_number) as created_by_id, s.happened_at as created_date,
                s.happened_at as _at, s.case_number * 16 + s.number as _id
        from case_step s join service_case c on c.case_number = s.case_number
    """)


def _create_comments(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """A machine confirms at once (no answer), employees answer, and some notes stay inside.

    Customers write again: while they wait, when they were asked, after their case was closed.
    """
    con.execute(f"""
        create temp view sf_case_comment as
        with comments as (
            select answer_id * 4 as comment_id, case_number, employee_number, true as published,
                false as automatic, origin as channel, topic, answer_code,
                answered_at as happened_at
            from answer where answer_id >= 0
            union all
            select m.case_number * 16 + v.slot, m.case_number, 0, true, true, 'Email', topic, null,
                m.asked_at + interval 15 second
            from customer_message m join service_case c on c.case_number = m.case_number
            join (values (0, 13), (3, 11)) v(position, slot) on v.position = m.position
            where origin in ('Email', 'Web')
            union all
            select answer_id * 4 + 2, case_number, employee_number, false, false, null, topic, null,
                answered_at - interval 3 minute
            from answer where answer_id >= 0 and chance(answer_id, 'comment.note') < 0.3
            union all
            select m.case_number * 16 + 2 * m.position - 1, m.case_number, null, true, false,
                origin, topic, null, m.asked_at
            from customer_message m join service_case c on c.case_number = m.case_number
            where m.position > 0
            union all
            select case_number * 16 + v.slot, case_number, case when handed_2_at is not null
                then owner_3_number when handed_at is not null then owner_2_number
                else owner_number end, true, false, origin, topic, null,
                case v.slot when 7 then back_answered_at else reopen_answered_at end
            from service_case, (values (7), (9)) v(slot)
        )
        select code('00a', comment_id, 12) || 'AAA' as id, case_code(case_number) as parent_id,
            user_code(employee_number) as created_by_id,
            published as is_published, automatic as is_automatic_c, channel as channel_c,
                topic as topic_c, answer_code as answer_code_c, happened_at as created_date,
            happened_at as _at, comment_id as _id
        from comments where happened_at < timestamp '{calendar.end}' + interval 1 day;
        create temp view sf_survey as
        select code('a0S', survey_id, 12) || 'AAA' as id, s.survey_type as survey_type_c,
            s.score as score_c,
            case when k.created_at <= s.responded_at then k.contact_id end as contact_id_c,
            case when s.case_number is not null then case_code(s.case_number) end as case_id_c,
            case when s.order_journey_id is not null then order_name(s.order_journey_id)
                end as order_number_c,
            coalesce(at_time(s.responded_at, n.changed_at, n.email, n.email_later), p.email)
                as email_c, s.responded_at as responded_at_c,
                s.responded_at as _at, s.survey_id as _id
        from survey s join person p on p.person_id = s.person_id
        join noisy_person n on n.person_id = s.person_id and n.system = 'case'
        left join contact_known k on k.person_id = s.person_id
    """)
