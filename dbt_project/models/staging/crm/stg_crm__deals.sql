-- Grain: one row per deal, as last known; deleted and merged ones are kept and flagged.
select *
from {{ ref('stg_crm__deal_versions') }}
where is_current
