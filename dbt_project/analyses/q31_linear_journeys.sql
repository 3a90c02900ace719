-- Q31 How many follow the funnel that we drew?
-- Asked by: whoever plans campaigns as awareness, then consideration, then intent, then purchase.
-- Shows, per outcome and people known by name or not: journeys, the share that is linear (each
--   stage once, none jumped over, no step back), the same among journeys with two contacts or
--   more (one contact cannot wander), the share with a loop (a stage entered again), with a step
--   back, with a stage skipped, and how many of each a journey has.
-- Can't see: contacts that nobody recorded make a stage look skipped; a visit shows only the stage
--   that its pages tell. So the share of linear journeys is what is visible, not what was felt.
select
    case when customers.is_identified then 'known people' else 'unknown people' end as people,
    journeys.outcome,
    count(*) as journeys,
    avg(is_linear::integer) as linear_share,
    count(*) filter (touchpoint_count >= 2) as journeys_of_two_contacts,
    avg(is_linear::integer) filter (touchpoint_count >= 2) as linear_share_of_two_contacts,
    avg((loop_count > 0)::integer) as loop_share,
    avg((back_step_count > 0)::integer) as back_step_share,
    avg((skipped_stage_count > 0)::integer) as skipped_share,
    avg(loop_count) as loops_per_journey,
    avg(back_step_count) as back_steps_per_journey,
    avg(skipped_stage_count) as skipped_stages_per_journey
from marts.fct_journey as journeys
inner join marts.dim_customer as customers
    on journeys.customer_key = customers.customer_key and customers.is_current
group by people, outcome
order by people, outcome
