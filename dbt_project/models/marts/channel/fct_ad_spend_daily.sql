{#
    Grain: platform, campaign, creative, e-tailer and day. Fact type: periodic snapshot.
    Late and restated days: rebuilt in full at each build, for the campaign of an ad may become
    known after its costs; the table is small.
    Claimed numbers are what the platform says of itself; they are not sales.
    The channel is the campaign's; of a campaign that nobody knows, the platform's.
#}
with ad_spend as (
    select * from {{ ref('int_channel__ad_spend_unioned') }}
),

campaigns as (
    select * from {{ ref('dim_campaign') }}
),

platform_channels as (
    select system, channel_code from {{ ref('int_channel__contact_channels') }}
    where source = ''
        and medium = ''
        and campaign = ''
),

company as (
    select * from {{ source('company', 'company') }}
),

fx_rates as (
    select * from {{ source('company', 'fx_rate') }}
),

in_currency as (
    select
        ad_spend.*,
        coalesce(ad_spend.currency_code, company.currency_code) as account_currency_code,
    from ad_spend
    cross join company
),

fct_ad_spend_daily as (
    select
        {{ surrogate_key([
            'spend.platform', 'spend.campaign_code', 'spend.creative_code',
            'spend.distributor_code', 'spend.account_currency_code', 'spend.spend_date',
        ]) }} as ad_spend_key,
        spend.spend_date,
        cast({{ date_key('spend.spend_date') }} as integer) as spend_date_key,
        spend.platform,
        {{ key_or_unknown('spend.campaign_code') }} as campaign_key,
        {{ key_or_unknown('spend.creative_code') }} as creative_key,
        coalesce(
            nullif(campaigns.channel_key, {{ unknown_key() }}),
            {{ key_or_unknown('platform_channels.channel_code') }}
        ) as channel_key,
        {{ key_or_unknown('spend.distributor_code') }} as distributor_key,
        cast(spend.impressions as bigint) as impressions,
        cast(spend.clicks as bigint) as clicks,
        spend.spend_amount_original * fx_rates.rate as spend_amount,
        cast(spend.spend_amount_original as double) as spend_amount_original,
        spend.account_currency_code as currency_code,
        spend.claimed_conversions,
        spend.claimed_revenue_amount_original * fx_rates.rate as claimed_revenue_amount,
        spend.load_id,
    from in_currency as spend
    left join campaigns on spend.campaign_code = campaigns.campaign_code
    left join platform_channels on spend.platform = platform_channels.system
    left join fx_rates
        on spend.account_currency_code = fx_rates.currency_code
        and spend.spend_date >= fx_rates.valid_from
        and spend.spend_date < fx_rates.valid_to
)

select * from fct_ad_spend_daily
