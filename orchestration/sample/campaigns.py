"""Campaigns and message variants, which touch belongs to which, and the ad platforms' files.

Belongs here: Google Ads and Meta Ads. Mailings and coupons stand in `mailings`,
    e-mail in `klaviyo`.
"""

from __future__ import annotations

import duckdb

from orchestration.sample.files import PLAIN, Outbox
from orchestration.sample.parameters import Calendar, Parameters

# (kind, network, channel, cost of a click in EUR, clicks per impression)
_GOOGLE = (
    ("brand", "SEARCH", "paid_search", 0.35, 0.09),
    ("generic", "SEARCH", "paid_search", 0.95, 0.04),
    ("display", "CONTENT", "display", 0.25, 0.006),
)
_META = (
    ("prospecting", "OUTCOME_TRAFFIC", 0.40, 0.012),
    ("retargeting", "OUTCOME_SALES", 0.60, 0.020),
)

RENAMED_COST = (
    "select * exclude (_id, _period) rename (cost_micros as metrics_cost_micros) "
    "from ({rows}) order by _id"
)
EXTRA_COLUMN = (
    "select * exclude (_id, _period), 'AVERAGE' as quality_ranking from ({rows}) order by _id"
)
COMMA_SPEND = (
    "select * exclude (_id, _period) replace (replace(spend::varchar, '.', ',') as spend) "
    "from ({rows}) order by _id"
)
"""How files change: a column gets another name, one more comes, decimals have a comma."""


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create ad_campaign, ad and touch_ad (campaign and creative of each touch that has one)."""
    con.execute("""
        create table ad_campaign (system varchar, campaign_id bigint, market varchar, kind varchar,
            network varchar,
            channel varchar, name varchar, click_cost double, click_rate double);
    """)
    rows: list[tuple[object, ...]] = []
    for number, market in enumerate(params.markets, start=1):
        for place, (kind, network, channel, cost, rate) in enumerate(_GOOGLE, start=1):
            rows.append(
                (
                    "google_ads",
                    11000000 + number * 100 + place,
                    market.code,
                    kind,
                    network,
                    channel,
                    f"{market.code}_{kind}_{'search' if network == 'SEARCH' else 'banner'}",
                    cost,
                    rate,
                )
            )
        for place, (kind, objective, cost, rate) in enumerate(_META, start=1):
            rows.append(
                (
                    "facebook_ads",
                    23850000000 + number * 100 + place,
                    market.code,
                    kind,
                    objective,
                    "paid_social",
                    f"{market.code} | {kind} | always on",
                    cost,
                    rate,
                )
            )
    con.executemany("insert into ad_campaign values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    con.execute("""
        create table ad as
        select c.*, v.variant, c.campaign_id * 10 + v.number as ad_id,
            c.name || ' ' || case v.variant when 'A' then 'product' else 'people' end as ad_name
        from ad_campaign c, (values ('A', 1), ('B', 2)) v(variant, number);
        create table touch_ad as
        with placed as (
            select t.touch_id, t.market, t.channel, coalesce(t.variant, 'A') as variant,
                case when t.channel = 'display' then 'display'
                    when t.channel = 'paid_search' then pick(['brand', 'generic', 'generic'],
                        chance(t.touch_id, 'touch.campaign'))
                    else pick(['prospecting', 'prospecting', 'retargeting'], chance(t.touch_id,
                        'touch.campaign')) end as kind
            from touch t where t.channel in ('paid_search', 'display', 'paid_social')
        )
        select p.touch_id, a.system, a.campaign_id::varchar as campaign_id,
            a.ad_id::varchar as creative_id,
            a.name as campaign_name, a.kind
        from placed p
        join ad a on a.market = p.market and a.channel = p.channel and a.kind = p.kind
            and a.variant = p.variant;
        insert into touch_ad
        select touch_id, 'klaviyo', newsletter_code(touched_at - interval 1 day, language), variant,
            'newsletter ' || strftime(touched_at - interval 1 day, '%Y-%m'), 'newsletter'
        from touch join market_setting using (market) where channel = 'email';
    """)


def create_macros(con: duckdb.DuckDBPyConnection) -> None:
    """newsletter_code(sent_at, language): the e-mail campaign of a month."""
    con.execute("""
        create macro newsletter_code(sent_at, language) as
            'NL' || upper(language) || strftime(sent_at, '%Y%m')
    """)


def write(con: duckdb.DuckDBPyConnection, outbox: Outbox, calendar: Calendar) -> None:
    """Write the files of google_ads and facebook_ads."""
    _create_statistics(con, calendar)
    day_end = "date + interval 20 hour"
    con.execute(f"""
        create temp view google_statistics as
        select 4210001 as customer_id, date, campaign_id, campaign_id * 7 as ad_group_id, ad_id,
            device,
            network as ad_network_type, impressions, clicks,
                (cost * 1000000)::bigint as cost_micros,
            claimed as conversions, claimed_value as conversions_value,
                (claimed * 0.2)::bigint as view_through_conversions,
            {day_end} as _at, (date - date '{calendar.start}') * 1000000 + row_number()
                over (partition by date order by ad_id, device) as _id
        from ad_day where system = 'google_ads';
        create temp view meta_statistics as
        select ad_id, date, 990017 as account_id, sum(impressions)::bigint as impressions,
            sum(clicks)::bigint as inline_link_clicks, round(sum(cost), 2) as spend,
            {day_end} as _at, (date - date '{calendar.start}') * 1000000 + row_number()
                over (partition by date order by ad_id) as _id
        from ad_day where system = 'facebook_ads' group by ad_id, date;
        create temp view meta_actions as
        select ad_id, date, v.action_type, round(case v.action_type
            when 'purchase' then sum(claimed) else sum(clicks) * 0.8 end, 2) as value,
            {day_end} as _at, (date - date '{calendar.start}') * 1000000
                + row_number() over (partition by date order by ad_id, v.action_type) as _id
        from ad_day, (values ('purchase'), ('landing_page_view')) v(action_type)
        where system = 'facebook_ads' group by ad_id, date, v.action_type;
        create temp view campaign_versions as
        select c.*, timestamp '{calendar.start}' - interval 30 day + v.number
            * interval 120 day as changed_at, v.status,
            c.name || case when v.number = 1 then ' v2' else '' end as versioned_name, c.campaign_id
                * 10 + v.number as _id
        from ad_campaign c, (values (0, 'ENABLED'), (1, 'ENABLED')) v(number, status);
        create temp view google_campaigns as
        select campaign_id as id, changed_at as updated_at, versioned_name as name,
            4210001 as customer_id,
            case network when 'CONTENT' then 'DISPLAY' else network end as advertising_channel_type,
                status,
            date '{calendar.start}' - 30 as start_date, null::date as end_date, changed_at as _at,
                _id
        from campaign_versions where system = 'google_ads';
        create temp view google_ad_list as
        select ad_id as id, campaign_id * 7 as ad_group_id, campaign_id,
            timestamp '{calendar.start}' - interval 30 day as updated_at,
            ad_name as name, case network when 'SEARCH' then 'RESPONSIVE_SEARCH_AD'
                else 'RESPONSIVE_DISPLAY_AD' end as type,
            'ENABLED' as status, 'https://www.lumavera.example/' || lower(market) as final_urls,
            timestamp '{calendar.start}' as _at, ad_id as _id
        from ad where system = 'google_ads';
        create temp view meta_campaigns as
        select campaign_id as id, 990017 as account_id, versioned_name as name,
            network as objective,
            changed_at as updated_time, changed_at as _at, _id
        from campaign_versions where system = 'facebook_ads';
        create temp view meta_ad_list as
        select ad_id as id, 990017 as account_id, campaign_id * 3 as ad_set_id, campaign_id,
            ad_id * 11 as creative_id,
            ad_name as name, timestamp '{calendar.start}' - interval 30 day as updated_time,
            timestamp '{calendar.start}' as _at, ad_id as _id
        from ad where system = 'facebook_ads';
    """)
    outbox.write(
        con, "google_statistics", "google_ads", "ad_stats", "csv",
        shape=lambda number: RENAMED_COST if number >= outbox.middle_number else PLAIN,
        measures=("impressions", "clicks", "cost_micros"),
    )  # fmt: skip
    outbox.write(con, "google_campaigns", "google_ads", "campaign_history", "csv")
    outbox.write(con, "google_ad_list", "google_ads", "ad_history", "csv")
    outbox.write(
        con, "meta_statistics", "facebook_ads", "basic_ad", "csv",
        shape=lambda number: COMMA_SPEND if number == outbox.middle_number + 1 else
        EXTRA_COLUMN if number >= outbox.middle_number else PLAIN,
        measures=("impressions", "inline_link_clicks", "spend"),
    )  # fmt: skip
    outbox.write(con, "meta_actions", "facebook_ads", "basic_ad_actions", "csv")
    outbox.write(con, "meta_campaigns", "facebook_ads", "campaign_history", "csv")
    outbox.write(con, "meta_ad_list", "facebook_ads", "ad_history", "csv")


def _create_statistics(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Clicks are the true visits and some who left; platforms claim more than they brought."""
    con.execute(f"""
        create temp table ad_day as
        with days as (
            select unnest(generate_series(date '{calendar.start}', date '{calendar.end}',
                interval 1 day))::date as date
        ),
        visits as (
            select t.touched_at::date as date, x.creative_id::bigint as ad_id,
                upper(d.category) as device, count(*) as visits,
                sum(case when j.outcome = 'converted' then 1 else 0 end) as buyers
            from touch t join touch_ad x on x.touch_id = t.touch_id and x.system <> 'klaviyo'
            join device d on d.device_id = t.device_id
            join journey j on j.journey_id = t.journey_id
            group by all
        ),
        cells as (
            select y.date, a.*, v.device, coalesce(s.visits, 0) as visits, coalesce(s.buyers,
                0) as buyers,
                (y.date - date '2020-01-01') * 1000003 + a.ad_id * 7 + v.number as cell
            from days y cross join ad a cross join (values ('MOBILE', 1), ('DESKTOP', 2), ('TABLET',
                3)) v(device, number)
            left join visits s on s.date = y.date and s.ad_id = a.ad_id and s.device = v.device
        ),
        counted as (
            select *, visits + floor(visits * 0.3 * chance(cell, 'ad.bounced') + chance(cell,
                'ad.stray') * 1.3)::bigint as clicks
            from cells
        )
        select system, date, campaign_id, ad_id, device, network, clicks,
            (clicks / click_rate * (0.8 + 0.4 * chance(cell, 'ad.rate')))::bigint
                + floor(chance(cell, 'ad.seen') * 40)::bigint as impressions,
            round(clicks * click_cost * (0.8 + 0.4 * chance(cell, 'ad.cost')), 2) as cost,
            round(buyers * 0.6, 2) as claimed, round(buyers * 0.6 * 21.5, 2) as claimed_value
        from counted
        where visits > 0 or chance(cell, 'ad.day') < case device when 'MOBILE' then 0.7
            when 'DESKTOP' then 0.5 else 0.1 end
    """)
