{#
    Grain: month and kind of purchase: the model that foretells, with its parameters, which were
    learnt from what was known at the month's end. Fact type: periodic snapshot. Rebuilt whole.
#}
with foretold as (
    select * from {{ ref('int_journey__value_foretold') }}
),

{# The parameters stand on every row of a month and kind. #}
customer_value_model as (
    select
        month_start_date,
        cast({{ date_key('month_start_date') }} as {{ dbt.type_int() }}) as month_date_key,
        purchase_kind,
        max(value_model) as value_model,
        cast(sum(customer_count) as bigint) as customer_count,
        cast(sum(case when frequency > 0 then customer_count else 0 end) as bigint)
            as returning_customer_count,
        {%- for name in ['r', 'alpha', 'a', 'b'] %}
        max({{ name }}) as {{ name }}_{{ 'days' if name == 'alpha' else 'shape' }},
        max({{ name }}_standard_error) as {{ name }}_standard_error,
        {%- endfor %}
        max(log_likelihood) as log_likelihood,
        max(spend_model) as spend_model,
        {%- for name in ['p', 'q', 'v'] %}
        max({{ name }}) as {{ name }}_{{ 'amount' if name == 'v' else 'shape' }},
        max({{ name }}_standard_error) as {{ name }}_standard_error,
        {%- endfor %}
        max(spend_log_likelihood) as spend_log_likelihood,
        max(frequency_value_correlation) as frequency_value_correlation,
        max(notes) as notes
    from foretold
    group by month_start_date, purchase_kind
)

select * from customer_value_model
