-- Grain: one row per ticket, as last known; deleted and merged ones are kept and flagged.
select *
from {{ ref('stg_crm__ticket_versions') }}
where is_current
