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

{# Wilson's 95 % interval of a share; `side` is '-' for its lower end and '+' for its upper one. #}
{% macro wilson(hits, trials, side) -%}
    (
        ({{ hits }} + 1.9208) / ({{ trials }} + 3.8416)
        {{ side }} 1.96 * sqrt(
            cast({{ hits }} as double) * ({{ trials }} - {{ hits }}) / {{ trials }} + 0.9604
        ) / ({{ trials }} + 3.8416)
    )
{%- endmacro %}

{# Variance that chance alone gives the share of a side: `baseline` or `variant`. #}
{% macro chance_variance(side) -%}
    {%- set guess = '((' ~ side ~ '_hits + 1.0) / (' ~ side ~ '_trials + 2))' -%}
    {{ guess }} * (1 - {{ guess }}) * {{ side }}_spread / (weight * weight)
{%- endmacro %}

{# What the trials of a group in one campaign bring to the weighted share of a side. #}
{% macro pull(side) -%}
    strata.weight * (
        trials.hits - trials.trials * cast(strata.{{ side }}_hits as double)
        / strata.{{ side }}_trials
    ) / strata.{{ side }}_trials
{%- endmacro %}

{# Value that a standard normal variable exceeds with the given probability, below one half
   (Abramowitz and Stegun 26.2.23; off by less than 0.0005). #}
{% macro normal_quantile(probability) -%}
    {%- set t = 'sqrt(-2 * ln(' ~ probability ~ '))' -%}
    (
        {{ t }}
        - (2.515517 + 0.802853 * {{ t }} + 0.010328 * {{ t }} * {{ t }})
        / (1 + 1.432788 * {{ t }} + 0.189269 * {{ t }} * {{ t }}
            + 0.001308 * {{ t }} * {{ t }} * {{ t }})
    )
{%- endmacro %}

{# Length of the whole words with which two texts both begin, separators included. #}
{% macro words_in_common(one, other) -%}
    {{ return(adapter.dispatch('words_in_common', 'customer_full_stack')(one, other)) }}
{%- endmacro %}

{% macro default__words_in_common(one, other) -%}
    coalesce(
        array_max(
            filter(
                sequence(1, length({{ one }})),
                i -> left({{ one }}, i) = left({{ other }}, i)
                    and substr({{ one }}, i, 1) in (' ', '_', '-', '|', '/')
            )
        ),
        0
    )
{%- endmacro %}

{% macro duckdb__words_in_common(one, other) -%}
    coalesce(
        list_max(
            list_filter(
                range(1, length({{ one }}) + 1),
                lambda i: left({{ one }}, i) = left({{ other }}, i)
                    and substr({{ one }}, i, 1) in (' ', '_', '-', '|', '/')
            )
        ),
        0
    )
{%- endmacro %}
