{#
    Grain: campaign of any system, the unknown member included. Type 1: as last described.
    A campaign that contacts, costs or leads mention and no source describes is an inferred
    member, replaced in place once its description arrives.
#}
with described as (
    select * from {{ ref('int_channel__campaigns_described') }}
),

mentioned as (
    select * from {{ ref('int_channel__campaigns_mentioned') }}
),

contact_channels as (
    select * from {{ ref('int_channel__contact_channels') }}
),

members as (
    select
        campaign_code,
        system,
        origin_system,
        campaign_id,
        campaign_name,
        campaign_type,
        status,
        start_date,
        end_date,
        budget_amount,
        cost_amount,
        origin_source,
        origin_medium,
        false as is_inferred,
    from described
    union all
    select
        campaign_code,
        system,
        system,
        campaign_id,
        campaign_id,
        null,
        null,
        null,
        null,
        null,
        null,
        '',
        '',
        true,
    from mentioned
    where campaign_code not in (select campaign_code from described)
),

dim_campaign as (
    select
        {{ surrogate_key(['members.campaign_code']) }} as campaign_key,
        members.campaign_code,
        members.system,
        members.campaign_id,
        coalesce(members.campaign_name, members.campaign_id) as campaign_name,
        coalesce(members.campaign_type, 'unknown') as campaign_type,
        coalesce(members.status, 'unknown') as status,
        {{ key_or_unknown('contact_channels.channel_code') }} as channel_key,
        members.start_date,
        members.end_date,
        members.budget_amount,
        members.cost_amount,
        members.is_inferred,
    from members
    left join contact_channels
        on members.origin_system = contact_channels.system
        and members.origin_source = contact_channels.source
        and members.origin_medium = contact_channels.medium
        and contact_channels.campaign = ''
    union all
    select
        {{ unknown_key() }}, 'unknown', 'unknown', 'unknown', 'Unknown', 'unknown', 'unknown',
        {{ unknown_key() }}, null, null, null, null, false
)

select * from dim_campaign
