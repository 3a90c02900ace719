-- Q28 How much store revenue began online?
-- Asked by: whoever must say what the web and its ads do for the stores.
-- Shows, in all, per market, per distributor and per product category, for purchases in physical
--   stores by people whom we know (a card shown): how many followed an online contact (visit,
--   click, message, form) in the same journey and within the channel's lookback; how many were made
--   by people of whom any online contact is known at all, and the share among them; the revenue
--   that followed an online contact (influenced), as a share of what known people paid; and
--   beside it all units sold there and the share bought by people whom nobody knows.
-- Can't see: research on a device that never logged in: online_share is a lower bound, and
--   online_share_where_seen tells of people who log in, not of all. Unidentified sell-out is not
--   guessed at: of unidentified_unit_share nothing is known. That something was looked at before
--   does not say that it would not have been bought. E-tailers and own shops are online
--   themselves: place_type 'physical_store' alone is offline.
with purchases as (
    select
        case
            when grouping(market_code) = 0 then 'market'
            when grouping(distributor_key) = 0 then 'distributor'
            else 'all'
        end as level,
        coalesce(market_code, distributor_key::varchar, 'all') as member,
        count(*) as purchases,
        count(*) filter (online_contact_count > 0) as after_online_contact,
        count(*) filter (is_seen_online) as of_people_seen_online
    from marts.fct_conversion
    where conversion_type = 'sale'
        and place_type = 'physical_store'
    group by grouping sets ((), (market_code), (distributor_key))
),

sold as (
    select
        case
            when grouping(market_code) = 0 then 'market'
            when grouping(distributor_key) = 0 then 'distributor'
            when grouping(product_category) = 0 then 'product category'
            else 'all'
        end as level,
        coalesce(market_code, distributor_key::varchar, product_category, 'all') as member,
        case when sum(identified_units) > 0 then sum(researched_online_amount) end
            as influenced_amount,
        sum(identified_amount) as identified_amount,
        sum(researched_online_units) / nullif(sum(identified_units), 0) as online_unit_share,
        sum(sold_units) as sold_units,
        1 - sum(identified_units) / nullif(sum(sold_units), 0) as unidentified_unit_share
    from marts.fct_ropo_monthly
    where place_type = 'physical_store'
    group by grouping sets ((), (market_code), (distributor_key), (product_category))
)

select
    level,
    coalesce(distributors.distributor_name, sold.member) as member,
    purchases.purchases,
    purchases.after_online_contact,
    purchases.after_online_contact / nullif(purchases.purchases, 0) as online_share,
    purchases.of_people_seen_online / nullif(purchases.purchases, 0) as seen_online_share,
    purchases.after_online_contact / nullif(purchases.of_people_seen_online, 0)
        as online_share_where_seen,
    sold.influenced_amount,
    sold.influenced_amount / nullif(sold.identified_amount, 0) as influenced_share,
    sold.online_unit_share,
    sold.sold_units,
    sold.unidentified_unit_share
from sold
left join purchases using (level, member)
left join marts.dim_distributor as distributors
    on level = 'distributor'
    and sold.member = distributors.distributor_key::varchar
    and distributors.is_current
order by level <> 'all', level, sold_units desc, member
