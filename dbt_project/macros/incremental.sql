{#
    Incremental by business day. A model that uses it:
      - is configured with incremental_strategy='by_day' and meta={'day_column': 'sale_date',
        'layouts': ['shopify.order', 'shopify.order_line']},
      - has a column load_id: the newest load that its row comes from,
      - filters its days with `day_is_to_rebuild('sale_date')` when is_incremental().
    Days are rebuilt whole: those touched by loads that are newer than the newest in the
    table, and those from CFS_REBUILD_FROM to CFS_REBUILD_TO, which a backfill sets.
#}
{% macro days_to_rebuild(layouts) -%}
    select distinct business_date
    from {{ source('bronze', 'load_day') }}
    where layout_source || '.' || layout_table in ('{{ layouts | join("', '") }}')
        and load_id > (select coalesce(max(load_id), 0) from {{ this }})
    {%- if var('rebuild_from', none) is not none %}
    union
    select business_date
    from {{ source('bronze', 'load_day') }}
    where layout_source || '.' || layout_table in ('{{ layouts | join("', '") }}')
        and business_date between cast('{{ var("rebuild_from") }}' as date)
        and cast('{{ var("rebuild_to") }}' as date)
    {%- endif %}
{%- endmacro %}

{% macro day_is_to_rebuild(day_expression) -%}
    {{ day_expression }} in ({{ days_to_rebuild(config.get('meta')['layouts']) }})
{%- endmacro %}

{# dbt finds this by its name: the strategy `by_day`. Days are deleted even when none of
   their rows is left. #}
{% macro get_incremental_by_day_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ day_is_to_rebuild(config.get('meta')['day_column']) }};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
