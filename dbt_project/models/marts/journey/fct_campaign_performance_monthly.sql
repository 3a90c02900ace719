{#
    Grain: month, campaign, channel and attribution model. Fact type: periodic snapshot. What was
    spent in the month beside what converted in it: one calendar for both, spend by its own day and
    credit by the day of the conversion. Costs meet credit where costs are known: by campaign, by
    channel where no campaign is known. Spend without credit and credit without spend stand in rows
    of their own, the conversions that nothing led to in the row of the unknown channel. Spend and
    claims repeat in the rows of each model, as conversions do: ask for one model at a time.
#}
with spend as (
    select * from {{ ref('fct_ad_spend_daily') }}
),

attribution as (
    select * from {{ ref('fct_attribution') }}
),

conversions as (
    select conversion_key, conversion_date from {{ ref('fct_conversion') }}
),

campaigns as (
    select campaign_key, channel_key from {{ ref('dim_campaign') }}
),

models as (
    {%- for model in attribution_models() %}
    select '{{ model }}' as attribution_model
    {%- if not loop.last %} union all{% endif %}
    {%- endfor %}
),

dated_spend as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'spend_date') }} as date) as month_start_date
    from spend
),

monthly_spend as (
    select
        month_start_date,
        campaign_key,
        channel_key,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        {{ exact_sum('spend_amount') }} as spend_amount,
        {{ exact_sum('claimed_conversions') }} as claimed_conversions,
        {{ exact_sum('claimed_revenue_amount') }} as claimed_revenue_amount
    from dated_spend
    group by month_start_date, campaign_key, channel_key
),

{# A contact counts for the channel of its campaign, so that it meets what the campaign cost. #}
credited as (
    select
        cast({{ dbt.date_trunc('month', 'conversions.conversion_date') }} as date)
            as month_start_date,
        attribution.campaign_key,
        coalesce(nullif(campaigns.channel_key, {{ unknown_key() }}), attribution.channel_key)
            as channel_key,
        attribution.attribution_model,
        attribution.conversion_type,
        attribution.credited_conversions,
        attribution.credited_revenue_amount,
        attribution.credited_net_revenue_amount,
        attribution.credited_margin_amount
    from attribution
    inner join conversions on attribution.conversion_key = conversions.conversion_key
    left join campaigns on attribution.campaign_key = campaigns.campaign_key
),

monthly_credit as (
    select
        month_start_date,
        campaign_key,
        channel_key,
        attribution_model,
        {%- for type in ['sale', 'won_deal', 'lead', 'qualified_lead'] %}
        sum(case when conversion_type = '{{ type }}' then credited_conversions else 0 end)
            as credited_{{ type }}s,
        {%- endfor %}
        sum(credited_revenue_amount) as credited_revenue_amount,
        sum(credited_net_revenue_amount) as credited_net_revenue_amount,
        sum(credited_margin_amount) as credited_margin_amount
    from credited
    group by month_start_date, campaign_key, channel_key, attribution_model
),

spend_by_model as (
    select * from monthly_spend
    cross join models
),

joined as (
    select
        coalesce(spent.month_start_date, earned.month_start_date) as month_start_date,
        coalesce(spent.campaign_key, earned.campaign_key) as campaign_key,
        coalesce(spent.channel_key, earned.channel_key) as channel_key,
        coalesce(spent.attribution_model, earned.attribution_model) as attribution_model,
        spent.month_start_date is not null as has_spend,
        earned.month_start_date is not null as has_credit,
        spent.impressions,
        spent.clicks,
        spent.spend_amount,
        spent.claimed_conversions,
        spent.claimed_revenue_amount,
        {%- for measure in [
            'sales', 'won_deals', 'leads', 'qualified_leads', 'revenue_amount', 'net_revenue_amount'
        ] %}
        coalesce(earned.credited_{{ measure }}, 0) as credited_{{ measure }},
        {%- endfor %}
        earned.credited_margin_amount
    from spend_by_model as spent
    full join monthly_credit as earned
        on spent.month_start_date = earned.month_start_date
        and spent.campaign_key = earned.campaign_key
        and spent.channel_key = earned.channel_key
        and spent.attribution_model = earned.attribution_model
),

fct_campaign_performance_monthly as (
    select
        month_start_date,
        campaign_key,
        channel_key,
        attribution_model,
        has_spend,
        has_credit,
        cast(impressions as bigint) as impressions,
        cast(clicks as bigint) as clicks,
        cast(spend_amount as decimal(18, 4)) as spend_amount,
        {%- for measure in ['sales', 'won_deals', 'leads', 'qualified_leads'] %}
        cast(credited_{{ measure }} as decimal(18, 10)) as credited_{{ measure }},
        {%- endfor %}
        {%- for measure in ['revenue', 'net_revenue', 'margin'] %}
        cast(credited_{{ measure }}_amount as decimal(18, 4)) as credited_{{ measure }}_amount,
        {%- endfor %}
        cast(claimed_conversions as double) as claimed_conversions,
        cast(claimed_revenue_amount as decimal(18, 4)) as claimed_revenue_amount,
        cast(claimed_conversions - credited_sales - credited_won_deals as double)
            as overclaimed_conversions,
        cast(claimed_revenue_amount - credited_revenue_amount as decimal(18, 4))
            as overclaimed_revenue_amount,
        cast(spend_amount / nullif(credited_sales + credited_won_deals, 0) as double)
            as cost_per_conversion_amount,
        cast(spend_amount / nullif(credited_leads, 0) as double) as cost_per_lead_amount,
        cast(credited_revenue_amount / nullif(spend_amount, 0) as double) as return_on_ad_spend
    from joined
)

select * from fct_campaign_performance_monthly
