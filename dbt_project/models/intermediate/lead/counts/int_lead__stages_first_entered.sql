-- Grain: one row per lead and measure (lead, mql, sal, sql, opportunity, won): the first time it
-- entered the stage, not before its capture, and its month in the market's time zone; 1900-01-01
-- where fct_lead knows no time. Those of leads with is_counted are the warehouse's own count.
with

leads as (
    select * from {{ ref('fct_lead') }}
),

entries as (
    select * from {{ ref('fct_lead_stage') }}
    where stage_entry_number = 1
        and stage in ('captured', 'mql', 'sal', 'sql', 'opportunity', 'won')
),

dated as (
    select
        entries.*,
        case entries.stage
            when 'captured' then leads.captured_at
            {%- for stage in ['mql', 'sal', 'sql', 'opportunity', 'won'] %}
            when '{{ stage }}' then leads.{{ stage }}_at
            {%- endfor %}
        end is not null as is_dated
    from entries
    inner join leads on entries.lead_key = leads.lead_key
)

select
    lead_key,
    case stage when 'captured' then 'lead' else stage end as measure,
    stage_rank,
    is_counted,
    case when is_dated then entered_at end as entered_at,
    left_at,
    case when is_dated then entered_date_key else 19000101 end as entered_date_key,
    case
        when is_dated
            then {{ first_of_month(
                'floor(entered_date_key / 10000)', 'floor(entered_date_key / 100) % 100'
            ) }}
        else date '1900-01-01'
    end as month_date
from dated
