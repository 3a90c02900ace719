-- Grain: one row per thing that a department counts otherwise than the warehouse, with the one
-- cause of it. Factless fact, rebuilt whole: a list that comes anew, or history that comes late,
-- changes what differs.
with

compared as (
    select * from {{ ref('int_lead__counts_compared') }} where cause <> 'agreed'
),

leads as (
    select * from {{ ref('fct_lead') }}
)

select
    {{ surrogate_key(['compared.department', 'compared.measure', 'compared.difference_code']) }}
        as count_difference_key,
    compared.department,
    compared.measure,
    compared.basis,
    compared.cause,
    compared.cause_detail,
    coalesce(compared.lead_key, {{ unknown_key() }}) as lead_key,
    coalesce(leads.customer_key, {{ unknown_key() }}) as customer_key,
    case
        when compared.lead_reference like '%@%' then 'email:' || {{ hmac('compared.lead_reference') }}
        else compared.lead_reference
    end as lead_reference,
    compared.side_month_date,
    compared.warehouse_month_date,
    cast(compared.side_units as bigint) as side_units,
    cast(compared.warehouse_units as bigint) as warehouse_units,
    compared.source_name,
    compared.file_name,
    compared.row_number,
    coalesce(compared.load_id, leads.load_id) as load_id
from compared
left join leads on compared.lead_key = leads.lead_key
