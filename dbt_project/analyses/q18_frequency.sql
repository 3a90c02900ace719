-- Q18 When does repeating a message stop paying?
-- Asked by: whoever sets how often a person may be written to.
-- Shows, by channel and how many messages of it a customer had within `in_market.frequency_days`
--   (30), the last included; by campaign and which of its messages it was: customers reached,
--   messages, shares opened and answered, conversions within `in_market.response_days` (14) per
--   message, each counted once, after the last message before it, with a 95 % interval; the change
--   against one message fewer, with its interval; opt-outs within `in_market.opt_out_days` (7); and
--   how many got the message outside their buying moment. Repeating no longer pays where conversions
--   per message fall below what a message costs, or the change is clearly negative.
-- Can't see: who would have bought anyway. Frequency is not drawn by lot: people on their way to
--   buying are written to more often, so compare the column of those outside the market too, and test
--   by leaving some out. Impressions of ads name no person: their frequency is not known, and they
--   are listed with clicks alone. Messages whose response time is not over are counted apart.
with exposures as (
    select
        channels.channel_name,
        unnest([
            {'level': 'channel', 'number': exposures.recent_exposure_count},
            {'level': 'campaign', 'number': exposures.campaign_exposure_number}
        ], recursive := true),
        exposures.* exclude (channel_key)
    from marts.fct_message_exposure as exposures
    inner join marts.dim_channel as channels on exposures.channel_key = channels.channel_key
),

counted as (
    select
        level,
        channel_name,
        least(number, 6) as message_number,
        count(distinct customer_key) filter (where is_window_over) as customers_reached,
        count(*) filter (where is_window_over) as messages,
        count(*) filter (where not is_window_over) as messages_still_running,
        avg(is_opened::integer) filter (where is_window_over) as opened_share,
        avg(is_responded::integer) filter (where is_window_over) as answered_share,
        sum(closed_conversion_count) filter (where is_window_over) as conversions,
        avg(closed_conversion_count) filter (where is_window_over) as conversions_per_message,
        var_samp(closed_conversion_count) filter (where is_window_over) as variance,
        avg(closed_conversion_count) filter (where is_window_over and is_out_of_market)
            as conversions_per_message_out_of_market,
        avg(is_out_of_market::integer) filter (where is_window_over) as out_of_market_share,
        avg(is_opted_out::integer) filter (where is_window_over) as opted_out_share
    from exposures
    where number is not null
    group by all
),

compared as (
    select
        *,
        sqrt(variance / messages) as standard_error,
        conversions_per_message - lag(conversions_per_message) over one_fewer as change,
        sqrt(variance / messages + lag(variance / messages) over one_fewer) as change_error
    from counted
    window one_fewer as (partition by level, channel_name order by message_number)
)

select
    level,
    channel_name,
    message_number || case when message_number = 6 then ' or more' else '' end as message_number,
    customers_reached,
    messages,
    messages_still_running,
    opened_share,
    answered_share,
    conversions,
    conversions_per_message,
    conversions_per_message - 1.96 * standard_error as conversions_low,
    conversions_per_message + 1.96 * standard_error as conversions_high,
    change as change_against_one_fewer,
    change - 1.96 * change_error as change_low,
    change + 1.96 * change_error as change_high,
    conversions_per_message_out_of_market,
    out_of_market_share,
    opted_out_share
from compared
union all
select
    'impressions of ads', channels.channel_name, 'not known', null, sum(spend.impressions), null,
    null, sum(spend.clicks) / nullif(sum(spend.impressions), 0), null, null, null, null, null, null,
    null, null, null, null
from marts.fct_ad_spend_daily as spend
inner join marts.dim_channel as channels on spend.channel_key = channels.channel_key
group by channels.channel_name
order by level, channel_name, message_number
