-- Q21 How do those who start on a phone, in search, on a social network end?
-- Asked by: whoever buys media and decides which shop an ad leads to.
-- Shows, per device, per channel and per both of a journey's first contact: journeys that have
--   ended, the share that converted, and where: own shop, social shop, e-tailer, physical store,
--   sales team. Only journeys of people who are known by name; beside them the journeys that
--   began in the same way on devices that never logged in, whose end nobody can see. Where no
--   contact was seen before the conversion, the start is not known and stands in its own row.
-- Can't see: the first contact where it happened on another device than those known; purchases
--   without a card or a name, so conversions are a lower bound, most of all in stores and at
--   e-tailers. People who log in buy more often than others, so rates are theirs.
with ended as (
    select
        journeys.*,
        case
            when journeys.touchpoint_count = 0 then 'nothing seen before'
            else coalesce(journeys.entry_device_category, 'unknown')
        end as entry_device,
        case
            when journeys.touchpoint_count = 0 then 'nothing seen before'
            else channels.channel_name
        end as entry_channel,
        customers.is_identified
    from marts.fct_journey as journeys
    inner join marts.dim_channel as channels on journeys.entry_channel_key = channels.channel_key
    inner join marts.dim_customer as customers
        on journeys.customer_key = customers.customer_key and customers.is_current
    where journeys.outcome <> 'open'
)

select
    case when grouping(entry_device) = 0 then entry_device else 'all' end as entry_device,
    case when grouping(entry_channel) = 0 then entry_channel else 'all' end as entry_channel,
    count(*) filter (is_identified) as journeys,
    count(*) filter (is_identified and outcome = 'converted') as conversions,
    conversions / nullif(journeys, 0) as conversion_share,
    count(*) filter (is_identified and place_type = 'own_shop') as in_own_shop,
    count(*) filter (is_identified and place_type = 'social_shop') as in_social_shop,
    count(*) filter (is_identified and place_type = 'e_tailer') as at_e_tailer,
    count(*) filter (is_identified and place_type = 'physical_store') as in_physical_store,
    count(*) filter (is_identified and place_type = 'sales_team') as by_sales_team,
    sum(revenue_amount) filter (is_identified) as revenue_amount,
    count(*) filter (not is_identified) as journeys_of_unknown_devices
from ended
group by grouping sets ((), (entry_device), (entry_channel), (entry_device, entry_channel))
order by
    grouping(entry_device, entry_channel) desc, journeys desc, journeys_of_unknown_devices desc,
    entry_device, entry_channel
