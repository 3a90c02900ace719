{# Rank of what a record says, as one number that compares: trust in the kind of record, then the
   second since when it says so, then a number that is its own. Null where it says nothing. #}
{% macro trust_rank(trust, since, number) -%}
    cast(coalesce({{ trust }}, 0) as bigint) * 18014398509481984
    + greatest({{ seconds_between("timestamp '1900-01-01'", since) }}, 0) * 1048576
    + {{ number }} + (case when {{ since }} is null then null else 0 end)
{%- endmacro %}

{# What a rank loses to be below all that are whole. #}
{% macro rank_penalty() -%}
    2305843009213693952
{%- endmacro %}

{# Fields of the golden record; names, and the parts of an address, go together. #}
{% macro golden_fields() -%}
    {{ return(['email', 'phone', 'name', 'company_name', 'birth_date', 'address', 'market']) }}
{%- endmacro %}

{# How sure a shared identifier makes us that two records are one customer. #}
{% macro link_confidence(identifier_type) -%}
    case {{ identifier_type }}
        when 'crm_contact' then 1.0
        when 'crm_lead' then 1.0
        when 'crm_account' then 1.0
        when 'shop_customer' then 0.99
        when 'loyalty_card' then 0.98
        when 'email' then 0.95
        when 'social_profile' then 0.93
        when 'device' then 0.90
        else 0.85
    end
{%- endmacro %}

{# How texts are compared is written once, in orchestration/identity (macros.sql, phones.py). On
   DuckDB they are macros of a database that orchestration/lib/dbt_plugin.py attaches; on another
   engine, functions of the same name that whoever opens the session registers. #}
{% macro identity_function(name, arguments) -%}
    {{ return(
        adapter.dispatch('identity_function', 'customer_full_stack')(name, arguments)
    ) }}
{%- endmacro %}

{% macro default__identity_function(name, arguments) -%}
    {{ name }}({{ arguments | join(', ') }})
{%- endmacro %}

{% macro duckdb__identity_function(name, arguments) -%}
    cfs_identity.main.{{ name }}({{ arguments | join(', ') }})
{%- endmacro %}

{# E-mail address as compared; null where it is not an address. #}
{% macro normalised_email(expression) -%}
    {{ identity_function('email_key', [expression]) }}
{%- endmacro %}

{# Mailboxes of a function or a household, not of a person. #}
{% macro is_generic_mailbox(email) -%}
    {{ identity_function('is_generic_mailbox', [email]) }}
{%- endmacro %}

{# Phone as compared, E.164; null where it cannot be one. `region` is the market's code; without
   it only international numbers can be read. #}
{% macro normalised_phone(expression, region) -%}
    {{ identity_function('phone_e164', [expression, region]) }}
{%- endmacro %}

{# Record of a person whom a campaign addressed, in the ids of the system that describes them;
   other senders are distributors with loyalty cards or households. #}
{% macro addressed_record_id(person_source, person_id) -%}
    case {{ person_source }}
        when 'salesforce' then {{ salesforce_record_id(person_id) }}
        when 'shopify' then 'shopify.customer:' || {{ code_text(person_id) }}
        when 'klaviyo' then 'klaviyo.person:' || {{ person_id }}
        when 'crm' then 'crm.lead:' || {{ person_id }}
        else 'distributor.loyalty_member:' || {{ person_source }} || '/'
            || {{ code_text(person_id) }}
    end
{%- endmacro %}

{# Name as compared: words of plain letters, lower case, without accents, titles and particles. #}
{% macro normalised_name(expression) -%}
    {{ identity_function('name_key', [expression]) }}
{%- endmacro %}

{# The same of company names, without legal forms. #}
{% macro normalised_company(expression) -%}
    {{ identity_function('company_key', [expression]) }}
{%- endmacro %}

{# The same of given names. #}
{% macro normalised_given_name(expression) -%}
    {{ identity_function('given_name_key', [expression]) }}
{%- endmacro %}
