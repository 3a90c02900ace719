-- Grain: one row per consent given or withdrawn, as last known.
with

consents as (
    {{
        latest_version(
            source('salesforce', 'contact_point_type_consent'), ['id'], ['system_modstamp']
        )
    }}
)

select
    id as consent_id,
    {{ salesforce_record_id('party_id') }} as record_id,
    case lower(trim(contact_point_type))
        when 'mailingaddress' then 'post'
        else lower(trim(contact_point_type))
    end as contact_point_type,
    case lower(trim(privacy_consent_status))
        when 'optin' then 'opt_in'
        when 'optout' then 'opt_out'
        else 'unknown'
    end as consent_status,
    nullif(trim(capture_source), '') as capture_source,
    effective_from,
    effective_to,
    system_modstamp as updated_at,
    _load_id as load_id
from consents
