-- Contacts whose consent is not what their customer had stated until then: late statements, merges
-- and splits reach contacts of earlier days, too.
select
    touchpoints.touchpoint_key,
    touchpoints.consent_status,
    consents.consent_status as stated_status
from {{ ref('fct_touchpoint') }} as touchpoints
left join {{ ref('int_customer__consent_versions') }} as consents
    on touchpoints.customer_key = consents.customer_key
    and touchpoints.contact_point = consents.contact_point
    and touchpoints.occurred_at >= consents.valid_from
    and touchpoints.occurred_at < consents.valid_to
where touchpoints.consent_status <> {{ consent_of_contact(
        'touchpoints.contact_point', 'consents.consent_status'
    ) }}
    or touchpoints.is_against_consent <> (touchpoints.consent_status = 'opt_out')
