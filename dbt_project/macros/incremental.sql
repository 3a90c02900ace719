{#
    Incremental by business day. A model that uses it:
      - is configured with incremental_strategy='by_day' and meta={'day_column': 'sale_date',
        'layouts': ['shopify.order', 'shopify.order_line']},
      - has a column load_id: the newest load that its row comes from,
      - filters its days with `day_is_to_rebuild('sale_date')` when is_incremental().
    Days are rebuilt whole: those touched by loads that are newer than the newest in the
    table, and those from CFS_REBUILD_FROM to CFS_REBUILD_TO, which a backfill sets.
    Optional in meta:
      - 'day_shift': 1 where the model's day is the market's and bronze's is the company's, so
        that a row may stand one day earlier or later than its load says,
      - 'key_column': rows that the model selects beside its days (because what they refer to
        has changed) replace those of the same key. A key that has a row on a day to rebuild
        must then be selected with all its rows, whatever their days.
      - 'always': condition on rows that the model selects whatever their day (their source sends
        changes without a day); they are replaced as a whole.
    Days that the model selects for reasons of its own are replaced whole as well, unless
    'key_column' is given: then only the rows that it selects.
#}
{% macro days_to_rebuild(layouts, day_shift=0) -%}
    {#- A visit that may go on after midnight stands on the day before. -#}
    {%- if execute and 'ga4.events' in layouts and not sessions_end_at_midnight() -%}
        {%- set day_shift = day_shift + 1 -%}
    {%- endif -%}
    {%- for shift in range(-day_shift, day_shift + 1) %}
    {%- set day -%}
        {%- if shift -%} cast({{ dbt.dateadd('day', shift, 'business_date') }} as date)
        {%- else -%} business_date {%- endif -%}
    {%- endset %}
    {% if not loop.first %}union{% endif %}
    select {{ day }} as business_date
    from {{ source('bronze', 'load_day') }}
    where layout_source || '.' || layout_table in ('{{ layouts | join("', '") }}')
        and load_id > (select coalesce(max(load_id), 0) from {{ this }})
    {%- if var('rebuild_from', none) is not none %}
    union
    select {{ day }} as business_date
    from {{ source('bronze', 'load_day') }}
    where layout_source || '.' || layout_table in ('{{ layouts | join("', '") }}')
        and business_date between cast('{{ var("rebuild_from") }}' as date)
        and cast('{{ var("rebuild_to") }}' as date)
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{# Whether a day is one that loads of the layouts touched since the last build. The days stand in
   the statement as literals, so that the engine reads the files of those days alone: it passes
   literals through views and windows, but not a subquery. #}
{% macro is_day_of_new_loads(day_expression, layouts, day_shift=0) -%}
    {%- set days = [] -%}
    {%- if execute -%}
        {%- set query -%}
            select distinct cast(business_date as date) as business_date
            from ({{ days_to_rebuild(layouts, day_shift) }}) as days
            order by business_date
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do days.append("date '" ~ row[0] ~ "'") -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if days -%}
        (
            {{ day_expression }} between {{ days[0] }} and {{ days[-1] }}
            and {{ day_expression }} in ({{ days | join(', ') }})
        )
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}

{% macro day_is_to_rebuild(day_expression) -%}
    {%- set meta = config.get('meta') -%}
    {{ is_day_of_new_loads(day_expression, meta['layouts'], meta.get('day_shift', 0)) }}
{%- endmacro %}

{# dbt finds this by its name: the strategy `by_day`. Days are deleted even when none of
   their rows is left. #}
{% macro get_incremental_by_day_sql(arg_dict) -%}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set day_column = config.get('meta')['day_column'] -%}
    {%- set key_column = config.get('meta').get('key_column', day_column) -%}
    {%- set always = config.get('meta').get('always') -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ day_is_to_rebuild(day_column) }}
    {%- if always %}
        or {{ always }}
    {%- else %}
        or {{ key_column }} in (select {{ key_column }} from {{ arg_dict['temp_relation'] }})
    {%- endif %};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}

{#
    Incremental by customer, the strategy `by_customer`. A model that uses it has columns
    customer_key and fingerprint, names in meta 'fingerprints' the model that holds the present
    fingerprint of each customer, and selects, when is_incremental(), the customers whose
    fingerprint is another than in its table. Their rows are replaced; rows of customers that are
    no longer there go.
#}
{% macro get_incremental_by_customer_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set target = arg_dict['target_relation'] -%}
    delete from {{ target }}
    where not exists (
            select 1
            from {{ ref(config.get('meta')['fingerprints']) }} as fingerprints
            where fingerprints.customer_key = {{ target.identifier }}.customer_key
                and fingerprints.fingerprint = {{ target.identifier }}.fingerprint
        );
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
