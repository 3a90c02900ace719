-- Grain: one row per ticket and change. A change that is sent twice stands once; tickets that come
-- without a time of change have one version, that of the newest file.
with

tickets as (
    {{
        latest_version(
            source('crm', 'ticket'),
            ['_source', 'ticket_id', 'coalesce(updated_at, closed_at, created_at)']
        )
    }}
),

-- Countries may be sent by name.
market_aliases as (
    select * from {{ source('company', 'market_alias') }}
)

select
    ticket_id,
    {{ crm_code('ticket', 'ticket_id') }} as ticket_code,
    nullif(trim(ticket_number), '') as ticket_number,
    {{ crm_code('contact', 'contact_id') }} as contact_record_id,
    {{ crm_code('lead', 'lead_id') }} as lead_record_id,
    nullif(trim(email), '') as email,
    nullif(trim(phone), '') as phone,
    nullif(trim(social_profile_id), '') as social_profile_id,
    nullif(trim(channel), '') as channel,
    lower(nullif(trim(type), '')) as ticket_type,
    lower(nullif(trim(topic), '')) as topic,
    lower(nullif(trim(sentiment), '')) as sentiment,
    nullif(trim(status), '') as status,
    lower(nullif(trim(priority), '')) as priority,
    nullif(trim(owner_id), '') as owner_id,
    {{ crm_employee_code('owner_id') }} as employee_code,
    nullif(trim(order_number), '') as order_number,
    nullif(trim(gtin), '') as gtin,
    coalesce(market_aliases.market_code, upper(nullif(trim(country), ''))) as market_code,
    created_at,
    first_responded_at,
    closed_at,
    {{ crm_code('ticket', 'merged_into_ticket_id') }} as merged_into_ticket_code,
    coalesce(is_deleted, false) as is_deleted,
    coalesce(updated_at, closed_at, created_at) as updated_at,
    row_number() over (
        partition by _source, ticket_id order by updated_at desc nulls last, _load_id desc, _row desc
    ) = 1 as is_current,
    _source as source_name,
    _load_id as load_id
from tickets
left join market_aliases on lower(trim(tickets.country)) = market_aliases.alias
