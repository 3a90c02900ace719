{#
    Grain: channel of the company's taxonomy, the unknown and the unclassified member included.
    Channel codes that a rule or a campaign names and the taxonomy lacks are inferred members.
#}
with channels as (
    select * from {{ source('company', 'channel') }}
),

contact_channels as (
    select * from {{ ref('int_channel__contact_channels') }}
),

members as (
    select
        channel_code,
        channel_name,
        ownership,
        medium,
        department,
        default_intent,
        default_stage,
        false as is_inferred,
    from channels
    union all
    select distinct
        channel_code,
        channel_code,
        'unknown',
        'unknown',
        'unknown',
        'unknown',
        'unknown',
        true,
    from contact_channels
    where channel_code not in (select channel_code from channels)
        and channel_code <> 'unclassified'
    union all
    select
        'unclassified',
        'Not classified by any rule',
        'unknown',
        'unknown',
        'unknown',
        'unknown',
        'unknown',
        true
    where 'unclassified' not in (select channel_code from channels)
),

dim_channel as (
    select
        {{ surrogate_key(['channel_code']) }} as channel_key,
        channel_code,
        coalesce(channel_name, channel_code) as channel_name,
        coalesce(ownership, 'unknown') as ownership,
        coalesce(medium, 'unknown') as medium,
        coalesce(department, 'unknown') as department,
        coalesce(default_intent, 'unknown') as default_intent,
        coalesce(default_stage, 'unknown') as default_stage,
        coalesce(medium = 'digital', false) as is_digital,
        is_inferred,
    from members
    union all
    select
        {{ unknown_key() }},
        'unknown',
        'Unknown',
        'unknown',
        'unknown',
        'unknown',
        'unknown',
        'unknown',
        false,
        false
)

select * from dim_channel
