{#
    Grain: customer, as known at the end of the data. Fact type: none (a page for whoever talks to
    the customer next). Rebuilt whole. Names and addresses are in dim_customer.
#}
with customers as (
    select * from {{ ref('dim_customer') }}
    where is_current
        and customer_key <> {{ unknown_key() }}
),

contacts as (
    select * from {{ ref('int_journey__contacts_summed') }}
),

feelings as (
    select * from {{ ref('int_journey__feelings_summed') }}
),

purchases as (
    select * from {{ ref('int_journey__purchases_summed') }}
),

links as (
    select * from {{ ref('int_customer__links_summed') }}
),

journeys as (
    select
        customer_key,
        count(*) as journey_count,
        sum(case when outcome = 'converted' then 1 else 0 end) as converted_journey_count,
        max(case when outcome = 'open' then journey_key end) as open_journey_key,
        max(case when outcome = 'open' then started_at end) as open_journey_started_at
    from {{ ref('fct_journey') }}
    group by customer_key
),

odds as (
    select customer_key, market_state, purchase_probability, expected_stage
    from {{ ref('customer_propensity') }}
),

stages as (
    select
        customer_key,
        max_by(stage, step_number) as open_journey_stage
    from {{ ref('int_journey__touchpoints_numbered') }}
    where journey_key in (select open_journey_key from journeys)
    group by customer_key
),

tickets as (
    select
        customer_key,
        count(*) as ticket_count,
        sum(case when not is_closed then 1 else 0 end) as open_ticket_count,
        sum(case when not is_closed and not is_answered then 1 else 0 end)
            as unanswered_ticket_count,
        max_by(topic, opened_at) as last_ticket_topic
    from {{ ref('fct_ticket') }}
    where is_counted
        and customer_key <> {{ unknown_key() }}
    group by customer_key
),

leads as (
    select
        customer_key,
        count(*) as lead_count,
        sum(
            case when current_stage in ('won', 'lost', 'rejected', 'recycled') then 0 else 1 end
        ) as open_lead_count,
        max_by(current_stage, captured_at) as last_lead_stage
    from {{ ref('fct_lead') }}
    where is_counted
        and customer_key <> {{ unknown_key() }}
    group by customer_key
),

values_to_date as (
    select
        customer_key,
        value_decile,
        rfm_segment,
        churn_risk,
        churn_class,
        expected_margin_12_months_amount,
        lifetime_net_amount,
        lifetime_margin_amount
    from {{ ref('fct_customer_value_monthly') }}
    where month_start_date = (
            select max(month_start_date) from {{ ref('fct_customer_value_monthly') }}
        )
),

customer_360 as (
    select
        customers.customer_key,
        customers.customer_type,
        customers.is_identified,
        coalesce(customers.market_code, 'unknown') as market_code,
        customers.record_count,
        customers.first_seen_at,
        customers.has_email,
        customers.is_email_dead,
        customers.has_phone,
        customers.consent_email,
        customers.consent_phone,
        customers.consent_post,
        coalesce(links.household_key, {{ unknown_key() }}) as household_key,
        {{ whole('coalesce(links.household_member_count, 1)') }} as household_member_count,
        coalesce(links.company_key, {{ unknown_key() }}) as company_key,
        coalesce(links.company_customer_key, {{ unknown_key() }}) as company_customer_key,
        coalesce(links.community_key, {{ unknown_key() }}) as community_key,
        {{ whole('coalesce(links.community_member_count, 1)') }} as community_member_count,
        {{ whole('coalesce(links.linked_customer_count, 0)') }} as linked_customer_count,
        {{ whole('coalesce(links.referral_count, 0)') }} as referral_count,
        coalesce(links.referred_by_customer_key, {{ unknown_key() }}) as referred_by_customer_key,
        contacts.last_contact_at,
        contacts.last_contact_type,
        contacts.last_channel_name,
        contacts.last_department,
        contacts.last_marketing_contact_at,
        contacts.last_sales_contact_at,
        contacts.last_service_contact_at,
        contacts.last_distributor_contact_at,
        contacts.preferred_channel_name,
        {{ whole('coalesce(contacts.against_consent_count, 0)') }} as against_consent_count,
        {{ whole('coalesce(contacts.person_contact_count, 0)') }} as person_contact_count,
        {{ whole('coalesce(contacts.company_contact_count, 0)') }} as company_contact_count,
        {{ whole('coalesce(contacts.negative_count, 0)') }} as negative_count,
        cast(contacts.mean_csat_score as double) as mean_csat_score,
        contacts.last_nps_score,
        feelings.last_feeling,
        feelings.last_felt_at,
        cast(feelings.negative_pct as double) as negative_pct,
        cast(feelings.satisfaction_trend as double) as satisfaction_trend,
        {{ whole('coalesce(journeys.journey_count, 0)') }} as journey_count,
        {{ whole('coalesce(journeys.converted_journey_count, 0)') }} as converted_journey_count,
        coalesce(journeys.open_journey_key, {{ unknown_key() }}) as open_journey_key,
        journeys.open_journey_started_at,
        stages.open_journey_stage,
        coalesce(odds.market_state, 'not_in_market') as market_state,
        odds.purchase_probability,
        odds.expected_stage,
        {{ whole('coalesce(purchases.order_count, 0)') }} as order_count,
        purchases.first_order_date,
        purchases.last_order_date,
        purchases.preferred_place_type,
        coalesce(purchases.preferred_store_key, {{ unknown_key() }}) as preferred_store_key,
        {{ whole('coalesce(purchases.place_type_count, 0)') }} as place_type_count,
        cast(coalesce(purchases.net_amount, 0) as double) as net_amount,
        cast(purchases.margin_amount as double) as margin_amount,
        cast(coalesce(purchases.refund_amount, 0) as double) as refund_amount,
        values_to_date.value_decile,
        values_to_date.rfm_segment,
        values_to_date.churn_risk,
        values_to_date.churn_class,
        values_to_date.expected_margin_12_months_amount,
        values_to_date.lifetime_net_amount,
        values_to_date.lifetime_margin_amount,
        {{ whole('coalesce(tickets.ticket_count, 0)') }} as ticket_count,
        {{ whole('coalesce(tickets.open_ticket_count, 0)') }} as open_ticket_count,
        {{ whole('coalesce(tickets.unanswered_ticket_count, 0)') }} as unanswered_ticket_count,
        tickets.last_ticket_topic,
        {{ whole('coalesce(leads.lead_count, 0)') }} as lead_count,
        {{ whole('coalesce(leads.open_lead_count, 0)') }} as open_lead_count,
        leads.last_lead_stage,
        {{ whole(
            'coalesce(tickets.open_ticket_count, 0) + coalesce(leads.open_lead_count, 0)'
            ~ ' + case when journeys.open_journey_key is null then 0 else 1 end'
        ) }} as open_matter_count
    from customers
    left join contacts on customers.customer_key = contacts.customer_key
    left join feelings on customers.customer_key = feelings.customer_key
    left join links on customers.customer_key = links.customer_key
    left join purchases on customers.customer_key = purchases.customer_key
    left join journeys on customers.customer_key = journeys.customer_key
    left join odds on customers.customer_key = odds.customer_key
    left join stages on customers.customer_key = stages.customer_key
    left join values_to_date on customers.customer_key = values_to_date.customer_key
    left join tickets on customers.customer_key = tickets.customer_key
    left join leads on customers.customer_key = leads.customer_key
)

select * from customer_360
