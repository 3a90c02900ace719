-- Grain: one row per lead of any CRM: the day on which a file first brought it, and the day since
-- which leads of its system come at all. A lead that came with the very first file may be as old
-- as the system; one that came after it is new.
with

received as (
    select
        'salesforce.lead:' || id as lead_code,
        'salesforce' as system,
        cast(_received_at as date) as received_date
    from {{ source('salesforce', 'lead') }}
    union all
    select
        {{ crm_code('lead', 'lead_id') }} as lead_code,
        'crm:' || _source as system,
        cast(_received_at as date) as received_date
    from {{ source('crm', 'lead') }}
),

leads as (
    select
        lead_code,
        min(system) as system,
        min(received_date) as first_received_date
    from received
    group by lead_code
),

systems as (
    select
        system,
        min(received_date) as system_since_date
    from received
    group by system
)

select
    leads.lead_code,
    leads.first_received_date,
    systems.system_since_date
from leads
inner join systems on leads.system = systems.system
