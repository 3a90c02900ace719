{# One row for each day from one date to another, both included; the column is `day`. #}
{% macro day_series(from_expression, to_expression) -%}
    {{ return(
        adapter.dispatch('day_series', 'customer_full_stack')(from_expression, to_expression)
    ) }}
{%- endmacro %}

{% macro default__day_series(from_expression, to_expression) -%}
    select explode(sequence({{ from_expression }}, {{ to_expression }}, interval 1 day)) as day
{%- endmacro %}

{% macro duckdb__day_series(from_expression, to_expression) -%}
    select cast(unnest(generate_series(
        cast({{ from_expression }} as timestamp), cast({{ to_expression }} as timestamp),
        interval 1 day
    )) as date) as day
{%- endmacro %}

{# English name of a date's month or day of the week. #}
{% macro month_name(expression) -%}
    {{ return(adapter.dispatch('month_name', 'customer_full_stack')(expression)) }}
{%- endmacro %}

{% macro default__month_name(expression) -%}
    date_format({{ expression }}, 'MMMM')
{%- endmacro %}

{% macro duckdb__month_name(expression) -%}
    monthname({{ expression }})
{%- endmacro %}

{% macro day_name(expression) -%}
    {{ return(adapter.dispatch('day_name', 'customer_full_stack')(expression)) }}
{%- endmacro %}

{% macro default__day_name(expression) -%}
    date_format({{ expression }}, 'EEEE')
{%- endmacro %}

{% macro duckdb__day_name(expression) -%}
    dayname({{ expression }})
{%- endmacro %}

{# First of January of a year given as a number. #}
{% macro first_of_month(year_expression, month_expression) -%}
    make_date(
        cast({{ year_expression }} as integer), cast({{ month_expression }} as integer), 1
    )
{%- endmacro %}

{# Monday of the week in which a date falls. #}
{% macro monday_of(expression) -%}
    cast({{ dbt.date_trunc('week', expression) }} as date)
{%- endmacro %}

{# A date some days later. #}
{% macro days_after(expression, days) -%}
    cast({{ dbt.dateadd('day', days, expression) }} as date)
{%- endmacro %}

{# Days from one date to another. #}
{% macro days_between(from_expression, to_expression) -%}
    {{ dbt.datediff(from_expression, to_expression, 'day') }}
{%- endmacro %}

{# Months in which an instant falls, by the clocks from twelve hours behind UTC to fourteen before. #}
{% macro months_somewhere(timestamp_expression) -%}
    {%- for hours in [-12, 14] -%}
    cast({{ dbt.date_trunc('month', dbt.dateadd('hour', hours, timestamp_expression)) }} as date)
    {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{# A text as a date; null where it is none. #}
{% macro date_or_null(expression) -%}
    try_cast({{ expression }} as date)
{%- endmacro %}

{# First day of a file's period (2025, 2025-03, 2025-03-09, 2025-W10); null where it names none. #}
{% macro period_start(period) -%}
    case
        when {{ matches_text(period, '^\d{4}$') }} then {{ date_or_null(period ~ " || '-01-01'") }}
        when {{ matches_text(period, '^\d{4}-\d{2}$') }} then {{ date_or_null(period ~ " || '-01'") }}
        when {{ matches_text(period, '^\d{4}-\d{2}-\d{2}$') }} then {{ date_or_null(period) }}
        when {{ matches_text(period, '^\d{4}-W\d{2}$') }}
            then {{ days_after(
                monday_of(date_or_null("left(" ~ period ~ ", 4) || '-01-04'")),
                "7 * cast(right(" ~ period ~ ", 2) as integer) - 7"
            ) }}
    end
{%- endmacro %}
