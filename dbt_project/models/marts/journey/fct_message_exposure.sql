{#
    Grain: message that a known customer got: a contact by e-mail, phone or post that the company
    began of its own accord. Fact type: transaction, with what followed within the company's times
    (`in_market.response_days`, `opt_out_days`). Rebuilt whole: what follows comes later, and late
    messages renumber those after them.
#}
with messages as (
    select * from {{ ref('int_journey__messages_answered') }}
),

followed as (
    select * from {{ ref('int_journey__messages_followed') }}
),

states as (
    select customer_key, snapshot_date, market_state from {{ ref('fct_in_market_daily') }}
),

rules as (
    select * from {{ source('company', 'in_market') }}
),

cutoffs as (
    select cutoff_date as last_date from {{ ref('int_journey__cutoff_days') }}
    where is_current
),

{# Messages of the channel in the days before this one; itself is counted too. #}
recent as (
    select
        messages.touchpoint_key,
        count(*) as recent_exposure_count,
        max(
            case when earlier.touchpoint_key <> messages.touchpoint_key
                then earlier.occurred_at end
        ) as previous_exposure_at
    from messages
    cross join rules
    inner join messages as earlier
        on messages.customer_key = earlier.customer_key
        and messages.channel_key = earlier.channel_key
        and (
            earlier.occurred_at < messages.occurred_at
            or (
                earlier.occurred_at = messages.occurred_at
                and earlier.touchpoint_key <= messages.touchpoint_key
            )
        )
        and earlier.occurred_at
            > {{ dbt.dateadd('day', '-rules.frequency_days', 'messages.occurred_at') }}
    group by messages.touchpoint_key
),

fct_message_exposure as (
    select
        messages.touchpoint_key,
        messages.customer_key,
        messages.occurred_at,
        messages.touchpoint_date as exposure_date,
        messages.touchpoint_date_key as exposure_date_key,
        messages.market_code,
        messages.channel_key,
        messages.campaign_key,
        messages.creative_key,
        messages.touchpoint_type,
        messages.contact_point,
        messages.is_against_consent,
        {{ whole('case when messages.campaign_key <> ' ~ unknown_key() ~ ' then row_number() over ('
            ~ 'partition by messages.customer_key, messages.campaign_key '
            ~ 'order by messages.occurred_at, messages.touchpoint_key) end') }}
            as campaign_exposure_number,
        {{ whole('recent.recent_exposure_count') }} as recent_exposure_count,
        {{ whole(days_between('recent.previous_exposure_at', 'messages.occurred_at')) }}
            as days_since_previous,
        states.market_state,
        states.market_state not in ('in_market', 'researching') as is_out_of_market,
        messages.is_opened,
        messages.is_clicked,
        messages.is_bounced,
        messages.is_responded,
        followed.converted_at is not null as is_converted,
        {{ whole(days_between('messages.occurred_at', 'followed.converted_at')) }}
            as days_to_conversion,
        {{ whole('coalesce(followed.closed_conversion_count, 0)') }} as closed_conversion_count,
        followed.opted_out_at is not null as is_opted_out,
        coalesce(
            {{ days_after('messages.touchpoint_date', 'rules.response_days') }} <= cutoffs.last_date,
            false
        ) as is_window_over
    from messages
    cross join rules
    left join cutoffs on true
    left join recent on messages.touchpoint_key = recent.touchpoint_key
    left join followed on messages.touchpoint_key = followed.touchpoint_key
    left join states
        on messages.customer_key = states.customer_key
        and messages.touchpoint_date = states.snapshot_date
)

select * from fct_message_exposure
