{#
    Grain: contact of a known customer and profile that it was known of, with the days on which it
    was. What ties a record to a customer may come later than the record's contacts, as when a
    device logs in for the first time: until then its contacts were those of a profile of their
    own, and a model that may not know the future must see them so.
#}
with touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where customer_key <> {{ unknown_key() }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

{# A record's link holds no earlier than that of the record on which it hangs. #}
records as (
    select
        identities.record_id,
        identities.record_type <> 'device' as is_identified,
        case when identities.linked_record_id is not null
            then cast(greatest(identities.valid_from, parents.valid_from) as date)
        end as linked_date
    from identities
    left join identities as parents on identities.linked_record_id = parents.record_id
),

contacts as (
    select
        touchpoints.*,
        coalesce(records.is_identified, false) as is_identified,
        records.linked_date
    from touchpoints
    left join records on touchpoints.record_id = records.record_id
),

int_journey__contacts_as_known as (
    select
        touchpoint_key,
        customer_key as profile_key,
        customer_key,
        occurred_at,
        touchpoint_date,
        case when linked_date > touchpoint_date then linked_date else touchpoint_date end
            as known_from_date,
        date '9999-12-31' as known_until_date,
        {{ contact_traits() }}
    from contacts
    union all
    select
        touchpoint_key,
        {{ surrogate_key(["'profile'", 'record_id']) }},
        customer_key,
        occurred_at,
        touchpoint_date,
        touchpoint_date,
        {{ days_after('linked_date', -1) }},
        {{ contact_traits() }}
    from contacts
    where linked_date > touchpoint_date
)

select * from int_journey__contacts_as_known
