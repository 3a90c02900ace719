{{ config(severity='warn') }}
-- What happened before the calendars begin has no business time: set calendar_start_date in
-- company.yaml to an earlier day.
with

calendars as (
    select * from {{ ref('int_lead__calendars_known') }}
)

select 'fct_ticket' as mart, tickets.ticket_id as row_id
from {{ ref('fct_ticket') }} as tickets
inner join calendars on tickets.opened_at < calendars.known_from
union all
select 'fct_lead_stage' as mart, cast(stages.lead_stage_key as {{ dbt.type_string() }}) as row_id
from {{ ref('fct_lead_stage') }} as stages
inner join calendars on stages.entered_at < calendars.known_from
