{#
    Grain: customer, contact point and moment of an opt-out: an unsubscription, a complaint about
    spam, or consent withdrawn. A refusal with which a record began is none: nothing preceded it.
#}
with touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where touchpoint_type in ('email_unsubscribed', 'email_complained')
        and customer_key <> {{ unknown_key() }}
),

consents as (
    select
        *,
        lag(consent_status) over (
            partition by customer_key, contact_point order by valid_from
        ) as previous_status
    from {{ ref('int_customer__consent_versions') }}
),

events as (
    select customer_key, 'email' as contact_point, occurred_at, touchpoint_date from touchpoints
    union all
    select customer_key, contact_point, valid_from, cast(null as date) from consents
    where consent_status = 'opt_out'
        and previous_status is not null
),

int_journey__opt_outs as (
    select
        customer_key,
        contact_point,
        occurred_at as opted_out_at,
        coalesce(max(touchpoint_date), cast(occurred_at as date)) as opted_out_date
    from events
    group by customer_key, contact_point, occurred_at
)

select * from int_journey__opt_outs
