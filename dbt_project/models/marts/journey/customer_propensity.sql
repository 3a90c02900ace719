{#
    Grain: customer, as of the last day of the data. Fact type: none (odds of what comes next).
    Rebuilt whole. A customer who never had a contact has no odds, and is shown so.
#}
with customers as (
    select customer_key, customer_type, market_code, is_identified from {{ ref('dim_customer') }}
    where is_current
        and customer_key <> {{ unknown_key() }}
        and customer_type <> 'deleted'
),

foretold as (
    select * from {{ ref('int_journey__propensity_foretold') }}
    where profile_key = customer_key
),

cutoffs as (
    select * from {{ ref('int_journey__cutoff_days') }}
    where is_current
),

current_odds as (
    select foretold.* from foretold
    inner join cutoffs on foretold.cutoff_number = cutoffs.cutoff_number
),

customer_propensity as (
    select
        customers.customer_key,
        customers.customer_type,
        customers.is_identified,
        coalesce(customers.market_code, 'unknown') as market_code,
        cutoffs.cutoff_date as as_of_date,
        {{ whole(days_between('cutoffs.cutoff_date', 'cutoffs.horizon_end_date')) }}
            as horizon_days,
        coalesce(current_odds.market_state, 'not_in_market') as market_state,
        current_odds.purchase_probability,
        current_odds.next_step_probability,
        current_odds.expected_stage,
        {% for stage in journey_stages() -%}
        current_odds.next_{{ stage }}_probability,
        {% endfor -%}
        current_odds.drivers,
        coalesce(current_odds.purchase_method, 'none') as purchase_method,
        coalesce(current_odds.step_method, 'none') as step_method,
        coalesce(current_odds.stage_method, 'none') as stage_method,
        current_odds.model_version,
        current_odds.trained_until_date
    from customers
    left join cutoffs on true
    left join current_odds on customers.customer_key = current_odds.customer_key
)

select * from customer_propensity
