-- Q09 Do we depend less on intermediaries than a year ago?
-- Asked by: whoever decides where the next euro of trade or own-shop budget goes.
-- Shows, by month and market and for all markets: revenue that reaches us without an intermediary
--   (own and social shops, won deals of the sales team), what shoppers paid at distributors and
--   how much of that nobody is known for, the direct share of all of it, the same share a year
--   before and the change in points. Shares of units (shops alone) stand beside, since some
--   distributors report no value: their units are counted in unvalued_units and in no amount.
-- Can't see: the year before the data begin (year_ago is `no data`, its columns empty; a month
--   that the data cover in part is compared with none); what distributors that share no sell-out
--   sold. Amounts are retail prices as sold, returns not taken off; deals are net of what was given
--   back. A week of sell-out counts in the month of its first day.
with covered as (
    select min(first_date) as first_date, max(last_date) as last_date
    from (
        select min(period_start_date) as first_date, max(period_end_date) as last_date
        from marts.fct_sell_out
        union all
        select min(sale_date), max(sale_date) from marts.fct_sale_line
    )
),

sold as (
    select
        month_start_date,
        market_code,
        case when place_type in ('own_shop', 'social_shop') then sold_amount else 0 end as shop_amount,
        0 as deal_amount,
        case when place_type in ('own_shop', 'social_shop') then 0 else sold_amount end
            as intermediary_amount,
        case when place_type in ('own_shop', 'social_shop') then 0 else identified_amount end
            as identified_amount,
        case when place_type in ('own_shop', 'social_shop') then sold_units else 0 end as shop_units,
        sold_units,
        unvalued_units
    from marts.fct_ropo_monthly
    union all
    select
        cast(date_trunc('month', conversion_date) as date),
        market_code,
        0, cast(coalesce(net_revenue_amount, 0) as double), 0, 0, 0, 0, 0
    from marts.fct_conversion
    where conversion_type = 'won_deal'
),

months as (
    select
        month_start_date,
        coalesce(market_code, 'all markets') as market,
        sum(shop_amount) as shop_amount,
        sum(deal_amount) as deal_amount,
        sum(intermediary_amount) as intermediary_amount,
        sum(intermediary_amount - identified_amount) as unidentified_amount,
        sum(unvalued_units) as unvalued_units,
        sum(shop_amount + deal_amount)
            / nullif(sum(shop_amount + deal_amount + intermediary_amount), 0) as direct_share,
        sum(shop_units) / nullif(sum(sold_units), 0) as direct_unit_share,
        any_value(first_date) <= month_start_date + interval 6 day
        and any_value(last_date) >= last_day(month_start_date) - interval 6 day as is_whole_month
    from sold
    cross join covered
    group by grouping sets ((month_start_date, market_code), (month_start_date))
)

select
    months.month_start_date,
    months.market,
    months.is_whole_month,
    round(months.shop_amount, 2) as shop_amount,
    round(months.deal_amount, 2) as deal_amount,
    round(months.intermediary_amount, 2) as intermediary_amount,
    round(months.unidentified_amount, 2) as unidentified_amount,
    months.unvalued_units,
    months.direct_share,
    before.direct_share as direct_share_year_ago,
    100 * (months.direct_share - before.direct_share) as change_points,
    months.direct_unit_share,
    before.direct_unit_share as direct_unit_share_year_ago,
    100 * (months.direct_unit_share - before.direct_unit_share) as unit_change_points,
    case
        when before.market is null then 'no data'
        when months.direct_share > before.direct_share then 'less dependent'
        when months.direct_share < before.direct_share then 'more dependent'
        else 'as before'
    end as year_ago
from months
left join months as before
    on months.market = before.market
    and months.month_start_date = before.month_start_date + interval 1 year
    and months.is_whole_month
    and before.is_whole_month
order by months.month_start_date desc, months.market = 'all markets' desc, months.market
