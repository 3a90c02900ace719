-- Grain: one row per lead of a CRM, as last known; deleted and merged ones are kept and flagged.
select *
from {{ ref('stg_crm__lead_versions') }}
where is_current
