-- Q29 Which touchpoints appear in journeys that win?
-- Asked by: whoever decides at which points the company should be present.
-- Shows, per kind of contact and channel: contacts, the journeys with at least one, its coverage of
--   journeys won, lost and still open, how many times likelier a journey with it is to win than one
--   without it (of those that are over), and how many contacts a won journey has of it. Contacts
--   count until the conversion; service after it does not.
-- Can't see: journeys of people whom nobody knows, and contacts that nobody recorded (see Q24). Long
--   journeys hold more of everything, and people who want to buy look for contact: a ratio above 1 is
--   no effect. Exposures (mail sent, ads shown) are no steps of journeys.
with contacts as (
    select
        steps.journey_key,
        touchpoints.touchpoint_type,
        touchpoints.channel_key,
        count(*) as contacts
    from marts.bridge_journey_touchpoint as steps
    inner join marts.fct_touchpoint as touchpoints using (touchpoint_key)
    where not steps.is_conversion and not steps.is_after_sale
    group by steps.journey_key, touchpoints.touchpoint_type, touchpoints.channel_key
),

journeys as (
    select
        count(*) filter (outcome = 'converted') as won,
        count(*) filter (outcome = 'lapsed') as lost,
        count(*) filter (outcome = 'open') as under_way
    from marts.fct_journey
),

counted as (
    select
        contacts.touchpoint_type,
        contacts.channel_key,
        sum(contacts.contacts) as contacts,
        count(*) as journeys_with,
        count(*) filter (journeys.outcome = 'converted') as won_with,
        count(*) filter (journeys.outcome = 'lapsed') as lost_with,
        count(*) filter (journeys.outcome = 'open') as under_way_with,
        sum(contacts.contacts) filter (journeys.outcome = 'converted') as won_contacts
    from contacts
    inner join marts.fct_journey as journeys using (journey_key)
    group by contacts.touchpoint_type, contacts.channel_key
)

select
    counted.touchpoint_type,
    channels.channel_code,
    counted.contacts,
    counted.journeys_with,
    counted.won_with,
    counted.lost_with,
    counted.won_with / nullif(journeys.won, 0) as coverage_of_won,
    counted.lost_with / nullif(journeys.lost, 0) as coverage_of_lost,
    counted.under_way_with / nullif(journeys.under_way, 0) as coverage_of_open,
    (counted.won_with / nullif(counted.won_with + counted.lost_with, 0))
    / nullif(
        (journeys.won - counted.won_with)
        / nullif(journeys.won + journeys.lost - counted.won_with - counted.lost_with, 0),
        0
    ) as win_ratio,
    counted.won_contacts / nullif(counted.won_with, 0) as contacts_per_won_journey
from counted
cross join journeys
inner join marts.dim_channel as channels using (channel_key)
order by counted.won_with desc, counted.touchpoint_type, channels.channel_code
