-- Q32 Is it true for us that two thirds of journeys start online and nearly all purchases are in
--   a store?
-- Asked by: whoever quotes those figures (67 % and 95 %) in a plan.
-- Shows, per place and in all: conversions of known people; the share whose first known contact
--   was online, of all of them and of those before whose conversion any contact is known, with
--   the published 67 % beside; and the share of all units sold that were sold there, to known
--   people or not, with the published 95 % beside.
-- Can't see: the true first contact, where it left no record: a look into a store makes a journey
--   seem to start online later, a device that never logged in makes it seem to start offline or
--   with the purchase. Neither share of starts is a bound; Q28 has one. The row `all` mixes
--   places as known buyers do, and own shops know nearly every buyer, stores few:
--   unidentified_unit_share is what of each place the shares of starts say nothing about. The
--   published figures count purchases of whole markets, not units of one company.
with conversions as (
    select
        coalesce(place_type, 'all') as place_type,
        count(*) as conversions,
        count(*) filter (touchpoint_count > 0) as conversions_with_contacts,
        count(*) filter (touchpoint_count > 0 and is_online_start) as online_starts,
        sum(revenue_amount) as revenue_amount
    from marts.fct_journey
    where outcome = 'converted'
        and place_type <> 'sales_team'
    group by rollup (place_type)
),

sold as (
    select
        coalesce(place_type, 'all') as place_type,
        sum(sold_units) as sold_units,
        sum(identified_units) as identified_units
    from marts.fct_ropo_monthly
    group by rollup (place_type)
)

select
    place_type,
    coalesce(conversions.conversions, 0) as conversions,
    conversions.online_starts,
    conversions.online_starts / nullif(conversions.conversions, 0) as online_start_share,
    conversions.online_starts / nullif(conversions.conversions_with_contacts, 0)
        as online_start_share_where_seen,
    case when place_type = 'all' then 0.67 end as published_online_start_share,
    sold.sold_units,
    sold.sold_units / max(sold.sold_units) over () as sold_unit_share,
    case when place_type = 'physical_store' then 0.95 end as published_store_share,
    1 - sold.identified_units / nullif(sold.sold_units, 0) as unidentified_unit_share
from conversions
full join sold using (place_type)
order by place_type = 'all' desc, sold_units desc, place_type
