{# Code of a record of any CRM, by the kind of record and the source whose ids it is read within:
   crm.lead:<source>/<id>. Null without an id. #}
{% macro crm_code(kind, id_expression) -%}
    'crm.{{ kind }}:' || _source || '/' || nullif(trim({{ id_expression }}), '')
{%- endmacro %}

{# Code of an employee or queue of any CRM. #}
{% macro crm_employee_code(id_expression) -%}
    'crm:' || _source || '/' || nullif(trim({{ id_expression }}), '')
{%- endmacro %}
