-- Every contact that may be a step is one, stands outside any journey, or is a click that became
-- one contact with its visit.
with placed as (
    select
        customer_key,
        {{ list_rows('touchpoint_keys') }} as touchpoint_key
    from {{ ref('int_journey__journeys_packed') }}
),

contacts as (
    select customer_key, touchpoint_key from {{ ref('int_journey__touches') }}
)

select
    coalesce(contacts.touchpoint_key, placed.touchpoint_key) as touchpoint_key,
    contacts.customer_key,
    placed.customer_key as placed_customer_key
from contacts
full join placed
    on contacts.touchpoint_key = placed.touchpoint_key
    and contacts.customer_key = placed.customer_key
where contacts.touchpoint_key is null
    or placed.touchpoint_key is null
