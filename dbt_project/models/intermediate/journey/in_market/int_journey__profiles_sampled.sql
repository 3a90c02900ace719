{#
    Grain: profile (customer, or record that nothing tied to one yet) and cut-off day on which it
    was known. All of them for the last day; for past days as many as the company's rules allow,
    chosen by their key, others on each day.
#}
with contacts as (
    select * from {{ ref('int_journey__contacts_as_known') }}
),

cutoffs as (
    select * from {{ ref('int_journey__cutoff_days') }}
),

rules as (
    select * from {{ source('company', 'in_market') }}
),

profiles as (
    select
        profile_key,
        customer_key,
        min(known_from_date) as known_from_date,
        max(known_until_date) as known_until_date
    from contacts
    group by profile_key, customer_key
),

counted as (
    select
        cutoffs.cutoff_number,
        cutoffs.cutoff_date,
        cutoffs.is_current,
        count(*) as known_count
    from profiles
    inner join cutoffs
        on cutoffs.cutoff_date between profiles.known_from_date and profiles.known_until_date
    group by cutoffs.cutoff_number, cutoffs.cutoff_date, cutoffs.is_current
),

shares as (
    select
        counted.*,
        case when counted.is_current then 1.0
            else least(1.0, rules.max_rows * 1.0 / rules.training_weeks / counted.known_count)
        end as sample_share
    from counted
    cross join rules
),

int_journey__profiles_sampled as (
    select
        shares.cutoff_number,
        shares.cutoff_date,
        profiles.profile_key,
        profiles.customer_key,
        cast(shares.known_count as bigint) as known_count
    from profiles
    inner join shares
        on shares.cutoff_date between profiles.known_from_date and profiles.known_until_date
    where mod(abs(mod(profiles.profile_key, 1000003)) + shares.cutoff_number * 48611, 1000003)
        < shares.sample_share * 1000003
)

select * from int_journey__profiles_sampled
