-- Grain: one row per service ticket of any CRM, or conversation on a social profile for which no
-- ticket was opened. Accumulating snapshot: opened, tried, answered, solved. Deleted tickets stay
-- and are not counted. Automatic replies are no answers, a call without answer is an attempt.
-- Rebuilt whole, so late comments count from their own time.
with

tickets as (
    select * from {{ ref('int_lead__tickets_dated') }}
),

clocks as (
    select * from {{ ref('int_lead__tickets_timed') }}
),

states as (
    select * from {{ ref('int_lead__ticket_states_taken') }} where ended_at is null
),

service as (
    select * from {{ source('company', 'service') }}
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
        lag(created_at) over (partition by asker_code, topic order by created_at, ticket_code)
            as previous_opened_at
    from identified
)

select
    {{ surrogate_key(['compared.ticket_code']) }} as ticket_key,
    compared.ticket_code as ticket_id,
    compared.system as source_system,
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
    states.state,
    states.is_paused,
    compared.order_number,
    compared.gtin,
    compared.is_deleted,
    not compared.is_deleted as is_counted,
    clocks.is_closed,
    clocks.first_response_at is not null as is_answered,
    case
        when clocks.first_response_at is not null then 'answered'
        when clocks.is_closed then 'closed_unanswered'
        else 'waiting'
    end as answer_status,
    clocks.is_closed
    and clocks.reopen_count = 0
    and clocks.response_count = 1 as is_one_touch,
    coalesce(
        compared.topic is not null
        and compared.created_at
        <= {{ dbt.dateadd(
            'day', 'service.repeat_contact_days', 'compared.previous_opened_at'
        ) }},
        false
    ) as is_repeat_contact,
    compared.created_at as opened_at,
    compared.opened_date,
    cast({{ date_key('compared.opened_date') }} as integer) as opened_date_key,
    clocks.first_attempt_at,
    clocks.first_response_at,
    clocks.first_resolved_at,
    clocks.resolved_at,
    cast(clocks.waited_minutes as double) as waited_minutes,
    cast(clocks.waited_business_minutes as double) as waited_business_minutes,
    cast(clocks.first_resolution_business_minutes as double) as first_resolution_business_minutes,
    cast(clocks.resolution_minutes as double) as resolution_minutes,
    cast(clocks.resolution_business_minutes as double) as resolution_business_minutes,
    cast(clocks.open_business_minutes as double) as open_business_minutes,
    cast(clocks.paused_business_minutes as double) as paused_business_minutes,
    coalesce(summaries.handoff_count, 0) as handoff_count,
    coalesce(summaries.answer_count, 0) as answer_count,
    coalesce(summaries.automatic_answer_count, 0) as automatic_answer_count,
    coalesce(summaries.customer_message_count, 0) as customer_message_count,
    coalesce(summaries.unanswered_message_count, 0) as unanswered_message_count,
    cast(summaries.longest_reply_business_minutes as double) as longest_reply_business_minutes,
    cast(summaries.median_reply_business_minutes as double) as median_reply_business_minutes,
    clocks.reopen_count,
    cast(summaries.csat_score as integer) as csat_score,
    cast(summaries.nps_score as integer) as nps_score,
    compared.load_id
from compared
cross join service
left join states on compared.ticket_code = states.ticket_code
left join clocks on compared.ticket_code = clocks.ticket_code
left join summaries on compared.ticket_code = summaries.ticket_code
left join channels
    on compared.channel_system = channels.system
    and coalesce(compared.origin, '') = channels.source
left join employees on compared.employee_code = employees.employee_code
