{# Models of attribution, and those of them whose weights are learnt from all journeys. #}
{% macro attribution_models() -%}
    {{ return([
        'first_touch', 'last_touch', 'last_non_direct', 'linear', 'position_based', 'time_decay',
    ] + learning_models()) }}
{%- endmacro %}

{% macro learning_models() -%}
    {{ return(['markov', 'shapley', 'shapley_rate']) }}
{%- endmacro %}

{# Share of a contact by its place on the path: the first and the last get their weights, those
   between share the rest equally; of two, where nothing lies between, each takes half of it. #}
{% macro share_by_position(place, contact_count, first_weight, last_weight) -%}
    {%- set rest = '(1 - ' ~ first_weight ~ ' - ' ~ last_weight ~ ')' -%}
    case
        when {{ contact_count }} = 1 then 1
        when {{ place }} = 1
            then {{ first_weight }} + case {{ contact_count }} when 2 then {{ rest }} / 2 else 0 end
        when {{ place }} = {{ contact_count }}
            then {{ last_weight }} + case {{ contact_count }} when 2 then {{ rest }} / 2 else 0 end
        else {{ rest }} / ({{ contact_count }} - 2)
    end
{%- endmacro %}

{# Part of an amount that belongs to the shares from `share_before` to `share_until` of
   `share_total`, in exact digits. What is rounded is the amount up to a share, so that the parts
   sum to the amount whatever the digits, each within one unit of the last, and the last part is
   what is left. #}
{% macro credited_part(amount, digits) -%}
    cast(
        {{ amount_until_share(amount, 'share_until', digits) }}
        - {{ amount_until_share(amount, 'share_before', digits) }}
        as decimal(18, {{ digits }})
    )
{%- endmacro %}

{% macro amount_until_share(amount, share, digits) -%}
    case
        when {{ share }} = share_total then {{ amount }}
        else
            cast(
                round(cast({{ amount }} as double) * {{ share }} / share_total, {{ digits }})
                as decimal(18, {{ digits }})
            )
    end
{%- endmacro %}
