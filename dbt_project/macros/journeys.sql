{#
    The rules of journeys, on any touches. Models call them with the warehouse's touchpoints, and
    orchestration/journeys with any other table; no rule stands anywhere else.

    A person's touches are one sorted list, and all rules are functions of lists: one grouping,
    one sort of short lists, no window and no second sort. A touch is packed as a step, of a kind:
      - 'struct': (at2, key, what): at2 is twice the microseconds since 1970, plus 1 where the
        touch ends a journey, so that at one instant a conversion comes last, then `key` decides.
        Any time, any key, any number of journeys.
      - 'long': the same three in one HUGEINT, where they fit: microseconds since `base`, the bit
        that ends a journey, the key above `key_base` (`key_bits`), `what` (`word_bits`).
      - 'word': one BIGINT without a key, where that fits: microseconds since `base`, the bit that
        ends a journey, `what` (`word_bits`), which decides at one instant.
    `what` holds, from the lowest bit: the number of the channel (`channel_bits`), the stage's rank
    (3 bits), whether the touch came after the sale (1), is a message's click (1), a visit (1), was
    anonymous (1), the number of its kind of conversion (2), the number of the campaign.
    A layout is a dictionary of kind and widths.
#}
{% macro step_packed(micros, ends, key, what, layout) -%}
    {%- if layout.kind == 'struct' -%}
        {{ adapter.dispatch('step_struct', 'customer_full_stack')(
            micros ~ ' * 2 + case when ' ~ ends ~ ' then 1 else 0 end', key, what
        ) }}
    {%- elif layout.kind == 'long' -%}
        cast((({{ micros }}) - {{ layout.base }}) * 2 + case when {{ ends }} then 1 else 0 end
            as hugeint) * {{ 2 ** (layout.key_bits + layout.word_bits) }}
        + cast(({{ key }}) - {{ layout.key_base }} as hugeint) * {{ 2 ** layout.word_bits }}
        + {{ what }}
    {%- else -%}
        (({{ micros }}) - {{ layout.base }}) * {{ 2 ** (layout.word_bits + 1) }}
        + case when {{ ends }} then {{ 2 ** layout.word_bits }} else 0 end + {{ what }}
    {%- endif -%}
{%- endmacro %}

{% macro default__step_struct(at2, key, what) -%}
    named_struct('at2', {{ at2 }}, 'key', {{ key }}, 'what', {{ what }})
{%- endmacro %}

{% macro duckdb__step_struct(at2, key, what) -%}
    struct_pack(at2 := {{ at2 }}, key := {{ key }}, what := {{ what }})
{%- endmacro %}

{# `what` of a touch from its parts; a part that the caller's touches lack is left out. #}
{% macro step_what(layout, channel, stage=none, is_click=none, is_visit=none, is_anonymous=none,
    kind=none, campaign=none) -%}
    {%- set bits = layout.channel_bits -%}
    cast({{ channel }} as bigint)
    {%- if stage %} + {{ stage }} * {{ 2 ** bits }}{% endif %}
    {%- if is_click %} + case when {{ is_click }} then {{ 2 ** (bits + 4) }} else 0 end{% endif %}
    {%- if is_visit %} + case when {{ is_visit }} then {{ 2 ** (bits + 5) }} else 0 end{% endif %}
    {%- if is_anonymous %} + case when {{ is_anonymous }} then {{ 2 ** (bits + 6) }} else 0 end
    {%- endif %}
    {%- if kind %} + {{ kind }} * {{ 2 ** (bits + 7) }}{% endif %}
    {%- if campaign %} + cast({{ campaign }} as bigint) * {{ 2 ** (bits + 9) }}{% endif %}
{%- endmacro %}

{# Traits of a touch, which say what work its person's list needs; see `journeys_of_touches`. #}
{% macro step_traits(ends, stage=none, is_click=none, start_stages=none) -%}
    case when {{ ends }} then 2 else 0 end
    {%- if stage %}
    + case when {{ stage }} >= 5 and not {{ ends }} then 4 else 0 end
    {%- endif %}
    {%- if is_click %} + case when {{ is_click }} then 1 else 0 end{% endif %}
    {%- if stage and start_stages %}
    + case when not {{ ends }} and {{ bits_right(start_stages, stage) }} & 1 = 0
        then 8 else 0 end
    {%- endif %}
{%- endmacro %}

{# Layout of the warehouse's own steps: touchpoint keys decide between touches at one instant. #}
{% macro warehouse_steps() -%}
    {{ return({'kind': 'struct', 'channel_bits': 20}) }}
{%- endmacro %}

{# Microseconds since 1970 of a timestamp. #}
{% macro micros_of(expression) -%}
    {{ return(adapter.dispatch('micros_of', 'customer_full_stack')(expression)) }}
{%- endmacro %}

{% macro default__micros_of(expression) -%}
    unix_micros({{ expression }})
{%- endmacro %}

{% macro duckdb__micros_of(expression) -%}
    epoch_us({{ expression }})
{%- endmacro %}

{# Moment of a step, in microseconds since 1970, or since the layout's base. #}
{% macro step_micros(step, layout) -%}
    {%- if layout.kind == 'struct' -%} {{ bits_right(step ~ '.at2', 1) }}
    {%- elif layout.kind == 'long' -%}
        cast({{ bits_right(step, layout.key_bits + layout.word_bits + 1) }} as bigint)
    {%- else -%} {{ bits_right(step, layout.word_bits + 1) }} {%- endif -%}
{%- endmacro %}

{% macro step_at(step, layout) -%}
    {{ timestamp_of_micros(
        step_micros(step, layout) ~ ('' if layout.kind == 'struct' else ' + ' ~ layout.base)
    ) }}
{%- endmacro %}

{# Key of a step; words have none. #}
{% macro step_key(step, layout) -%}
    {%- if layout.kind == 'struct' -%} {{ step }}.key
    {%- elif layout.kind == 'long' -%}
        cast({{ bits_right(step, layout.word_bits) }} & {{ 2 ** layout.key_bits - 1 }} as bigint)
        + {{ layout.key_base }}
    {%- else -%} cast(null as {{ dbt.type_bigint() }}) {%- endif -%}
{%- endmacro %}

{# Some bits of what a step says. #}
{% macro step_bits(step, first_bit, bits, layout) -%}
    {%- set what = step ~ '.what' if layout.kind == 'struct' else step -%}
    {%- set found -%}
        ({{ bits_right(what, first_bit) if first_bit else what }} & {{ 2 ** bits - 1 }})
    {%- endset -%}
    {{ 'cast(' ~ found ~ ' as bigint)' if layout.kind == 'long' else found }}
{%- endmacro %}

{% macro step_ends(step, layout) -%}
    {%- if layout.kind == 'struct' -%} ({{ step }}.at2 & 1) = 1
    {%- elif layout.kind == 'long' -%}
        ({{ step }} & {{ 2 ** (layout.key_bits + layout.word_bits) }}) <> 0
    {%- else -%} ({{ step }} & {{ 2 ** layout.word_bits }}) <> 0 {%- endif -%}
{%- endmacro %}

{% macro step_channel(step, layout) -%}
    {{ step_bits(step, 0, layout.channel_bits, layout) }}
{%- endmacro %}

{% macro step_stage(step, layout) -%}
    {{ step_bits(step, layout.channel_bits, 3, layout) }}
{%- endmacro %}

{% macro step_flag(step, name, layout) -%}
    {%- set bit = layout.channel_bits
        + {'after_sale': 3, 'click': 4, 'visit': 5, 'anonymous': 6}[name] -%}
    {%- if layout.kind != 'struct' and bit >= layout.word_bits -%} false
    {%- else -%}
        ({{ step ~ '.what' if layout.kind == 'struct' else step }} & {{ 2 ** bit }}) <> 0
    {%- endif -%}
{%- endmacro %}

{# Whether a step ends its journey or comes after that. #}
{% macro step_closes(step, layout) -%}
    {%- set after_sale = 2 ** (layout.channel_bits + 3) -%}
    {%- if layout.kind == 'struct' -%}
        {{ step_ends(step, layout) }} or {{ step_flag(step, 'after_sale', layout) }}
    {%- elif layout.kind == 'long' -%}
        ({{ step }} & {{ 2 ** (layout.key_bits + layout.word_bits) + after_sale }}) <> 0
    {%- else -%} ({{ step }} & {{ 2 ** layout.word_bits + after_sale }}) <> 0 {%- endif -%}
{%- endmacro %}

{# Number of the kind of conversion, and of the campaign; 0 where the layout holds none. #}
{% macro step_kind(step, layout) -%}
    {%- set bit = layout.channel_bits + 7 -%}
    {%- if layout.kind != 'struct' and bit >= layout.word_bits -%} 0
    {%- else -%} {{ step_bits(step, bit, 2, layout) }} {%- endif -%}
{%- endmacro %}

{% macro step_campaign(step, layout) -%}
    {%- set bit = layout.channel_bits + 9 -%}
    {%- set bits = 32 if layout.kind == 'struct' else layout.word_bits - bit -%}
    {{ step_bits(step, bit, bits, layout) if bits > 0 else 0 }}
{%- endmacro %}

{# The step, marked as one after the sale, or not so. #}
{% macro step_after_sale(step, layout, is_after_sale=true) -%}
    {%- set bit = 2 ** (layout.channel_bits + 3) -%}
    {%- set what = step ~ '.what' if layout.kind == 'struct' else step -%}
    {%- set marked = what ~ (' | ' ~ bit if is_after_sale else ' & ' ~ (-1 - bit)) -%}
    {%- if layout.kind == 'struct' -%}
        {{ adapter.dispatch('step_struct', 'customer_full_stack')(
            step ~ '.at2', step ~ '.key', marked
        ) }}
    {%- else -%} {{ marked }} {%- endif -%}
{%- endmacro %}

{# A step without the number of its campaign, which means something within one run only. #}
{% macro step_without_campaign(step, layout) -%}
    {{ adapter.dispatch('step_struct', 'customer_full_stack')(
        step ~ '.at2', step ~ '.key', step ~ '.what & ' ~ (2 ** (layout.channel_bits + 9) - 1)
    ) }}
{%- endmacro %}

{# A long step as a word: without key and campaign. #}
{% macro step_shortened(step, layout, word) -%}
    cast(
        {{ bits_right(step, layout.key_bits + layout.word_bits) }}
        * {{ 2 ** word.word_bits }} + ({{ step }} & {{ 2 ** word.word_bits - 1 }}) as bigint
    )
{%- endmacro %}

{#
    Common table expressions that end with `journeys`: person, journey_number, steps, is_repeat
    (the person had converted before), and the first and last step of the journey before.
    They read `touches` (person, step, traits) and `rules`, one row: lapse_micros, click_micros,
    start_stages (bit 0 for stage 0, an unknown one, bit 1 for awareness and so on). Traits spare
    work: bit 0 on a click, 1 on a conversion, 2 on a contact of service or loyalty, 3 on a
    contact that may not begin a journey.

    A journey begins with a person's first contact, with the first one after a conversion, and
    with the first one after a pause of more than the lapse time; it ends with its conversion.
    Contacts of service and loyalty within the lapse time after a conversion belong to the journey
    that it ended: they stand behind the conversion, and neither begin a journey nor lengthen the
    next one. A click on a message and the visit of the same campaign right after it, within the
    time of a session, are one contact: the visit. Where a company says which stages may begin a
    journey, what comes before such a contact stands outside.
    Where `packed` names another layout, touches are packed in that one, and shortened to `layout`
    once clicks are told by their visits and keys have decided the order.
    Journey 0 holds what stands outside any journey, journey -1 (where clicks are kept) the clicks
    that became one with their visit: nothing is lost.
    What few steps need is worked out within a CASE, which looks at those alone.
#}
{% macro journeys_of_touches(layout, packed=none, keep_clicks=true) -%}
{%- set packed = packed or layout %}
people as (
    select
        person,
        {{ list_sorted('step') }} as steps,
        bit_or(traits) as traits
    from touches
    group by person
),

-- A click is one contact with the visit that it opens.
clicked as (
    {%- set after = list_at('people.steps', 'place + 1') -%}
    {%- set opens -%}
        case when {{ step_flag('item', 'click', packed) }}
            then coalesce(
                not {{ step_ends('item', packed) }}
                and {{ step_flag(after, 'visit', packed) }}
                and {{ step_campaign(after, packed) }} = {{ step_campaign('item', packed) }}
                and {{ step_micros(after, packed) }} - {{ step_micros('item', packed) }}
                <= click_micros,
                false
            )
            else false end
    {%- endset %}
    select
        people.person,
        people.traits,
        rules.lapse_micros,
        rules.start_stages,
        case when people.traits & 1 = 0 then people.steps
            else {{ list_where('people.steps', 'not (' ~ opens ~ ')') }} end as steps,
        case when {{ 'people.traits & 1 <> 0' if keep_clicks else 'false' }}
            then {{ list_where('people.steps', opens) }} end as clicks
    from people
    cross join rules
),

{% if packed.kind != layout.kind -%}
shortened as (
    select
        person,
        traits,
        lapse_micros,
        start_stages,
        {{ list_of('steps', step_shortened('item', packed, layout)) }} as steps,
        {{ list_of('clicks', step_shortened('item', packed, layout)) }} as clicks
    from clicked
),

{% endif -%}
-- Where there are both conversions and service, contacts that follow a sale are put right behind it.
sold as (
    select
        *,
        case when traits & 6 = 6
            then {{ list_where(
                list_numbers(1, list_length('steps')), step_ends(list_at('steps', 'item'), layout)
            ) }} end as sales
    from {{ 'clicked' if packed.kind == layout.kind else 'shortened' }}
),

-- For each step, how many sales came before it.
counted as (
    select
        *,
        case when sales is not null
            then {{ list_flattened(list_of(
                list_numbers(0, list_length('sales')),
                list_repeated(
                    'item',
                    'coalesce(' ~ list_at('sales', 'item + 1') ~ ', ' ~ list_length('steps') ~ ')'
                    ~ ' - coalesce(' ~ list_at('sales', 'item') ~ ', 0)'
                )
            )) }} end as sales_before
    from sold
),

sorted as (
    {%- set after_sale -%}
        case when {{ step_stage('item', layout) }} >= 5
            then not {{ step_ends('item', layout) }}
                and {{ list_at('sales_before', 'place') }} > 0
                and {{ step_micros('item', layout) }} - {{ step_micros(
                    list_at('steps', list_at('sales', list_at('sales_before', 'place'))), layout
                ) }} <= lapse_micros
            else false end
    {%- endset %}
    select
        *,
        case when sales is not null
            then {{ list_in_order(list_of(
                'steps',
                '(' ~ list_at('sales_before', 'place') ~ ' * 2 + case when ' ~ after_sale
                ~ ' then 0 else 1 end) * ' ~ 2 ** 32 ~ ' + place'
            )) }} end as orders
    from counted
),

served as (
    {%- set step = list_at('steps', 'item & ' ~ (2 ** 32 - 1)) %}
    select
        person,
        traits,
        lapse_micros,
        start_stages,
        clicks,
        case when orders is null then steps
            else {{ list_of(
                'orders',
                'case when item & ' ~ 2 ** 32 ~ ' = 0 then ' ~ step_after_sale(step, layout)
                ~ ' else ' ~ step ~ ' end'
            ) }} end as steps
    from sorted
),

-- Where runs of contacts begin: each but those that the start stages keep out is a journey.
begun as (
    {%- set step = list_at('steps', 'item') -%}
    {%- set before = list_at('steps', 'item - 1') %}
    select
        *,
        {{ list_where(
            list_numbers(1, list_length('steps')),
            'item = 1 or (not (' ~ step_flag(step, 'after_sale', layout) ~ ') and ('
            ~ step_closes(before, layout) ~ ' or ' ~ step_micros(step, layout) ~ ' - '
            ~ step_micros(before, layout) ~ ' > lapse_micros))'
        ) }} as starts
    from served
),

bounded as (
    select
        *,
        {{ list_of(
            'starts', 'coalesce(' ~ list_at('starts', 'place + 1') ~ ' - 1, '
            ~ list_length('steps') ~ ')'
        ) }} as stops
    from begun
),

-- Where start stages keep contacts out: the run of each step, and each run's first contact that may
-- begin a journey.
run_numbered as (
    select
        *,
        case when traits & 8 <> 0
            then {{ list_flattened(list_of(
                'starts', list_repeated('place', list_at('stops', 'place') ~ ' - item + 1')
            )) }} end as run_of
    from bounded
),

may_begin as (
    {%- set step = list_at('steps', 'item') %}
    select
        *,
        case when run_of is not null
            then {{ list_where(
                list_numbers(1, list_length('steps')),
                step_ends(step, layout) ~ ' or '
                ~ bits_right('start_stages', step_stage(step, layout)) ~ ' & 1 = 1'
            ) }} end as beginners
    from run_numbered
),

journeys_begun as (
    select
        person,
        traits,
        clicks,
        steps,
        stops,
        run_of,
        case when run_of is null then starts
            else {{ list_where(
                'beginners',
                'place = 1 or ' ~ list_at('run_of', 'item') ~ ' <> '
                ~ list_at('run_of', list_at('beginners', 'place - 1'))
            ) }} end as starts
    from may_begin
),

journeys_bounded as (
    select
        person,
        traits,
        clicks,
        steps,
        starts,
        case when run_of is null then stops
            else {{ list_of('starts', list_at('stops', list_at('run_of', 'item'))) }}
        end as stops,
        run_of is not null as has_outside
    from journeys_begun
),

converted as (
    {%- set last_step = list_at('steps', 'item') %}
    select
        *,
        case when has_outside
            then {{ list_joined(
                list_flattened(list_of('starts', list_numbers(
                    'coalesce(' ~ list_at('stops', 'place - 1') ~ ', 0) + 1', 'item - 1'
                ))),
                list_numbers(
                    'coalesce(' ~ list_at('stops', list_length('stops')) ~ ', 0) + 1',
                    list_length('steps')
                )
            ) }} end as outside,
        case when traits & 2 <> 0
            then {{ list_place(list_of(
                'stops',
                step_closes(last_step, layout)
            ), 'true') }} end as first_conversion_number
    from journeys_bounded
),

-- Numbers from 0 or -1 where contacts outside or clicks have to be kept.
numbered as (
    select
        *,
        {{ list_rows(list_numbers(
            'case when ' ~ list_length('clicks') ~ ' > 0 then -1 when ' ~ list_length('outside')
            ~ ' > 0 then 0 else 1 end',
            list_length('starts')
        )) }} as journey_number
    from converted
),

cut as (
    select
        person,
        journey_number,
        case
            when journey_number > 0
                then {{ list_part(
                    'steps', list_at('starts', 'journey_number'), list_at('stops', 'journey_number')
                ) }}
            when journey_number = 0 then {{ list_of('outside', list_at('steps', 'item')) }}
            else clicks
        end as steps,
        coalesce(journey_number > nullif(first_conversion_number, 0), false) as is_repeat,
        case when journey_number > 1
            then {{ list_at('steps', list_at('starts', 'journey_number - 1')) }}
        end as previous_first,
        case when journey_number > 1
            then {{ list_at('steps', list_at('stops', 'journey_number - 1')) }}
        end as previous_last
    from numbered
    where journey_number <> 0 or {{ list_length('outside') }} > 0
),

journeys as (
    select * from cut
)
{%- endmacro %}
