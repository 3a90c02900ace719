{# Buying moment of a customer on a day, from the days on which it last showed intent, looked
   around (consideration) and bought, each before the day: a purchase ends what was shown until
   then, and nothing holds longer than the lapse time. #}
{% macro market_state(last_intent, last_consideration, last_conversion, day, lapse_days) -%}
    case
        when {{ still_open(last_intent, last_conversion, day, lapse_days) }} then 'in_market'
        when {{ still_open(last_consideration, last_conversion, day, lapse_days) }}
            then 'researching'
        when {{ days_between(last_conversion, day) }} <= {{ lapse_days }} then 'just_bought'
        else 'not_in_market'
    end
{%- endmacro %}

{# Whether a sign of interest is neither too old nor followed by a purchase. #}
{% macro still_open(sign_date, last_conversion, day, lapse_days) -%}
    coalesce(
        {{ days_between(sign_date, day) }} <= {{ lapse_days }}
        and coalesce({{ last_conversion }} < {{ sign_date }}, true),
        false
    )
{%- endmacro %}

{# What the models of buying moments read of a contact. #}
{% macro contact_traits() -%}
    is_identified,
    market_code,
    channel_key,
    device_category,
    stage,
    touchpoint_type,
    initiated_by = 'person' and is_engagement as is_step,
    initiated_by = 'company' as is_by_company,
    is_conversion
{%- endmacro %}

{# The newest known value of a text in a group, the greatest where several are of one second. #}
{% macro newest_text(value, at) -%}
    substr(
        max(
            case when {{ value }} <> 'unknown'
                then cast(
                    100000000000 + {{ seconds_between("timestamp '1970-01-01'", at) }}
                    as {{ dbt.type_string() }}
                ) || {{ value }} end
        ),
        13
    )
{%- endmacro %}

{# Stages in which a customer's next step may be. #}
{% macro journey_stages() -%}
    {{ return(['awareness', 'consideration', 'intent', 'purchase', 'service', 'loyalty']) }}
{%- endmacro %}

{# Wilson's 95 % interval of a share; `side` is '-' for its lower end and '+' for its upper one. #}
{% macro wilson(hits, trials, side) -%}
    (
        ({{ hits }} + 1.9208) / ({{ trials }} + 3.8416)
        {{ side }} 1.96 * sqrt(
            cast({{ hits }} as double) * ({{ trials }} - {{ hits }}) / {{ trials }} + 0.9604
        ) / ({{ trials }} + 3.8416)
    )
{%- endmacro %}
