-- Q30 Whom do we pester?
-- Asked by: whoever answers for what the company sends.
-- Shows, by buying moment at the day's beginning: days on which the company contacted a customer,
--   contacts, how many of these days an opt-out followed within `in_market.opt_out_days` (7), and the
--   share with its 95 % interval; `outside the buying moment` sums just_bought and not_in_market,
--   `inside` the others. Then the twenty customers who were contacted most often outside it in the
--   last 90 days, with what they did of their own accord meanwhile.
-- Can't see: interest that leaves no trace with the company (a visit to a store, to a competitor), so
--   `not_in_market` means that nothing is known; people who stop listening without saying so. An
--   opt-out that follows a contact need not come of it. Opt-outs are rare: look at the intervals.
with days as (
    select
        *,
        case when market_state in ('in_market', 'researching') then 'inside the buying moment'
            else 'outside the buying moment' end as moment
    from marts.fct_in_market_daily
),

summed as (
    select
        case when grouping(market_state) = 0 then 'state' else 'moment' end as level,
        coalesce(market_state, moment) as name,
        count(distinct customer_key) as customers,
        count(*) as contacted_days,
        sum(company_contact_count) as contacts,
        sum(is_followed_by_opt_out::integer) as days_followed_by_opt_out
    from days
    where company_contact_count > 0
    group by grouping sets ((moment), (market_state))
),

pestered as (
    select
        customer_key,
        count(*) filter (where is_contacted_out_of_market) as contacted_days,
        sum(company_contact_count) filter (where is_contacted_out_of_market) as contacts,
        sum(engagement_count) as own_contacts,
        sum(opt_out_count) as opt_outs
    from days
    where snapshot_date > (select max(snapshot_date) from days) - 90
    group by customer_key
)

select
    level,
    name,
    null as customer_key,
    customers,
    contacted_days,
    contacts,
    contacts / sum(contacts) over (partition by level) as share_of_contacts,
    days_followed_by_opt_out,
    days_followed_by_opt_out / contacted_days as opt_out_share,
    greatest(0, (days_followed_by_opt_out + 1.92) / (contacted_days + 3.84) - 1.96 * sqrt(
        days_followed_by_opt_out * (contacted_days - days_followed_by_opt_out) / contacted_days
        + 0.96
    ) / (contacted_days + 3.84)) as opt_out_share_low,
    (days_followed_by_opt_out + 1.92) / (contacted_days + 3.84) + 1.96 * sqrt(
        days_followed_by_opt_out * (contacted_days - days_followed_by_opt_out) / contacted_days
        + 0.96
    ) / (contacted_days + 3.84) as opt_out_share_high,
    null as own_contacts
from summed
union all
select * from (
    select
        'customer', page.customer_type, pestered.customer_key, 1, pestered.contacted_days,
        pestered.contacts, null, pestered.opt_outs, null, null, null, pestered.own_contacts
    from pestered
    inner join marts.customer_360 as page on pestered.customer_key = page.customer_key
    where pestered.contacts > 0
    order by pestered.contacts desc, pestered.own_contacts, pestered.customer_key
    limit 20
)
order by level desc, contacts desc, customer_key
