-- Grain: one row: the instant until which the CRM's data speaks. Clocks that no event has stopped
-- are read at it. It is the latest change seen, but not after the last file came nor after the
-- company's last day in any of its markets (a record from the future makes no clock run out).
with

companies as (
    select * from {{ source('company', 'company') }}
),

zones as (
    select time_zone from {{ source('company', 'company') }}
    union
    select time_zone from {{ source('company', 'market') }}
),

loads as (
    select * from {{ source('bronze', 'load') }}
),

changes as (
    select max(updated_at) as latest_at from {{ ref('stg_salesforce__leads') }}
    union all
    select max(changed_at) as latest_at from {{ ref('stg_salesforce__lead_history') }}
    union all
    select max(updated_at) as latest_at from {{ ref('stg_salesforce__opportunities') }}
    union all
    select max(updated_at) as latest_at from {{ ref('stg_salesforce__tasks') }}
    union all
    select max(updated_at) as latest_at from {{ ref('int_lead__tickets_unioned') }}
    union all
    select max(sent_at) as latest_at from {{ ref('int_lead__messages_unioned') }}
    where ticket_code not like 'social.%'
    union all
    select max(updated_at) as latest_at from {{ ref('stg_crm__leads') }}
    union all
    select max(updated_at) as latest_at from {{ ref('stg_crm__deals') }}
    union all
    select max(closed_at) as latest_at from {{ ref('stg_crm__deals') }}
    where is_won is not null
    union all
    select max(changed_at) as latest_at from {{ ref('stg_crm__changes') }}
    union all
    select max(updated_at) as latest_at from {{ ref('stg_crm__activities') }}
    where is_done
),

latest as (
    select max(latest_at) as latest_at from changes
),

received as (
    select max(received_at) as received_at from loads where layout_source in ('salesforce', 'crm')
),

company_ends as (
    select
        {{ utc_time(
            dbt.dateadd('day', 1, 'cast(companies.end_date as timestamp)'), 'zones.time_zone'
        ) }} as ended_at
    from companies
    cross join zones
),

company_end as (
    select max(ended_at) as ended_at from company_ends
),

known as (
    select
        latest.latest_at,
        received.received_at,
        company_end.ended_at,
        cast({{ dbt.current_timestamp() }} as timestamp) as read_at
    from latest
    cross join received
    cross join company_end
)

select
    least(
        coalesce(latest_at, received_at, ended_at, read_at),
        coalesce(received_at, latest_at, ended_at, read_at),
        coalesce(ended_at, latest_at, received_at, read_at)
    ) as as_of_at
from known
