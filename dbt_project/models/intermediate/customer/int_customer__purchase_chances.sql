{#
    Grain: market, number of purchase days so far (0, 1, 2, 3 and more) and day: identified
    customers in that state, and how many of them bought within the company's linked_purchase_days
    after it. What a customer picked at random would have done.
    Each period of a customer counts by its first and last day; the running sum is the number that
    stands on a day, exactly, without a row per customer and day.
#}
with states as (
    select
        customer_key,
        market_code,
        least(purchase_days, 3) as purchase_days,
        from_date,
        next_purchase_date,
        last_date,
    from {{ ref('int_customer__purchase_states') }}
),

company as (
    select * from {{ source('company', 'company') }}
),

changes as (
    select
        market_code, purchase_days, from_date as day, 1 as customers, 0 as buyers
    from states
    union all
    select market_code, purchase_days, next_purchase_date, -1, 0
    from states
    where next_purchase_date is not null
    union all
    {# Days from which on the next purchase lies within the window. #}
    select
        states.market_code,
        states.purchase_days,
        greatest(
            states.from_date,
            cast(
                {{ dbt.dateadd('day', '0 - company.linked_purchase_days',
                    'states.next_purchase_date') }} as date
            )
        ),
        0,
        1,
    from states
    cross join company
    where states.next_purchase_date is not null
    union all
    select market_code, purchase_days, next_purchase_date, 0, -1
    from states
    where next_purchase_date is not null
),

days as (
    select distinct
        groups.market_code,
        groups.purchase_days,
        dates.day,
    from (select distinct market_code, purchase_days from states) as groups
    cross join (
        {{ day_series(
            '(select min(from_date) from states)', '(select max(last_date) from states)'
        ) }}
    ) as dates
),

counted as (
    select market_code, purchase_days, day, sum(customers) as customers, sum(buyers) as buyers
    from (
        select market_code, purchase_days, day, customers, buyers from changes
        union all
        select market_code, purchase_days, day, 0, 0 from days
    ) as all_changes
    group by market_code, purchase_days, day
),

int_customer__purchase_chances as (
    select
        market_code,
        {{ whole('purchase_days') }} as purchase_days,
        day as state_date,
        sum(customers) over standing as customers,
        sum(buyers) over standing as buyers,
    from counted
    window standing as (
        partition by market_code, purchase_days order by day
        rows between unbounded preceding and current row
    )
)

select * from int_customer__purchase_chances
