{#
    Grain: kind of trial, pair of variants of the same campaigns, segment and result. Fact type:
    none (a comparison to date). Rebuilt whole. Variants are compared within each campaign.
#}
with strata as (
    select * from {{ ref('int_journey__variant_strata') }}
),

shares as (
    select * from {{ ref('int_journey__variant_shares') }}
),

comparisons as (
    select distinct
        comparison_key, trial_type, channel_key, baseline_name, variant_name, segment_scheme,
        segment_name, outcome
    from strata
),

compared as (
    select
        comparisons.*,
        shares.* exclude (comparison_key),
        shares.variant_share - shares.baseline_share as difference,
        1.96 * sqrt(shares.difference_variance) as difference_margin,
        1.96 * sqrt(shares.ratio_variance) as ratio_margin,
        shares.variant_share / nullif(shares.baseline_share, 0) as ratio,
        count(*) over () as comparison_count
    from comparisons
    inner join shares on comparisons.comparison_key = shares.comparison_key
),

message_variant_lift as (
    select
        trial_type,
        channel_key,
        baseline_name,
        variant_name,
        segment_scheme,
        segment_name,
        outcome,
        {{ whole('campaign_count') }} as campaign_count,
        cast(baseline_trials as bigint) as baseline_trials,
        cast(baseline_hits as bigint) as baseline_hits,
        cast(variant_trials as bigint) as variant_trials,
        cast(variant_hits as bigint) as variant_hits,
        baseline_share,
        variant_share,
        difference,
        difference - difference_margin as difference_low,
        difference + difference_margin as difference_high,
        case when ratio > 0 then ratio - 1 end as lift,
        case when ratio > 0 then ratio * exp(-ratio_margin) - 1 end as lift_low,
        case when ratio > 0 then ratio * exp(ratio_margin) - 1 end as lift_high,
        {{ whole('comparison_count') }} as comparison_count,
        abs(difference) > difference_margin as is_clear,
        abs(difference)
            > difference_margin / 1.96 * {{ normal_quantile('0.025 / comparison_count') }}
            as is_clear_among_all
    from compared
)

select * from message_variant_lift
