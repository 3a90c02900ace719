-- Grain: one row per lead, as last known; deleted and merged ones are kept and flagged.
select *
from {{ ref('stg_salesforce__lead_versions') }}
where is_current
