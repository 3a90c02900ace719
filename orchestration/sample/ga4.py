"""The web site's event export in GA4's shape: what journeys, passers-by and bots leave there."""

from __future__ import annotations

import duckdb

from orchestration.sample.files import Outbox
from orchestration.sample.parameters import Calendar, Parameters

# What the site's tags say of a visit: source, medium
_TAGS = """(values
    ('paid_search', 'google', 'cpc'), ('display', 'google', 'cpc'), ('organic_search', 'google', 'organic'),
    ('paid_social', 'facebook', 'paid_social'), ('organic_social', 'instagram.com', 'social'),
    ('email', 'klaviyo', 'email'), ('referral', 'recetas-y-belleza.example', 'referral'),
    ('direct', '(direct)', '(none)')) v(channel, source, medium)"""


def write(con: duckdb.DuckDBPyConnection, outbox: Outbox, params: Parameters, calendar: Calendar) -> None:
    """Create web_session and write ga4/events. Needs touch, touch_ad, journey, device, lead_capture."""
    _create_sessions(con, params, calendar)
    _create_events(con)
    outbox.write(
        con, "ga4_event", "ga4", "events", "parquet",
        late=params.rates["late_row"], duplicated=params.rates["duplicate_row"],
    )  # fmt: skip


def _create_sessions(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    rates = params.rates
    con.execute(f"""
        create table web_session as
        with people as (
            select t.touch_id as session_id, t.person_id, t.device_id, t.market, t.channel, t.stage, t.touched_at as started_at,
                case when j.place = 'own_web' and t.position = max(t.position) over (partition by t.journey_id)
                    then j.journey_id end as order_journey_id,
                j.converted_at,
                coalesce(j.place = 'e_tailer', false) as ends_at_e_tailer, 'person' as kind, null::bigint as lead_id
            from touch t join journey j on j.journey_id = t.journey_id
            where t.device_id is not null
        ),
        leads as (
            select 900000000000 + lead_id as session_id, person_id, device_id, market, channel, 'intent' as stage,
                captured_at - interval 4 minute as started_at, null::bigint, null::timestamp, false, 'lead', lead_id
            from lead_capture where device_id is not null
        ),
        strangers as (
            select 800000000000 + i as session_id, null::bigint, null::bigint, pick(['ES', 'ES', 'MX', 'CO', 'US', 'GB'], chance(i, 'stranger.market')),
                pick(['organic_search', 'direct', 'referral'], chance(i, 'stranger.channel')), 'awareness',
                timestamp '{calendar.start}' + to_seconds((chance(i, 'stranger.day') * {calendar.day_count} * 86400)::bigint),
                null::bigint, null::timestamp, false, case when chance(i, 'stranger.kind')
                    < {rates['bot_sessions'] / (rates['bot_sessions'] + rates['passer_by_sessions'])} then 'bot' else 'passer_by' end,
                null::bigint
            from range((select count(*) * {rates['bot_sessions'] + rates['passer_by_sessions']} from people)::bigint) r(i)
        ),
        joined as (
            select * from people union all select * from leads union all select * from strangers
        )
        select s.*, coalesce(d.category, 'desktop') as category, coalesce(d.operating_system, 'Windows') as operating_system,
            case when s.kind = 'bot' then 'HeadlessChrome' else coalesce(d.browser, 'Chrome') end as browser,
            coalesce(d.skew_seconds, 0) as skew_seconds,
            case when s.kind = 'bot' then 'Yes' when s.kind = 'passer_by' then 'Yes' else d.analytics_storage end as analytics_storage,
            case when d.analytics_storage = 'No' then 'x.' || s.session_id
                else coalesce(d.user_pseudo_id, 'y.' || (s.session_id % 100000000)) end as user_pseudo_id,
            case when coalesce(d.analytics_storage, 'Yes') <> 'No' and (s.order_journey_id is not null
                or chance(s.session_id, 'session.login') < {rates['logged_in']}) then p.shop_customer_id end as user_id,
            p.city, p.region, m.language, m.utc_offset_hours, m.domain,
            g.source, g.medium, x.campaign_id, x.campaign_name, x.creative_id,
            chance(s.session_id, 'session.outbound') < case when s.ends_at_e_tailer then 0.5 else {rates['outbound_click'] / 3} end
                and s.kind = 'person' as clicks_out
        from joined s
        left join device d on d.device_id = s.device_id
        left join person p on p.person_id = s.person_id
        join market_setting m on m.market = s.market
        join {_TAGS.replace(' v(', ' g(')} on g.channel = s.channel
        left join touch_ad x on x.touch_id = s.session_id
    """)


def _create_events(con: duckdb.DuckDBPyConnection) -> None:
    """Events of each visit; a bot loads many pages and engages with none."""
    con.execute("""
        create temp table ga4_event as
        with steps as (
            select s.*, unnest(list_filter([
                {'n': 1, 'name': 'session_start', 'offset_seconds': 0, 'goes': true},
                {'n': 2, 'name': 'page_view', 'offset_seconds': 1, 'goes': true},
                {'n': 3, 'name': 'page_view', 'offset_seconds': 40, 'goes': kind = 'bot' or chance(session_id, 'session.page 2') < 0.5},
                {'n': 4, 'name': 'view_item', 'offset_seconds': 55, 'goes': stage <> 'awareness' and kind <> 'bot' and chance(session_id, 'session.item') < 0.6},
                {'n': 5, 'name': 'click', 'offset_seconds': 90, 'goes': clicks_out},
                {'n': 6, 'name': 'add_to_cart', 'offset_seconds': 120, 'goes': order_journey_id is not null or (stage = 'intent' and kind = 'person' and chance(session_id, 'session.cart') < 0.3)},
                {'n': 7, 'name': 'begin_checkout', 'offset_seconds': 200, 'goes': order_journey_id is not null},
                {'n': 8, 'name': 'purchase', 'offset_seconds': 0, 'goes': order_journey_id is not null},
                {'n': 9, 'name': 'generate_lead', 'offset_seconds': 240, 'goes': kind = 'lead'},
                {'n': 10, 'name': 'page_view', 'offset_seconds': 3, 'goes': kind = 'bot'},
                {'n': 11, 'name': 'page_view', 'offset_seconds': 4, 'goes': kind = 'bot'}
            ], lambda e: e.goes)) as step
            from web_session s
        ),
        timed as (
            select *, case when step.name = 'purchase' then converted_at - interval 20 second
                else started_at + to_seconds(step.offset_seconds) end as true_at
            from steps
        ),
        dated as (
            select *, epoch_us(true_at) + skew_seconds * 1000000 + (session_id % 1000) * 1000 as stamp
            from timed
        )
        select strftime(make_timestamp(stamp) + to_hours(utc_offset_hours), '%Y%m%d') as event_date,
            stamp as event_timestamp, step.name as event_name, session_id % 1000000007 + step.n as event_bundle_sequence_id,
            list_filter([
                {'key': 'ga_session_id', 'value': {'string_value': null::varchar, 'int_value': epoch(started_at)::bigint, 'float_value': null::double, 'double_value': null::double}},
                {'key': 'ga_session_number', 'value': {'string_value': null, 'int_value': 1 + session_id % 14, 'float_value': null, 'double_value': null}},
                {'key': 'page_location', 'value': {'string_value': 'https://www.lumavera.' || domain || '.example/' || case step.name
                    when 'view_item' then 'product/' || (session_id % 30) when 'begin_checkout' then 'checkout'
                    when 'purchase' then 'thank-you' when 'generate_lead' then 'business' else 'p' || (session_id % 12) end,
                    'int_value': null, 'float_value': null, 'double_value': null}},
                {'key': 'engagement_time_msec', 'value': {'string_value': null, 'int_value': case when kind = 'bot' then 0 else 1000 + session_id % 60000 end, 'float_value': null, 'double_value': null}},
                {'key': 'session_engaged', 'value': {'string_value': case when kind = 'bot' then '0' else '1' end, 'int_value': null, 'float_value': null, 'double_value': null}},
                {'key': case when step.name = 'click' then 'link_domain' end, 'value': {'string_value': 'www.zonaplus.' || domain || '.example', 'int_value': null, 'float_value': null, 'double_value': null}},
                {'key': case when step.name = 'click' then 'outbound' end, 'value': {'string_value': 'true', 'int_value': null, 'float_value': null, 'double_value': null}},
                {'key': case when step.name = 'session_start' and source <> '(direct)' then 'source' end, 'value': {'string_value': source, 'int_value': null, 'float_value': null, 'double_value': null}},
                {'key': case when step.name = 'session_start' and source <> '(direct)' then 'medium' end, 'value': {'string_value': medium, 'int_value': null, 'float_value': null, 'double_value': null}}
            ], lambda p: p.key is not null) as event_params,
            user_id::varchar as user_id, user_pseudo_id, '3100' || (utc_offset_hours + 20) as stream_id, 'WEB' as platform,
            {'category': category, 'operating_system': operating_system, 'language': language,
             'web_info': {'browser': browser, 'hostname': 'www.lumavera.' || domain || '.example'}} as device,
            {'country': market, 'region': region, 'city': city} as geo,
            {'manual_campaign_id': campaign_id, 'manual_campaign_name': campaign_name,
             'manual_source': case when source <> '(direct)' then source end,
             'manual_medium': case when source <> '(direct)' then medium end, 'manual_content': creative_id,
             'gclid': case when medium = 'cpc' then 'Cj0' || to_base(session_id, 36) end} as collected_traffic_source,
            {'analytics_storage': analytics_storage, 'ads_storage': analytics_storage} as privacy_info,
            {'transaction_id': case when step.name = 'purchase' then order_name(order_journey_id) end,
             'purchase_revenue': case when step.name = 'purchase' then o.total end} as ecommerce,
            case when step.name = 'purchase' then o.items else [] end as items,
            least(make_timestamp(stamp), true_at) as _at, session_id * 16 + step.n as _id
        from dated
        left join order_item_list o on step.name = 'purchase' and o.journey_id = order_journey_id
    """)
