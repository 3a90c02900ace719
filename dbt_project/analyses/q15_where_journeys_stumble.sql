-- Q15 Where do journeys stumble?
-- Asked by: whoever owns a channel or a stage, and service, to take stones out of the way.
-- Shows, for ended journeys of people who are known by name, in all and per stage: switches to
--   another channel (in the stage of the contact that came by it), stalls (pauses longer than the
--   company's stall_days, in the stage that the pause began in), and repeat contacts (service
--   through the same channel again within repeat_contact_days: somebody who had to come back);
--   each per journey that has a contact in the stage; and how many of these journeys converted,
--   against those among them that stalled there or had to come back.
-- Can't see: contacts on unknown devices, so a pause may have been none and a switch may have come
--   earlier. A switch is no fault by itself: search, then mail, then store is how people buy, and
--   an answered survey after a ticket is a switch, too.
--   People who stall are others than those who don't: the difference is no effect of the pause.
with ended as (
    select journeys.journey_key, journeys.outcome = 'converted' as is_converted
    from marts.fct_journey as journeys
    inner join marts.dim_customer as customers
        on journeys.customer_key = customers.customer_key and customers.is_current
    where customers.is_identified
        and journeys.outcome <> 'open'
),

steps as (
    select
        bridge.journey_key,
        ended.is_converted,
        contacts.stage,
        lag(contacts.stage) over journey as previous_stage,
        coalesce(
            contacts.channel_key <> lag(contacts.channel_key) over journey
            and not bridge.is_conversion and not bridge.is_after_sale,
            false
        ) as is_switch,
        bridge.is_stall,
        bridge.is_repeat_contact
    from marts.bridge_journey_touchpoint as bridge
    inner join ended using (journey_key)
    inner join marts.fct_touchpoint as contacts using (touchpoint_key)
    window journey as (partition by bridge.journey_key order by bridge.step_number)
),

stumbles as (
    select journey_key, is_converted, stage, 1 as contacts,
        is_switch::integer as switches, 0 as stalls, is_repeat_contact::integer as repeat_contacts
    from steps
    union all
    select journey_key, is_converted, previous_stage, 0, 0, 1, 0
    from steps
    where is_stall
),

journeys as (
    select
        case when grouping(stage) = 1 then 'all' else coalesce(stage, 'unknown') end as stage,
        journey_key,
        is_converted,
        sum(contacts) as contacts,
        sum(switches) as switches,
        sum(stalls) as stalls,
        sum(repeat_contacts) as repeat_contacts
    from stumbles
    group by grouping sets ((journey_key, is_converted), (stage, journey_key, is_converted))
)

select
    stage,
    count(*) as journeys,
    sum(contacts) / count(*) as contacts_per_journey,
    sum(switches) as switches,
    sum(switches) / count(*) as switches_per_journey,
    sum(stalls) as stalls,
    sum(stalls) / count(*) as stalls_per_journey,
    sum(repeat_contacts) as repeat_contacts,
    sum(repeat_contacts) / count(*) as repeat_contacts_per_journey,
    avg(is_converted::integer) as converted_share,
    avg(is_converted::integer) filter (stalls > 0) as converted_share_of_stalled,
    avg(is_converted::integer) filter (repeat_contacts > 0) as converted_share_of_come_back
from journeys
group by stage
order by
    list_position(
        ['all', 'awareness', 'consideration', 'intent', 'purchase', 'service', 'loyalty'], stage
    )
