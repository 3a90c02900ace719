{#
    Grain: foretold outcome, day that tests the model, and tenth of the profiles by probability
    (10 the most likely). Fact type: periodic snapshot. Rebuilt whole.
#}
with tested as (
    select * from {{ ref('int_journey__propensity_tested') }}
),

binned as (
    select
        *,
        ntile(10) over (partition by outcome, cutoff_date order by probability, profile_key)
            as bin_number
    from tested
),

summed as (
    select
        outcome,
        cutoff_date,
        bin_number,
        count(*) as profile_count,
        min(probability) as lowest_probability,
        max(probability) as highest_probability,
        {{ exact_sum('probability') }} as predicted_count,
        sum(is_seen) as observed_count
    from binned
    group by outcome, cutoff_date, bin_number
),

compared as (
    select
        *,
        sum(profile_count) over (partition by outcome, cutoff_date) as all_profiles,
        sum(observed_count) over (partition by outcome, cutoff_date) as all_observed
    from summed
),

propensity_calibration as (
    select
        outcome,
        cutoff_date,
        cast({{ date_key('cutoff_date') }} as {{ dbt.type_int() }}) as cutoff_date_key,
        {{ whole('bin_number') }} as bin_number,
        {{ whole('profile_count') }} as profile_count,
        lowest_probability,
        highest_probability,
        cast(predicted_count as double) as predicted_count,
        {{ whole('observed_count') }} as observed_count,
        cast(predicted_count as double) / profile_count as predicted_share,
        cast(observed_count as double) / profile_count as observed_share,
        {{ wilson('observed_count', 'profile_count', '-') }} as observed_share_low,
        {{ wilson('observed_count', 'profile_count', '+') }} as observed_share_high,
        cast(observed_count as double) / profile_count
            / nullif(cast(all_observed as double) / all_profiles, 0) as lift
    from compared
)

select * from propensity_calibration
