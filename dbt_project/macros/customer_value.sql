{#
    What customers are worth, as macros.

    purchase_kinds()         whose sales they are; each kind is foretold by a model of its own
    purchase_kind(place)     the kind of a sale by the kind of place
    value_per_purchase(...)  the mean that Gamma-Gamma expects of a customer's purchases
    quintile_of(rank, all)   1 to 5 by how many are below; equals are in one
    rfm_segment(...)         the scores in words
#}
{% macro purchase_kinds() -%}
    {{ return(['own_shop', 'distributor', 'won_deal']) }}
{%- endmacro %}

{% macro purchase_kind(place_type) -%}
    case when {{ place_type }} in ('own_shop', 'social_shop') then 'own_shop'
        else 'distributor' end
{%- endmacro %}

{% macro value_per_purchase(purchases, amount) -%}
    p * (v + case when {{ amount }} > 0 then cast({{ amount }} as double) else 0 end)
    / (p * {{ purchases }} + q - 1)
{%- endmacro %}

{% macro quintile_of(rank, all) -%}
    {{ whole('floor(5.0 * (' ~ rank ~ ' - 1) / ' ~ all ~ ')') }} + 1
{%- endmacro %}

{% macro rfm_segment(recency, frequency) -%}
    case
        when {{ recency }} is null then null
        when {{ frequency }} >= 4 and {{ recency }} = 5 then 'champion'
        when {{ frequency }} >= 4 and {{ recency }} >= 3 then 'loyal'
        when {{ frequency }} = 5 then 'cannot_lose'
        when {{ frequency }} >= 3 and {{ recency }} <= 2 then 'at_risk'
        when {{ frequency }} >= 2 and {{ recency }} >= 4 then 'potential_loyal'
        when {{ recency }} = 5 then 'new'
        when {{ recency }} = 4 then 'promising'
        when {{ recency }} = 3 and {{ frequency }} = 3 then 'needs_attention'
        when {{ recency }} = 3 then 'about_to_sleep'
        else 'hibernating'
    end
{%- endmacro %}

{# How risky it is that a customer has churned, in words; bounds are percents of the company. #}
{% macro churn_class(risk) -%}
    case
        when {{ risk }} is null then 'unknown'
        when 100 * {{ risk }} >= high_churn_risk_pct then 'high'
        when 100 * {{ risk }} >= medium_churn_risk_pct then 'medium'
        else 'low'
    end
{%- endmacro %}
