-- Grain: one row per clock of the service-level agreement: time with people apart from time with
-- systems (a queue, a program, nobody, or not in the CRM yet), and who held the record when it was
-- kept, used up, or read, whichever came first.
with

turns as (
    select * from {{ ref('int_lead__clock_turns_taken') }}
),

summed as (
    select
        subject_code,
        commitment_code,
        cycle_number,
        count(*) as turn_count,
        sum(case when is_system then running_seconds else 0 end) as system_seconds,
        sum(case when is_system then 0 else running_seconds end) as human_seconds,
        sum(calendar_seconds) as calendar_seconds,
        sum(case when is_system or not is_before_due then 0 else running_seconds end) > 0
            as was_with_person
    from turns
    group by subject_code, commitment_code, cycle_number
),

-- The turn in which the target was used up, else the last one.
judged as (
    select
        *,
        row_number() over (
            partition by subject_code, commitment_code, cycle_number
            order by is_at_due desc, turn_number desc
        ) = 1 as is_judged
    from turns
)

select
    summed.subject_code,
    summed.commitment_code,
    summed.cycle_number,
    summed.turn_count,
    summed.system_seconds,
    summed.human_seconds,
    summed.calendar_seconds,
    judged.holder_type,
    judged.employee_code,
    judged.department,
    case
        when not summed.was_with_person or judged.holder_type = 'automation' then 'system'
        when judged.holder_type in ('nobody', 'not_arrived') then 'nobody'
        else judged.holder_type
    end as breach_owner_type
from summed
inner join judged
    on summed.subject_code = judged.subject_code
    and summed.commitment_code = judged.commitment_code
    and summed.cycle_number = judged.cycle_number
where judged.is_judged
