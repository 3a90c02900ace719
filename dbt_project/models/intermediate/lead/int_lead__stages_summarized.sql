-- Grain: one row per lead, with the first time it entered each stage, where it stands and how far
-- it came.
with

entries as (
    select * from {{ ref('int_lead__stages_moved') }}
)

select
    lead_code,
    {%- for stage in [
        'engaged', 'mql', 'sal', 'sql', 'opportunity', 'won', 'lost', 'rejected', 'recycled'
    ] %}
    min(case when stage = '{{ stage }}' and stage_entry_number = 1 then stated_at end) as {{ stage }}_at,
    {%- endfor %}
    max(case when is_last then stage end) as current_stage,
    case max(case when stage_rank <= 7 then stage_rank end)
        {%- for stage in ['captured', 'engaged', 'mql', 'sal', 'sql', 'opportunity', 'won'] %}
        when {{ loop.index }} then '{{ stage }}'
        {%- endfor %}
    end as furthest_stage,
    count(*) as stage_entry_count
from entries
group by lead_code
