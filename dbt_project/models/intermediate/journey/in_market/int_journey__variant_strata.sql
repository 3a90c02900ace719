{#
    Grain: comparison of two variants in a segment, and campaign in which both were tried. The
    weight of a campaign is that of Mantel and Haenszel.
#}
with trials as (
    select * from {{ ref('int_journey__variant_trials') }}
),

summed as (
    select
        comparison_key,
        campaign_key,
        min(trial_type) as trial_type,
        min(channel_key) as channel_key,
        min(baseline_name) as baseline_name,
        min(variant_name) as variant_name,
        min(segment_scheme) as segment_scheme,
        min(segment_name) as segment_name,
        min(outcome) as outcome,
        cast(sum(case when is_variant then 0 else trials end) as bigint) as baseline_trials,
        cast(sum(case when is_variant then 0 else hits end) as bigint) as baseline_hits,
        cast(sum(case when is_variant then trials else 0 end) as bigint) as variant_trials,
        cast(sum(case when is_variant then hits else 0 end) as bigint) as variant_hits
    from trials
    group by comparison_key, campaign_key
),

int_journey__variant_strata as (
    select
        *,
        cast(baseline_trials as double) * variant_trials / (baseline_trials + variant_trials)
            as weight
    from summed
    where baseline_trials > 0
        and variant_trials > 0
)

select * from int_journey__variant_strata
