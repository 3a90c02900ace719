{# Schemas are named as the folders say, without dbt's usual prefix. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{# Name of the company: the last part of the setting, which may be a path. #}
{% macro cfs_company_name() -%}
    {{ env_var('CFS_COMPANY', 'sample').rstrip('/').split('/')[-1] }}
{%- endmacro %}

{# One rule of the company (a column of the table `company`), read when a model runs: for what must
   stand in a statement as it is, such as a pattern (which the engine then compiles once). Not read
   as a source, which a unit test would replace. #}
{% macro company_rule(column) -%}
    {%- if execute -%}
        {{ return(adapter.dispatch('company_rule', 'customer_full_stack')(column)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__company_rule(column) -%}
    {%- set query -%} select {{ column }} from {{ source('company', 'company') }} {%- endset -%}
    {{ return(run_query(query).columns[0].values()[0]) }}
{%- endmacro %}

{% macro duckdb__company_rule(column) -%}
    {%- set rules = env_var('CFS_DATA_DIR', 'data') ~ '/rules/' ~ cfs_company_name() -%}
    {%- set query -%}
        select {{ column }} from read_parquet('{{ rules }}/company.parquet')
    {%- endset -%}
    {{ return(run_query(query).columns[0].values()[0]) }}
{%- endmacro %}
