-- Grain: one row per lead, commitment that asks for fields, and cycle: what was missing when it
-- was handed over, as known then. A field that is filled in afterwards does not heal it; a version
-- that comes late, but held then, does.
with

started as (
    select * from {{ ref('int_lead__commitments_started') }} where measure = 'completeness'
),

commitments as (
    select * from {{ source('company', 'sla_commitment') }} where measure = 'completeness'
),

versions as (
    select * from {{ ref('int_lead__lead_versions_dated') }}
),

checked as (
    select
        started.*,
        nullif(concat(
            {%- for field, column in lead_fields().items() %}
            case
                when {{ is_listed("'" ~ field ~ "'", 'commitments.required_fields') }}
                    and versions.{{ column }} is null
                    then ' > {{ field }}'
                else ''
            end{{ ',' if not loop.last }}
            {%- endfor %}
        ), '') as missing
    from started
    inner join commitments
        on started.commitment_code = commitments.commitment_code
        and started.version = commitments.version
    left join versions
        on started.subject_code = versions.lead_code
        and started.lead_version_number = versions.version_number
)

select
    subject_type,
    subject_code,
    commitment_code,
    cycle_number,
    version,
    owed_by,
    calendar_code,
    started_at,
    started_date,
    substr(missing, 4) as missing_fields,
    case when missing is null then 'met' else 'breached' end as status
from checked
