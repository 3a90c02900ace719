-- Q34 Did marketing and sales each keep their word this month?
-- Asked by: those who lead marketing and sales, when they meet at the end of the month.
-- Shows, for the newest month: every commitment of marketing, of sales, and of both together (service
--   after them), what was promised and what came of it, whether that is enough, how long it took, and
--   who answers for the breaches: people of which department, or systems: the lead lay in a queue, with
--   a program or with nobody while the time ran out.
-- Can't see: work that nobody wrote down in the CRM. While is_month_over is false the month still
--   grows; what is running is neither kept nor broken yet. Names of people stand in dim_employee of
--   the warehouse, which is not published.
with

newest as (
    select max(month_date) as month_date from marts.fct_sla_scorecard_monthly
),

breaches as (
    select
        clocks.sla_commitment_key,
        case
            when clocks.breach_owner_type = 'person'
                then clocks.holder_department || ': ' || employees.employee_code
            when clocks.breach_owner_type = 'department' then clocks.department
            else clocks.breach_owner_type
        end as answers,
        clocks.breach_owner_type in ('system', 'queue', 'nobody') as is_system,
        count(*) as breach_count
    from marts.fct_lead_sla as clocks
    cross join newest
    left join marts.dim_employee as employees using (employee_key)
    where clocks.status = 'breached'
        and date_trunc('month', clocks.started_date) = newest.month_date
    group by all
),

owners as (
    select
        sla_commitment_key,
        sum(breach_count) filter (is_system) as breached_by_systems,
        sum(breach_count) filter (not is_system) as breached_by_people,
        string_agg(answers || ' (' || breach_count || ')', ', '
            order by breach_count desc, answers) as who_answers
    from breaches
    group by sla_commitment_key
)

select
    cards.side,
    cards.commitment_code,
    commitments.terms,
    cards.month_date,
    cards.is_month_over,
    cards.is_attained,
    round(cards.attainment_pct, 1) as attainment_pct,
    coalesce(cards.target_pct, 100) as target_pct,
    coalesce(cards.target_count, cards.target_amount) as target,
    case cards.measure
        when 'volume' then cards.achieved_count
        when 'amount' then cards.achieved_amount
    end as reached,
    cards.started_count as started,
    cards.met_count as met,
    cards.breached_count as breached,
    cards.running_count as running,
    cards.p50_business_minutes as p50_minutes,
    cards.p90_business_minutes as p90_minutes,
    cards.p95_business_minutes as p95_minutes,
    coalesce(owners.breached_by_people, 0) as breached_by_people,
    coalesce(owners.breached_by_systems, 0) as breached_by_systems,
    owners.who_answers
from marts.fct_sla_scorecard_monthly as cards
inner join newest using (month_date)
inner join marts.dim_sla_commitment as commitments using (sla_commitment_key)
left join owners using (sla_commitment_key)
order by
    list_position(['marketing', 'sales', 'joint'], cards.side) nulls last,
    cards.side,
    cards.commitment_code,
    cards.version
