-- Of each commitment version and month, the scorecard counts the clocks and checks that stand in
-- fct_lead_sla, by what became of them.
with

clocks as (
    select
        sla_commitment_key,
        cast({{ dbt.date_trunc('month', 'started_date') }} as date) as month_date,
        count(case when status = 'met' then 1 end) as met_count,
        count(case when status = 'breached' then 1 end) as breached_count,
        count(case when status = 'running' then 1 end) as running_count,
        count(case when status = 'cancelled' then 1 end) as cancelled_count
    from {{ ref('fct_lead_sla') }}
    group by sla_commitment_key, cast({{ dbt.date_trunc('month', 'started_date') }} as date)
),

cards as (
    select * from {{ ref('fct_sla_scorecard_monthly') }}
    where measure in ('time', 'completeness')
)

select
    coalesce(cards.sla_commitment_key, clocks.sla_commitment_key) as sla_commitment_key,
    coalesce(cards.month_date, clocks.month_date) as month_date
from cards
full join clocks
    on cards.sla_commitment_key = clocks.sla_commitment_key
    and cards.month_date = clocks.month_date
where coalesce(cards.met_count, 0) <> coalesce(clocks.met_count, 0)
    or coalesce(cards.breached_count, 0) <> coalesce(clocks.breached_count, 0)
    or coalesce(cards.running_count, 0) <> coalesce(clocks.running_count, 0)
    or coalesce(cards.cancelled_count, 0) <> coalesce(clocks.cancelled_count, 0)
    or cards.sla_commitment_key is null
