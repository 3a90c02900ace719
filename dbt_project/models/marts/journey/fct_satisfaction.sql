{#
    Grain: what a customer said or showed of how they felt: a survey answered, or a contact whose
    mood somebody tagged. Fact type: transaction. Raw scales differ (CSAT 1 to 5, NPS 0 to 10,
    three moods), so a score from 0 (bad) to 1 (good) stands beside. What it is about is the ticket
    or order that the survey names, else the contact itself; channel, department and employee are
    those of the ticket, where there is one. Rebuilt whole: it follows its contact.
#}
with touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where satisfaction_score is not null or sentiment in ('positive', 'neutral', 'negative')
),

tickets as (
    select * from {{ ref('fct_ticket') }}
),

surveys as (
    select * from {{ ref('int_lead__surveys_unioned') }}
),

steps as (
    select touchpoint_key, journey_key from {{ ref('bridge_journey_touchpoint') }}
),

felt as (
    select
        *,
        case touchpoint_type
            when 'csat_answered' then 'csat'
            when 'nps_answered' then 'nps'
            else 'score'
        end as measure
    from touchpoints
    where satisfaction_score is not null
    union all
    select *, 'sentiment' as measure
    from touchpoints
    where sentiment in ('positive', 'neutral', 'negative')
),

scored as (
    select
        *,
        case measure
            when 'csat' then (satisfaction_score - 1) / 4.0
            when 'nps' then satisfaction_score / 10.0
            when 'sentiment' then
                case sentiment when 'positive' then 1.0 when 'neutral' then 0.5 else 0.0 end
        end as score
    from felt
),

fct_satisfaction as (
    select
        {{ surrogate_key(['scored.touchpoint_id', 'scored.measure']) }} as satisfaction_key,
        scored.touchpoint_key,
        scored.measure,
        scored.customer_key,
        case
            when tickets.ticket_key is not null then 'ticket'
            when surveys.order_number is not null then 'order'
            when scored.measure in ('csat', 'nps') then 'company'
            else 'contact'
        end as subject_type,
        coalesce(tickets.ticket_key, {{ unknown_key() }}) as ticket_key,
        surveys.order_number,
        coalesce(steps.journey_key, {{ unknown_key() }}) as journey_key,
        coalesce(tickets.channel_key, scored.channel_key) as channel_key,
        coalesce(tickets.department, scored.department) as department,
        coalesce(tickets.employee_key, scored.employee_key) as employee_key,
        coalesce(tickets.topic, 'unknown') as topic,
        scored.market_code,
        scored.stage,
        scored.touchpoint_type,
        scored.occurred_at,
        scored.touchpoint_date_key as felt_date_key,
        case when scored.measure <> 'sentiment' then scored.satisfaction_score end as raw_score,
        case when scored.measure = 'sentiment' then scored.sentiment end as sentiment,
        cast(scored.score as double) as score,
        case
            when scored.measure <> 'nps' then null
            when scored.satisfaction_score >= 9 then 'promoter'
            when scored.satisfaction_score >= 7 then 'passive'
            else 'detractor'
        end as nps_class,
        case
            when scored.measure = 'csat' then scored.satisfaction_score >= 4
            when scored.measure = 'nps' then scored.satisfaction_score >= 9
            when scored.measure = 'sentiment' then scored.sentiment = 'positive'
        end as is_positive,
        case
            when scored.measure = 'csat' then scored.satisfaction_score <= 2
            when scored.measure = 'nps' then scored.satisfaction_score <= 6
            when scored.measure = 'sentiment' then scored.sentiment = 'negative'
        end as is_negative,
        scored.load_id
    from scored
    left join tickets on scored.ticket_id = tickets.ticket_id
    left join surveys on scored.touchpoint_id = surveys.survey_id
    left join steps on scored.touchpoint_key = steps.touchpoint_key
)

select * from fct_satisfaction
