{#
    Business time. int_lead__hours_opened holds each open interval of a calendar with the open
    seconds before it, so that open time between two instants is a difference of two look-ups,
    and the instant at which a target is used up is the look-up backwards. Set-based: each
    look-up is one join on the calendar and the latest interval that has begun.

    open_seconds_joins(calendar, {'started': 'base.started_at'})   joins of a from clause
    open_seconds_at('started', 'base.started_at')                  open seconds until an instant
    after_open_seconds_join(...), after_open_seconds(...)          the way back

    The joins are inner ones that always find a row, since each calendar begins with an interval
    of no length in 1900 and an instant that is null is looked up there: after an as-of left join
    DuckDB 1.5 believes that no column of the right side is ever null.
#}
{% macro open_seconds_joins(calendar, instants) -%}
    {%- for name, instant in instants.items() %}
    {{ latest_begun_join(
        ref('int_lead__hours_opened'), 'hours_' ~ name,
        [calendar ~ ' = hours_' ~ name ~ '.calendar_code'],
        'coalesce(' ~ instant ~ ", timestamp '1900-01-01 00:00:00')",
        'opens_at', 'next_opens_at', strictly=false
    ) }}
    {%- endfor %}
{%- endmacro %}

{% macro open_seconds_at(name, instant) -%}
    case when {{ instant }} is not null then
        greatest(
            hours_{{ name }}.seconds_before + least(
                {{ dbt.datediff('hours_' ~ name ~ '.opens_at', instant, 'second') }},
                hours_{{ name }}.seconds_open
            ),
            0
        )
    end
{%- endmacro %}

{% macro after_open_seconds_join(calendar, name, seconds) -%}
    {{ latest_begun_join(
        ref('int_lead__hours_opened'), 'hours_' ~ name,
        [calendar ~ ' = hours_' ~ name ~ '.calendar_code'],
        seconds, 'seconds_before', 'next_seconds_before', strictly=true
    ) }}
{%- endmacro %}

{% macro after_open_seconds(name, seconds) -%}
    {{ dbt.dateadd(
        'second', seconds ~ ' - hours_' ~ name ~ '.seconds_before', 'hours_' ~ name ~ '.opens_at'
    ) }}
{%- endmacro %}

{# Inner join to the one row of an ordered list that had begun at `value`. The list says in
   `next_start` where the following row begins, for engines without as-of joins. #}
{% macro latest_begun_join(relation, alias, equalities, value, start, next_start, strictly) -%}
    {{ return(
        adapter.dispatch('latest_begun_join', 'customer_full_stack')(
            relation, alias, equalities, value, start, next_start, strictly
        )
    ) }}
{%- endmacro %}

{% macro default__latest_begun_join(
    relation, alias, equalities, value, start, next_start, strictly
) -%}
    inner join {{ relation }} as {{ alias }}
        on {{ equalities | join(' and ') }}
        and {{ value }} {{ '>' if strictly else '>=' }} {{ alias }}.{{ start }}
        and {{ value }} {{ '<=' if strictly else '<' }} {{ alias }}.{{ next_start }}
{%- endmacro %}

{% macro duckdb__latest_begun_join(
    relation, alias, equalities, value, start, next_start, strictly
) -%}
    asof join {{ relation }} as {{ alias }}
        on {{ equalities | join(' and ') }}
        and {{ value }} {{ '>' if strictly else '>=' }} {{ alias }}.{{ start }}
{%- endmacro %}
