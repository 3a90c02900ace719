"""The truth behind the sample company's files. Tests read it, the line never does.

`docs/sample.md` describes each table. The truth covers the whole history, whatever --until says,
except what distributors reported and the record of written files.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.lib.companies import Company
from orchestration.sample import agreement, truth_identity
from orchestration.sample.business_time import business_seconds
from orchestration.sample.parameters import (
    FRIEND_DISCOUNT,
    PLACES_BY_START,
    REFERRAL_LOG_ODDS,
    SEGMENTS,
    STARTS_ONLINE,
    VARIANT_LOG_ODDS,
    Calendar,
    Parameters,
)

# Unique sort keys of the large tables; the others are sorted by all columns.
_ORDERS = {
    "person": "person_id",
    "record": "record_id",
    "journey": "journey_id",
    "touchpoint": "touchpoint_id",
    "conversion": "journey_id",
    "sale_line": "purchase_id, line_number",
    "household": "household_id",
    "sla": "commitment_code, subject_id, cycle_number",
    "ticket": "ticket_id",
    "answer": "comment_id",
    "lead": "record_id",
    "lead_stage": "record_id, entry_number",
}


def write(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    params: Parameters,
    calendar: Calendar,
    rules: Company,
) -> list[str]:
    """Write every truth table as `<folder>/<name>.parquet`; returns the names."""
    folder.mkdir(parents=True, exist_ok=True)
    truth_identity.create(con)
    _journeys(con)
    _effects(con)
    _leads(con, calendar)
    agreement.create(con, calendar, rules)
    _service(con)
    _bookkeeping(con, params)
    reported = [
        row[0][len("truth_"):]
        for row in con.execute(
            "select distinct table_name from information_schema.tables "
            "where starts_with(table_name, 'truth_') order by 1"
        ).fetchall()
    ]  # fmt: skip
    for name in reported:
        rows = f"select * from truth_{name} order by {_ORDERS.get(name, 'all')}"
        con.execute(
            f"copy ({rows}) to '{folder / name}.parquet' (format parquet, compression zstd)"
        )
    return reported


def _journeys(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""
        create view truth_journey as
        select journey_id, person_id, market, segment, started_at, last_touch_at, touches,
            first_channel, last_channel, starts_online, is_referred,
            log_odds, probability, outcome, place, converted_at
        from journey;
        create view truth_touchpoint as
        select 'touch:' || t.touch_id as touchpoint_id, t.person_id, t.journey_id,
            t.touched_at as happened_at, t.channel, t.stage, t.variant,
            case when t.device_id is not null then 'ga4.device:' || s.user_pseudo_id
                when t.channel = 'social_message' then 'social.profile:' || p.social_platform || '/'
                    || p.social_profile_id
                when t.channel = 'phone' and k.created_at <= t.touched_at then 'salesforce.contact:'
                    || k.contact_id
                when t.channel = 'direct_mail' and m.recipient_source = 'northmart' then
                    'distributor.loyalty_member:northmart/' || m.recipient
                when t.channel = 'direct_mail'
                    and m.recipient is not null then 'salesforce.contact:' || m.recipient
                when i.touch_id is not null then 'shopify.customer:' || i.shop_customer_id
                end as record_id,
            record_id is not null as is_recorded, x.system || ':' || x.campaign_id as campaign_code,
                x.system || ':' || x.creative_id as creative_code
        from touch t join person p on p.person_id = t.person_id
        left join web_session s on s.session_id = t.touch_id
        left join touch_ad x on x.touch_id = t.touch_id
        left join contact_known k on k.person_id = t.person_id
        left join mailing_touch m on m.touch_id = t.touch_id
        left join store_check_in i on i.touch_id = t.touch_id
        union all
        select 'newsletter:' || message_id, person_id, null, received_at, 'email', 'loyalty',
            variant, 'klaviyo.person:' || klaviyo_id, true,
            'klaviyo:' || campaign_id, 'klaviyo:' || variant
        from email_message join person using (person_id) where touch_id is null
        union all
        select 'comment:' || comment_id, person_id, null, created_at, 'social_message', 'awareness',
            null, 'social.profile:' || social_platform || '/' || social_profile_id, true, null, null
        from social_comment join person using (person_id)
        union all
        select 'message:' || message_code(m.touch_id, m.number), m.person_id, null, m.sent_at,
            'social_message', 'intent', null, 'social.profile:' || p.social_platform || '/'
                || p.social_profile_id, true, null, null
        from thread_message m join person p on p.person_id = m.person_id where m.number = 3
        union all
        select 'lead:' || lead_id, person_id, null, captured_at, 'lead: ' || lead_source, 'intent',
            null, 'salesforce.lead:' || lead_code(lead_id), true, null, null
        from lead
        union all
        select 'case:' || case_number, c.person_id, null, opened_at, 'case: ' || origin, 'service',
            null,
            case when k.created_at <= c.opened_at then 'salesforce.contact:' || k.contact_id end,
                true, null, null
        from service_case c left join contact_known k on k.person_id = c.person_id;
        create view truth_conversion as
        select j.journey_id, j.person_id, j.market, j.converted_at, j.place,
            any_value(p.store_code) as store_code,
            any_value(p.distributor_code) as distributor_code, round(sum(coalesce(l.net_eur,
                p.quantity * p.unit_price_eur)), 2) as revenue_eur,
            bool_or(p.is_identified) as is_identified, max(p.card_id) as card_id, j.starts_online,
                j.first_channel,
            bool_or(j.starts_online or exists (select 1 from touch t
                where t.journey_id = j.journey_id and t.device_id is not null)) as has_online_touch
        from journey j join purchase p on p.journey_id = j.journey_id
        left join shop_line l on l.purchase_id = p.purchase_id and l.line_number = p.line_number
        where j.outcome = 'converted' group by all;
        create view truth_sale_line as
        select p.purchase_id, p.line_number, p.person_id, p.journey_id, p.purchased_at, p.market,
            p.place, p.store_code, p.distributor_code, p.gtin,
            p.quantity, p.unit_price_eur, p.is_identified, p.card_id, l.order_id,
                l.line_id as order_line_id, l.currency,
            l.unit_price as unit_price_original, l.discount as discount_original
        from purchase p left join shop_line l on l.purchase_id = p.purchase_id
            and l.line_number = p.line_number;
        create view truth_refund as
        select refund_id, refund_line_id, order_id, line_id as order_line_id, person_id, gtin,
            quantity, subtotal as subtotal_original, refunded_at
        from shop_refund_line
    """)


def _effects(con: duckdb.DuckDBPyConnection) -> None:
    """What a channel really brought: purchases expected with it less those without it."""
    variants = ", ".join(f"('{name}', {odds}::double)" for name, odds in VARIANT_LOG_ODDS.items())
    con.execute(f"""
        create table truth_variant_effect as
        select channel, 'B' as variant, 'A' as baseline, log_odds
            from (values {variants}) v(channel, log_odds);
        create table truth_channel_effect as
        with touched as (
            select t.journey_id, t.channel, max(t.variant) as variant from touch t
                group by t.journey_id, t.channel
        ),
        without as (
            select d.channel, j.probability, j.outcome, c.log_odds + case
                when d.variant = 'B' then coalesce(v.log_odds, 0) else 0 end as brought,
                1 / (1 + exp(-(j.log_odds - c.log_odds - case
                    when d.variant = 'B' then coalesce(v.log_odds, 0)
                    else 0 end))) as probability_without
            from touched d join journey j on j.journey_id = d.journey_id
            join channel_effect c on c.channel = d.channel
            left join truth_variant_effect v on v.channel = d.channel
        )
        select e.channel, e.is_online, e.log_odds, count(w.channel) as journeys,
            count(*) filter (w.outcome = 'converted') as conversions,
            round(coalesce(sum(w.probability), 0), 4) as expected_conversions,
                round(coalesce(sum(w.probability_without), 0), 4) as expected_without,
            round(coalesce(sum(w.probability - w.probability_without), 0),
                4) as incremental_conversions
        from channel_effect e left join without w on w.channel = e.channel group by all
    """)


def _leads(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    end = f"timestamp '{calendar.end}' + interval 1 day"
    con.execute(f"""
        create view truth_lead as
        select 'salesforce.lead:' || lead_code(l.lead_id) as record_id, l.lead_id, l.person_id,
            l.business_id, l.market, l.lead_source, l.score, l.number as repeat_number,
            user_code(l.owner_number) as owner_id, l.captured_at, l.assigned_at, coalesce(case
                when l.is_engaged then l.assigned_at + interval 1 minute end, l.reopened_at)
                as engaged_at, l.mql_at,
            l.first_attempt_at, l.first_contact_at, l.decided_at, case
                when l.is_accepted then l.decided_at end as sal_at,
            case when not l.is_accepted then l.decided_at end as rejected_at, case
                when not l.is_accepted and l.decided_at is not null then l.reason
                end as rejection_reason,
            l.recycled_at, l.sql_at, l.opportunity_at, case when l.is_won then l.closed_at
                end as won_at, coalesce(l.first_lost_at, case when not l.is_won then l.closed_at
                end) as lost_at, l.reopened_at, case when l.opportunity_at is not null
                then 'salesforce.contact:' || case when k.merged_at + interval 1 second < {end}
                    then k.contact_id else contact_at(l.person_id, l.opportunity_at) end
                end as contact_record_id,
            case when l.opportunity_at is not null then l.amount_eur end as amount_eur, m.merged_at
        from lead l left join lead_merge m on m.lead_id = l.lead_id
        left join contact_known k on k.person_id = l.person_id;
        create view truth_lead_stage as
        with entries as (
            select lead_id, 'captured' as stage, captured_at as entered_at from lead
            union all select lead_id, 'engaged', assigned_at + interval 1 minute from lead
                where is_engaged
            union all select lead_id, 'mql', mql_at from lead
            union all select lead_id, case when is_accepted then 'sal' else 'rejected' end,
                decided_at from lead
            union all select lead_id, 'sql', sql_at from lead
            union all select lead_id, 'sal', back_at from lead
            union all select lead_id, 'sql', requalified_at from lead
            union all select lead_id, 'recycled', recycled_at from lead
            union all select lead_id, 'engaged', reopened_at from lead
            union all select lead_id, 'opportunity', opportunity_at from lead
            union all select lead_id, 'lost', first_lost_at from lead
            union all select lead_id, 'opportunity', deal_reopened_at from lead
            union all select lead_id, case when is_won then 'won' else 'lost' end, closed_at
                from lead
        )
        select 'salesforce.lead:' || lead_code(lead_id) as record_id, row_number() over (
                partition by lead_id order by entered_at) as entry_number, stage, entered_at
        from entries where entered_at is not null;
        create view truth_lead_merge as
        select 'salesforce.lead:' || lead_code(lead_id) as record_id, 'salesforce.lead:'
            || lead_code(master_id) as master_record_id, merged_at from lead_merge;
        create view truth_opportunity as
        select code('006', lead_id, 12) || 'AAA' as opportunity_id, 'salesforce.lead:'
            || lead_code(lead_id) as lead_record_id, person_id, business_id, market,
            opportunity_at as opened_at, closed_at, case when closed_at is not null then is_won
                end as is_won, amount_eur
        from lead where opportunity_at is not null
    """)


def _service(con: duckdb.DuckDBPyConnection) -> None:
    _tickets(con)
    con.execute("""
        create macro ticket_id_of(case_number) as case when case_number >= 0
            then 'salesforce.case:' || case_code(case_number)
            else 'social.conversation:' || message_code(-case_number // 2,
                case when -case_number % 2 = 1 then 3 else 0 end) end;
        create macro comment_code(answer_id) as case when answer_id >= 0
            then code('00a', answer_id * 4, 12) || 'AAA'
            else message_code(-answer_id // 8, -answer_id % 8) end;
        create view truth_handoff as
        select case_code(h.case_number) as case_id, h.position, h.person_id,
            user_code(h.from_employee) as from_user_id, user_code(h.to_employee) as to_user_id,
            f.department as from_department, t.department as to_department, h.handed_at,
                h.picked_up_at, round(h.wait_seconds / 60.0, 4) as wait_minutes
        from handoff h join employee f on f.employee_number = h.from_employee join employee t
            on t.employee_number = h.to_employee;
        create view truth_answer as
        select comment_code(answer_id) as comment_id, ticket_id_of(case_number) as ticket_id,
            case when case_number >= 0 then case_code(case_number) end as case_id, a.person_id,
            a.topic, a.origin as channel,
            user_code(a.employee_number) as user_id, e.department, a.answered_at, a.answer_code,
                a.is_planted
        from answer a join employee e on e.employee_number = a.employee_number;
        create view truth_answer_contradiction as
        select c.person_id, c.topic, comment_code(c.first_answer_id) as first_comment_id,
            comment_code(c.later_answer_id) as later_comment_id,
            c.first_code, c.later_code, f.department as first_department,
                l.department as later_department, c.first_answered_at, c.later_answered_at
        from answer_contradiction c join employee f on f.employee_number = c.first_employee
            join employee l on l.employee_number = c.later_employee;
        create view truth_customer_message as
        select ticket_id_of(case_number) as ticket_id, position, asked_at, answered_at
        from customer_message;
        create view truth_survey as
        select code('a0S', survey_id, 12) || 'AAA' as survey_id, person_id, survey_type, score, case
            when case_number is not null then case_code(case_number) end as case_id,
            order_journey_id, responded_at
        from survey;
        create view truth_consent as
        select 'salesforce.contact:' || contact_id as record_id, person_id,
            point as contact_point_type, given_at, withdrawn_at
        from consent
    """)


def _tickets(con: duckdb.DuckDBPyConnection) -> None:
    """Cases of the CRM, and conversations on social profiles, for which no case was opened.

    Minutes are business minutes without those in which nothing was owed.
    """
    con.execute("""
        create table case_paused as
        select p.*, c.responded_at, c.resolved_at from case_pause p
        join service_case c on c.case_number = p.case_number
    """)
    business_seconds(con, "case_paused", "paused_from", "paused_to", "paused_seconds")
    con.execute("""
        create table case_timed as
        select c.case_number, c.market, c.opened_at, c.responded_at, c.resolved_at,
            c.first_resolved_at, coalesce(sum(p.paused_seconds) filter (
                where p.paused_to <= c.responded_at), 0)::bigint as paused_before_answer,
            coalesce(sum(p.paused_seconds) filter (where p.paused_to <= c.resolved_at),
                0)::bigint as paused_before_closing,
            coalesce(sum(p.paused_seconds) filter (where p.paused_to <= c.first_resolved_at),
                0)::bigint as paused_before_first_closing
        from service_case c left join case_paused p on p.case_number = c.case_number
        group by all
    """)
    for time in ("responded", "resolved", "first_resolved"):
        business_seconds(con, "case_timed", "opened_at", f"{time}_at", f"{time}_seconds")
    con.execute("""
        create view truth_ticket as
        select 'salesforce.case:' || case_code(c.case_number) as ticket_id,
            case_code(c.case_number) as case_id, c.person_id, c.market, c.topic, c.origin, c.type,
            c.opened_at, c.responded_at as first_response_at, c.first_resolved_at, c.resolved_at,
            (c.handed_at is not null)::int + (c.handed_2_at is not null)::int as handoffs,
            (c.reopened_at is not null)::int as reopenings,
            round((t.responded_seconds - t.paused_before_answer) / 60.0, 4) as response_minutes,
            round((t.resolved_seconds - t.paused_before_closing) / 60.0, 4) as resolution_minutes,
            round((t.first_resolved_seconds - t.paused_before_first_closing) / 60.0, 4)
                as first_resolution_minutes, c.order_journey_id
        from service_case c join case_timed t on t.case_number = c.case_number;
        create view truth_conversation as
        select 'social.conversation:' || message_code(touch_id, min(number)) as ticket_id,
            person_id, market, topic, min(sent_at) as opened_at, min(sent_at) filter (
                where employee_number is not null) as first_response_at,
            max(sent_at) filter (where employee_number is not null) as last_answer_at,
            max(sent_at) filter (where direction = 'inbound') as last_question_at
        from thread_message group by touch_id, conversation, person_id, market, topic;
        create view truth_ticket_pause as
        select 'salesforce.case:' || case_code(case_number) as ticket_id, status, paused_from,
            paused_to from case_pause where paused_from is not null
    """)


def _bookkeeping(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    con.execute("create table truth_parameter (name varchar, value double)")
    values = {
        "scale": params.scale,
        "seed": float(params.seed),
        "noise": params.noise,
        "starts_online": STARTS_ONLINE,
        "referral.log_odds": REFERRAL_LOG_ODDS,
        "referral.discount": FRIEND_DISCOUNT,
    }
    values |= {f"rate.{name}": rate for name, rate in params.rates.items()}
    values |= {f"channel.{c.code}.log_odds": c.log_odds for c in params.channels}
    values |= {f"variant.{channel}.log_odds": odds for channel, odds in VARIANT_LOG_ODDS.items()}
    values |= {f"market.{m.code}.share": m.share for m in params.markets}
    values |= {
        f"place.{start}.{place}": share
        for start, places in PLACES_BY_START.items()
        for place, share in places.items()
    }
    for name, numbers in SEGMENTS.items():
        labels = ("share", "journeys_a_year", "log_odds", "basket_lines")
        values |= {
            f"segment.{name}.{label}": number for label, number in zip(labels, numbers, strict=True)
        }
    con.executemany("insert into truth_parameter values (?, ?)", sorted(values.items()))
    con.execute("""
        create view truth_planted_fault as select * from planted_fault;
        create view truth_written_file as
        select w.*, s.file is not null as is_superseded from written_file w
            left join superseded_file s on s.file = w.file;
        create view truth_total as
        select source, source_table, 'rows' as measure, sum(row_count)::double as value
            from truth_written_file where not is_superseded group by all
        union all
        select source, source_table, measure, round(sum(value), 2) from written_total group by all
    """)
