-- Grain: one row per source and month of the day of its contacts: how many are somebody's whom the
-- warehouse knows by name.
{% set month -%}
    cast({{ dbt.date_trunc('month', 'touchpoints.touchpoint_date') }} as date)
{%- endset %}
with

touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
),

loads as (
    select * from {{ ref('stg_warehouse__loads') }}
),

customers as (
    select * from {{ ref('dim_customer') }} where is_current
)

select
    loads.feed_source as source_name,
    {{ month }} as month_date,
    count(*) as contact_count,
    sum(case when customers.is_identified then 1 else 0 end) as identified_contact_count
from touchpoints
inner join loads on touchpoints.load_id = loads.load_id
left join customers
    on touchpoints.customer_key = customers.customer_key
    and customers.customer_key <> {{ unknown_key() }}
group by loads.feed_source, {{ month }}
