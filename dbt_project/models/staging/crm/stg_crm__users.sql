-- Grain: one row per employee, queue or automation, as last known.
select *
from {{ ref('stg_crm__user_versions') }}
where is_current
