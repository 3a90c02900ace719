{# Codes of products and places. Pure functions of their text: what a code refers to in some
   list is found by models, not here. #}

{# A code as text: spaces off, empty is null, and without the ".0" that a spreadsheet adds. #}
{% macro code_text(expression) -%}
    nullif(
        case
            when {{ expression }} like '%.0' and {{ is_digits("translate(" ~ expression ~ ", '. ', '')") }}
                then substr(trim({{ expression }}), 1, length(trim({{ expression }})) - 2)
            else trim({{ expression }})
        end,
        ''
    )
{%- endmacro %}

{% macro is_digits(expression) -%}
    ({{ expression }} <> '' and translate({{ expression }}, '0123456789', '') = '')
{%- endmacro %}

{# A GTIN of 8, 12, 13 or 14 digits, or one that lost its leading zeros, as 14 digits; null
   where the check digit (GS1 General Specifications, 7.9) is wrong. Up to 11 digits the text
   may as well be an item number that passes by accident (one in ten does): the caller decides. #}
{% macro gtin_14(expression) -%}
    {%- set digits -%} lpad(translate({{ expression }}, ' -', ''), 14, '0') {%- endset -%}
    case
        when {{ expression }} is null or not {{ is_digits("translate(" ~ expression ~ ", ' -', '')") }}
            then null
        when length(translate({{ expression }}, ' -', '')) not between 8 and 14 then null
        when (
            {%- for place in range(1, 15) %}
            {% if not loop.first %}+ {% endif -%}
            {{ 3 if place % 2 else 1 }} * cast(substr({{ digits }}, {{ place }}, 1) as integer)
            {%- endfor %}
        ) % 10 = 0
            then {{ digits }}
    end
{%- endmacro %}
