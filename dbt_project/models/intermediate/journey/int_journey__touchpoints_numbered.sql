{#
    Grain: touchpoint that is a step of a journey, with the number of the journey in the
    customer's life. Only engagements of known customers are steps. A click on a message and the
    visit of the same campaign that it opens are one contact: the visit. A journey begins with a
    customer's first step, with the first one after a conversion, and with the first one after the
    company's lapse time; it ends with its conversion. Steps of service and loyalty within the
    lapse time after a conversion belong to the journey that it ended, so that they neither begin
    a journey nor lengthen the next one.
#}
with touchpoints as (
    select
        customer_key,
        touchpoint_key,
        occurred_at,
        is_conversion,
        channel_key,
        campaign_key,
        touchpoint_type = 'email_clicked' as is_click,
        touchpoint_type in ('web_session', 'app_session') as is_visit,
        stage,
        {{ stage_rank('stage') }} as stage_rank
    from {{ ref('fct_touchpoint') }}
    where is_engagement
        and customer_key <> {{ unknown_key() }}
),

company as (
    select
        journey_lapse_days * 86400 as lapse_seconds,
        session_timeout_minutes * 60 as timeout_seconds
    from {{ source('company', 'company') }}
),

surrounded as (
    select
        *,
        lead(is_visit) over along as next_is_visit,
        lead(campaign_key) over along as next_campaign_key,
        lead(occurred_at) over along as next_at,
        max(case when is_conversion then occurred_at end) over (
            partition by customer_key
            order by occurred_at, is_conversion, touchpoint_key
            rows between unbounded preceding and 1 preceding
        ) as last_conversion_at
    from touchpoints
    window along as (
        partition by customer_key order by occurred_at, is_conversion, touchpoint_key
    )
),

contacts as (
    select
        surrounded.*,
        company.lapse_seconds,
        surrounded.stage_rank >= 5
            and not surrounded.is_conversion
            and surrounded.last_conversion_at is not null
            and {{ seconds_between('surrounded.last_conversion_at', 'surrounded.occurred_at') }}
                <= company.lapse_seconds as is_after_sale
    from surrounded
    cross join company
    where not (
            surrounded.is_click
            and coalesce(surrounded.next_is_visit, false)
            and surrounded.next_campaign_key = surrounded.campaign_key
            and {{ seconds_between('surrounded.occurred_at', 'surrounded.next_at') }}
                <= company.timeout_seconds
        )
),

preceded as (
    select
        *,
        case when is_after_sale then last_conversion_at end as answers_conversion_at,
        max(case when not is_after_sale then occurred_at end) over (
            partition by customer_key
            order by occurred_at, is_conversion, touchpoint_key
            rows between unbounded preceding and 1 preceding
        ) as last_contact_at
    from contacts
),

{# At one instant a conversion comes last, so it was the last contact if it is as late as that. #}
counted as (
    select
        *,
        sum(
            case
                when is_after_sale then 0
                when last_contact_at is null then 1
                when last_conversion_at >= last_contact_at then 1
                when {{ seconds_between('last_contact_at', 'occurred_at') }} > lapse_seconds then 1
                else 0
            end
        ) over (
            partition by customer_key
            order by occurred_at, is_conversion, touchpoint_key
            rows between unbounded preceding and current row
        ) as journeys_begun
    from preceded
),

conversions as (
    select
        customer_key,
        occurred_at,
        max(journeys_begun) as journey_number
    from counted
    where is_conversion
    group by customer_key, occurred_at
),

numbered as (
    select
        counted.*,
        case when counted.is_after_sale then conversions.journey_number
            else counted.journeys_begun end as journey_number
    from counted
    left join conversions
        on counted.customer_key = conversions.customer_key
        and counted.answers_conversion_at = conversions.occurred_at
),

int_journey__touchpoints_numbered as (
    select
        customer_key,
        journey_number,
        touchpoint_key,
        row_number() over along as step_number,
        first_value(touchpoint_key) over along as journey_key,
        occurred_at,
        lag(occurred_at) over along as previous_at,
        channel_key,
        lag(channel_key) over along as previous_channel_key,
        stage,
        stage_rank,
        lag(stage_rank) over along as previous_stage_rank,
        is_conversion,
        is_after_sale
    from numbered
    window along as (
        partition by customer_key, journey_number
        order by occurred_at, is_conversion, touchpoint_key
    )
)

select * from int_journey__touchpoints_numbered
