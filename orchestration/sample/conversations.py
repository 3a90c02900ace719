"""Messages on the brand's social profiles, and mailings with coupons: channels with few rows."""

from __future__ import annotations

import duckdb

from orchestration.sample.files import Outbox
from orchestration.sample.parameters import Calendar, Parameters


def write(
    con: duckdb.DuckDBPyConnection, outbox: Outbox, params: Parameters, calendar: Calendar
) -> None:
    """Write the files of social and of campaign (mailings, coupons)."""
    _create_messages(con)
    _create_mailings(con, calendar)
    outbox.write(
        con,
        "social_message",
        "social",
        "message",
        "jsonl",
        params.rates["late_row"],
        params.rates["duplicate_row"],
    )
    outbox.write(con, "mailing", "campaign", "campaign", "semicolon csv")
    outbox.write(con, "mailing_contact", "campaign", "contact", "semicolon csv")
    outbox.write(con, "mailing_coupon", "campaign", "coupon", "csv")
    outbox.write(con, "coupon_redeemed", "campaign", "coupon_redemption", "csv")


def _create_messages(con: duckdb.DuckDBPyConnection) -> None:
    """The messages of `threads`, as the platforms' tool exports them; comments below posts."""
    con.execute("""
        create macro message_code(touch_id, number) as code('M', touch_id * 8 + number, 12);
        create temp view social_message as
        select message_code(m.touch_id, m.number) as id, p.social_platform as platform,
            p.social_profile_id as profile_id, code('T', m.touch_id, 10) as thread_id, m.direction,
            case when m.number = 0 then pick(['direct_message', 'direct_message', 'comment',
                'mention'], chance(m.touch_id, 'message.kind')) else 'direct_message' end as kind,
            m.topic, case when m.direction = 'inbound' then pick(['positive', 'neutral', 'neutral',
                'negative'], chance(m.touch_id * 8 + m.number, 'message.mood')) end as sentiment,
            case when m.number = 0 and chance(m.touch_id, 'message.mail') < 0.35
                then at_time(m.sent_at, n.changed_at, n.email, n.email_later) end as email,
            case when m.number = 0 and chance(m.touch_id, 'message.mail') < 0.5
                then at_time(m.sent_at, n.changed_at, n.phone_national, n.phone_national_later)
                end as phone,
            m.market, m.sent_at as created_at, case when kind = 'comment'
                then post_below(i.interest_group, m.sent_at, m.touch_id) end as post_id,
            user_code(m.employee_number) as agent_id, m.is_automatic as automated, a.answer_code,
            created_at as _at, m.touch_id * 8 + m.number as _id
        from thread_message m join person p on p.person_id = m.person_id
        join noisy_person n on n.person_id = m.person_id and n.system = 'social'
        left join person_interest i on i.person_id = m.person_id
        left join answer a on a.answer_id = -(m.touch_id * 8 + m.number)
        union all
        select code('M', c.comment_id + 900000000000, 12), p.social_platform, p.social_profile_id,
            null, 'inbound', 'comment', null, pick(['positive', 'positive', 'neutral'],
                chance(c.comment_id, 'comment.mood')), null, null, p.market, c.created_at,
            post_below(i.interest_group, c.created_at, c.comment_id), null, false, null,
            c.created_at, c.comment_id + 900000000000
        from social_comment c join person p on p.person_id = c.person_id
        join person_interest i on i.person_id = c.person_id
    """)


def _create_mailings(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """One mailing per quarter and market, in ids of cards or contacts; some coupons come back."""
    con.execute(f"""
        create temp table mailing_touch as
        select t.touch_id, t.person_id, t.touched_at, 'DM-' || t.market || '-'
            || strftime(t.touched_at, '%Y') || 'Q' || quarter(t.touched_at) as campaign_id,
            t.journey_id, case when p.loyalty_card_id is not null then p.loyalty_card_id
                when k.contact_id is not null then k.contact_id end as recipient,
            case when p.loyalty_card_id is not null then 'northmart' else 'salesforce'
                end as recipient_source
        from touch t join person p on p.person_id = t.person_id
        left join contact_known k on k.person_id = t.person_id and k.created_at <= t.touched_at
        where t.channel = 'direct_mail';
        create temp view mailing as
        select distinct campaign_id, 'Mailing ' || campaign_id as name, 'mailing' as campaign_type,
            'direct_mail' as channel,
            strftime(date_trunc('quarter', touched_at), '%d/%m/%Y') as start_date,
            strftime(last_day(date_trunc('quarter', touched_at) + interval 2 month),
                '%d/%m/%Y') as end_date, '12.000,50' as budget, greatest(date_trunc('quarter',
                touched_at), timestamp '{calendar.start}') as _at,
                (hash(campaign_id) >> 2)::bigint as _id
        from (select campaign_id, min(touched_at) as touched_at from mailing_touch
            group by campaign_id);
        create temp view mailing_contact as
        select campaign_id, recipient as person_id, recipient_source as person_source,
            strftime(touched_at, '%d/%m/%Y') as contacted_on, null::varchar as response,
            touched_at as _at, touch_id as _id
        from mailing_touch where recipient is not null;
        create temp view mailing_coupon as
        select 'CP' || replace(campaign_id, '-', '') as coupon_code, gtin as product_code,
            campaign_id,
            (select min(_at) from mailing m where m.campaign_id = c.campaign_id) as _at,
            row_number() over (order by campaign_id, gtin) as _id
        from (select distinct campaign_id from mailing_touch) c,
            (select gtin from product order by popularity desc, gtin limit 5);
        create temp view coupon_redeemed as
        select 'CP' || replace(m.campaign_id, '-', '') as coupon_code, m.campaign_id,
            m.recipient as person_id,
            m.recipient_source as person_source, j.converted_at::date as redeemed_on,
                j.converted_at as _at, m.touch_id as _id
        from mailing_touch m join journey j on j.journey_id = m.journey_id
            and j.outcome = 'converted' and j.place = 'store'
        where m.recipient is not null and chance(m.touch_id, 'coupon.used') < 0.4
        qualify row_number() over (partition by m.journey_id order by m.touch_id) = 1;
    """)
