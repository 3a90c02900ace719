{#
    Grain: customer with at least one contact in the timeline: how often, when last and with which
    department, by which channel they come, how it felt. Events that are no contact (a consent, a
    stage, a merge) don't count.
#}
with events as (
    select * from {{ ref('customer_timeline') }}
    where event_kind in ('touchpoint', 'answer')
),

touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where is_against_consent
        and customer_key <> {{ unknown_key() }}
),

against_consent as (
    select
        customer_key,
        count(*) as against_consent_count
    from touchpoints
    group by customer_key
),

channels as (
    select
        customer_key,
        channel_name,
        count(*) as contacts,
        max(event_number) as last_event_number
    from events
    where initiated_by = 'person'
        and channel_name is not null
        and event_type not in ('email_opened', 'email_unsubscribed', 'email_complained')
        and event_type not like '%_answered'
    group by customer_key, channel_name
),

{# The channel used most (mail programs open messages by themselves, and whoever is asked answers
   where they are asked); among equals the one used last. #}
preferred as (
    select
        customer_key,
        channel_name as preferred_channel_name
    from channels
    qualify
        row_number() over (
            partition by customer_key order by contacts desc, last_event_number desc
        ) = 1
),

summed as (
    select
        customer_key,
        min(occurred_at) as first_contact_at,
        max(occurred_at) as last_contact_at,
        max_by(event_type, event_number) as last_contact_type,
        max_by(channel_name, event_number) as last_channel_name,
        max_by(department, event_number) as last_department,
        {% for department in ['marketing', 'sales', 'service', 'distributor'] -%}
        max(case when department = '{{ department }}' then occurred_at end)
            as last_{{ department }}_contact_at,
        {% endfor -%}
        sum(case when initiated_by = 'person' then 1 else 0 end) as person_contact_count,
        sum(case when initiated_by = 'company' and event_kind = 'touchpoint' then 1 else 0 end)
            as company_contact_count,
        sum(case when sentiment = 'negative' then 1 else 0 end) as negative_count,
        avg(case when event_type = 'csat_answered' then satisfaction_score end) as mean_csat_score,
        max_by(satisfaction_score, event_number) filter (where event_type = 'nps_answered')
            as last_nps_score
    from events
    group by customer_key
),

int_journey__contacts_summed as (
    select
        summed.*,
        preferred.preferred_channel_name,
        coalesce(against_consent.against_consent_count, 0) as against_consent_count
    from summed
    left join preferred on summed.customer_key = preferred.customer_key
    left join against_consent on summed.customer_key = against_consent.customer_key
)

select * from int_journey__contacts_summed
