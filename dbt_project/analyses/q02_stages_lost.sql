-- Q02 At which stage of the buying cycle do we lose people?
-- Asked by: whoever decides where the next effort goes: being known, being considered, closing.
-- Shows, for people who are known by name and for those who are not (devices that never logged
--   in, profiles without a name), per stage before the purchase: journeys that reached it, how
--   many went on to a later stage, how many converted, and how many lapsed with it as their
--   furthest stage, or with their last contact in it. The row `purchase` is those that converted,
--   and how many came back for service or praise.
--   Journeys that are still open stand apart, in their furthest stage; those of service alone,
--   with neither a contact before a purchase nor a conversion, are left out.
-- Can't see: what people do without us; the purchases of people whom nobody knows, so a device
--   that never logged in looks lost although its owner may have bought in a store. A visit shows
--   the stage that its pages tell (cart: intent, product: consideration), other contacts that of
--   their kind or channel: somebody who has decided and looks at the front page shows awareness.
with ended as (
    select
        journeys.*,
        case when customers.is_identified then 'known people' else 'unknown people' end as people,
        case
            when journeys.outcome = 'converted' then 4
            when journeys.intent_at is not null then 3
            when journeys.consideration_at is not null then 2
            when journeys.awareness_at is not null then 1
        end as furthest
    from marts.fct_journey as journeys
    inner join marts.dim_customer as customers
        on journeys.customer_key = customers.customer_key and customers.is_current
),

stages as (
    from (values (1, 'awareness'), (2, 'consideration'), (3, 'intent'), (4, 'purchase'))
        as stages (stage_number, stage)
),

reached as (
    select
        ended.people,
        stages.*,
        ended.outcome,
        case stages.stage_number
            when 1 then ended.awareness_at is not null
            when 2 then ended.consideration_at is not null
            when 3 then ended.intent_at is not null
            else ended.furthest = 4
        end as is_reached,
        ended.furthest > stages.stage_number
            or (ended.furthest = 4 and stages.stage_number = 4
                and coalesce(ended.service_at, ended.loyalty_at) is not null) as goes_on,
        ended.furthest = stages.stage_number as is_furthest,
        split_part(ended.stage_path, ' > ', -1) = stages.stage as is_last
    from ended
    cross join stages
    where ended.furthest is not null
)

select
    people,
    stage,
    count(*) filter (is_reached and outcome <> 'open') as journeys_reached,
    count(*) filter (is_reached and goes_on and outcome <> 'open') / nullif(journeys_reached, 0)
        as went_on_share,
    count(*) filter (is_reached and outcome = 'converted') / nullif(journeys_reached, 0)
        as converted_share,
    count(*) filter (is_furthest and outcome = 'lapsed') as lost_as_furthest,
    lost_as_furthest / nullif(sum(lost_as_furthest) over (partition by people), 0)
        as share_of_lost,
    count(*) filter (is_last and outcome = 'lapsed') as lost_after_contact,
    count(*) filter (is_furthest and outcome = 'open') as open_journeys
from reached
group by people, stage_number, stage
order by people, stage_number
