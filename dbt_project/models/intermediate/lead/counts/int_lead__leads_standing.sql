-- Grain: one row per lead, with the lead that stands for the same person: itself, or the one at
-- the end of its duplicates and merges (merges of merges, six deep).
{% set depth = 6 %}
with

leads as (
    select * from {{ ref('fct_lead') }}
),

stages as (
    select
        lead_key,
        max(case when is_unmapped then 1 else 0 end) = 1 as has_unmapped
    from {{ ref('fct_lead_stage') }}
    group by lead_key
),

received as (
    select * from {{ ref('int_lead__leads_received') }}
)

select
    lead_0.lead_key,
    lead_0.lead_id as lead_code,
    lead_0.captured_at,
    lead_0.market_code,
    lead_0.current_stage,
    lead_0.is_counted,
    lead_0.is_inferred,
    lead_0.is_deleted,
    lead_0.duplicate_of_lead_key <> {{ unknown_key() }} as is_duplicate,
    coalesce(
        {%- for level in range(depth, 0, -1) %} lead_{{ level }}.lead_key,{% endfor %} lead_0.lead_key
    ) as standing_lead_key,
    coalesce(
        {%- for level in range(depth, 0, -1) %} lead_{{ level }}.is_deleted,{% endfor %}
        lead_0.is_deleted
    ) as is_standing_deleted,
    coalesce(stages.has_unmapped, false) as has_unmapped,
    received.first_received_date,
    received.system_since_date
from leads as lead_0
{%- for level in range(1, depth + 1) %}
left join leads as lead_{{ level }}
    on lead_{{ level - 1 }}.duplicate_of_lead_key = lead_{{ level }}.lead_key
{%- endfor %}
left join stages on lead_0.lead_key = stages.lead_key
left join received on lead_0.lead_id = received.lead_code
