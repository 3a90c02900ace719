{#
    Grain: origin of a contact (system, source, medium, campaign).
    The channel is the one of the first rule of the company whose patterns all match, whatever
    the case; a campaign that names a channel of the taxonomy needs no rule. A visit that nothing
    is known of is `(direct)` / `(none)` to the rules, as web analytics calls it. Origins that
    no rule knows are `unclassified`, so that they show instead of vanishing.
#}
with origins as (
    select * from {{ ref('int_channel__contact_origins') }}
),

channel_rules as (
    select * from {{ source('company', 'channel_rule') }}
),

channels as (
    select * from {{ source('company', 'channel') }}
),

named as (
    select
        *,
        case when system = 'ga4' and source = '' and medium = '' and campaign = ''
            then '(direct)' else source end as source_text,
        case when system = 'ga4' and source = '' and medium = '' and campaign = ''
            then '(none)' else medium end as medium_text,
    from origins
),

matches as (
    select
        origins.system,
        origins.source,
        origins.medium,
        origins.campaign,
        channel_rules.channel_code,
        channel_rules.rule_order,
    from named as origins
    inner join channel_rules
        on origins.system = channel_rules.system
        and {{ matches_pattern('origins.source_text', 'channel_rules.source_pattern') }}
        and {{ matches_pattern('origins.medium_text', 'channel_rules.medium_pattern') }}
        and {{ matches_pattern('origins.campaign', 'channel_rules.campaign_pattern') }}
),

first_matches as (
    select *
    from matches
    qualify
        row_number() over (
            partition by system, source, medium, campaign order by rule_order
        ) = 1
),

int_channel__contact_channels as (
    select
        origins.system,
        origins.source,
        origins.medium,
        origins.campaign,
        coalesce(channels.channel_code, first_matches.channel_code, 'unclassified')
            as channel_code,
        first_matches.rule_order,
    from origins
    left join first_matches
        on origins.system = first_matches.system
        and origins.source = first_matches.source
        and origins.medium = first_matches.medium
        and origins.campaign = first_matches.campaign
    left join channels
        on origins.system in ('campaign', 'touchpoint')
        and origins.source = channels.channel_code
)

select * from int_channel__contact_channels
