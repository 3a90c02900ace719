{#
    Grain: journey of a customer, from the first contact to a conversion or a lapse. Fact type:
    accumulating snapshot. Late contacts may move a journey's start, join two journeys or split
    one: the journeys of the customers whom they touch are built anew, and here joined with what
    may change by itself (place, value, market, mood, the end of history); the key is that of the
    contact that began it.
#}
with paths as (
    select * from {{ ref('int_journey__paths_described') }}
),

entries as (
    select * from {{ ref('fct_touchpoint') }}
    where is_engagement
),

endings as (
    select * from {{ ref('fct_touchpoint') }}
    where is_conversion
),

channels as (
    select channel_key, is_digital from {{ ref('dim_channel') }}
),

conversions as (
    select * from {{ ref('int_journey__conversions_valued') }}
),

customers as (
    select customer_key, market_code from {{ ref('dim_customer') }}
    where is_current
),

moods as (
    select * from {{ ref('int_journey__moods_summed') }}
),

company as (
    select
        journey_lapse_days,
        {{ dbt.dateadd('day', 1, 'cast(end_date as timestamp)') }} as history_ends_at
    from {{ source('company', 'company') }}
),

dated as (
    select
        paths.*,
        {{ dbt.dateadd('day', 'company.journey_lapse_days', 'paths.last_touch_at') }} as lapses_at,
        company.history_ends_at
    from paths
    cross join company
),

fct_journey as (
    select
        dated.journey_key,
        dated.customer_key,
        {{ whole('dated.journey_number') }} as journey_number,
        coalesce(nullif(entries.market_code, 'unknown'), customers.market_code, 'unknown')
            as market_code,
        dated.started_at,
        cast({{ date_key('entries.touchpoint_date') }} as {{ dbt.type_int() }}) as start_date_key,
        dated.last_touch_at,
        dated.converted_at,
        cast({{ date_key('endings.touchpoint_date') }} as {{ dbt.type_int() }})
            as conversion_date_key,
        case
            when dated.converted_at is not null then dated.converted_at
            when dated.lapses_at < dated.history_ends_at then dated.lapses_at
        end as ended_at,
        case
            when dated.converted_at is not null then 'converted'
            when dated.lapses_at < dated.history_ends_at then 'lapsed'
            else 'open'
        end as outcome,
        endings.conversion_type,
        endings.sale_id,
        coalesce(endings.store_key, {{ unknown_key() }}) as store_key,
        coalesce(endings.distributor_key, {{ unknown_key() }}) as distributor_key,
        conversions.place_type,
        entries.channel_key as entry_channel_key,
        entries.device_category as entry_device_category,
        coalesce(dated.last_channel_key, {{ unknown_key() }}) as last_channel_key,
        coalesce(channels.is_digital, false) as is_online_start,
        dated.is_anonymous_start,
        dated.identified_at,
        {{ whole('dated.anonymous_touchpoint_count') }} as anonymous_touchpoint_count,
        dated.cycle,
        dated.is_reopened,
        coalesce(dated.reopened_journey_key, {{ unknown_key() }}) as reopened_journey_key,
        {{ days_of('dated.reopened_after_micros') }} as days_since_reopened_journey,
        dated.path,
        dated.path_collapsed,
        dated.path_unique,
        dated.path_first,
        dated.stage_path,
        {{ whole('dated.touchpoint_count') }} as touchpoint_count,
        {{ whole('dated.distinct_channel_count') }} as distinct_channel_count,
        dated.awareness_at,
        dated.consideration_at,
        dated.intent_at,
        dated.purchase_at,
        dated.service_at,
        dated.loyalty_at,
        {{ whole('dated.switch_count') }} as switch_count,
        {{ whole('dated.loop_count') }} as loop_count,
        {{ whole('dated.back_step_count') }} as back_step_count,
        {{ whole('dated.skipped_stage_count') }} as skipped_stage_count,
        dated.loop_count + dated.back_step_count + dated.skipped_stage_count = 0 as is_linear,
        {{ whole('dated.stall_count') }} as stall_count,
        cast(floor(dated.longest_pause_micros / 86400000000.0) as {{ dbt.type_int() }})
            as stall_days,
        {{ whole('dated.repeat_contact_count') }} as repeat_contact_count,
        {{ days_of(seconds_between('dated.started_at', 'dated.converted_at') ~ ' * 1000000.0') }}
            as days_to_convert,
        {{ hours_of('dated.median_pause_micros') }} as median_hours_between,
        {{ hours_of('dated.mean_pause_micros') }} as mean_hours_between,
        {{ whole('dated.conversion_count') }} as conversion_count,
        {{ whole('dated.lead_count') }} as lead_count,
        dated.lead_at,
        {{ whole('dated.after_sale_count') }} as after_sale_count,
        moods.csat_score,
        moods.nps_score,
        cast(coalesce(moods.negative_count, 0) as {{ dbt.type_int() }}) as negative_count,
        conversions.revenue_amount,
        conversions.margin_amount
    from dated
    inner join entries on dated.journey_key = entries.touchpoint_key
    left join endings on dated.conversion_touchpoint_key = endings.touchpoint_key
    left join conversions on endings.sale_id = conversions.sale_id
    left join channels on entries.channel_key = channels.channel_key
    left join customers on dated.customer_key = customers.customer_key
    left join moods on dated.journey_key = moods.journey_key
)

select * from fct_journey
