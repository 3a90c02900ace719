-- Grain: one row per lead whose capture is a contact of a customer or in a journey, with the contact,
-- the journey, and the channels by which that journey had begun and by which the person came last
-- before the capture. Late contacts and merges of customers change it: built anew each time.
with

leads as (
    select
        lead_code,
        {{ surrogate_key(["'lead:' || lead_code"]) }} as touchpoint_key
    from {{ ref('int_lead__leads_unioned') }}
    where not is_inferred
),

touchpoints as (
    select touchpoint_key from {{ ref('fct_touchpoint') }} where touchpoint_type = 'lead_captured'
),

steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
),

captures as (
    select
        leads.lead_code,
        touchpoints.touchpoint_key,
        steps.journey_key,
        steps.step_number
    from leads
    inner join touchpoints on leads.touchpoint_key = touchpoints.touchpoint_key
    left join steps on touchpoints.touchpoint_key = steps.touchpoint_key
),

first_steps as (
    select
        captures.lead_code,
        steps.channel_key
    from captures
    inner join steps
        on captures.journey_key = steps.journey_key
        and steps.step_number = 1
        and captures.step_number > 1
),

steps_before as (
    select
        captures.lead_code,
        steps.channel_key
    from captures
    inner join steps
        on captures.journey_key = steps.journey_key
        and captures.step_number = steps.step_number + 1
)

select
    captures.lead_code,
    captures.touchpoint_key,
    coalesce(captures.journey_key, {{ unknown_key() }}) as journey_key,
    coalesce(captures.step_number - 1, 0) as steps_before_count,
    coalesce(first_steps.channel_key, {{ unknown_key() }}) as first_channel_key,
    coalesce(steps_before.channel_key, {{ unknown_key() }}) as last_channel_key
from captures
left join first_steps on captures.lead_code = first_steps.lead_code
left join steps_before on captures.lead_code = steps_before.lead_code
