{#
    Grain: message to a known customer, or visit of one that names an ad, whose response time is
    over, with what followed: 1 or 0, null where it can't be.
#}
with messages as (
    select * from {{ ref('fct_message_exposure') }}
    where is_window_over
        and not is_bounced
),

touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where customer_key <> {{ unknown_key() }}
),

rules as (
    select * from {{ source('company', 'in_market') }}
),

cutoffs as (
    select cutoff_date as last_date from {{ ref('int_journey__cutoff_days') }}
    where is_current
),

ads as (
    select distinct creative_key from {{ ref('fct_ad_spend_daily') }}
),

visits as (
    select touchpoints.* from touchpoints
    inner join ads on touchpoints.creative_key = ads.creative_key
    cross join cutoffs
    cross join rules
    where touchpoints.initiated_by = 'person'
        and touchpoints.is_engagement
        and {{ days_after('touchpoints.touchpoint_date', 'rules.response_days') }}
            <= cutoffs.last_date
),

converted_visits as (
    select distinct visits.touchpoint_key
    from visits
    cross join rules
    inner join touchpoints
        on visits.customer_key = touchpoints.customer_key
        and touchpoints.is_conversion
        and touchpoints.occurred_at > visits.occurred_at
        and touchpoints.occurred_at
            < {{ dbt.dateadd('day', 'rules.response_days', 'visits.occurred_at') }}
),

int_journey__variants_tried as (
    select
        touchpoint_key,
        'message' as trial_type,
        customer_key,
        creative_key,
        occurred_at,
        market_code,
        case when contact_point = 'email' then case when is_opened then 1 else 0 end end as opened,
        case when contact_point = 'email' then case when is_clicked then 1 else 0 end end
            as clicked,
        case when is_converted then 1 else 0 end as converted,
        case when is_opted_out then 1 else 0 end as opted_out
    from messages
    union all
    select
        visits.touchpoint_key,
        'ad_visit',
        visits.customer_key,
        visits.creative_key,
        visits.occurred_at,
        visits.market_code,
        null,
        null,
        case when converted_visits.touchpoint_key is not null then 1 else 0 end,
        null
    from visits
    left join converted_visits on visits.touchpoint_key = converted_visits.touchpoint_key
)

select * from int_journey__variants_tried
