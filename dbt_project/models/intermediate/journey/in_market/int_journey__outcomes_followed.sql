{{ config(materialized='view') }}
{#
    Grain: sampled profile and past cut-off day, with what its customer did within the horizon after
    it: whatever record the contact is of, and whenever the record was tied to the customer.
#}
with contacts as (
    select * from {{ ref('int_journey__contacts_as_known') }}
    where profile_key = customer_key
),

sampled as (
    select * from {{ ref('int_journey__profiles_sampled') }}
),

cutoffs as (
    select * from {{ ref('int_journey__cutoff_days') }}
    where not is_current
),

followed as (
    select
        sampled.cutoff_number,
        sampled.profile_key,
        max(case when contacts.is_conversion then 1 else 0 end) as is_converted,
        {# The first step, the lower stage first where two fall into one second. #}
        mod(
            min(
                case when contacts.is_step and {{ stage_rank('contacts.stage') }} > 0
                    then {{ seconds_between("timestamp '1970-01-01'", 'contacts.occurred_at') }} * 8
                        + {{ stage_rank('contacts.stage') }} end
            ),
            8
        ) as next_stage_rank
    from sampled
    inner join cutoffs on sampled.cutoff_number = cutoffs.cutoff_number
    inner join contacts
        on sampled.customer_key = contacts.customer_key
        and contacts.touchpoint_date > sampled.cutoff_date
        and contacts.touchpoint_date <= cutoffs.horizon_end_date
    group by sampled.cutoff_number, sampled.profile_key
),

int_journey__outcomes_followed as (
    select
        sampled.cutoff_number,
        sampled.profile_key,
        coalesce(followed.is_converted, 0) = 1 as is_converted,
        case coalesce(followed.next_stage_rank, 0)
            when 0 then 'none'
            {%- for stage in journey_stages() %}
            when {{ loop.index }} then '{{ stage }}'
            {%- endfor %}
        end as next_stage
    from sampled
    inner join cutoffs on sampled.cutoff_number = cutoffs.cutoff_number
    left join followed
        on sampled.cutoff_number = followed.cutoff_number
        and sampled.profile_key = followed.profile_key
)

select * from int_journey__outcomes_followed
