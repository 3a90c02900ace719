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
        'not_in_stage', 'no_list', 'late', 'without_lead', 'left_stage', 'missing_in_report',
    ]) }}
{%- endmacro %}
