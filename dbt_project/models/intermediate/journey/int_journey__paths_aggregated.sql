{#
    Grain: kind of conversion and path of channels: conversions that the path led to, what they
    brought, and journeys on the path that had no conversion of the kind (nulls). What models that
    learn from all journeys are given. The path of a conversion is that of the contacts that may
    share in its credit; a journey without one is looked back upon from its last contact, by the
    same lookback. Journeys that are still open count as not converted so far.
#}
with conversions as (
    select * from {{ ref('fct_conversion') }}
),

contacts as (
    select * from {{ ref('int_journey__contacts_credited') }}
),

steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
    where not is_after_sale
        and journey_key <> {{ unknown_key() }}
        and touchpoint_key not in (
            select touchpoint_key from {{ ref('fct_conversion') }}
            where conversion_type in ('sale', 'won_deal')
        )
),

channels as (
    select
        channel_key,
        channel_code,
        row_number() over (order by channel_code) as channel_number
    from {{ ref('dim_channel') }}
),

codes as (
    select {{ code_list('channel_code', 'channel_number') }} as codes
    from channels
),

lookbacks as (
    select * from {{ ref('int_journey__channel_lookbacks') }}
),

{# Kinds of conversion that look back alike on every channel share the work: one of them stands
   for all. #}
kinds as (
    select
        conversion_type,
        min(conversion_type) over (partition by lookback_seconds) as lookback_type
    from (
        select
            conversion_type,
            {{ code_list('lookback_seconds', 'channel_key') }} as lookback_seconds
        from lookbacks
        group by conversion_type
    ) as listed
),

converting as (
    select
        contacts.conversion_key,
        {{ channel_list('contacts.step_number', 'channels.channel_number', 'true') }} as channels
    from contacts
    inner join channels on contacts.channel_key = channels.channel_key
    group by contacts.conversion_key
),

last_contacts as (
    select
        journey_key,
        max(occurred_at) as last_contact_at
    from steps
    group by journey_key
),

travelled as (
    select
        steps.journey_key,
        lookbacks.conversion_type as lookback_type,
        {{ channel_list('steps.step_number', 'channels.channel_number', 'true') }} as channels
    from steps
    inner join last_contacts on steps.journey_key = last_contacts.journey_key
    inner join channels on steps.channel_key = channels.channel_key
    inner join lookbacks on steps.channel_key = lookbacks.channel_key
    where lookbacks.conversion_type in (select lookback_type from kinds)
        and {{ seconds_between('steps.occurred_at', 'last_contacts.last_contact_at') }}
        <= lookbacks.lookback_seconds
    group by steps.journey_key, lookbacks.conversion_type
),

{# Journeys without a conversion of a kind are all journeys less those that have one. #}
converted_journeys as (
    select distinct conversion_type, journey_key from conversions
),

counted as (
    select
        conversions.conversion_type,
        converting.channels,
        1 as conversions,
        coalesce(conversions.revenue_amount, 0) as revenue_amount,
        0 as nulls
    from conversions
    left join converting on conversions.conversion_key = converting.conversion_key
    union all
    select
        kinds.conversion_type,
        travelled.channels,
        0,
        0,
        count(*) as nulls
    from travelled
    inner join kinds on travelled.lookback_type = kinds.lookback_type
    group by kinds.conversion_type, travelled.channels
    union all
    select
        kinds.conversion_type,
        travelled.channels,
        0,
        0,
        -1
    from converted_journeys
    inner join kinds on converted_journeys.conversion_type = kinds.conversion_type
    inner join travelled
        on converted_journeys.journey_key = travelled.journey_key
        and kinds.lookback_type = travelled.lookback_type
),

summed as (
    select
        conversion_type,
        channels,
        sum(conversions) as conversions,
        sum(revenue_amount) as revenue_amount,
        sum(nulls) as nulls
    from counted
    group by conversion_type, channels
),

int_journey__paths_aggregated as (
    select
        summed.conversion_type,
        coalesce({{ channels_as_text('summed.channels', 'codes.codes') }}, '') as path,
        cast(summed.conversions as bigint) as conversions,
        cast(summed.revenue_amount as decimal(28, 4)) as revenue_amount,
        cast(summed.nulls as bigint) as nulls
    from summed
    cross join codes
    where summed.conversions > 0
        or summed.nulls > 0
)

select * from int_journey__paths_aggregated
