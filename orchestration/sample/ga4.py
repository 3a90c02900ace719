"""The web site's event export in GA4's shape: what journeys, passers-by and bots leave there."""

from __future__ import annotations

import duckdb

from orchestration.sample.files import Outbox
from orchestration.sample.parameters import Calendar, Parameters

# What the site's tags say of a visit: source, medium
_TAGS = """(values
    ('paid_search', 'google', 'cpc'), ('display', 'google', 'cpc'), ('organic_search', 'google',
        'organic'),
    ('paid_social', 'facebook', 'paid_social'), ('organic_social', 'instagram.com', 'social'),
    ('email', 'klaviyo', 'email'), ('referral', 'recetas-y-belleza.example', 'referral'),
    ('direct', '(direct)', '(none)')) v(channel, source, medium)"""


def write(
    con: duckdb.DuckDBPyConnection, outbox: Outbox, params: Parameters, calendar: Calendar
) -> None:
    """Create web_session and write ga4/events from what people, strangers and leads did."""
    _create_sessions(con, params, calendar)
    _create_events(con)
    outbox.write(
        con, "ga4_event", "ga4", "events", "parquet",
        late=params.rates["late_row"], duplicated=params.rates["duplicate_row"],
        shape=lambda number: _shape(),
    )  # fmt: skip


def _create_sessions(
    con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar
) -> None:
    rates = params.rates
    strangers = rates["bot_sessions"] + rates["passer_by_sessions"]
    con.execute(f"""
        create table web_session as
        with people as (
            select t.touch_id as session_id, t.person_id, t.device_id, t.market, t.channel, t.stage,
                t.touched_at as started_at,
                case when j.place = 'own_web' and t.position = max(t.position)
                    over (partition by t.journey_id)
                    then j.journey_id end as order_journey_id,
                j.converted_at,
                coalesce(j.place = 'e_tailer', false) as ends_at_e_tailer, 'person' as kind,
                    null::bigint as lead_id
            from touch t join journey j on j.journey_id = t.journey_id
            where t.device_id is not null
        ),
        leads as (
            select 900000000000 + lead_id as session_id, person_id, device_id, market, channel,
                'intent' as stage,
                captured_at - interval 4 minute as started_at, null::bigint, null::timestamp, false,
                    'lead', lead_id
            from lead_capture where device_id is not null
        ),
        strangers as (
            select 800000000000 + i as session_id, null::bigint, null::bigint, pick(['ES', 'ES',
                'MX', 'CO', 'US', 'GB'], chance(i, 'stranger.market')),
                pick(['organic_search', 'direct', 'referral'], chance(i, 'stranger.channel')),
                    'awareness',
                timestamp '{calendar.start}' + to_seconds((chance(i, 'stranger.day')
                    * {calendar.day_count} * 86400)::bigint),
                null::bigint, null::timestamp, false, case when chance(i, 'stranger.kind')
                    < {rates["bot_sessions"] / strangers} then 'bot' else 'passer_by' end,
                null::bigint
            from range((select count(*) * {rates["bot_sessions"] + rates["passer_by_sessions"]}
                from people)::bigint) r(i)
        ),
        joined as (
            select * from people union all select * from leads union all select * from strangers
        )
        select s.*,
            {{'category': coalesce(d.category, 'desktop'),
             'operating_system': coalesce(d.operating_system, 'Windows'),
             'language': m.language,
             'web_info': {{'browser': case when s.kind = 'bot' then 'HeadlessChrome'
                 else coalesce(d.browser, 'Chrome') end,
                 'hostname': 'www.lumavera.' || m.domain || '.example'}}}} as device,
            coalesce(d.skew_seconds, 0) as skew_seconds,
            case when s.kind = 'bot' then 'Yes' when s.kind = 'passer_by' then 'Yes'
                else d.analytics_storage end as analytics_storage,
            case when d.analytics_storage = 'No' then 'x.' || s.session_id
                else coalesce(d.user_pseudo_id, 'y.' || (s.session_id % 100000000))
                    end as user_pseudo_id,
            case when coalesce(d.analytics_storage, 'Yes') <> 'No'
                and (s.order_journey_id is not null
                or chance(s.session_id, 'session.login') < {rates["logged_in"]}) then
                    p.shop_customer_id end as user_id,
            m.utc_offset_hours, m.domain,
            g.source, g.medium,
            chance(s.session_id, 'session.outbound') < case when s.ends_at_e_tailer then 0.5
                else {rates["outbound_click"] / 3} end
                and s.kind = 'person' as clicks_out,
            {{'country': m.country, 'region': p.region, 'city': p.city}} as geo,
            {{'manual_campaign_id': x.campaign_id, 'manual_campaign_name': x.campaign_name,
             'manual_source': nullif(g.source, '(direct)'), 'manual_medium': nullif(g.medium,
                 '(none)'),
             'manual_content': x.creative_id,
             'gclid': case when g.medium = 'cpc' then 'Cj0' || to_base(s.session_id,
                 36) end}} as traffic_source,
            {{'analytics_storage': analytics_storage, 'ads_storage': analytics_storage}} as
                privacy_info,
            [{_param("ga_session_id", number="epoch(s.started_at)::bigint")},
             {_param("ga_session_number", number="1 + s.session_id % 14")},
             {_param("session_engaged", "case when s.kind = 'bot' then '0' else '1' end")},
             {_param("engagement_time_msec", number=_ENGAGED)}
            ] as visit_params, o.total as order_total, o.items as order_items
        from joined s
        left join device d on d.device_id = s.device_id
        left join person p on p.person_id = s.person_id
        join market_setting m on m.market = s.market
        join {_TAGS.replace(" v(", " g(")} on g.channel = s.channel
        left join touch_ad x on x.touch_id = s.session_id
        left join order_item_list o on o.journey_id = s.order_journey_id
    """)


def _create_events(con: duckdb.DuckDBPyConnection) -> None:
    """Which events each visit leaves, and when; a bot loads many pages and engages with none."""
    con.execute("""
        create temp table ga4_event as
        with steps as (
            select s.session_id, s.skew_seconds, s.session_id * 16 + e.number as event_id, e.number,
                e.name,
                case when e.name = 'purchase' then s.converted_at - interval 20 second
                    else s.started_at + to_seconds(e.offset_seconds) end as true_at
            from web_session s, (values
                (1, 'session_start', 0), (2, 'page_view', 1), (3, 'page_view', 40), (4, 'view_item',
                    55),
                (5, 'click', 90), (6, 'add_to_cart', 120), (7, 'begin_checkout', 200), (8,
                    'purchase', 0),
                (9, 'generate_lead', 240), (10, 'page_view', 3), (11, 'page_view', 4)
            ) e(number, name, offset_seconds)
            where e.number <= 2
                or (e.number = 3 and (s.kind = 'bot' or chance(s.session_id,
                    'session.page 2') < 0.5))
                or (e.number = 4 and s.stage <> 'awareness' and s.kind <> 'bot'
                    and chance(s.session_id, 'session.item') < 0.6)
                or (e.number = 5 and s.clicks_out)
                or (e.number = 6 and (s.order_journey_id is not null
                    or (s.stage = 'intent' and s.kind = 'person' and chance(s.session_id,
                        'session.cart') < 0.3)))
                or (e.number in (7, 8) and s.order_journey_id is not null)
                or (e.number = 9 and s.kind = 'lead')
                or (e.number >= 10 and s.kind = 'bot')
        )
        select session_id, number, name, epoch_us(true_at) + skew_seconds * 1000000
            + (session_id % 1000) * 1000 as stamp,
            least(make_timestamp(stamp), true_at) as _at, event_id as _id
        from steps
    """)


def _param(key: str, text: str = "null::varchar", number: str = "null::bigint") -> str:
    """SQL of an event parameter in GA4's shape."""
    value = (
        f"{{'string_value': {text}, 'int_value': {number}, "
        "'float_value': null::double, 'double_value': null::double}"
    )
    return f"{{'key': '{key}', 'value': {value}}}"


def _shape() -> str:
    """SELECT that gives rows of ga4_event (as `{rows}`) the export's nested columns."""
    page = """'https://www.lumavera.' || s.domain || '.example/' || case e.name
        when 'view_item' then 'product/' || (s.session_id % 30)
            when 'begin_checkout' then 'checkout'
        when 'purchase' then 'thank-you' when 'generate_lead' then 'business'
            else 'p' || (s.session_id % 12) end"""
    location = _param("page_location", page)
    out = f"{_param('link_domain', _E_TAILER)}, {_param('outbound', _TRUE)}"
    tags = f"{_param('source', 's.source')}, {_param('medium', 's.medium')}"
    return f"""
        select strftime(make_timestamp(e.stamp) + to_hours(s.utc_offset_hours),
            '%Y%m%d') as event_date,
            e.stamp as event_timestamp, e.name as event_name, s.session_id % 1000000007
                + e.number as event_bundle_sequence_id,
            list_concat(s.visit_params, case when e.name = 'click' then [{location}, {out}]
                when e.name = 'session_start' and s.source <> '(direct)' then [{location}, {tags}]
                else [{location}] end) as event_params,
            s.user_id::varchar as user_id, s.user_pseudo_id, '3100' || (s.utc_offset_hours
                + 20) as stream_id, 'WEB' as platform,
            s.device, s.geo, s.traffic_source as collected_traffic_source, s.privacy_info,
            {{'transaction_id': case when e.name = 'purchase' then order_name(s.order_journey_id)
                end,
             'purchase_revenue': case when e.name = 'purchase' then s.order_total end}} as
                 ecommerce,
            case when e.name = 'purchase' then s.order_items else [] end as items
        from ({{rows}}) e
        join web_session s on s.session_id = e.session_id
        order by e._id
    """


_E_TAILER = "'www.zonaplus.' || s.domain || '.example'"
_TRUE = "'true'"
_ENGAGED = "case when s.kind = 'bot' then 0 else 1000 + s.session_id % 60000 end"
