{#
    Grain: message that a known customer got: a contact by e-mail, phone or post that the company
    began of its own accord. Opens, clicks and bounces name no message: each belongs to the newest
    message of that campaign and variant which the same record had got until then.
#}
with touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where customer_key <> {{ unknown_key() }}
),

rules as (
    select response_days from {{ source('company', 'in_market') }}
),

messages as (
    select * from touchpoints
    where initiated_by = 'company'
        and contact_point is not null
        and touchpoint_type <> 'email_bounced'
),

traced as (
    select
        touchpoint_type,
        occurred_at,
        {{ previous_known("case when touchpoint_type = 'email_sent' then touchpoint_key end") }}
            over (
                partition by record_id, campaign_key, creative_key
                order by
                    occurred_at,
                    case when touchpoint_type = 'email_sent' then 0 else 1 end,
                    touchpoint_key
            ) as message_key
    from touchpoints
    where touchpoint_type in ('email_sent', 'email_opened', 'email_clicked', 'email_bounced')
),

answers as (
    select
        message_key,
        max(case when touchpoint_type = 'email_opened' then 1 else 0 end) as is_opened,
        max(case when touchpoint_type = 'email_clicked' then 1 else 0 end) as is_clicked,
        max(case when touchpoint_type = 'email_bounced' then 1 else 0 end) as is_bounced
    from traced
    where message_key is not null
        and touchpoint_type <> 'email_sent'
    group by message_key
),

{# Whatever the customer did that names the campaign: a click, a visit, a coupon, a reply. #}
responses as (
    select distinct messages.touchpoint_key
    from messages
    cross join rules
    inner join touchpoints as steps
        on messages.customer_key = steps.customer_key
        and messages.campaign_key = steps.campaign_key
        and steps.occurred_at >= messages.occurred_at
        and steps.occurred_at
            < {{ dbt.dateadd('day', 'rules.response_days', 'messages.occurred_at') }}
    where messages.campaign_key <> {{ unknown_key() }}
        and steps.is_engagement
        and steps.initiated_by = 'person'
),

int_journey__messages_answered as (
    select
        messages.*,
        coalesce(answers.is_opened, 0) = 1 or coalesce(answers.is_clicked, 0) = 1 as is_opened,
        coalesce(answers.is_clicked, 0) = 1 as is_clicked,
        coalesce(answers.is_bounced, 0) = 1 as is_bounced,
        responses.touchpoint_key is not null as is_responded
    from messages
    left join answers on messages.touchpoint_key = answers.message_key
    left join responses on messages.touchpoint_key = responses.touchpoint_key
)

select * from int_journey__messages_answered
