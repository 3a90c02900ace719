{# Grain: customer, contact point and moment at which its consent changed. #}
with consents as (
    select * from {{ ref('int_customer__consents') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

statements as (
    select
        identities.customer_key,
        consents.contact_point,
        consents.stated_at,
        {# Two statements of one moment: the more careful one holds. #}
        bool_or(consents.consent_status = 'opt_out') as is_opt_out,
        bool_or(consents.consent_status = 'opt_in') as is_opt_in,
    from consents
    inner join identities on consents.record_id = identities.record_id
    group by identities.customer_key, consents.contact_point, consents.stated_at
),

stated as (
    select
        customer_key,
        contact_point,
        stated_at,
        case when is_opt_out then 'opt_out' when is_opt_in then 'opt_in' else 'unknown' end
            as consent_status,
    from statements
),

changes as (
    select
        *,
        lag(consent_status) over (
            partition by customer_key, contact_point order by stated_at
        ) as previous_status,
    from stated
),

int_customer__consent_versions as (
    select
        customer_key,
        contact_point,
        consent_status,
        stated_at as valid_from,
        lead(stated_at, 1, timestamp '9999-12-31') over (
            partition by customer_key, contact_point order by stated_at
        ) as valid_to,
    from changes
    where previous_status is null or consent_status <> previous_status
)

select * from int_customer__consent_versions
