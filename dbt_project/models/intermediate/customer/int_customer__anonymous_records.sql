{{ config(materialized='view') }}
{#
    Grain: record of a device or a social profile, which by itself does not say who it is, with the
    moment since when evidence ties it to another record; null where none does. Contacts through
    it before that moment were anonymous.
#}
with identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

links as (
    select
        record_id,
        valid_from as known_from
    from identities
    where linked_record_id is not null
    union all
    select
        linked_record_id as record_id,
        valid_from as known_from
    from identities
    where linked_record_id is not null
),

int_customer__anonymous_records as (
    select
        identities.record_id,
        min(links.known_from) as known_from
    from identities
    left join links on identities.record_id = links.record_id
    where identities.record_type in ('device', 'social_profile')
    group by identities.record_id
)

select * from int_customer__anonymous_records
