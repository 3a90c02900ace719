{#
    Grain: kind of conversion and path of channels: conversions that the path led to, what they
    brought, and journeys on the path that had no conversion of the kind (nulls). What models that
    learn from all journeys are given. The path of a conversion is that of the contacts that may
    share in its credit; a journey without one is looked back upon from its last contact, by the
    same lookback. Journeys that are still open count as not converted so far.
#}
{%- set layout = warehouse_steps() -%}
{%- set is_contact -%}
    not ({{ step_flag('item', 'after_sale', layout) }})
    and {{ step_kind('item', layout) }} not in (1, 2)
{%- endset %}
with conversions as (
    select * from {{ ref('fct_conversion') }}
),

contacts as (
    select * from {{ ref('int_journey__contacts_credited') }}
),

journeys as (
    select * from {{ ref('int_journey__journeys_packed') }}
    where journey_number > 0
),

channels as (
    select * from {{ ref('int_journey__channel_numbers') }}
),

codes as (
    select {{ code_list('channel_code', 'channel_number') }} as channel_codes
    from channels
),

{# Kinds of conversion that look back alike on every channel share the work: one stands for all. #}
listed as (
    select
        lookbacks.conversion_type,
        {{ code_list(
            'cast(lookbacks.lookback_seconds as bigint) * 1000000', 'channels.channel_number'
        ) }} as lookback_micros
    from {{ ref('int_journey__channel_lookbacks') }} as lookbacks
    inner join channels on lookbacks.channel_key = channels.channel_key
    group by lookbacks.conversion_type
),

kinds as (
    select
        conversion_type,
        lookback_micros,
        min(conversion_type) over (partition by lookback_micros) as lookback_type
    from listed
),

visited as (
    select
        {{ step_key(list_at('steps', '1'), layout) }} as journey_key,
        {{ list_where('steps', is_contact) }} as steps
    from journeys
),

travelled as (
    {%- set last_step = list_at('visited.steps', list_length('visited.steps')) %}
    select
        visited.journey_key,
        kinds.conversion_type as lookback_type,
        {{ list_of(
            list_where(
                'visited.steps',
                step_micros(last_step, layout) ~ ' - ' ~ step_micros('item', layout) ~ ' <= '
                ~ list_at('kinds.lookback_micros', step_channel('item', layout))
            ),
            step_channel('item', layout)
        ) }} as path_channels
    from visited
    cross join kinds
    where kinds.conversion_type = kinds.lookback_type
        and {{ list_length('visited.steps') }} > 0
),

all_paths as (
    select
        lookback_type,
        path_channels,
        count(*) as journeys
    from travelled
    group by lookback_type, path_channels
),

{# Journeys without a conversion of a kind are all journeys less those that have one. #}
converted_paths as (
    select
        converted.conversion_type,
        travelled.path_channels,
        count(*) as journeys
    from (select distinct conversion_type, journey_key from conversions) as converted
    inner join kinds on converted.conversion_type = kinds.conversion_type
    inner join travelled
        on converted.journey_key = travelled.journey_key
        and kinds.lookback_type = travelled.lookback_type
    group by converted.conversion_type, travelled.path_channels
),

conversion_paths as (
    select
        contacts.conversion_key,
        {{ list_of(
            list_sorted('contacts.step_number * 1048576 + channels.channel_number'),
            'item & 1048575'
        ) }} as path_channels
    from contacts
    inner join channels on contacts.channel_key = channels.channel_key
    group by contacts.conversion_key
),

counted as (
    select
        kinds.conversion_type,
        {{ list_as_path('all_paths.path_channels', 'codes.channel_codes') }} as path,
        0 as conversions,
        0 as revenue_amount,
        all_paths.journeys as nulls
    from all_paths
    inner join kinds on all_paths.lookback_type = kinds.lookback_type
    cross join codes
    union all
    select
        converted_paths.conversion_type,
        {{ list_as_path('converted_paths.path_channels', 'codes.channel_codes') }},
        0,
        0,
        0 - converted_paths.journeys
    from converted_paths
    cross join codes
    union all
    select
        conversions.conversion_type,
        coalesce({{ list_as_path('conversion_paths.path_channels', 'codes.channel_codes') }}, ''),
        1,
        coalesce(conversions.revenue_amount, 0),
        0
    from conversions
    cross join codes
    left join conversion_paths on conversions.conversion_key = conversion_paths.conversion_key
),

int_journey__paths_aggregated as (
    select
        conversion_type,
        path,
        cast(sum(conversions) as bigint) as conversions,
        cast(sum(revenue_amount) as decimal(28, 4)) as revenue_amount,
        cast(sum(nulls) as bigint) as nulls
    from counted
    group by conversion_type, path
    having sum(conversions) > 0 or sum(nulls) > 0
)

select * from int_journey__paths_aggregated
