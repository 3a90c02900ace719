"""E-mail in Klaviyo's shape: profiles, campaigns, and what happened to each message."""

from __future__ import annotations

import duckdb

from orchestration.sample.files import Outbox
from orchestration.sample.parameters import VARIANT_LOG_ODDS, Calendar, Parameters


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create email_message: newsletters to many, and the messages that are touches of journeys."""
    con.execute(f"""
        create temp table newsletter as
        select strftime(m.month, '%Y-%m') as month, greatest(m.month + interval 4 day
            + interval 9 hour, timestamp '{calendar.start}' + interval 9 hour) as sent_at,
            l.language, newsletter_code(m.month, l.language) as campaign_id
        from (select unnest(generate_series(date_trunc('month', timestamp '{calendar.start}'),
            timestamp '{calendar.end}', interval 1 month)) as month) m,
            (values ('es'), ('en')) l(language)
        where greatest(m.month + interval 4 day + interval 9 hour, timestamp '{calendar.start}'
            + interval 9 hour) < timestamp '{calendar.end}' + interval 1 day;
        create table email_message as
        select t.touch_id * 2 as message_id, t.person_id, x.campaign_id, x.creative_id as variant,
            t.touch_id,
            greatest(t.touched_at - to_seconds((600 + chance(t.touch_id, 'mail.read')
                * 30000)::bigint), timestamp '{calendar.start}') as received_at,
            t.touched_at - interval 40 second as opened_at, t.touched_at
                - interval 5 second as clicked_at
        from touch t join touch_ad x on x.touch_id = t.touch_id where t.channel = 'email'
        union all
        select (p.person_id * 4096 + month(n.sent_at) * 128 + year(n.sent_at) % 100) * 2
            + 1 as message_id, p.person_id, n.campaign_id,
            case when chance(message_id, 'mail.variant') < 0.5 then 'A' else 'B' end as variant,
                null,
            n.sent_at + to_seconds((chance(message_id, 'mail.sent') * 1800)::bigint) as received_at,
            case when chance(message_id, 'mail.opens') < 1 / (1 + exp(1.2 - case
                when variant = 'B' then {VARIANT_LOG_ODDS["email"]} else 0 end))
                then received_at + to_seconds((wait(message_id, 'mail.opens late') * 20000)::bigint)
                    end as opened_at, null
        from person p join newsletter n on n.language = p.language
        where p.klaviyo_id is not null and chance(message_id, 'mail.reached') < 0.6
    """)


def write(
    con: duckdb.DuckDBPyConnection, outbox: Outbox, params: Parameters, calendar: Calendar
) -> None:
    """Write the files of klaviyo."""
    late, twice = params.rates["late_row"], params.rates["duplicate_row"]
    con.execute(f"""
        create temp view klaviyo_event as
        with steps as (
            select m.*, s.type, s.number, case s.number when 0 then received_at
                when 1 then opened_at when 2 then clicked_at
                when 3 then case when chance(message_id, 'mail.leaves') < 0.004 then opened_at
                    + interval 1 minute end end as happened_at
            from email_message m, (values (0, 'Received Email'), (1, 'Opened Email'), (2,
                'Clicked Email'), (3, 'Unsubscribed')) s(number, type)
        )
        select code('E', message_id * 4 + number, 12) as id, p.klaviyo_id as person_id, campaign_id,
            null::varchar as flow_id,
            strftime(happened_at, '%Y-%m-%dT%H:%M:%S+00:00') as datetime, type,
                variant as _variation,
            case when variant = 'A' then 'Novedades del mes' else 'Hecho para ti'
                end as property_subject,
            case when number = 2 then
                'https://www.lumavera.example/n?utm_source=klaviyo&utm_medium=email'
                end as property_url,
            happened_at as _at, message_id * 4 + number as _id
        from steps join person p on p.person_id = steps.person_id
        where happened_at is not null and happened_at < timestamp '{calendar.end}' + interval 1 day;
        create temp view klaviyo_person as
        with versions as (
            select p.*, v.number, c.changed_at, c.tells_newsletter, c.city_2, c.postal_code_2,
                v.number = 1 and chance(p.person_id,
                'klaviyo.leaves') < {params.rates["consent_withdrawn"]} as leaves
            from person p join person_change c on c.person_id = p.person_id, (values (0),
                (1)) v(number)
            where p.klaviyo_id is not null and (v.number = 0 or chance(p.person_id,
                'klaviyo.leaves') < 0.12 or (c.is_changed and c.tells_newsletter))
        )
        select v.klaviyo_id as id,
            case when v.number = 1 and tells_newsletter then n.email_later else n.email
                end as email,
            case when v.number = 1 and tells_newsletter then n.phone_e164_later
                else n.phone_e164 end as phone_number,
            n.given_name as first_name, n.family_name as last_name,
            null::varchar as organization,
            case when v.number = 1 and tells_newsletter then coalesce(v.city_2, v.city)
                else v.city end as city,
            case when v.number = 1 and tells_newsletter then coalesce(v.postal_code_2,
                v.postal_code) else v.postal_code end as zip,
            v.market as country,
            case when chance(v.person_id, 'klaviyo.no consent') < {params.rates["consent_missing"]}
                then null
                when v.leaves then 'unsubscribed' else 'subscribed' end as custom_consent,
            case when v.leaves then v.changed_at else v.known_since end as custom_consent_timestamp,
            v.known_since as created, case when v.number = 0 then v.known_since else v.changed_at
                end as updated,
            case when v.number = 0 then v.known_since else v.changed_at end as _at, v.person_id * 2
                + v.number as _id
        from versions v join noisy_person n on n.person_id = v.person_id and n.system = 'klaviyo';
        create temp view klaviyo_campaign as
        select campaign_id as id, 'Newsletter ' || month || ' ' || language as name,
            case language when 'es' then 'Novedades del mes' else 'News of the month'
                end as subject, 'Regular' as campaign_type,
            'Sent' as status, sent_at, sent_at as updated, sent_at as _at,
            row_number() over (order by sent_at, language) as _id
        from newsletter;
    """)
    outbox.write(con, "klaviyo_event", "klaviyo", "event", "jsonl.gz", late, twice)
    outbox.write(con, "klaviyo_person", "klaviyo", "person", "jsonl.gz", late, twice)
    outbox.write(con, "klaviyo_campaign", "klaviyo", "campaign", "jsonl.gz")
