-- Grain: one row per entry of a lead into a stage, with how it got there. Between stages of the
-- funnel (captured to won) a lead moves forward, skips stages that its CRM has and it never
-- reached, or goes back (reversal); it leaves the funnel (ended: lost, rejected, recycled) and
-- comes back (reentry). Into a status that no rule names nobody knows how it moved (unknown); the
-- next entry is judged by where the lead stood before it. Engaged may be left out: that is no skip.
with

entries as (
    select * from {{ ref('int_lead__stages_lived') }}
),

leads as (
    select
        lead_code,
        system,
        source_name
    from {{ ref('int_lead__leads_unioned') }}
),

stages as (
    select * from {{ ref('int_lead__stages_named') }}
),

used as (
    select
        system
        {%- for stage in ['mql', 'sal', 'sql', 'opportunity'] %},
        max(case when stage = '{{ stage }}' then 1 else 0 end) as has_{{ stage }}
        {%- endfor %}
    from stages
    group by system
),

placed as (
    select
        entries.*,
        {%- for stage in ['mql', 'sal', 'sql', 'opportunity'] %}
        greatest(
            coalesce(of_source.has_{{ stage }}, 0), coalesce(of_system.has_{{ stage }}, 0)
        ) = 1 as has_{{ stage }},
        {%- endfor %}
        max(case when entries.stage <> 'unmapped' then entries.entry_number end) over (
            partition by entries.lead_code
            order by entries.entry_number rows between unbounded preceding and 1 preceding
        ) as last_entry_number,
        max(case when entries.stage_rank <= 7 then entries.stage_rank end) over (
            partition by entries.lead_code
            order by entries.entry_number rows between unbounded preceding and 1 preceding
        ) as furthest_rank,
        entries.stated_at is not null
        and lead(entries.stated_at) over (
            partition by entries.lead_code order by entries.entry_number
        ) is not null as is_duration_known
    from entries
    inner join leads on entries.lead_code = leads.lead_code
    left join used as of_source on leads.source_name = of_source.system
    left join used as of_system on leads.system = of_system.system
),

compared as (
    select
        placed.*,
        before.stage_rank as last_rank,
        case when placed.stage_rank <= 7 then
            {{ lead_stages_between('placed.furthest_rank', 'placed.stage_rank', 'placed.has') }}
        end as stages_left_out
    from placed
    left join entries as before
        on placed.lead_code = before.lead_code
        and placed.last_entry_number = before.entry_number
)

select
    lead_code,
    record_code,
    stage,
    stage_rank,
    status,
    previous_stage,
    changed_by_code,
    entered_at,
    stated_at,
    entry_number,
    stage_entry_number,
    left_at,
    is_duration_known,
    is_last,
    {{ transition_type(
        "stage = 'unmapped' or stage_rank = last_rank",
        'stage_rank', 'last_rank', 'stages_left_out', 7
    ) }} as transition_type,
    substr(stages_left_out, 4) as skipped_stages
from compared
