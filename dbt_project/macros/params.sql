{# Parameters of a web event: a list of structs (key, value), read by position of the key.
   `keys` is a column that holds `event_param_keys(...)`, so that the keys are listed once. #}
{% macro event_param_keys(params) -%}
    {{ return(adapter.dispatch('event_param_keys', 'customer_full_stack')(params)) }}
{%- endmacro %}

{% macro default__event_param_keys(params) -%}
    transform({{ params }}, param -> param.key)
{%- endmacro %}

{% macro duckdb__event_param_keys(params) -%}
    list_transform({{ params }}, lambda param: param.key)
{%- endmacro %}

{% macro event_param(params, keys, name, kind='string_value') -%}
    {{ return(
        adapter.dispatch('event_param', 'customer_full_stack')(params, keys, name, kind)
    ) }}
{%- endmacro %}

{% macro default__event_param(params, keys, name, kind) -%}
    try_element_at(
        {{ params }}, nullif(cast(array_position({{ keys }}, '{{ name }}') as int), 0)
    ).value.{{ kind }}
{%- endmacro %}

{% macro duckdb__event_param(params, keys, name, kind) -%}
    list_extract({{ params }}, list_position({{ keys }}, '{{ name }}')).value.{{ kind }}
{%- endmacro %}

{# What makes two rows of the web the same event. #}
{% macro web_event_key() -%}
    {{ return([
        'user_pseudo_id', 'event_timestamp', 'event_name', 'event_bundle_sequence_id'
    ]) }}
{%- endmacro %}

{# UTC timestamp of microseconds since the epoch. #}
{% macro timestamp_of_micros(expression) -%}
    {{ return(adapter.dispatch('timestamp_of_micros', 'customer_full_stack')(expression)) }}
{%- endmacro %}

{% macro default__timestamp_of_micros(expression) -%}
    timestamp_micros({{ expression }})
{%- endmacro %}

{% macro duckdb__timestamp_of_micros(expression) -%}
    make_timestamp({{ expression }})
{%- endmacro %}

{# Ad or e-mail platform that a tagged visit came from: campaign ids belong to it. #}
{% macro web_campaign_system(source, medium, click_id) -%}
    case
        when {{ click_id }} is not null
            or (lower({{ source }}) = 'google' and lower({{ medium }}) in ('cpc', 'ppc', 'display'))
            then 'google_ads'
        when lower({{ source }}) in ('facebook', 'instagram', 'fb', 'ig', 'meta', 'facebook_ads')
            then 'facebook_ads'
        when lower({{ source }}) = 'klaviyo' or lower({{ medium }}) in ('email', 'e-mail')
            then 'klaviyo'
        else 'web'
    end
{%- endmacro %}

{# Campaign of a tagged visit, as the platform that runs it numbers it; where the visit names
   no id, its name stands for it. #}
{% macro web_campaign_code(source, medium, click_id, campaign_id, campaign_name) -%}
    case
        when {{ campaign_id }} is not null
            then {{ web_campaign_system(source, medium, click_id) }} || ':' || {{ campaign_id }}
        when {{ campaign_name }} is not null
            and lower({{ campaign_name }}) not in ('(not set)', '(direct)', '(organic)', '(referral)')
            then 'web:' || lower({{ campaign_name }})
    end
{%- endmacro %}

{# Ad or message variant of a tagged visit. E-mail variants are named within their campaign. #}
{% macro web_creative_code(source, medium, click_id, campaign_id, content) -%}
    case
        when {{ content }} is null or {{ campaign_id }} is null then null
        when {{ web_campaign_system(source, medium, click_id) }} = 'klaviyo'
            then 'klaviyo:' || {{ campaign_id }} || '/' || {{ content }}
        else {{ web_campaign_system(source, medium, click_id) }} || ':' || {{ content }}
    end
{%- endmacro %}
