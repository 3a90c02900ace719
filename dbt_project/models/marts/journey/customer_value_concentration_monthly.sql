{#
    Grain: month and measure (paid to date, margin to date, expected lifetime value): how far it
    lies with few customers. Fact type: periodic snapshot. Rebuilt whole. Customers below zero
    count as zero; the Gini coefficient is 0 where all are equal, towards 1 where one has all.
#}
with customers as (
    select * from {{ ref('fct_customer_value_monthly') }}
),

measured as (
    {%- for measure, column in [
        ('net_amount_to_date', 'net_amount_to_date'),
        ('margin_amount_to_date', 'margin_amount_to_date'),
        ('lifetime_value', 'coalesce(lifetime_margin_amount, lifetime_net_amount)'),
    ] %}
    select
        month_start_date,
        '{{ measure }}' as measure,
        customer_key,
        cast(case when {{ column }} > 0 then {{ column }} else 0 end as decimal(28, 8)) as amount
    from customers
    where {{ column }} is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by month_start_date, measure order by amount desc, customer_key
        ) as place,
        count(*) over (partition by month_start_date, measure) as customer_count
    from measured
),

summed as (
    select
        month_start_date,
        measure,
        max(customer_count) as customer_count,
        sum(amount) as amount,
        {%- for share in [1, 10, 20] %}
        sum(case when place <= ceil({{ share }} * customer_count / 100.0) then amount else 0 end)
            as top_{{ share }}_amount,
        {%- endfor %}
        {{ exact_sum('amount * (customer_count + 1 - 2 * place)') }} as unevenness
    from ranked
    group by month_start_date, measure
),

customer_value_concentration_monthly as (
    select
        month_start_date,
        cast({{ date_key('month_start_date') }} as {{ dbt.type_int() }}) as month_date_key,
        measure,
        cast(customer_count as bigint) as customer_count,
        cast(amount as double) as amount,
        {%- for share in [1, 10, 20] %}
        cast(top_{{ share }}_amount as double) / nullif(cast(amount as double), 0)
            as top_{{ share }}_pct_share,
        {%- endfor %}
        cast(unevenness as double) / nullif(cast(amount as double) * customer_count, 0) as gini
    from summed
)

select * from customer_value_concentration_monthly
