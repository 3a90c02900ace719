{# Shares, quantiles and lengths of time. #}

{# Value below which a share of a group's values lies, interpolated between neighbours. #}
{% macro quantile_of(expression, share) -%}
    {{ return(adapter.dispatch('quantile_of', 'customer_full_stack')(expression, share)) }}
{%- endmacro %}

{% macro default__quantile_of(expression, share) -%}
    percentile(cast({{ expression }} as double), {{ share }})
{%- endmacro %}

{% macro duckdb__quantile_of(expression, share) -%}
    quantile_cont(cast({{ expression }} as double), {{ share }})
{%- endmacro %}

{# Mean of a group's values. Days are summed as exact decimals, so that order does not matter. #}
{% macro mean_of(expression) -%}
    cast(
        cast(sum(cast({{ expression }} as decimal(28, 8))) as double) / count({{ expression }})
        as double
    )
{%- endmacro %}

{# Days from one instant to another, with fractions. #}
{% macro days_from(from_expression, to_expression) -%}
    (({{ micros_of(to_expression) }} - {{ micros_of(from_expression) }}) / 86400000000.0)
{%- endmacro %}

{# Half of the width that an interval of 95 percent has in standard deviations. #}
{% macro normal_95() -%} 1.959963984540054 {%- endmacro %}

{# Bounds of a share, `hits` of `trials`, by Wilson's score interval; null without trials.
   E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).
   Nine decimals, so that no engine's arithmetic shows. #}
{% macro wilson_low(hits, trials, z=none) -%}
    {{ wilson_bound(hits, trials, '-', z) }}
{%- endmacro %}

{% macro wilson_high(hits, trials, z=none) -%}
    {{ wilson_bound(hits, trials, '+', z) }}
{%- endmacro %}

{% macro wilson_bound(hits, trials, sign, z) -%}
    {%- set z = z or normal_95() -%}
    case when {{ trials }} > 0 then
        round(least(1.0, greatest(0.0, (
            {{ hits }} + {{ z }} * {{ z }} / 2.0 {{ sign }} {{ z }} * sqrt(
                {{ hits }} * ({{ trials }} - {{ hits }}) / cast({{ trials }} as double)
                + {{ z }} * {{ z }} / 4.0
            )
        ) / ({{ trials }} + {{ z }} * {{ z }}))), 9)
    end
{%- endmacro %}

{# Whole days that have passed from one instant to another; 0 where the other is earlier. #}
{% macro days_begun(from_expression, to_expression) -%}
    cast(
        floor(
            case when {{ to_expression }} < {{ from_expression }} then 0.0
                else {{ days_from(from_expression, to_expression) }} end
        ) as bigint
    )
{%- endmacro %}

{# An instant so many days later; days have fractions. #}
{% macro after_days(expression, days) -%}
    {{ timestamp_of_micros(
        'cast(' ~ micros_of(expression) ~ ' + ' ~ days ~ ' * 86400000000.0 as bigint)'
    ) }}
{%- endmacro %}
