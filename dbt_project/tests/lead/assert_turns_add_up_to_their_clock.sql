-- What holders had a record for adds up to its clock, in running, paused and all time; time with
-- systems and with people as well. A breach has one turn in which the target was used up.
with

turns as (
    select
        lead_sla_key,
        sum(business_minutes) as business_minutes,
        sum(paused_business_minutes) as paused_business_minutes,
        sum(calendar_minutes) as calendar_minutes,
        sum(case when is_system then business_minutes else 0 end) as system_business_minutes,
        count(case when is_held_at_breach then 1 end) as breach_count,
        count(case when is_last then 1 end) as last_count,
        count(*) as turn_count
    from {{ ref('fct_sla_owner') }}
    group by lead_sla_key
)

select clocks.lead_sla_key
from {{ ref('fct_lead_sla') }} as clocks
left join turns on clocks.lead_sla_key = turns.lead_sla_key
where clocks.target_business_minutes is not null
    and (
        turns.lead_sla_key is null
        or abs(clocks.business_minutes - turns.business_minutes) > 0.0001
        or abs(clocks.paused_business_minutes - turns.paused_business_minutes) > 0.0001
        or abs(clocks.calendar_minutes - turns.calendar_minutes) > 0.0001
        or abs(clocks.system_business_minutes - turns.system_business_minutes) > 0.0001
        or abs(
            clocks.business_minutes - clocks.system_business_minutes
            - clocks.human_business_minutes
        ) > 0.0001
        or turns.turn_count <> clocks.turn_count
        or turns.last_count <> 1
        or turns.breach_count <> case when clocks.status = 'breached' then 1 else 0 end
    )
