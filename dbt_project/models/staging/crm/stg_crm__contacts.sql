-- Grain: one row per contact, as last known; deleted and merged ones are kept and flagged.
select *
from {{ ref('stg_crm__contact_versions') }}
where is_current
