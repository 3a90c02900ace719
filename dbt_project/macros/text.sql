{# Whether a text matches a regular expression anywhere, whatever the case; no pattern matches
   every text. #}
{% macro matches_pattern(text, pattern) -%}
    ({{ pattern }} is null or {{ adapter.dispatch('matches', 'customer_full_stack')(text, pattern) }})
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    {{ text }} rlike concat('(?i)', {{ pattern }})
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }}, 'i')
{%- endmacro %}

{# Whether a text matches a literal regular expression, whatever the case. #}
{% macro matches_text(text, pattern) -%}
    {{ return(
        adapter.dispatch('matches', 'customer_full_stack')(
            text, "'" ~ (pattern | string | replace("'", "''")) ~ "'"
        )
    ) }}
{%- endmacro %}

{# The first group of a regular expression in a text, whatever the case. #}
{% macro matched_part(text, pattern) -%}
    {{ return(adapter.dispatch('matched_part', 'customer_full_stack')(text, pattern)) }}
{%- endmacro %}

{% macro default__matched_part(text, pattern) -%}
    regexp_extract({{ text }}, concat('(?i)', {{ pattern }}), 1)
{%- endmacro %}

{% macro duckdb__matched_part(text, pattern) -%}
    regexp_extract({{ text }}, '(?i)' || {{ pattern }}, 1)
{%- endmacro %}

{# A text without any part that matches a literal regular expression. #}
{% macro without(text, pattern, replacement='') -%}
    {{ return(
        adapter.dispatch('without', 'customer_full_stack')(text, pattern, replacement)
    ) }}
{%- endmacro %}

{% macro default__without(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}

{% macro duckdb__without(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}
