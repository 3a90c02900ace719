{#
    Grain: foretold outcome and day that tests the model, which had learnt only from what was known
    on the first of these days. Fact type: periodic snapshot. Rebuilt whole.
    The base is the share that was then seen, given to all alike: no constant does better.
#}
with tested as (
    select * from {{ ref('int_journey__propensity_tested') }}
),

calibration as (
    select * from {{ ref('propensity_calibration') }}
),

{# Profiles of equal probability count as half won, half lost against each other. #}
levels as (
    select
        outcome,
        cutoff_date,
        probability,
        sum(is_seen) as seen,
        count(*) - sum(is_seen) as unseen
    from tested
    group by outcome, cutoff_date, probability
),

ranked as (
    select
        *,
        sum(unseen) over (
            partition by outcome, cutoff_date order by probability
            rows between unbounded preceding and current row
        ) - unseen as unseen_below
    from levels
),

areas as (
    select
        outcome,
        cutoff_date,
        sum(seen * (2 * unseen_below + unseen)) / 2.0
            / nullif(cast(sum(seen) as double) * sum(unseen), 0) as auc
    from ranked
    group by outcome, cutoff_date
),

summed as (
    select
        outcome,
        cutoff_date,
        max(known_count) as known_count,
        max(method) as method,
        max(model_version) as model_version,
        max(trained_until_date) as trained_until_date,
        count(*) as profile_count,
        {{ exact_sum('probability') }} as predicted_count,
        sum(is_seen) as observed_count,
        cast(sum(is_seen) as double) / count(*) as seen_share,
        {{ exact_sum('(probability - is_seen) * (probability - is_seen)') }} as squares,
        {{ exact_sum(
            'case when is_seen = 1 then -ln(greatest(probability, 0.000001)) '
            ~ 'else -ln(greatest(1 - probability, 0.000001)) end'
        ) }} as losses
    from tested
    group by outcome, cutoff_date
),

propensity_evaluation as (
    select
        summed.outcome,
        summed.cutoff_date,
        cast({{ date_key('summed.cutoff_date') }} as {{ dbt.type_int() }}) as cutoff_date_key,
        summed.method,
        summed.model_version,
        summed.trained_until_date,
        cast(summed.known_count as bigint) as known_count,
        {{ whole('summed.profile_count') }} as profile_count,
        cast(summed.predicted_count as double) as predicted_count,
        {{ whole('summed.observed_count') }} as observed_count,
        summed.observed_count / nullif(cast(summed.predicted_count as double), 0)
            as observed_to_predicted,
        areas.auc,
        calibration.lift as top_tenth_lift,
        cast(summed.squares as double) / summed.profile_count as brier_score,
        summed.seen_share * (1 - summed.seen_share) as base_brier_score,
        cast(summed.losses as double) / summed.profile_count as log_loss,
        case when summed.seen_share in (0, 1) then 0
            else -summed.seen_share * ln(summed.seen_share)
                - (1 - summed.seen_share) * ln(1 - summed.seen_share)
        end as base_log_loss
    from summed
    left join areas
        on summed.outcome = areas.outcome
        and summed.cutoff_date = areas.cutoff_date
    left join calibration
        on summed.outcome = calibration.outcome
        and summed.cutoff_date = calibration.cutoff_date
        and calibration.bin_number = 10
)

select * from propensity_evaluation
