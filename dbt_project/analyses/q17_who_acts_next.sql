-- Q17 Who needs us next, and for what?
-- Asked by: whoever plans the next calls, offers and staff of a month.
-- Shows, by stage of the buying cycle: how many customers are expected to take their next step
--   there within the horizon, and how such odds came true on later weeks that the model had not
--   seen (observed over predicted, AUC, lift of the highest tenth); `purchase (any)` is a purchase
--   at any time within the horizon. Then the twenty known customers who are likeliest to act, with
--   their likeliest stage, the odds of it and of a purchase, what raises these, and matters open.
-- Can't see: people of whom no contact is recorded (counted as `no odds`); steps and purchases that
--   no system ties to a customer. Odds say what comes anyway, not what a contact would change.
with tested as (
    select
        outcome,
        sum(observed_count) as observed,
        sum(observed_count) / nullif(sum(predicted_count), 0) as observed_to_predicted,
        avg(auc) as auc,
        avg(top_tenth_lift) as top_tenth_lift
    from marts.propensity_evaluation
    group by outcome
),

expected as (
    select 'purchase' as outcome, 'purchase (any)' as stage,
        sum(purchase_probability) as expected_customers,
        max(purchase_method) filter (where purchase_probability is not null) as method
    from marts.customer_propensity
    union all
    select 'next_' || stage, stage, sum(probability), max(stage_method) filter (where probability is not null)
    from (
        unpivot marts.customer_propensity
        on next_awareness_probability as awareness,
            next_consideration_probability as consideration,
            next_intent_probability as intent,
            next_purchase_probability as purchase,
            next_service_probability as service,
            next_loyalty_probability as loyalty
        into name stage value probability
    )
    group by stage
    union all
    select 'none', 'no odds', count(*), 'none'
    from marts.customer_propensity
    where purchase_probability is null
)

select
    'stage' as level,
    expected.stage,
    null as customer_key,
    expected.expected_customers,
    null as stage_probability,
    null as purchase_probability,
    null as drivers,
    null as open_matters,
    tested.observed as observed_in_test,
    tested.observed_to_predicted,
    tested.auc,
    tested.top_tenth_lift,
    expected.method
from expected
left join tested on expected.outcome = tested.outcome
union all
select * from (
    select
        'customer',
        odds.expected_stage,
        odds.customer_key,
        odds.next_step_probability,
        case odds.expected_stage
            when 'awareness' then odds.next_awareness_probability
            when 'consideration' then odds.next_consideration_probability
            when 'intent' then odds.next_intent_probability
            when 'purchase' then odds.next_purchase_probability
            when 'service' then odds.next_service_probability
            when 'loyalty' then odds.next_loyalty_probability
        end,
        odds.purchase_probability,
        odds.drivers,
        page.open_matter_count,
        null, null, null, null,
        odds.stage_method
    from marts.customer_propensity as odds
    inner join marts.customer_360 as page on odds.customer_key = page.customer_key
    where odds.is_identified
        and odds.next_step_probability is not null
    order by odds.next_step_probability desc, odds.customer_key
    limit 20
)
order by level desc, expected_customers desc
