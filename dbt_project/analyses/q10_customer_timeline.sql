-- Q10 What has happened with this customer, in order?
-- Asked by: whoever talks to the customer next, with the 360 beside it.
-- Shows: every event that any system recorded, oldest first: contacts of marketing, sales, shops
--   and service, stages of a lead, what befell tickets, answers, consent, merges, first sign.
-- Can't see: visits without cookies, purchases without a card or name, calls that nobody logged.
--   Mailings and coupons have a day but no time: they stand at its beginning.
-- Choose the customer in the first lines; here it is the one with the most kinds of event.
with chosen as (
    select customer_key
    from marts.customer_timeline
    group by customer_key
    order by count(distinct event_type) desc, count(*) desc, customer_key
    limit 1
)

select
    timeline.event_number,
    timeline.occurred_at,
    timeline.department,
    timeline.event_kind,
    timeline.event_type,
    timeline.initiated_by,
    timeline.channel_name,
    campaigns.campaign_name,
    stores.store_name,
    timeline.intent,
    timeline.sentiment,
    timeline.satisfaction_score,
    timeline.net_amount,
    timeline.sale_id,
    timeline.lead_id,
    timeline.ticket_id
from marts.customer_timeline as timeline
inner join chosen on timeline.customer_key = chosen.customer_key
left join marts.dim_campaign as campaigns
    on timeline.campaign_key = campaigns.campaign_key and timeline.campaign_key <> -1
left join marts.dim_store as stores
    on timeline.store_key = stores.store_key and timeline.store_key <> -1
order by timeline.event_number
