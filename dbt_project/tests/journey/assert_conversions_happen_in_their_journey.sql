-- A conversion that is a contact is a step of its journey; journeys named exist and are the
-- customer's; a qualified lead happens after its journey began.
with journeys as (
    select journey_key, customer_key, started_at from {{ ref('fct_journey') }}
)

select conversions.conversion_key, conversions.conversion_type, conversions.journey_key
from {{ ref('fct_conversion') }} as conversions
left join journeys on conversions.journey_key = journeys.journey_key
where conversions.journey_key <> {{ unknown_key() }}
    and (
        journeys.journey_key is null
        or journeys.customer_key <> conversions.customer_key
        or journeys.started_at > conversions.converted_at
    )
union all
select conversion_key, conversion_type, journey_key
from {{ ref('fct_conversion') }}
where conversion_type in ('sale', 'won_deal')
    and journey_key = {{ unknown_key() }}
