{# Rate of each currency and day of `relation`: company currency per unit. A currency without a
   rate on a day is not in the result: amounts stay null and are counted, never taken as they are. #}
{% macro exchange_rates(relation, currency_column, date_column) -%}
    select
        days.currency_code,
        days.rate_date,
        rates.rate as exchange_rate
    from (
        select distinct {{ currency_column }} as currency_code, {{ date_column }} as rate_date
        from {{ relation }}
    ) as days
    inner join {{ source('company', 'fx_rate') }} as rates
        on days.currency_code = rates.currency_code
        and days.rate_date >= rates.valid_from
        and days.rate_date < rates.valid_to
{%- endmacro %}

{# Market by every name that a source may call it: code, name or alias, in lower case. #}
{% macro market_names() -%}
    select lower(market_code) as country_text, market_code from {{ source('company', 'market') }}
    union
    select lower(market_name) as country_text, market_code from {{ source('company', 'market') }}
    union
    select lower(alias) as country_text, market_code from {{ source('company', 'market_alias') }}
{%- endmacro %}
