{# Place of a stage in the funnel; what ends it or sends it back ranks last. #}
{% macro lead_stage_rank(stage) -%}
    case {{ stage }}
        when 'captured' then 1
        when 'engaged' then 2
        when 'mql' then 3
        when 'sal' then 4
        when 'sql' then 5
        when 'opportunity' then 6
        when 'won' then 7
        when 'lost' then 8
        when 'rejected' then 9
        when 'recycled' then 10
        else 11
    end
{%- endmacro %}

{# Why a department's count of leads differs from the warehouse's; the first cause that applies
   holds, of what the department counts (up to not_in_stage) and of what it does not. #}
{% macro count_difference_causes() -%}
    {{ return([
        'not_listed', 'unknown_lead', 'duplicate', 'undated', 'other_period', 'deleted', 'unmapped',
        'not_in_stage', 'still_in_stage', 'no_list', 'late', 'without_lead', 'left_stage',
        'missing_in_report',
    ]) }}
{%- endmacro %}

{# Which of several records of one lead stands for it: the least number does. A deal won stands
   before all, what is still open before what has ended. #}
{% macro lead_stage_standing(stage) -%}
    case {{ stage }}
        when 'won' then 1
        when 'opportunity' then 2
        when 'sql' then 3
        when 'sal' then 4
        when 'mql' then 5
        when 'engaged' then 6
        when 'captured' then 7
        when 'recycled' then 8
        when 'lost' then 9
        when 'rejected' then 10
        when 'unmapped' then 11
        else 12
    end
{%- endmacro %}

{# Where a whole stands after each event of its parts: that of its parts which stands for it.
   `events` is a CTE: {{ whole }}, event_number (order within the whole), next_event_number (of the
   same part, null for its last), stage, status. #}
{% macro stages_standing(events, whole) -%}
    select
        event.*,
        part.stage as standing_stage,
        part.status as standing_status
    from {{ events }} as event
    inner join {{ events }} as part
        on event.{{ whole }} = part.{{ whole }}
        and part.event_number <= event.event_number
        and (part.next_event_number is null or part.next_event_number > event.event_number)
    qualify
        row_number() over (
            partition by event.{{ whole }}, event.event_number
            order by {{ lead_stage_standing('part.stage') }}, part.event_number desc
        ) = 1
{%- endmacro %}

{# Stages that lie between two ranks of the funnel as ' > stage' each, of those that are in use:
   columns {{ is_used }}_mql and so on. #}
{% macro lead_stages_between(low, high, is_used) -%}
    nullif(
        concat(
            {%- for stage in ['mql', 'sal', 'sql', 'opportunity'] %}
            case when {{ low }} < {{ lead_stage_rank("'" ~ stage ~ "'") }}
                and {{ lead_stage_rank("'" ~ stage ~ "'") }} < {{ high }}
                and {{ is_used }}_{{ stage }} then ' > {{ stage }}' else '' end
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        ),
        ''
    )
{%- endmacro %}

{# What to add to company.yaml for a status that no rule names. #}
{% macro status_advice(record_kind, system, status) -%}
    case {{ record_kind }}
        when 'lead' then 'Add to lead_stages in company.yaml: {system: ' || {{ system }}
            || ', status: "' || {{ status }} || '", stage: ...}, with captured, engaged, mql, sal, '
            || 'sql, opportunity, won, lost, rejected or recycled for the dots'
        when 'deal' then 'Add to opportunity_stages in company.yaml: {system: ' || {{ system }}
            || ', stage_name: "' || {{ status }} || '", stage: ...}, with opportunity, won or lost '
            || 'for the dots'
        else 'Add to ticket_statuses in company.yaml: {system: ' || {{ system }}
            || ', status: "' || {{ status }} || '", state: ...}, with new, open, waiting, on_hold, '
            || 'solved or closed for the dots'
    end
{%- endmacro %}
