{# Stages of the buying cycle: which there are, and in which order. #}

{# The stages in order, as words with blanks between: a text, since macros that are rendered outside
   dbt (orchestration/journeys) give each other nothing else. #}
{% macro stage_words() -%}
    awareness consideration intent purchase service loyalty
{%- endmacro %}

{# The stages in order, as a list to loop over in a model. #}
{% macro journey_stages() -%}
    {{ return(stage_words().split()) }}
{%- endmacro %}

{# Place of a stage in the order, from 1; 0 where the stage is not known. #}
{% macro stage_rank(stage) -%}
    case {{ stage }}
        {%- for name in stage_words().split() %}
        when '{{ name }}' then {{ loop.index }}
        {%- endfor %}
        else 0
    end
{%- endmacro %}

{% macro stage_of_rank(rank) -%}
    case {{ rank }}
        {%- for name in stage_words().split() %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
        else 'unknown'
    end
{%- endmacro %}

{# Codes of stage 1, 2, 3 and so on as a list of the engine; the last stands for an unknown stage. #}
{% macro stage_list() -%}
    {%- set codes = [] -%}
    {%- for name in stage_words().split() + ['unknown'] -%}
        {%- do codes.append("'" ~ name ~ "'") -%}
    {%- endfor -%}
    {{ list_with(codes) }}
{%- endmacro %}
