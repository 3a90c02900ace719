"""The CRM's sales side in Salesforce's shape: leads, opportunities, campaigns, activities."""

from __future__ import annotations

import duckdb

from orchestration.sample.files import Outbox
from orchestration.sample.parameters import Calendar, Parameters


def write(
    con: duckdb.DuckDBPyConnection, outbox: Outbox, params: Parameters, calendar: Calendar
) -> None:
    """Write the objects of marketing and sales."""
    _create_leads(con, params, calendar)
    _create_opportunities(con, calendar)
    _create_campaigns(con, calendar)
    _create_activities(con, calendar)
    late, twice = params.rates["late_row"], params.rates["duplicate_row"]
    outbox.write(con, "sf_lead", "salesforce", "lead", "csv", late, twice)
    outbox.write(con, "sf_lead_history", "salesforce", "lead_history", "csv", late, 0.0)
    outbox.write(con, "sf_opportunity", "salesforce", "opportunity", "csv", measures=("amount",))
    outbox.write(con, "sf_opportunity_history", "salesforce", "opportunity_field_history", "csv")
    outbox.write(con, "sf_campaign", "salesforce", "campaign", "csv")
    outbox.write(con, "sf_member", "salesforce", "campaign_member", "csv")
    outbox.write(con, "sf_task", "salesforce", "task", "jsonl.gz", late, twice)
    outbox.write(con, "sf_event", "salesforce", "event", "jsonl.gz")


def _create_leads(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """One version per change; a lead captured again is merged into the first one now and then."""
    varies = params.rates["company_name_varies"]
    end = f"timestamp '{calendar.end}' + interval 1 day"
    _create_delays(con)
    con.execute(f"""
        create temp table lead_step as
        with steps as (
            select lead_id, 0 as number, captured_at as happened_at, 'created' as field,
                null::varchar as old_value, null::varchar as new_value from lead
            union all select lead_id, 1, assigned_at, 'Owner', case when queued_at is null
                then user_code(0) else queue_id end, user_code(owner_number) from lead_delay
            union all select lead_id, 10, queued_at, 'Owner', user_code(0), queue_id from lead_delay
            union all select lead_id, 11, returned_at, 'Owner', user_code(owner_number), queue_id
                from lead_delay
            union all select lead_id, 12, taken_again_at, 'Owner', queue_id,
                user_code(owner_number) from lead_delay
            union all select lead_id, 13, called_off_at, 'Status', 'Marketing Qualified',
                'Callback Requested' from lead_delay
            union all select lead_id, 14, resumed_at, 'Status', 'Callback Requested',
                'Marketing Qualified' from lead_delay
            union all select lead_id, 2, assigned_at + interval 1 minute, 'Status', 'New',
                'Nurturing' from lead where is_engaged
            union all select lead_id, 3, mql_at, 'Status', case when is_engaged then 'Nurturing'
                else 'New' end, 'Marketing Qualified' from lead
            union all select lead_id, 4, decided_at, 'Status', 'Marketing Qualified', case
                when is_accepted then 'Sales Accepted' else 'Rejected' end from lead
            union all select lead_id, 5, sql_at, 'Status', 'Sales Accepted', 'Sales Qualified'
                from lead
            union all select lead_id, 6, opportunity_at, 'Status', case when skips_sql
                then 'Sales Accepted' else 'Sales Qualified' end, 'Converted' from lead
            union all select lead_id, 7, recycled_at, 'Status', 'Rejected', 'Recycled' from lead
            union all select lead_id, 15, back_at, 'Status', 'Sales Qualified', 'Sales Accepted'
                from lead
            union all select lead_id, 16, requalified_at, 'Status', 'Sales Accepted',
                'Sales Qualified' from lead
            union all select lead_id, 17, reopened_at, 'Status', 'Rejected', 'Nurturing' from lead
        )
        select * from steps where happened_at is not null and happened_at < {end};
        create temp table lead_merge as
        select l.lead_id, f.lead_id as master_id, greatest(l.captured_at, coalesce(l.decided_at,
            l.mql_at, l.assigned_at, l.captured_at)) + interval 3 day as merged_at
        from lead l join lead f on f.person_id = l.person_id and f.number = 0
        where l.number = 1 and l.opportunity_at is null
            and chance(l.person_id, 'lead.merge') < {params.rates["lead_merged"]}
                / {params.rates["lead_recaptured"]};
        delete from lead_merge where merged_at >= {end};
        delete from lead_step s using lead_merge m
            where m.lead_id = s.lead_id and s.happened_at > m.merged_at;
        update lead l set
            sql_at = case when l.sql_at <= m.merged_at then l.sql_at end,
            back_at = case when l.back_at <= m.merged_at then l.back_at end,
            requalified_at = case when l.requalified_at <= m.merged_at then l.requalified_at end,
            recycled_at = case when l.recycled_at <= m.merged_at then l.recycled_at end,
            reopened_at = case when l.reopened_at <= m.merged_at then l.reopened_at end
        from lead_merge m where m.lead_id = l.lead_id;
        create temp view lead_state as
        with stated as (
            select lead_id, number, happened_at,
                coalesce(last_value(case when field = 'Status' then new_value end ignore nulls)
                    over along, 'New') as status,
                coalesce(last_value(case when field = 'Owner' then new_value end ignore nulls)
                    over along, user_code(0)) as owner_id,
                false as gone
            from lead_step
            window along as (partition by lead_id order by happened_at,
                number rows between unbounded preceding and current row)
        )
        select * from stated
        union all
        select m.lead_id, 9, m.merged_at, arg_max(s.status, (s.happened_at, s.number)),
            arg_max(s.owner_id, (s.happened_at, s.number)), true
        from lead_merge m join stated s on s.lead_id = m.lead_id where s.happened_at <= m.merged_at
            group by m.lead_id, m.merged_at;
        create macro company_as_typed(name, legal_name, id, share) as
            case when chance(id, 'lead.company') < share * 0.6 then legal_name
                when chance(id, 'lead.company') < share * 0.8 then upper(strip_accents(name))
                when chance(id, 'lead.company') < share then replace(legal_name, '.', '')
                else name end;
        create macro lead_code(lead_id) as code('00Q', lead_id, 12) || 'AAA';
        create temp view sf_lead as
        select lead_code(l.lead_id) as id, n.given_name as first_name, coalesce(n.family_name,
            p.family_name_1) as last_name,
            case when chance(p.person_id,
                'lead.generic mail') < {params.rates["generic_business_mailbox"]} then 'info@'
                || b.domain
                when chance(l.lead_id, 'lead.work mail') < 0.6 then work_mail(p.person_id,
                    p.given_name, p.family_name_1, b.domain)
                else at_time(l.captured_at, n.changed_at, n.email, n.email_later) end as email,
            case when b.switchboard is not null and chance(l.lead_id, 'lead.switchboard') < 0.7
                then b.switchboard
                when chance(l.lead_id, 'lead.phone') < 0.5 then at_time(l.captured_at,
                    n.changed_at, n.phone_national, n.phone_national_later) end as phone,
            at_time(l.captured_at, n.changed_at, p.mobile, coalesce(v.mobile_2, p.mobile))
                as mobile_phone,
            company_as_typed(b.name, b.legal_name, l.lead_id, {varies}) as company,
            pick(['Buyer', 'Owner', 'Manager', 'Chef', 'Purchasing'],
                chance(p.person_id, 'lead.title')) as title, b.industry,
            l.market as country_code, b.city, l.lead_source,
            case l.lead_source when 'Trade Show' then event_campaign(l.market, l.captured_at,
                'Trade Show') when 'Webinar' then event_campaign(l.market, l.captured_at, 'Webinar')
                when 'Google Ads' then 'google_ads:' || c.google_id
                    when 'Facebook Ads' then 'facebook_ads:' || c.meta_id end as campaign_id_c,
            case when w.lead_id is not null and coalesce(d.analytics_storage,
                'Yes') <> 'No' then d.user_pseudo_id end as web_client_id_c,
            s.status, case when not l.is_accepted and l.decided_at <= s.happened_at then l.reason
                end as rejection_reason_c, l.score as score_c, s.owner_id,
            false as has_opted_out_of_email, s.status = 'Converted' as is_converted,
            case when s.status = 'Converted' then l.opportunity_at end as converted_date,
            case when s.status = 'Converted' then contact_at(l.person_id, l.opportunity_at)
                end as converted_contact_id,
            case when s.status = 'Converted' then code('001', l.business_id, 12) || 'AAA'
                end as converted_account_id,
            case when s.status = 'Converted' then code('006', l.lead_id, 12) || 'AAA'
                end as converted_opportunity_id,
            case when s.gone then lead_code(m.master_id) end as master_record_id,
                s.gone as is_deleted,
            e.submitted_at as submitted_at_c,
            l.captured_at as created_date, s.happened_at as system_modstamp, s.happened_at as _at,
                l.lead_id * 32 + s.number as _id
        from lead_state s join lead l on l.lead_id = s.lead_id
        join lead_delay e on e.lead_id = l.lead_id
        join person p on p.person_id = l.person_id
        join person_change v on v.person_id = l.person_id
        join business b on b.business_id = l.business_id
        join noisy_person n on n.person_id = l.person_id and n.system = 'lead'
        left join lead_merge m on m.lead_id = l.lead_id
        left join lead_capture w on w.lead_id = l.lead_id
        left join device d on d.device_id = w.device_id
        join (select market, min(campaign_id) filter (where kind = 'generic') as google_id,
            min(campaign_id) filter (where kind = 'prospecting') as meta_id
            from ad_campaign group by market) c on c.market = l.market;
        create temp view sf_lead_history as
        select code('017', s.lead_id * 32 + s.number, 12) || 'AAA' as id,
            lead_code(s.lead_id) as lead_id, field, old_value, new_value,
            user_code(case when s.number in (0, 1) then 0 else l.owner_number end) as created_by_id,
                s.happened_at as created_date, s.happened_at as _at, s.lead_id * 32
                + s.number as _id
        from lead_step s join lead l on l.lead_id = s.lead_id
    """)


def _create_delays(con: duckdb.DuckDBPyConnection) -> None:
    """lead_delay: forms that arrived late, queues, and a while in which a call back was asked for.

    Some forms reach the CRM minutes after they were sent. Some leads wait in a queue before
    somebody has them, some go back to it before the first attempt, and some are called off
    between qualification and decision.
    """
    con.execute("""
        create macro between_times(first_at, last_at, share) as
            date_trunc('second', first_at + (last_at - first_at) * share);
        create temp table lead_delay as
        with placed as (
            select lead_id, owner_number, captured_at, assigned_at, mql_at,
                least(first_attempt_at, decided_at) as acted_at, decided_at,
                code('00G', employee_of(market, 'marketing', 0), 12) || 'AAA' as queue_id,
                lead_source in ('Web', 'Google Ads', 'Facebook Ads')
                    and chance(lead_id, 'lead.arrives') < 0.5 as arrives_late,
                chance(lead_id, 'lead.queued') < 0.4 as is_queued,
                chance(lead_id, 'lead.returned') < 0.12 and mql_at > assigned_at as is_returned,
                chance(lead_id, 'lead.called off') < 0.15 as is_called_off
            from lead
        )
        select *, case when arrives_late then captured_at
                - to_seconds((60 + chance(lead_id, 'lead.arrives s') * 1500)::bigint)
                end as submitted_at,
            case when is_queued then between_times(captured_at, assigned_at, 0.3)
                end as queued_at,
            case when is_returned then between_times(mql_at, acted_at, 0.2) end as returned_at,
            case when is_returned then between_times(mql_at, acted_at, 0.7) end as taken_again_at,
            case when is_called_off then between_times(mql_at, decided_at, 0.4)
                end as called_off_at,
            case when is_called_off then between_times(mql_at, decided_at, 0.8) end as resumed_at
        from placed
    """)


def _create_opportunities(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    end = f"timestamp '{calendar.end}' + interval 1 day"
    con.execute(f"""
        create temp view lead_close as
        select *, coalesce(closed_at, opportunity_at + interval 40 day) as closed_by from lead
            where opportunity_at is not null;
        create temp table opportunity_step as
        with steps as (
            select lead_id, 0 as number, opportunity_at as happened_at, null as old_stage,
                'Qualification' as stage, 20 as probability from lead
            union all select lead_id, 1, opportunity_at + (closed_by - opportunity_at) * 0.3,
                'Qualification', 'Proposal', 45 from lead_close
            union all select lead_id, 2, opportunity_at + (closed_by - opportunity_at) * 0.7,
                'Proposal', 'Negotiation', 70 from lead_close
            union all select lead_id, 4, first_lost_at, 'Negotiation', 'Closed Lost', 0 from lead
            union all select lead_id, 5, deal_reopened_at, 'Closed Lost', 'Negotiation', 70
                from lead
            union all select lead_id, 3, closed_at, 'Negotiation', case
                when is_won then 'Closed Won' else 'Closed Lost' end, case when is_won then 100
                else 0 end from lead
        )
        select lead_id, number, date_trunc('second', happened_at) as happened_at, old_stage, stage,
            probability from steps where happened_at < {end};
        create temp view sf_opportunity as
        select code('006', l.lead_id, 12) || 'AAA' as id, code('001', l.business_id,
            12) || 'AAA' as account_id, contact_at(l.person_id, l.opportunity_at) as contact_id,
            case when l.lead_source in ('Trade Show', 'Webinar') then event_campaign(l.market,
                l.captured_at, l.lead_source) end as campaign_id,
            b.name || ' - first order' as name, s.stage as stage_name, round(l.amount_eur / m.rate,
                2) as amount, m.currency as currency_iso_code,
            s.probability, (l.opportunity_at + interval 20 day)::date as close_date,
                s.stage like 'Closed%' as is_closed, s.stage = 'Closed Won' as is_won,
            l.lead_source, user_code(l.owner_number) as owner_id, false as is_deleted,
                l.opportunity_at as created_date, s.happened_at as system_modstamp,
            s.happened_at as _at, l.lead_id * 8 + s.number as _id
        from opportunity_step s join lead l on l.lead_id = s.lead_id join business b
            on b.business_id = l.business_id
        join market_setting m on m.market = l.market;
        create temp view sf_opportunity_history as
        select code('019', s.lead_id * 8 + s.number, 12) || 'AAA' as id, code('006', s.lead_id,
            12) || 'AAA' as opportunity_id,
            case when s.number = 0 then 'created' else 'StageName' end as field,
                s.old_stage as old_value, case when s.number > 0 then s.stage end as new_value,
            user_code(l.owner_number) as created_by_id, s.happened_at as created_date,
                s.happened_at as _at, s.lead_id * 8 + s.number as _id
        from opportunity_step s join lead l on l.lead_id = s.lead_id
    """)


def _create_campaigns(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    con.execute(f"""
        create temp view sf_campaign as
        with quarters as (
            select distinct market, date_trunc('quarter', captured_at) as quarter,
                lead_source as kind from lead where lead_source in ('Trade Show', 'Webinar')
        )
        select event_campaign(market, quarter, kind) as id, kind || ' ' || market || ' '
            || strftime(quarter, '%Y-%m') as name, kind as type, 'Completed' as status,
            quarter::date as start_date, (quarter + interval 3 month)::date - 1 as end_date,
                case kind when 'Trade Show' then 15000.0 else 2500.0 end as budgeted_cost,
            case kind when 'Trade Show' then 16200.0 else 2300.0 end as actual_cost,
                greatest(quarter, timestamp '{calendar.start}') as system_modstamp,
            greatest(quarter, timestamp '{calendar.start}') as _at, row_number()
                over (order by quarter, market, kind) as _id
        from quarters;
        create temp view sf_member as
        select code('00v', lead_id, 12) || 'AAA' as id, event_campaign(market, captured_at,
            lead_source) as campaign_id, lead_code(lead_id) as lead_id,
            null::varchar as contact_id, case lead_source when 'Trade Show' then 'Attended'
                else 'Responded' end as status, true as has_responded,
            captured_at as first_responded_date, captured_at as created_date,
                captured_at as system_modstamp, captured_at as _at, lead_id as _id
        from lead where lead_source in ('Trade Show', 'Webinar')
    """)


def _create_activities(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Calls and e-mails to leads (machine mail among them), calls from consumers, meetings."""
    end = f"timestamp '{calendar.end}' + interval 1 day"
    con.execute(f"""
        create temp table activity as
        with attempts as (
            select lead_id, captured_at + interval 20 second as happened_at, 0 as number,
                'Email' as subtype, null as disposition, true as automatic from lead
            union all select lead_id, first_attempt_at, 1, 'Call', case
                when connects_at_once then 'Connected' else 'No Answer' end, false from lead
            union all select lead_id, first_attempt_at + to_hours(24 * n.number), 1 + n.number,
                'Call', 'Voicemail', false
                from lead, (values (1), (2)) n(number)
                where not connects_at_once and first_contact_at > first_attempt_at + to_hours(24
                    * n.number)
            union all select lead_id, first_contact_at, 5, 'Call', 'Connected', false from lead
                where not connects_at_once
            union all select lead_id, sql_at - interval 1 hour, 6, 'Email', null, false from lead
        )
        select * from attempts where happened_at is not null and happened_at < {end};
        create temp view sf_task as
        select code('00T', a.lead_id * 8 + a.number, 12) || 'AAA' as id,
            lead_code(a.lead_id) as who_id, null::varchar as what_id,
            user_code(case when automatic then 0 else l.owner_number end) as owner_id,
                a.subtype as task_subtype,
            case when a.subtype = 'Call' then 'Outbound' end as call_type,
                a.disposition as call_disposition,
            case when a.disposition = 'Connected' then 60 + a.lead_id % 600
                when a.subtype = 'Call' then 0 end as call_duration_in_seconds,
            a.automatic as is_automatic_c, 'Completed' as status, case when automatic then 'Welcome'
                else 'Follow-up' end as subject,
            a.happened_at as completed_date_time, false as is_deleted,
                a.happened_at as created_date, a.happened_at as system_modstamp,
                a.happened_at as _at, a.lead_id * 8 + a.number as _id
        from activity a join lead l on l.lead_id = a.lead_id
        union all
        select code('00T', t.touch_id + 900000000000, 12) || 'AAA', k.contact_id, null,
            user_code(employee_of(t.market, 'sales', t.touch_id)), 'Call', 'Inbound', 'Connected',
            30 + t.touch_id % 400, false, 'Completed', 'Inbound call', t.touched_at, false,
                t.touched_at, t.touched_at, t.touched_at, t.touch_id + 900000000000
        from touch t join contact_known k on k.person_id = t.person_id
            and k.created_at <= t.touched_at
        where t.channel = 'phone';
        create temp view sf_event as
        select code('00U', lead_id, 12) || 'AAA' as id, lead_code(lead_id) as who_id, code('006',
            lead_id, 12) || 'AAA' as what_id, user_code(owner_number) as owner_id,
            'Presentation' as subject, pick(['Online', 'On site'], chance(lead_id,
                'meeting.place')) as location, sql_at + interval 2 hour as start_date_time,
            sql_at + interval 3 hour as end_date_time, chance(lead_id,
                'meeting.no show') < 0.1 as no_show_c, false as is_deleted,
            sql_at as created_date, sql_at as system_modstamp, sql_at as _at, lead_id as _id
        from lead where sql_at is not null and sql_at + interval 2 hour < {end}
    """)
