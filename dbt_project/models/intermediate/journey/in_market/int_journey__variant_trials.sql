{#
    Grain: kind of trial, campaign, pair of variants and side, segment, result, and who was tried:
    one of a thousand groups of customers, or a day where nobody is known. All trials of a customer
    are in one group, so that groups differ by no less than customers do, and stay few.
#}
{%- set outcomes = ['opened', 'clicked', 'converted', 'opted_out'] %}
with pairs as (
    select * from {{ ref('int_journey__variant_pairs') }}
),

tried as (
    select * from {{ ref('int_journey__variants_tried') }}
),

ad_spend as (
    select * from {{ ref('fct_ad_spend_daily') }}
),

segments as (
    select * from {{ ref('bridge_customer_segment') }}
),

segmented as (
    select tried.*, 'all' as segment_scheme, 'all' as segment_name from tried
    union all
    select tried.*, 'market', market_code from tried
    union all
    select tried.*, segments.segment_scheme, segments.segment_name
    from tried
    inner join segments
        on tried.customer_key = segments.customer_key
        and tried.occurred_at >= segments.valid_from
        and tried.occurred_at < segments.valid_to
),

grouped as (
    select
        trial_type,
        creative_key,
        segment_scheme,
        segment_name,
        abs(mod(mod(customer_key, 1000003), 1000)) as cluster_key,
        {%- for outcome in outcomes %}
        count({{ outcome }}) as {{ outcome }}_trials,
        sum({{ outcome }}) as {{ outcome }}_hits
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from segmented
    group by
        trial_type, creative_key, segment_scheme, segment_name,
        abs(mod(mod(customer_key, 1000003), 1000))
),

results as (
    {%- for outcome in outcomes %}
    select
        trial_type,
        creative_key,
        segment_scheme,
        segment_name,
        '{{ outcome }}' as outcome,
        cluster_key,
        {{ outcome }}_trials as trials,
        {{ outcome }}_hits as hits
    from grouped
    where {{ outcome }}_trials > 0
    union all
    {%- endfor %}
    select
        'ad_impression',
        creative_key,
        'all',
        'all',
        'clicked',
        spend_date_key,
        sum(impressions),
        sum(clicks)
    from ad_spend
    where impressions >= clicks
    group by creative_key, spend_date_key
),

int_journey__variant_trials as (
    select
        {{ surrogate_key([
            'results.trial_type', 'pairs.channel_key', 'pairs.baseline_name',
            'pairs.variant_name', 'results.segment_scheme', 'results.segment_name',
            'results.outcome',
        ]) }} as comparison_key,
        results.trial_type,
        pairs.channel_key,
        pairs.campaign_key,
        pairs.baseline_name,
        pairs.variant_name,
        pairs.is_variant,
        results.segment_scheme,
        results.segment_name,
        results.outcome,
        cast(results.cluster_key as bigint) as cluster_key,
        cast(sum(results.trials) as bigint) as trials,
        cast(sum(results.hits) as bigint) as hits
    from results
    inner join pairs on results.creative_key = pairs.creative_key
    group by
        results.trial_type, pairs.channel_key, pairs.campaign_key, pairs.baseline_name,
        pairs.variant_name, pairs.is_variant, results.segment_scheme, results.segment_name,
        results.outcome, results.cluster_key
)

select * from int_journey__variant_trials
