{#
    Grain: ad or message variant, the unknown member included. Type 1: as last described.
    Variants that only costs or visits mention are inferred members.
#}
with creatives as (
    select * from {{ ref('int_channel__creatives_described') }}
),

dim_creative as (
    select
        {{ surrogate_key(['creative_code']) }} as creative_key,
        creative_code,
        system,
        {{ key_or_unknown('campaign_code') }} as campaign_key,
        creative_name,
        creative_type,
        subject,
        landing_page,
        is_inferred,
    from creatives
    union all
    select
        {{ unknown_key() }}, 'unknown', 'unknown', {{ unknown_key() }}, 'Unknown', 'unknown',
        null, null, false
)

select * from dim_creative
