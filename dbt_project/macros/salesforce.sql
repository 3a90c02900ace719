{# Record that a Salesforce id stands for, where it is a person's: the first three characters of
   an id tell its object. #}
{% macro salesforce_record_id(id_expression) -%}
    case substr(trim({{ id_expression }}), 1, 3)
        when '003' then 'salesforce.contact:' || trim({{ id_expression }})
        when '00Q' then 'salesforce.lead:' || trim({{ id_expression }})
    end
{%- endmacro %}
