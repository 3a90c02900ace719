{# The newest version of each row: by the version columns, then by order of arrival. Keys may be
   expressions; rows whose key is null are versions of one another. #}
{% macro latest_version(relation, key_columns, version_columns=[]) -%}
    {{ return(
        adapter.dispatch('latest_version', 'customer_full_stack')(
            relation, key_columns, version_columns
        )
    ) }}
{%- endmacro %}

{% macro newest_first(version_columns) -%}
    {%- for column in version_columns %} {{ column }} desc,{% endfor %} _load_id desc, _row desc
{%- endmacro %}

{% macro default__latest_version(relation, key_columns, version_columns) -%}
    select *
    from {{ relation }}
    qualify
        row_number() over (
            partition by {{ key_columns | join(', ') }}
            order by {{ newest_first(version_columns) }}
        ) = 1
{%- endmacro %}

{# Sorting whole rows is what costs, and most keys have one version: only rows that share the
   hash of their key are sorted. Filters of the reader reach the files of all others. Give it a
   source or a view rather than a CTE, which would be written out before it is read twice. #}
{% macro duckdb__latest_version(relation, key_columns, version_columns) -%}
    {%- set key_hash -%} hash({{ key_columns | join(', ') }}) {%- endset -%}
    {%- set repeated -%}
        (select {{ key_hash }} from {{ relation }} group by all having count(*) > 1)
    {%- endset -%}
    select *
    from {{ relation }}
    where {{ key_hash }} not in {{ repeated }}
    union all
    (
        select *
        from {{ relation }}
        where {{ key_hash }} in {{ repeated }}
        qualify
            row_number() over (
                partition by {{ key_columns | join(', ') }}
                order by {{ newest_first(version_columns) }}
            ) = 1
    )
{%- endmacro %}

{# The newest arrival of each event. The window begins with the business day, so that a reader's
   filter on days reaches the files: for events that incremental models read by day. #}
{% macro latest_arrival_by_day(relation, key_columns) -%}
    select *
    from {{ relation }}
    qualify
        row_number() over (
            partition by _business_date, {{ key_columns | join(', ') }}
            order by _load_id desc, _row desc
        ) = 1
{%- endmacro %}

{# Of rows that share a key, all those of the newest load: what one load says of a period stands
   as a whole, and replaces what earlier loads said. `relation` has a column load_id. #}
{% macro newest_load(relation, key_columns) -%}
    {{ return(adapter.dispatch('newest_load', 'customer_full_stack')(relation, key_columns)) }}
{%- endmacro %}

{% macro default__newest_load(relation, key_columns) -%}
    select *
    from {{ relation }}
    qualify load_id = max(load_id) over (partition by {{ key_columns | join(', ') }})
{%- endmacro %}

{# Most keys come in one load: the others alone are compared. #}
{% macro duckdb__newest_load(relation, key_columns) -%}
    {%- set key_hash -%} hash({{ key_columns | join(', ') }}) {%- endset -%}
    {%- set restated -%}
        (
            select {{ key_hash }} from {{ relation }}
            group by all having min(load_id) <> max(load_id)
        )
    {%- endset -%}
    select *
    from {{ relation }}
    where {{ key_hash }} not in {{ restated }}
    union all
    (
        select *
        from {{ relation }}
        where {{ key_hash }} in {{ restated }}
        qualify load_id = max(load_id) over (partition by {{ key_columns | join(', ') }})
    )
{%- endmacro %}
