{{ config(materialized='view') }}
{#
    Grain: message that was followed by a conversion of its customer within the company's response
    time, or by an opt-out. A conversion follows each message before it, and closes the last one.
#}
with messages as (
    select touchpoint_key, customer_key, contact_point, occurred_at
    from {{ ref('int_journey__messages_answered') }}
),

conversions as (
    select touchpoint_key as conversion_key, customer_key, occurred_at
    from {{ ref('fct_touchpoint') }}
    where is_conversion
        and customer_key <> {{ unknown_key() }}
),

opt_outs as (
    select * from {{ ref('int_journey__opt_outs') }}
),

rules as (
    select response_days, opt_out_days from {{ source('company', 'in_market') }}
),

followed as (
    select
        messages.touchpoint_key,
        conversions.occurred_at as converted_at,
        row_number() over (
            partition by conversions.conversion_key
            order by messages.occurred_at desc, messages.touchpoint_key desc
        ) = 1 as is_closed
    from messages
    cross join rules
    inner join conversions
        on messages.customer_key = conversions.customer_key
        and conversions.occurred_at > messages.occurred_at
        and conversions.occurred_at
            < {{ dbt.dateadd('day', 'rules.response_days', 'messages.occurred_at') }}
),

converted as (
    select
        touchpoint_key,
        min(converted_at) as converted_at,
        sum(case when is_closed then 1 else 0 end) as closed_conversion_count
    from followed
    group by touchpoint_key
),

opted_out as (
    select
        messages.touchpoint_key,
        min(opt_outs.opted_out_at) as opted_out_at
    from messages
    cross join rules
    inner join opt_outs
        on messages.customer_key = opt_outs.customer_key
        and messages.contact_point = opt_outs.contact_point
        and opt_outs.opted_out_at >= messages.occurred_at
        and opt_outs.opted_out_at
            < {{ dbt.dateadd('day', 'rules.opt_out_days', 'messages.occurred_at') }}
    group by messages.touchpoint_key
),

int_journey__messages_followed as (
    select
        coalesce(converted.touchpoint_key, opted_out.touchpoint_key) as touchpoint_key,
        converted.converted_at,
        converted.closed_conversion_count,
        opted_out.opted_out_at
    from converted
    full outer join opted_out on converted.touchpoint_key = opted_out.touchpoint_key
)

select * from int_journey__messages_followed
