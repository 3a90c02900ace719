{# Record that a Salesforce id stands for, where it is a person's: the first three characters of
   an id tell its object. #}
{% macro salesforce_record_id(id_expression) -%}
    case substr(trim({{ id_expression }}), 1, 3)
        when '003' then 'salesforce.contact:' || trim({{ id_expression }})
        when '00Q' then 'salesforce.lead:' || trim({{ id_expression }})
    end
{%- endmacro %}

{# Campaign that a Salesforce field names: one of Salesforce's own, or one of another system where
   the field says which, as in google_ads:123. #}
{% macro salesforce_campaign_code(campaign_expression) -%}
    case
        when trim({{ campaign_expression }}) = '' then null
        when trim({{ campaign_expression }}) like '%:%' then trim({{ campaign_expression }})
        else 'salesforce:' || trim({{ campaign_expression }})
    end
{%- endmacro %}
