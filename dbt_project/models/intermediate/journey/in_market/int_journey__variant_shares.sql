{#
    Grain: comparison of two variants in a segment: the shares with the result over all campaigns,
    and the variances of their difference and of the logarithm of their ratio.
    The variance adds up what each group of customers brings, all trials of one together, and is at
    least what chance alone would give, with one hit and one miss more on either side, so that no
    hit at all proves nothing.
#}
with strata as (
    select * from {{ ref('int_journey__variant_strata') }}
),

trials as (
    select * from {{ ref('int_journey__variant_trials') }}
),

totals as (
    select
        comparison_key,
        count(*) as campaign_count,
        sum(baseline_trials) as baseline_trials,
        sum(baseline_hits) as baseline_hits,
        sum(variant_trials) as variant_trials,
        sum(variant_hits) as variant_hits,
        cast({{ exact_sum('weight') }} as double) as weight,
        cast({{ exact_sum('weight * baseline_hits / baseline_trials') }} as double)
            as baseline_part,
        cast({{ exact_sum('weight * variant_hits / variant_trials') }} as double) as variant_part,
        cast({{ exact_sum('weight * weight / baseline_trials') }} as double) as baseline_spread,
        cast({{ exact_sum('weight * weight / variant_trials') }} as double) as variant_spread
    from strata
    group by comparison_key
),

shares as (
    select
        *,
        baseline_part / weight as baseline_share,
        variant_part / weight as variant_share,
        {{ chance_variance('baseline') }} as baseline_chance,
        {{ chance_variance('variant') }} as variant_chance
    from totals
),

{# How far the trials of a group pull the share of a side away from that of the others. #}
pulls as (
    select
        trials.comparison_key,
        trials.cluster_key,
        cast({{ exact_sum(
            'case when trials.is_variant then 0 else ' ~ pull('baseline') ~ ' end'
        ) }} as double) as baseline_pull,
        cast({{ exact_sum(
            'case when trials.is_variant then ' ~ pull('variant') ~ ' else 0 end'
        ) }} as double) as variant_pull
    from trials
    inner join strata
        on trials.comparison_key = strata.comparison_key
        and trials.campaign_key = strata.campaign_key
    group by trials.comparison_key, trials.cluster_key
),

spread as (
    select
        pulls.comparison_key,
        cast({{ exact_sum(
            '(pulls.variant_pull - pulls.baseline_pull)'
            ~ ' * (pulls.variant_pull - pulls.baseline_pull)'
        ) }} as double) as difference_pull,
        cast({{ exact_sum(
            '(pulls.variant_pull / nullif(shares.variant_share, 0)'
            ~ ' - pulls.baseline_pull / nullif(shares.baseline_share, 0))'
            ~ ' * (pulls.variant_pull / nullif(shares.variant_share, 0)'
            ~ ' - pulls.baseline_pull / nullif(shares.baseline_share, 0))'
        ) }} as double) as ratio_pull
    from pulls
    inner join shares on pulls.comparison_key = shares.comparison_key
    group by pulls.comparison_key
),

int_journey__variant_shares as (
    select
        shares.*,
        greatest(
            spread.difference_pull / (shares.weight * shares.weight),
            shares.baseline_chance + shares.variant_chance
        ) as difference_variance,
        greatest(
            spread.ratio_pull / (shares.weight * shares.weight),
            shares.baseline_chance / nullif(shares.baseline_share * shares.baseline_share, 0)
            + shares.variant_chance / nullif(shares.variant_share * shares.variant_share, 0)
        ) as ratio_variance
    from shares
    inner join spread on shares.comparison_key = spread.comparison_key
)

select * from int_journey__variant_shares
