{#
    What a journey's steps say of it: common table expressions that end with `described`. They read
    `journeys` (see journeys.sql), `codes`, one row: channel_codes and stage_codes, lists of the
    codes of channel 1, 2, 3 and of stage 1, 2, 3 (awareness, consideration and so on, then
    unknown), and `rules`, one row: stall_micros, repeat_micros, first_steps.

    Path, switches, loops and back-steps are those of the contacts before the conversion; the
    conversion is where the path ends, and service afterwards is counted apart. A loop is a stage
    entered again, a back-step a move to an earlier stage, a skipped stage one that the next
    contact, or the conversion, jumped over. An unknown stage is a stage of its own. A repeat
    contact is one of service that follows another through the same channel within the time for
    it: somebody had to come back. `conversion_in_path` counts the conversion as a contact, for
    tables that tell a conversion by a mark on the last touch.
#}
{% macro journeys_described(layout, conversion_in_path=false) -%}
tailed as (
    {%- set last_step = list_at('journeys.steps', list_length('journeys.steps')) %}
    select
        journeys.*,
        codes.channel_codes,
        codes.stage_codes,
        rules.stall_micros,
        rules.repeat_micros,
        rules.first_steps,
        case when {{ step_flag(last_step, 'after_sale', layout) }}
            then {{ list_length(
                list_where('journeys.steps', step_flag('item', 'after_sale', layout))
            ) }} else 0 end as after_sale_count
    from journeys
    cross join codes
    cross join rules
    where journeys.journey_number > 0
),

ended as (
    {%- set last = list_length('steps') ~ ' - after_sale_count' %}
    select
        *,
        {{ list_at('steps', last) }} as last_step,
        {{ step_ends(list_at('steps', last), layout) }} as is_converted
    from tailed
),

counted_steps as (
    select
        *,
        {{ list_length('steps') }} - after_sale_count
        {%- if not conversion_in_path %} - case when is_converted then 1 else 0 end{% endif %}
            as contact_count
    from ended
),

listed as (
    select
        *,
        {{ list_of(
            list_head('steps', 'contact_count'), step_channel('item', layout)
        ) }} as channels,
        {{ list_of('steps', step_stage('item', layout)) }} as stages,
        {{ list_of(
            list_numbers(2, list_length('steps') ~ ' - after_sale_count'),
            step_micros(list_at('steps', 'item'), layout) ~ ' - '
            ~ step_micros(list_at('steps', 'item - 1'), layout)
        ) }} as pauses
    from counted_steps
),

collapsed as (
    select
        *,
        {{ list_collapsed('channels') }} as channels_collapsed,
        {{ list_collapsed(list_head('stages', 'contact_count')) }} as stages_collapsed,
        {{ list_collapsed(list_head('stages', list_length('steps') ~ ' - after_sale_count')) }}
            as stages_reached,
        -- In order of channel and time, so that contacts through one channel stand together.
        case when {{ list_place('stages', 5) }} > 0
            then {{ list_in_order(list_of(
                list_where('steps', step_stage('item', layout) ~ ' = 5'),
                adapter.dispatch('channel_and_time', 'customer_full_stack')('item', layout)
            )) }} end as served
    from listed
),

described as (
    select
        person,
        journey_number,
        last_step,
        {{ step_key(list_at('steps', '1'), layout) }} as first_key,
        case when is_converted then {{ step_key('last_step', layout) }} end as conversion_key,
        {{ step_at(list_at('steps', '1'), layout) }} as started_at,
        {{ step_at('last_step', layout) }} as last_touch_at,
        case when is_converted then {{ step_at('last_step', layout) }} end as converted_at,
        is_repeat,
        {{ reopens_previous(layout) }} as is_reopened,
        case when {{ reopens_previous(layout) }}
            then {{ step_key('previous_first', layout) }} end as reopened_key,
        case when {{ reopens_previous(layout) }}
            then {{ step_micros(list_at('steps', '1'), layout) }}
                - {{ step_micros('previous_last', layout) }} end as reopened_after_micros,
        contact_count,
        after_sale_count,
        {{ step_channel(list_at('steps', '1'), layout) }} as first_channel,
        {{ list_at('channels', 'contact_count') }} as last_channel,
        {{ list_length(list_unique('channels_collapsed')) }} as distinct_channel_count,
        {{ list_as_path('channels', 'channel_codes') }} as path,
        {{ list_as_path('channels_collapsed', 'channel_codes') }} as path_collapsed,
        {{ list_as_path(list_unique('channels_collapsed'), 'channel_codes') }} as path_unique,
        {{ list_as_path(
            list_head('channels_collapsed', 'first_steps'), 'channel_codes'
        ) }} as path_first,
        {{ list_as_path(
            list_of('stages_collapsed', 'case when item = 0 then 7 else item end'), 'stage_codes'
        ) }} as stage_path,
        greatest({{ list_length('channels_collapsed') }} - 1, 0) as switch_count,
        {{ list_length('stages_collapsed') }} - {{ list_length(list_unique('stages_collapsed')) }}
            as loop_count,
        {{ list_length(list_where(
            'stages_collapsed',
            'item >= 1 and item < ' ~ list_at('stages_collapsed', 'place - 1')
        )) }} as back_step_count,
        coalesce({{ list_total(list_of(
            'stages_reached',
            'case when ' ~ list_at('stages_reached', 'place - 1') ~ ' >= 1 then greatest(item - '
            ~ list_at('stages_reached', 'place - 1') ~ ' - 1, 0) else 0 end'
        )) }}, 0) as skipped_stage_count,
        {% for rank in range(1, 7) -%}
        {{ step_at(list_at('steps', 'nullif(' ~ list_place('stages', rank) ~ ', 0)'), layout) }}
            as stage_{{ rank }}_at,
        {% endfor -%}
        coalesce({{ list_largest('pauses') }}, 0) as longest_pause_micros,
        {{ list_length(list_where('pauses', 'item > stall_micros')) }} as stall_count,
        {{ list_middle('pauses') }} as median_pause_micros,
        {{ list_total('pauses') }} / nullif({{ list_length('pauses') }}, 0) as mean_pause_micros,
        {{ list_length(list_where(
            'served',
            'item.channel = ' ~ list_at('served', 'place - 1') ~ '.channel and item.micros - '
            ~ list_at('served', 'place - 1') ~ '.micros <= repeat_micros'
        )) }} as repeat_contact_count,
        {{ list_length(list_where('steps', step_kind('item', layout) ~ ' > 0')) }}
            as conversion_count,
        {{ list_length(list_where('steps', step_kind('item', layout) ~ ' = 3')) }} as lead_count,
        {{ step_at(list_at(
            list_where('steps', step_kind('item', layout) ~ ' = 3'), '1'
        ), layout) }} as lead_at,
        {{ list_length(list_where(
            list_head('steps', 'contact_count'), step_flag('item', 'anonymous', layout)
        )) }} as anonymous_count,
        {{ step_flag(list_at('steps', '1'), 'anonymous', layout) }} as is_anonymous_start,
        {{ step_at(list_at(
            list_where('steps', 'not (' ~ step_flag('item', 'anonymous', layout) ~ ')'), '1'
        ), layout) }} as identified_at
    from collapsed
)
{%- endmacro %}

{# Whether the journey before lapsed without a conversion. #}
{% macro reopens_previous(layout) -%}
    coalesce(not ({{ step_closes('previous_last', layout) }}), false)
{%- endmacro %}

{% macro default__channel_and_time(step, layout) -%}
    named_struct('channel', {{ step_channel(step, layout) }},
        'micros', {{ step_micros(step, layout) }})
{%- endmacro %}

{% macro duckdb__channel_and_time(step, layout) -%}
    struct_pack(channel := {{ step_channel(step, layout) }},
        micros := {{ step_micros(step, layout) }})
{%- endmacro %}

{# Microseconds as days and as hours, rounded so that every engine gives the same digits. #}
{% macro days_of(micros) -%}
    cast(round(cast({{ micros }} as double) / 86400000000.0, 4) as double)
{%- endmacro %}

{% macro hours_of(micros) -%}
    cast(round(cast({{ micros }} as double) / 3600000000.0, 4) as double)
{%- endmacro %}
