-- Grain: one row per service ticket. Accumulating snapshot: opened, tried, answered, solved.
-- Deleted tickets stay and are not counted. Automatic replies are no answers, a call without
-- answer is an attempt. Rebuilt whole, so late comments count from their own time.
with

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

clocks as (
    select * from {{ ref('int_lead__tickets_timed') }}
),

summaries as (
    select * from {{ ref('int_lead__tickets_summarized') }}
),

channels as (
    select * from {{ ref('int_channel__contact_channels') }}
    where medium = '' and campaign = ''
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

employees as (
    select * from {{ ref('dim_employee') }}
),

identified as (
    select
        tickets.*,
        coalesce(identities.customer_key, {{ unknown_key() }}) as customer_key,
        coalesce(cast(identities.customer_key as {{ dbt.type_string() }}), tickets.ticket_code)
            as asker_code
    from tickets
    left join identities on tickets.record_id = identities.record_id
),

compared as (
    select
        *,
        lag(created_at) over (partition by asker_code, topic order by created_at, case_id)
            as previous_opened_at
    from identified
)

select
    {{ surrogate_key(['compared.ticket_code']) }} as ticket_key,
    compared.ticket_code as ticket_id,
    compared.case_number,
    compared.record_id,
    compared.customer_key,
    {{ key_or_unknown('channels.channel_code') }} as channel_key,
    {{ key_or_unknown('compared.employee_code') }} as employee_key,
    coalesce(employees.department, 'unknown') as department,
    coalesce(compared.market_code, 'unknown') as market_code,
    coalesce(compared.origin, 'unknown') as origin,
    coalesce(compared.case_type, 'unknown') as ticket_type,
    coalesce(compared.topic, 'unknown') as topic,
    coalesce(compared.sentiment, 'unknown') as sentiment,
    coalesce(compared.priority, 'unknown') as priority,
    compared.status,
    compared.order_number,
    compared.gtin,
    compared.is_deleted,
    not compared.is_deleted as is_counted,
    compared.closed_at is not null as is_closed,
    clocks.first_response_at is not null as is_answered,
    coalesce(
        compared.topic is not null
        and compared.created_at
        <= {{ dbt.dateadd('day', 30, 'compared.previous_opened_at') }},
        false
    ) as is_repeat_contact,
    compared.created_at as opened_at,
    compared.opened_date,
    cast({{ date_key('compared.opened_date') }} as integer) as opened_date_key,
    clocks.first_attempt_at,
    clocks.first_response_at,
    clocks.resolved_at,
    clocks.waited_business_minutes,
    clocks.resolution_business_minutes,
    coalesce(summaries.handoff_count, 0) as handoff_count,
    coalesce(summaries.answer_count, 0) as answer_count,
    coalesce(summaries.automatic_answer_count, 0) as automatic_answer_count,
    coalesce(summaries.customer_message_count, 0) as customer_message_count,
    coalesce(summaries.reopen_count, 0) as reopen_count,
    cast(summaries.csat_score as integer) as csat_score,
    cast(summaries.nps_score as integer) as nps_score,
    compared.load_id
from compared
left join clocks on compared.ticket_code = clocks.ticket_code
left join summaries on compared.ticket_code = summaries.ticket_code
left join channels
    on compared.channel_system = channels.system
    and coalesce(compared.origin, '') = channels.source
left join employees on compared.employee_code = employees.employee_code
