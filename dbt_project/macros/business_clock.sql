{#
    Business time. Two tables make every question a hash join on a small table:
    int_lead__hours_opened   per calendar and UTC day each open interval that rules in it, with the
                             open seconds before it: how much open time had passed until an instant
    int_lead__hours_numbered per calendar and stretch of open time the intervals in it: the way
                             back, at which instant so much open time will have passed
    Open time between two instants is a difference of two look-ups. Instants are read at whole
    seconds, fractions are cut off. What no calendar knows (code, or instant outside) is null.

    business_clocks(...)                    whole clocks with pauses: a select statement
    open_seconds_joins(calendar, {'started': 'base.started_at'})   joins of a from clause
    open_seconds_at('started', 'base.started_at')                  open seconds until an instant
    after_open_seconds_join(...), after_open_seconds(...)          the way back
#}
{% macro open_seconds_joins(calendar, instants, hours=none) -%}
    {%- for name, instant in instants.items() %}
    left join {{ hours or ref('int_lead__hours_opened') }} as hours_{{ name }}
        on {{ calendar }} = hours_{{ name }}.calendar_code
        and cast({{ instant }} as date) = hours_{{ name }}.utc_date
        and {{ instant }} >= hours_{{ name }}.opens_at
        and {{ instant }} < hours_{{ name }}.next_opens_at
    {%- endfor %}
{%- endmacro %}

{% macro open_seconds_at(name, instant) -%}
    (hours_{{ name }}.seconds_before + least(
        {{ dbt.datediff('hours_' ~ name ~ '.opens_at', instant, 'second') }},
        hours_{{ name }}.seconds_open
    ))
{%- endmacro %}

{% macro is_open_at(name, instant) -%}
    {{ dbt.datediff('hours_' ~ name ~ '.opens_at', instant, 'second') }}
    < hours_{{ name }}.seconds_open
{%- endmacro %}

{# The first instant at which so many open seconds have passed: a closing time rather than the
   opening after it. #}
{% macro after_open_seconds_join(calendar, name, seconds, numbered=none) -%}
    left join {{ numbered or ref('int_lead__hours_numbered') }} as hours_{{ name }}
        on {{ calendar }} = hours_{{ name }}.calendar_code
        and {{ open_chunk(seconds) }} = hours_{{ name }}.chunk
        and {{ seconds }} > hours_{{ name }}.seconds_before
        and {{ seconds }} <= hours_{{ name }}.seconds_before + hours_{{ name }}.seconds_open
{%- endmacro %}

{% macro after_open_seconds(name, seconds) -%}
    {{ dbt.dateadd(
        'second', seconds ~ ' - hours_' ~ name ~ '.seconds_before', 'hours_' ~ name ~ '.opens_at'
    ) }}
{%- endmacro %}

{#
    Clocks read whole, as a select statement. `clocks` is a relation with the columns of `key`
    (unique), calendar_code, started_at, stopped_at (null: not stopped), read_at (when a clock that
    has not stopped is looked at) and target_seconds (null: none). `pauses` has the columns of
    `pause_key` (default: key), paused_from and paused_to (null: still paused); pauses may overlap,
    touch, repeat and lie outside the clock or in closed hours.

    Adds to the columns of `clocks`:
    running_seconds      open and not paused, from the start until it stopped or is read
    paused_seconds       open but paused, between the same instants
    due_at               when running_seconds reaches the target, by the pauses so far; null without
                         target, while paused before the target is reached, and beyond the calendar
    is_started_in_hours  open at the start; the opening belongs to the hours, the closing does not
    is_paused_now        not stopped, and paused when read
    started_open_seconds, ended_open_seconds, due_open_seconds: the look-ups, for further reckoning
    A clock that stops before it starts has run for no time.
#}
{% macro business_clocks(clocks, key, pauses=none, pause_key=none, hours=none, numbered=none) -%}
    with

    clocks_ended as (
        select
            *,
            greatest(coalesce(stopped_at, read_at), started_at) as clock_ended_at
        from {{ clocks }}
    ),

    clocks_read as (
        select
            clocks.*,
            {{ open_seconds_at('started', 'clocks.started_at') }} as started_open_seconds,
            {{ open_seconds_at('ended', 'clocks.clock_ended_at') }} as ended_open_seconds,
            {{ is_open_at('started', 'clocks.started_at') }} as is_started_in_hours
        from clocks_ended as clocks
        {{- open_seconds_joins(
            'clocks.calendar_code',
            {'started': 'clocks.started_at', 'ended': 'clocks.clock_ended_at'}, hours
        ) }}
    ),
    {%- if pauses %}
    {{ pauses_of_clocks(key, pauses, pause_key or key, hours) }},
    {%- endif %}

    clocks_paused as (
        select
            clocks.*,
            {%- if pauses %}
            case
                when clocks.ended_open_seconds >= clocks.started_open_seconds
                    then coalesce(pauses.paused_seconds, 0)
            end as paused_seconds,
            coalesce(pauses.is_paused_now, false) as is_paused_now,
            clocks.started_open_seconds + clocks.target_seconds
            + coalesce(pauses.seconds_paused_before_due, 0) as due_open_seconds
        from clocks_read as clocks
        left join pauses_added as pauses
            on {{ equal_columns('clocks', 'pauses', key) }}
            {%- else %}
            case
                when clocks.ended_open_seconds >= clocks.started_open_seconds
                    then cast(0 as bigint)
            end as paused_seconds,
            false as is_paused_now,
            clocks.started_open_seconds + clocks.target_seconds as due_open_seconds
        from clocks_read as clocks
            {%- endif %}
    )

    select
        clocks.*,
        clocks.ended_open_seconds - clocks.started_open_seconds - clocks.paused_seconds
            as running_seconds,
        case
            when clocks.target_seconds <= 0 then clocks.started_at
            when not clocks.is_paused_now
                or clocks.ended_open_seconds - clocks.started_open_seconds - clocks.paused_seconds
                >= clocks.target_seconds
                then {{ after_open_seconds('due', 'clocks.due_open_seconds') }}
        end as due_at
    from clocks_paused as clocks
    {{ after_open_seconds_join(
        'clocks.calendar_code', 'due', 'clocks.due_open_seconds', numbered
    ) }}
{%- endmacro %}

{# The pauses of clocks_read, each counted for the open seconds that no earlier one covers. #}
{% macro pauses_of_clocks(key, pauses, pause_key, hours) %}
    pauses_cut as (
        select
            clocks.{{ key | join(', clocks.') }},
            clocks.calendar_code,
            clocks.started_open_seconds,
            clocks.target_seconds,
            greatest(pauses.paused_from, clocks.started_at) as cut_from,
            least(coalesce(pauses.paused_to, clocks.clock_ended_at), clocks.clock_ended_at)
                as cut_to,
            clocks.stopped_at is null
            and (pauses.paused_to is null or pauses.paused_to > clocks.read_at) as is_paused_now
        from clocks_read as clocks
        inner join {{ pauses }} as pauses
            on {{ equal_columns('clocks', 'pauses', pause_key) }}
        where pauses.paused_from <= clocks.clock_ended_at
            and (pauses.paused_to is null or pauses.paused_to > clocks.started_at)
    ),

    pauses_placed as (
        select
            pauses.*,
            {{ open_seconds_at('paused', 'pauses.cut_from') }} as from_open_seconds,
            {{ open_seconds_at('resumed', 'pauses.cut_to') }} as to_open_seconds
        from pauses_cut as pauses
        {{- open_seconds_joins(
            'pauses.calendar_code', {'paused': 'pauses.cut_from', 'resumed': 'pauses.cut_to'}, hours
        ) }}
    ),

    pauses_merged as (
        select
            *,
            greatest(from_open_seconds, coalesce(max(to_open_seconds) over (
                partition by {{ key | join(', ') }}
                order by from_open_seconds, to_open_seconds
                rows between unbounded preceding and 1 preceding
            ), from_open_seconds)) as new_from_open_seconds
        from pauses_placed
    ),

    pauses_counted as (
        select
            *,
            greatest(to_open_seconds - new_from_open_seconds, 0) as new_seconds,
            coalesce(sum(greatest(to_open_seconds - new_from_open_seconds, 0)) over (
                partition by {{ key | join(', ') }}
                order by from_open_seconds, to_open_seconds
                rows between unbounded preceding and 1 preceding
            ), 0) as earlier_seconds
        from pauses_merged
    ),

    pauses_added as (
        select
            {{ key | join(', ') }},
            cast(sum(new_seconds) as bigint) as paused_seconds,
            cast(sum(
                case
                    when new_from_open_seconds - started_open_seconds - earlier_seconds
                        < target_seconds
                        then new_seconds
                    else 0
                end
            ) as bigint) as seconds_paused_before_due,
            bool_or(is_paused_now) as is_paused_now
        from pauses_counted
        group by {{ key | join(', ') }}
    )
{%- endmacro %}

{# Equality of two relations in columns of the same names. #}
{% macro equal_columns(left, right, columns) -%}
    {%- for column in columns -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#
    The two tables, from open intervals (calendar_code, opens_at, closes_at), which neither overlap
    nor touch. The first and the last interval of a calendar have no length: they say from and until
    when it is known.
#}
{% macro hours_by_day(intervals) -%}
    with

    measured as (
        select
            *,
            {{ dbt.datediff('opens_at', 'closes_at', 'second') }} as seconds_open,
            lead(opens_at) over (
                partition by calendar_code order by opens_at, closes_at
            ) as next_opens_at
        from {{ intervals }}
    ),

    added as (
        select
            *,
            cast(coalesce(sum(seconds_open) over (
                partition by calendar_code order by opens_at, closes_at
                rows between unbounded preceding and 1 preceding
            ), 0) as bigint) as seconds_before
        from measured
    ),

    by_day as (
        select
            *,
            {{ each_number('0', dbt.datediff('opens_at', 'next_opens_at', 'day')) }} as day_number
        from added
        where next_opens_at > opens_at
    ),

    dated as (
        select
            *,
            {{ days_after('cast(opens_at as date)', 'day_number') }} as utc_date
        from by_day
    )

    select
        calendar_code,
        utc_date,
        opens_at,
        next_opens_at,
        seconds_before,
        seconds_open
    from dated
    where next_opens_at > cast(utc_date as timestamp)
{%- endmacro %}

{% macro hours_by_number(hours) -%}
    select
        calendar_code,
        {{ each_number(open_chunk('seconds_before + 1'), open_chunk('seconds_before + seconds_open')) }}
            as chunk,
        opens_at,
        seconds_before,
        seconds_open
    from {{ hours }}
    where seconds_open > 0
        and utc_date = cast(opens_at as date)
{%- endmacro %}

{# Which stretch of four open hours an open second is in, counted from 1: some hold one interval,
   most two, so that a look-up tries few. #}
{% macro open_chunk(seconds) -%}
    {{ return(adapter.dispatch('open_chunk', 'customer_full_stack')(seconds)) }}
{%- endmacro %}

{% macro default__open_chunk(seconds) -%}
    cast(floor(({{ seconds }} - 1) / 14400.0) as bigint)
{%- endmacro %}

{% macro duckdb__open_chunk(seconds) -%}
    ({{ seconds }} - 1) // 14400
{%- endmacro %}

{# One row for each whole number from one to another, both included. #}
{% macro each_number(first, last) -%}
    {{ return(adapter.dispatch('each_number', 'customer_full_stack')(first, last)) }}
{%- endmacro %}

{% macro default__each_number(first, last) -%}
    explode(sequence({{ first }}, {{ last }}))
{%- endmacro %}

{% macro duckdb__each_number(first, last) -%}
    unnest(generate_series({{ first }}, {{ last }}))
{%- endmacro %}
