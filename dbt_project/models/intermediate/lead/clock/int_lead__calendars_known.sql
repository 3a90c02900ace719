-- Grain: one row: from and until when every calendar is known. Business time of what lies outside
-- is null.
with

calendars as (
    select
        calendar_code,
        min(opens_at) as first_at,
        max(next_opens_at) as last_at
    from {{ ref('int_lead__hours_opened') }}
    group by calendar_code
)

select
    max(first_at) as known_from,
    min(last_at) as known_to
from calendars
