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
