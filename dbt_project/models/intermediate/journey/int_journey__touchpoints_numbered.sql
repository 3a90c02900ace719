{#
    Grain: touchpoint that is a step of a journey, with the number of the journey in the customer's
    life. Only engagements of known customers are steps.
    A click on a message and the visit of the same campaign that it opens are one contact: the visit.
    A journey begins with a customer's first step, with the first one after a conversion, and with
    the first one after the company's lapse time; it ends with its conversion. Steps of service and
    loyalty within the lapse time after a conversion belong to the journey that it ended, so that
    they neither begin a journey nor lengthen the next one.
#}
with touchpoints as (
    select
        customer_key,
        touchpoint_key,
        occurred_at,
        is_conversion,
        channel_key,
        campaign_key,
        touchpoint_type,
        stage
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

followed as (
    select
        *,
        lead(touchpoint_type) over along as next_type,
        lead(campaign_key) over along as next_campaign_key,
        lead(occurred_at) over along as next_at
    from touchpoints
    window along as (
        partition by customer_key order by occurred_at, is_conversion, touchpoint_key
    )
),

contacts as (
    select followed.*
    from followed
    cross join company
    where followed.touchpoint_type <> 'email_clicked'
        or followed.next_type is null
        or followed.next_type not in ('web_session', 'app_session')
        or followed.next_campaign_key <> followed.campaign_key
        or {{ seconds_between('followed.occurred_at', 'followed.next_at') }}
            > company.timeout_seconds
),

preceded as (
    select
        *,
        max(case when is_conversion then occurred_at end) over (
            partition by customer_key
            order by occurred_at, is_conversion, touchpoint_key
            rows between unbounded preceding and 1 preceding
        ) as last_conversion_at
    from contacts
),

sorted_out as (
    select
        preceded.*,
        company.lapse_seconds,
        preceded.stage in ('service', 'loyalty')
            and not preceded.is_conversion
            and preceded.last_conversion_at is not null
            and {{ seconds_between('preceded.last_conversion_at', 'preceded.occurred_at') }}
                <= company.lapse_seconds as is_after_sale
    from preceded
    cross join company
),

compared as (
    select
        *,
        lag(occurred_at) over steps as previous_at,
        lag(is_conversion) over steps as previous_is_conversion
    from sorted_out
    window steps as (
        partition by customer_key, is_after_sale
        order by occurred_at, is_conversion, touchpoint_key
    )
),

started as (
    select
        *,
        not is_after_sale
            and (
                previous_at is null
                or previous_is_conversion
                or {{ seconds_between('previous_at', 'occurred_at') }} > lapse_seconds
            ) as is_start
    from compared
),

counted as (
    select
        *,
        sum(case when is_start then 1 else 0 end) over (
            partition by customer_key
            order by occurred_at, is_conversion, touchpoint_key
            rows between unbounded preceding and current row
        ) as journeys_begun
    from started
),

numbered as (
    select
        *,
        case
            when is_after_sale
                then max(case when is_conversion then journeys_begun end) over (
                    partition by customer_key
                    order by occurred_at, is_conversion, touchpoint_key
                    rows between unbounded preceding and current row
                )
            else journeys_begun
        end as journey_number
    from counted
),

int_journey__touchpoints_numbered as (
    select
        customer_key,
        journey_number,
        touchpoint_key,
        row_number() over (
            partition by customer_key, journey_number
            order by occurred_at, is_conversion, touchpoint_key
        ) as step_number,
        first_value(touchpoint_key) over (
            partition by customer_key, journey_number
            order by occurred_at, is_conversion, touchpoint_key
        ) as journey_key,
        occurred_at,
        channel_key,
        stage,
        {{ stage_rank('stage') }} as stage_rank,
        is_conversion,
        is_after_sale
    from numbered
)

select * from int_journey__touchpoints_numbered
