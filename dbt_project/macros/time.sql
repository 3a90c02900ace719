{# Business day of a UTC timestamp in a time zone (IANA name, text or expression). #}
{% macro business_date(timestamp_expression, time_zone_expression) -%}
    cast({{ local_time(timestamp_expression, time_zone_expression) }} as date)
{%- endmacro %}

{# Wall-clock time of a UTC timestamp in a time zone. #}
{% macro local_time(timestamp_expression, time_zone_expression) -%}
    {{ return(
        adapter.dispatch('local_time', 'customer_full_stack')(
            timestamp_expression, time_zone_expression
        )
    ) }}
{%- endmacro %}

{% macro default__local_time(timestamp_expression, time_zone_expression) -%}
    from_utc_timestamp({{ timestamp_expression }}, {{ time_zone_expression }})
{%- endmacro %}

{% macro duckdb__local_time(timestamp_expression, time_zone_expression) -%}
    timezone({{ time_zone_expression }}, timezone('UTC', {{ timestamp_expression }}))
{%- endmacro %}

{# UTC timestamp of a wall-clock time in a time zone. #}
{% macro utc_time(local_expression, time_zone_expression) -%}
    {{ return(
        adapter.dispatch('utc_time', 'customer_full_stack')(
            local_expression, time_zone_expression
        )
    ) }}
{%- endmacro %}

{% macro default__utc_time(local_expression, time_zone_expression) -%}
    to_utc_timestamp({{ local_expression }}, {{ time_zone_expression }})
{%- endmacro %}

{% macro duckdb__utc_time(local_expression, time_zone_expression) -%}
    timezone('UTC', timezone({{ time_zone_expression }}, cast({{ local_expression }} as timestamp)))
{%- endmacro %}
