-- Q07 Where does each journey convert: own shop, social shop, e-tailer, physical store?
-- Asked by: whoever divides budget and range between own shops and distributors.
-- Shows, per kind of place: journeys of known people that converted there with their share and
--   revenue; and beside them what all shoppers bought there, known or not, in units, with its
--   share of all units sold and how much of it was bought by known people. A journey's place
--   stands in fct_journey.place_type, its shop in store_key.
-- Can't see: the journeys of people whom nobody knows. Own and social shops know nearly every
--   buyer, distributors only holders of a card whose baskets they share, so the share of
--   conversions leans towards own shops: where people buy, the share of units says. Deals of the
--   sales team are no units.
with converted as (
    select
        place_type,
        count(*) as conversions,
        sum(revenue_amount) as revenue_amount
    from marts.fct_journey
    where outcome = 'converted'
    group by place_type
),

sold as (
    select
        place_type,
        sum(sold_units) as sold_units,
        sum(identified_units) as identified_units,
        sum(sold_amount) as sold_amount,
        sum(unvalued_units) as unvalued_units
    from marts.fct_ropo_monthly
    group by place_type
)

select
    place_type,
    coalesce(converted.conversions, 0) as conversions,
    coalesce(converted.conversions, 0) / sum(converted.conversions) over () as conversion_share,
    converted.revenue_amount,
    sold.sold_units,
    sold.sold_units / sum(sold.sold_units) over () as sold_unit_share,
    1 - sold.identified_units / nullif(sold.sold_units, 0) as unidentified_unit_share,
    sold.sold_amount,
    sold.unvalued_units
from converted
full join sold using (place_type)
order by conversions desc, sold_units desc, place_type
