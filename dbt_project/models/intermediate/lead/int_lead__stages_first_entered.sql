-- Grain: one row per lead and measure (lead, mql, sal, sql, opportunity, won): the first time it
-- entered the stage, and its month in the market's time zone; 1900-01-01 where nobody knows when.
-- Those of leads with is_counted are the warehouse's own count.
with

entries as (
    select * from {{ ref('fct_lead_stage') }}
    where stage_entry_number = 1
        and stage in ('captured', 'mql', 'sal', 'sql', 'opportunity', 'won')
)

select
    lead_key,
    case stage when 'captured' then 'lead' else stage end as measure,
    stage_rank,
    is_counted,
    entered_at,
    left_at,
    entered_date_key,
    {{ first_of_month(
        'floor(entered_date_key / 10000)', 'floor(entered_date_key / 100) % 100'
    ) }} as month_date
from entries
