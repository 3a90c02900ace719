-- Q25 Who are our most valuable customers?
-- Asked by: whoever decides whom to keep, call first or offer more.
-- Shows, as of the newest month: by tenth of expected lifetime value (1 the best; 0 where nothing
--   can be expected yet) customers, margin to date, what they will bring, and how likely they buy
--   nothing soon; how far money and expected value lie with the best hundredth, tenth, fifth; how
--   far what was foretold came true on the newest months that test it, beside every customer's
--   own rate and the mean of all; then the twenty best customers.
-- Can't see: purchases of shoppers whom nobody knows, which make up most of stores' sales; margin
--   where no cost is known (value is then what they pay); what a contact would change.
with newest as (
    select * from marts.fct_customer_value_monthly
    where month_start_date = (select max(month_start_date) from marts.fct_customer_value_monthly)
),

answers as (
    select
        1 as part, 'tenth by lifetime value' as level,
        cast(coalesce(lifetime_decile, 0) as varchar) as member,
        count(*) as customers,
        sum(margin_amount_to_date) as margin_to_date,
        sum(unknown_cost_amount_to_date) as paid_at_unknown_cost,
        sum(margin_amount_to_date) / nullif(sum(sum(margin_amount_to_date)) over (), 0) as share,
        sum(expected_orders_12_months) as expected_orders,
        sum(coalesce(lifetime_margin_amount, lifetime_net_amount)) as lifetime_value,
        avg(churn_risk) as churn_risk,
        sum(cast(churn_class = 'high' as integer)) as high_risk_customers,
        null as value_decile, null as rfm_segment, null as gini, null as error,
        null as rank_correlation, max(value_model) as told_by
    from newest
    group by coalesce(lifetime_decile, 0)
    union all
    select
        2, 'best ' || share_of_customers || ' % by ' || measure, null,
        cast(ceil(share_of_customers * customer_count / 100.0) as bigint),
        null, null, share, null, null, null, null, null, null, gini, null, null, null
    from (
        select measure, customer_count, gini,
            unnest([1, 10, 20]) as share_of_customers,
            unnest([top_1_pct_share, top_10_pct_share, top_20_pct_share]) as share
        from marts.customer_value_concentration_monthly
        where month_start_date = (select max(month_start_date) from newest)
    )
    union all
    select
        3, 'foretold over came: ' || measure, forecast, sum(customer_count), null, null,
        sum(foretold) / nullif(sum(came), 0), null, null, null, null, null, null, null,
        avg(root_mean_squared_error), avg(rank_correlation), max(value_model)
    from marts.customer_value_evaluation
    group by measure, forecast
    union all
    select * from (
        select
            4, 'customer', cast(customer_key as varchar), 1, margin_amount_to_date,
            unknown_cost_amount_to_date, share_of_net_amount, expected_orders_12_months,
            coalesce(lifetime_margin_amount, lifetime_net_amount), churn_risk,
            cast(churn_class = 'high' as integer), value_decile, rfm_segment, null, null, null,
            value_model
        from newest
        where lifetime_net_amount is not null
        order by coalesce(lifetime_margin_amount, 0) desc, lifetime_net_amount desc, customer_key
        limit 20
    )
)

select * exclude (part)
from answers
order by part, lifetime_value desc nulls last, level, member
