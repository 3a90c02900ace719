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
