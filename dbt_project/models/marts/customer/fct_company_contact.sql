{#
    Grain: contact that the company began with a person whom some record describes, answers to what
    the person asked left out. Fact type: transaction. Rebuilt whole: late purchases and tickets,
    merges and splits change what was known at an earlier contact.
    What is known of a person is what any record of theirs shows until the contact, whichever
    system keeps it; `known_by` says whether the addressed record itself shows it.
#}
with touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where customer_key <> {{ unknown_key() }}
),

sale_lines as (
    select customer_key, product_key, sold_at from {{ ref('fct_sale_line') }}
    where sale_type = 'sale'
        and customer_key <> {{ unknown_key() }}
),

tickets as (
    select * from {{ ref('fct_ticket') }}
    where is_counted
        and (ticket_type = 'complaint' or sentiment = 'negative')
),

promoted_products as (
    select * from {{ ref('int_customer__promoted_products') }}
),

acquisition_contacts as (
    select * from {{ ref('int_customer__acquisition_contacts') }}
),

company as (
    select * from {{ source('company', 'company') }}
),

contacts as (
    select * from touchpoints
    where initiated_by = 'company'
        and ticket_id is null
        and touchpoint_type not in ('social_reply', 'email_bounced')
),

{# The first sign of each kind that a record gave of its person. #}
signs as (
    select
        customer_key,
        record_id,
        min(case when conversion_type in ('sale', 'won_deal') then occurred_at end) as first_purchase_at,
        min(case when touchpoint_type = 'ticket_opened' then occurred_at end) as first_ticket_at,
        min(case when touchpoint_type = 'lead_captured' then occurred_at end) as first_lead_at,
        min(case when is_engagement and initiated_by = 'person' then occurred_at end)
            as first_engagement_at,
    from touchpoints
    group by customer_key, record_id
),

histories as (
    select
        customer_key,
        min(first_purchase_at) as first_purchase_at,
        min(first_ticket_at) as first_ticket_at,
        min(first_lead_at) as first_lead_at,
        min(first_engagement_at) as first_engagement_at,
    from signs
    group by customer_key
),

during_complaints as (
    select distinct contacts.touchpoint_key
    from contacts
    inner join tickets
        on contacts.customer_key = tickets.customer_key
        and contacts.occurred_at > tickets.opened_at
        and contacts.occurred_at < coalesce(tickets.resolved_at, timestamp '9999-12-31')
    where contacts.department in ('marketing', 'sales')
),

of_recent_purchases as (
    select distinct contacts.touchpoint_key
    from contacts
    cross join company
    inner join promoted_products on contacts.campaign_key = promoted_products.campaign_key
    inner join sale_lines
        on contacts.customer_key = sale_lines.customer_key
        and promoted_products.product_key = sale_lines.product_key
        and sale_lines.sold_at < contacts.occurred_at
        and {{ seconds_between('sale_lines.sold_at', 'contacts.occurred_at') }}
            <= company.recent_purchase_days * 86400
),

judged as (
    select
        contacts.*,
        coalesce(histories.first_purchase_at < contacts.occurred_at, false) as has_purchased,
        coalesce(histories.first_ticket_at < contacts.occurred_at, false) as has_asked_service,
        coalesce(histories.first_lead_at < contacts.occurred_at, false) as has_been_lead,
        coalesce(histories.first_engagement_at < contacts.occurred_at, false) as has_history,
        coalesce(signs.first_engagement_at < contacts.occurred_at, false) as has_own_history,
        acquisition_contacts.touchpoint_key is not null as is_acquisition,
        of_recent_purchases.touchpoint_key is not null as is_promotion_of_recent_purchase,
        during_complaints.touchpoint_key is not null and contacts.department = 'sales'
            as is_sales_during_complaint,
        during_complaints.touchpoint_key is not null and contacts.department = 'marketing'
            as is_marketing_during_complaint,
    from contacts
    left join histories on contacts.customer_key = histories.customer_key
    left join signs
        on contacts.customer_key = signs.customer_key
        and contacts.record_id = signs.record_id
    left join acquisition_contacts
        on contacts.touchpoint_key = acquisition_contacts.touchpoint_key
    left join of_recent_purchases
        on contacts.touchpoint_key = of_recent_purchases.touchpoint_key
    left join during_complaints on contacts.touchpoint_key = during_complaints.touchpoint_key
),

fct_company_contact as (
    select
        touchpoint_key,
        customer_key,
        occurred_at,
        touchpoint_date as contact_date,
        touchpoint_date_key as contact_date_key,
        market_code,
        channel_key,
        campaign_key,
        employee_key,
        department,
        touchpoint_type,
        contact_point,
        consent_status,
        has_history,
        case when has_own_history then 'same_record' when has_history then 'other_records'
            else 'nothing' end as known_by,
        has_purchased,
        has_asked_service,
        has_been_lead,
        is_acquisition and has_purchased as is_acquisition_of_customer,
        is_promotion_of_recent_purchase,
        is_sales_during_complaint,
        is_marketing_during_complaint,
        is_against_consent,
        {{ whole(
            'case when is_acquisition and has_purchased then 1 else 0 end'
            ~ ' + case when is_promotion_of_recent_purchase then 1 else 0 end'
            ~ ' + case when is_sales_during_complaint then 1 else 0 end'
            ~ ' + case when is_marketing_during_complaint then 1 else 0 end'
            ~ ' + case when is_against_consent then 1 else 0 end'
        ) }} as ignored_rule_count,
    from judged
)

select * from fct_company_contact
