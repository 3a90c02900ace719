-- Grain: one row per employee, as last known.
select *
from {{ ref('stg_salesforce__user_versions') }}
where is_current
