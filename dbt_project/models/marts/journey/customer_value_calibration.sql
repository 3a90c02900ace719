{#
    Grain: month that tests, kind of purchase, and group of customers: by repeat purchases so far
    (7 and more together), by tenth of the amount foretold, by tenth of churn risk (1 the most).
    Fact type: periodic snapshot of what came in the hold-out. Rebuilt whole.
#}
with tested as (
    select * from {{ ref('int_journey__values_tested') }}
),

placed as (
    select
        *,
        least(frequency, 7) as frequency_group,
        ntile(10) over (
            partition by month_start_date, purchase_kind order by model_amount desc, customer_key
        ) as amount_group,
        ntile(10) over (
            partition by month_start_date, purchase_kind order by churn_risk desc, customer_key
        ) as churn_group
    from tested
),

grouped as (
    {%- for kind, column in [
        ('repeat_purchases', 'frequency_group'), ('amount_tenth', 'amount_group'),
        ('churn_tenth', 'churn_group'),
    ] %}
    select
        *,
        '{{ kind }}' as group_kind,
        {{ column }} as group_number
    from placed
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

customer_value_calibration as (
    select
        month_start_date,
        cast({{ date_key('month_start_date') }} as {{ dbt.type_int() }}) as month_date_key,
        purchase_kind,
        group_kind,
        {{ whole('group_number') }} as group_number,
        cast(count(*) as bigint) as customer_count,
        cast({{ exact_sum('model_orders') }} as double) as foretold_orders,
        cast(sum(came_orders) as bigint) as came_orders,
        cast({{ exact_sum('model_amount') }} as double) as foretold_amount,
        cast({{ exact_sum('came_amount') }} as double) as came_amount,
        cast({{ exact_sum('churn_risk') }} as double) as foretold_churned,
        cast(sum(case when came_orders = 0 then 1 else 0 end) as bigint) as came_churned
    from grouped
    group by month_start_date, purchase_kind, group_kind, group_number
)

select * from customer_value_calibration
