{# Schemas are named as the folders say, without dbt's usual prefix. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{# Name of the company: the last part of the setting, which may be a path. #}
{% macro cfs_company_name() -%}
    {{ env_var('CFS_COMPANY', 'sample').rstrip('/').split('/')[-1] }}
{%- endmacro %}
