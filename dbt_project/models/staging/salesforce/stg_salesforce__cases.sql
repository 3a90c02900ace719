-- Grain: one row per service case, as last known; deleted ones are kept and flagged.
select *
from {{ ref('stg_salesforce__case_versions') }}
where is_current
