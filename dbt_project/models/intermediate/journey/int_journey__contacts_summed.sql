{# Grain: customer with at least one event in the timeline: how often, when last, how it felt. #}
with events as (
    select * from {{ ref('customer_timeline') }}
),

int_journey__contacts_summed as (
    select
        customer_key,
        min(occurred_at) as first_contact_at,
        max(occurred_at) as last_contact_at,
        max_by(event_type, event_number) as last_contact_type,
        max_by(channel_name, event_number) as last_channel_name,
        max_by(department, event_number) as last_department,
        sum(case when initiated_by = 'person' then 1 else 0 end) as person_contact_count,
        sum(case when initiated_by = 'company' and event_kind = 'touchpoint' then 1 else 0 end)
            as company_contact_count,
        sum(case when sentiment = 'negative' then 1 else 0 end) as negative_count,
        avg(case when event_type = 'csat_answered' then satisfaction_score end) as mean_csat_score,
        max_by(satisfaction_score, event_number) filter (where event_type = 'nps_answered')
            as last_nps_score
    from events
    group by customer_key
)

select * from int_journey__contacts_summed
