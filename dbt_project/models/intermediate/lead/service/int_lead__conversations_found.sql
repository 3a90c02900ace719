-- Grain: one row per conversation on the brand's social profiles: a service ticket that no CRM
-- opened. Where a CRM has a case of the same profile, and of no other topic, opened within a day
-- after the question, the conversation is that case's (case_ticket_code) and no ticket of its own.
-- Nobody keeps its status: it is over (over_at) once the customer has been silent for so many days
-- after an answer (company.yaml, service.conversation_days). A question without answer stays open.
with

messages as (
    select * from {{ ref('int_lead__conversation_messages_grouped') }}
),

cases as (
    select * from {{ ref('int_lead__tickets_unioned') }} where social_profile_id is not null
),

service as (
    select * from {{ source('company', 'service') }}
),

firsts as (
    select * from messages where ticket_code = 'social.conversation:' || message_id
),

summed as (
    select
        ticket_code,
        max(occurred_at) as updated_at,
        max(case when direction = 'outbound' and not is_automatic then occurred_at end)
            as last_answer_at,
        max(case when is_last and not is_automatic then direction end) as last_direction,
        max_by(
            employee_code,
            case when direction = 'outbound' and not is_automatic
                then cast(occurred_at as {{ dbt.type_string() }}) || message_id end
        ) as employee_code,
        min_by(
            topic,
            case when topic is not null
                then cast(occurred_at as {{ dbt.type_string() }}) || message_id end
        ) as topic,
        max(load_id) as load_id
    from messages
    group by ticket_code
),

owned as (
    select
        firsts.ticket_code,
        cases.ticket_code as case_ticket_code
    from firsts
    inner join summed on firsts.ticket_code = summed.ticket_code
    inner join cases
        on firsts.platform || '/' || firsts.profile_id = cases.social_profile_id
        and cases.created_at >= firsts.occurred_at
        and cases.created_at <= {{ dbt.dateadd('day', 1, 'firsts.occurred_at') }}
        and coalesce(cases.topic, summed.topic, '') = coalesce(summed.topic, cases.topic, '')
    qualify
        row_number() over (
            partition by firsts.ticket_code order by cases.created_at, cases.ticket_code
        ) = 1
)

select
    firsts.ticket_code,
    owned.case_ticket_code,
    firsts.message_id,
    firsts.record_id,
    firsts.profile_id,
    firsts.platform,
    firsts.kind,
    summed.topic,
    lower(firsts.sentiment) as sentiment,
    summed.employee_code,
    firsts.market_code,
    firsts.occurred_at as created_at,
    summed.updated_at,
    summed.last_answer_at,
    case when summed.last_direction = 'outbound'
        then {{ dbt.dateadd('day', 'service.conversation_days', 'summed.last_answer_at') }}
    end as over_at,
    summed.load_id
from firsts
inner join summed on firsts.ticket_code = summed.ticket_code
cross join service
left join owned on firsts.ticket_code = owned.ticket_code
