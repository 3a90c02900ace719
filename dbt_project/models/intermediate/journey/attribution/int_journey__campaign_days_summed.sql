{#
    Grain: campaign, metric and day: what a campaign cost, showed, sent, brought and is credited
    with by last_non_direct, whose credit for a day does not change with the days after.
#}
with spend as (
    select * from {{ ref('fct_ad_spend_daily') }}
),

touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where campaign_key <> {{ unknown_key() }}
),

attribution as (
    select * from {{ ref('fct_attribution') }}
    where attribution_model = 'last_non_direct'
),

conversions as (
    select conversion_key, conversion_date from {{ ref('fct_conversion') }}
),

credit as (
    select
        attribution.*,
        conversions.conversion_date
    from attribution
    inner join conversions on attribution.conversion_key = conversions.conversion_key
),

measured as (
    {%- for metric in ['spend_amount', 'impressions', 'clicks'] %}
    select
        campaign_key,
        '{{ metric | replace('_amount', '') }}' as metric,
        spend_date as day,
        cast({{ metric }} as decimal(28, 8)) as quantity
    from spend
    union all
    {%- endfor %}
    select
        campaign_key,
        case
            when touchpoint_type in ('web_session', 'app_session') then 'visits'
            else 'messages'
        end,
        touchpoint_date,
        1
    from touchpoints
    where touchpoint_type in ('web_session', 'app_session')
        or (
            initiated_by = 'company'
            and touchpoint_type in ('email_sent', 'campaign_contact', 'campaign_invitation')
        )
    union all
    select
        campaign_key,
        conversion_type || 's',
        conversion_date,
        credited_conversions
    from credit
    union all
    select
        campaign_key,
        'revenue',
        conversion_date,
        credited_revenue_amount
    from credit
    where credited_revenue_amount is not null
),

int_journey__campaign_days_summed as (
    select
        campaign_key,
        metric,
        day,
        sum(quantity) as quantity
    from measured
    group by campaign_key, metric, day
)

select * from int_journey__campaign_days_summed
