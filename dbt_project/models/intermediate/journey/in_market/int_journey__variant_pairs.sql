{{ config(materialized='view') }}
{#
    Grain: campaign, pair of its variants, and side of the pair. The baseline is the variant with
    the lowest code; names are told without the words with which all names of the campaign begin, so
    that pairs of many campaigns can be looked at together.
#}
with creatives as (
    select * from {{ ref('dim_creative') }}
    where campaign_key <> {{ unknown_key() }}
),

campaigns as (
    select * from {{ ref('dim_campaign') }}
),

spanned as (
    select
        campaign_key,
        min(creative_name) as first_name,
        max(creative_name) as last_name
    from creatives
    group by campaign_key
),

named as (
    select
        creatives.creative_key,
        creatives.campaign_key,
        campaigns.channel_key,
        substr(
            creatives.creative_name,
            {{ words_in_common('spanned.first_name', 'spanned.last_name') }} + 1
        ) as variant_name,
        row_number() over (
            partition by creatives.campaign_key order by creatives.creative_code
        ) as variant_number
    from creatives
    inner join spanned on creatives.campaign_key = spanned.campaign_key
    inner join campaigns on creatives.campaign_key = campaigns.campaign_key
),

pairs as (
    select
        variants.campaign_key,
        variants.channel_key,
        variants.creative_key,
        baselines.creative_key as baseline_key,
        baselines.variant_name as baseline_name,
        case when variants.variant_name = baselines.variant_name
            then variants.variant_name || ' ' || variants.variant_number
            else variants.variant_name end as variant_name
    from named as variants
    inner join named as baselines
        on variants.campaign_key = baselines.campaign_key
        and baselines.variant_number = 1
        and variants.variant_number > 1
),

{# Two further variants of one name in a campaign count as one. #}
int_journey__variant_pairs as (
    select campaign_key, channel_key, baseline_name, variant_name, true as is_variant, creative_key
    from pairs
    union
    select campaign_key, channel_key, baseline_name, variant_name, false, baseline_key
    from pairs
)

select * from int_journey__variant_pairs
