-- Grain: one row per opportunity, as last known; deleted ones are kept and flagged.
select *
from {{ ref('stg_salesforce__opportunity_versions') }}
where is_current
