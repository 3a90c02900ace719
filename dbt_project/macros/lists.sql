{# Functions on lists. In `expression` and `condition`, `item` names the item and `place` its
   position, 1 for the first; a lambda within a lambda takes other names. #}

{# The values of a group as one sorted list. #}
{% macro list_sorted(expression) -%}
    {{ return(adapter.dispatch('list_sorted', 'customer_full_stack')(expression)) }}
{%- endmacro %}

{% macro default__list_sorted(expression) -%}
    array_sort(collect_list({{ expression }}))
{%- endmacro %}

{% macro duckdb__list_sorted(expression) -%}
    list_sort(list({{ expression }}))
{%- endmacro %}

{# The items for which a condition holds, in their order. #}
{% macro list_where(items, condition, item='item', place='place') -%}
    {{ return(
        adapter.dispatch('list_where', 'customer_full_stack')(items, condition, item, place)
    ) }}
{%- endmacro %}

{% macro default__list_where(items, condition, item, place) -%}
    filter({{ items }}, ({{ item }}, {{ place }}) ->
        {{ condition | replace(place, '(' ~ place ~ ' + 1)') }})
{%- endmacro %}

{% macro duckdb__list_where(items, condition, item, place) -%}
    list_filter({{ items }}, lambda {{ item }}, {{ place }}: {{ condition }})
{%- endmacro %}

{# An expression of each item. #}
{% macro list_of(items, expression, item='item', place='place') -%}
    {{ return(
        adapter.dispatch('list_of', 'customer_full_stack')(items, expression, item, place)
    ) }}
{%- endmacro %}

{% macro default__list_of(items, expression, item, place) -%}
    transform({{ items }}, ({{ item }}, {{ place }}) ->
        {{ expression | replace(place, '(' ~ place ~ ' + 1)') }})
{%- endmacro %}

{% macro duckdb__list_of(items, expression, item, place) -%}
    list_transform({{ items }}, lambda {{ item }}, {{ place }}: {{ expression }})
{%- endmacro %}

{# The item at a position; null outside the list. #}
{% macro list_at(items, place) -%}
    {{ return(adapter.dispatch('list_at', 'customer_full_stack')(items, place)) }}
{%- endmacro %}

{% macro default__list_at(items, place) -%}
    get({{ items }}, cast({{ place }} - 1 as int))
{%- endmacro %}

{% macro duckdb__list_at(items, place) -%}
    {{ items }}[{{ place }}]
{%- endmacro %}

{# The items from a position to another, both included; none where the second comes before. #}
{% macro list_part(items, first, last) -%}
    {{ return(adapter.dispatch('list_part', 'customer_full_stack')(items, first, last)) }}
{%- endmacro %}

{% macro default__list_part(items, first, last) -%}
    slice({{ items }}, cast({{ first }} as int),
        cast(greatest({{ last }} - {{ first }} + 1, 0) as int))
{%- endmacro %}

{# DuckDB's slices copy the whole list for each part of it; selecting does not. #}
{% macro duckdb__list_part(items, first, last) -%}
    list_select({{ items }}, range({{ first }}, {{ last }} + 1))
{%- endmacro %}

{# The first so many items. Outside lambdas, where a list is not shared, a slice is the fastest. #}
{% macro list_head(items, count) -%}
    {{ return(adapter.dispatch('list_head', 'customer_full_stack')(items, count)) }}
{%- endmacro %}

{% macro default__list_head(items, count) -%}
    slice({{ items }}, 1, cast({{ count }} as int))
{%- endmacro %}

{% macro duckdb__list_head(items, count) -%}
    {{ items }}[1:{{ count }}]
{%- endmacro %}

{# Number of items; 0 where there is no list. #}
{% macro list_length(items) -%}
    {{ return(adapter.dispatch('list_length', 'customer_full_stack')(items)) }}
{%- endmacro %}

{% macro default__list_length(items) -%}
    greatest(size({{ items }}), 0)
{%- endmacro %}

{% macro duckdb__list_length(items) -%}
    coalesce(len({{ items }}), 0)
{%- endmacro %}

{# Whole numbers from one to another, both included; none where the second is smaller. #}
{% macro list_numbers(first, last) -%}
    {{ return(adapter.dispatch('list_numbers', 'customer_full_stack')(first, last)) }}
{%- endmacro %}

{% macro default__list_numbers(first, last) -%}
    filter(sequence(least({{ first }}, {{ last }} + 1), {{ last }} + 1), number ->
        number between {{ first }} and {{ last }})
{%- endmacro %}

{% macro duckdb__list_numbers(first, last) -%}
    range({{ first }}, {{ last }} + 1)
{%- endmacro %}

{# The items of two lists, one after the other. #}
{% macro list_joined(first, second) -%}
    {{ return(adapter.dispatch('list_joined', 'customer_full_stack')(first, second)) }}
{%- endmacro %}

{% macro default__list_joined(first, second) -%}
    concat({{ first }}, {{ second }})
{%- endmacro %}

{% macro duckdb__list_joined(first, second) -%}
    list_concat({{ first }}, {{ second }})
{%- endmacro %}

{# The items of the lists in a list, one after the other. #}
{% macro list_flattened(items) -%}
    {{ return(adapter.dispatch('list_flattened', 'customer_full_stack')(items)) }}
{%- endmacro %}

{% macro default__list_flattened(items) -%}
    flatten({{ items }})
{%- endmacro %}

{% macro duckdb__list_flattened(items) -%}
    flatten({{ items }})
{%- endmacro %}

{# A list of one item, so many times. #}
{% macro list_repeated(item, times) -%}
    {{ return(adapter.dispatch('list_repeated', 'customer_full_stack')(item, times)) }}
{%- endmacro %}

{% macro default__list_repeated(item, times) -%}
    array_repeat({{ item }}, cast({{ times }} as int))
{%- endmacro %}

{% macro duckdb__list_repeated(item, times) -%}
    repeat([{{ item }}], {{ times }})
{%- endmacro %}

{# A list of what is named. #}
{% macro list_with(items) -%}
    {{ return(adapter.dispatch('list_with', 'customer_full_stack')(items)) }}
{%- endmacro %}

{% macro default__list_with(items) -%}
    array({{ items | join(', ') }})
{%- endmacro %}

{% macro duckdb__list_with(items) -%}
    [{{ items | join(', ') }}]
{%- endmacro %}

{# Position of a value in a list; 0 where it is not there. #}
{% macro list_place(items, value) -%}
    {{ return(adapter.dispatch('list_place', 'customer_full_stack')(items, value)) }}
{%- endmacro %}

{% macro default__list_place(items, value) -%}
    coalesce(array_position({{ items }}, {{ value }}), 0)
{%- endmacro %}

{% macro duckdb__list_place(items, value) -%}
    coalesce(list_position({{ items }}, {{ value }}), 0)
{%- endmacro %}

{# The largest number of a list, and the sum of its numbers; null where there is none. #}
{% macro list_largest(items) -%}
    {{ return(adapter.dispatch('list_largest', 'customer_full_stack')(items)) }}
{%- endmacro %}

{% macro default__list_largest(items) -%}
    array_max({{ items }})
{%- endmacro %}

{% macro duckdb__list_largest(items) -%}
    list_max({{ items }})
{%- endmacro %}

{% macro list_total(items) -%}
    {{ return(adapter.dispatch('list_total', 'customer_full_stack')(items)) }}
{%- endmacro %}

{% macro default__list_total(items) -%}
    aggregate({{ items }}, 0L, (total, item) -> total + item)
{%- endmacro %}

{% macro duckdb__list_total(items) -%}
    list_sum({{ items }})
{%- endmacro %}

{# The median of whole numbers: the mean of the two in the middle where their number is even. #}
{% macro list_middle(items) -%}
    {{ return(adapter.dispatch('list_middle', 'customer_full_stack')(items)) }}
{%- endmacro %}

{% macro default__list_middle(items) -%}
    (
        get(array_sort({{ items }}), cast(floor((size({{ items }}) - 1) / 2) as int))
        + get(array_sort({{ items }}), cast(floor(size({{ items }}) / 2) as int))
    ) / 2
{%- endmacro %}

{% macro duckdb__list_middle(items) -%}
    list_median({{ items }})
{%- endmacro %}

{# The list sorted. #}
{% macro list_in_order(items) -%}
    {{ return(adapter.dispatch('list_in_order', 'customer_full_stack')(items)) }}
{%- endmacro %}

{% macro default__list_in_order(items) -%}
    array_sort({{ items }})
{%- endmacro %}

{% macro duckdb__list_in_order(items) -%}
    list_sort({{ items }})
{%- endmacro %}

{# The list without repeats in a row. #}
{% macro list_collapsed(items) -%}
    {{ list_where(
        items, 'place = 1 or item <> ' ~ list_at(items, 'place - 1')
    ) }}
{%- endmacro %}

{# The different items of a list, in the order of their first places. #}
{% macro list_unique(items) -%}
    {{ list_where(items, list_place(items, 'item') ~ ' = place') }}
{%- endmacro %}

{# The items of a list in rows. #}
{% macro list_rows(items) -%}
    {{ return(adapter.dispatch('list_rows', 'customer_full_stack')(items)) }}
{%- endmacro %}

{% macro default__list_rows(items) -%}
    explode({{ items }})
{%- endmacro %}

{% macro duckdb__list_rows(items) -%}
    unnest({{ items }})
{%- endmacro %}

{# Codes as one text, ' > ' between them; `codes` holds the code of item 1, 2, 3 and so on. #}
{% macro list_as_path(items, codes) -%}
    {{ return(adapter.dispatch('list_as_path', 'customer_full_stack')(items, codes)) }}
{%- endmacro %}

{% macro default__list_as_path(items, codes) -%}
    array_join(transform({{ items }}, item -> element_at({{ codes }}, cast(item as int))), ' > ')
{%- endmacro %}

{% macro duckdb__list_as_path(items, codes) -%}
    array_to_string(list_transform({{ items }}, lambda item: {{ codes }}[item]), ' > ')
{%- endmacro %}

{# Bits of a whole number, shifted right. #}
{% macro bits_right(expression, places) -%}
    {{ return(adapter.dispatch('bits_right', 'customer_full_stack')(expression, places)) }}
{%- endmacro %}

{% macro default__bits_right(expression, places) -%}
    shiftright({{ expression }}, {{ places }})
{%- endmacro %}

{% macro duckdb__bits_right(expression, places) -%}
    (({{ expression }}) >> {{ places }})
{%- endmacro %}
