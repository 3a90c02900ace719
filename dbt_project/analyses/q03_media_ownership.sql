-- Q03 How much converts on media that we own, against paid and earned media?
-- Asked by: whoever divides the budget between paid media and the company's own.
-- Shows, per kind of conversion and of media: the conversions credited by three models (the last
--   contact that was not direct, each contact alike, and Markov's removal effects), their shares,
--   the revenue by the third, and what the media cost, for all kinds of conversion together. Each
--   model's conversions sum to all of the kind; the row `no contact known` holds those that nothing
--   led to. Other models stand in fct_attribution.
-- Can't see: contacts that nobody recorded, such as word of mouth, visits on devices that never
--   logged in and walks into a store; they shift credit to what is recorded. Sales to people whom
--   nobody knows have no journey (see Q24). Credit says who took part, not who caused.
with credit as (
    select
        attribution.conversion_type,
        case when attribution.is_attributed then channels.ownership else 'no contact known' end
            as media,
        attribution.attribution_model,
        attribution.credited_conversions,
        attribution.credited_revenue_amount
    from marts.fct_attribution as attribution
    inner join marts.dim_channel as channels using (channel_key)
),

spend as (
    select channels.ownership as media, sum(spend.spend_amount) as spend_amount
    from marts.fct_ad_spend_daily as spend
    inner join marts.dim_channel as channels using (channel_key)
    group by channels.ownership
)

select
    credit.conversion_type,
    credit.media,
    coalesce(sum(credited_conversions) filter (attribution_model = 'last_non_direct'), 0) as last_non_direct,
    coalesce(sum(credited_conversions) filter (attribution_model = 'linear'), 0) as linear,
    coalesce(sum(credited_conversions) filter (attribution_model = 'markov'), 0) as markov,
    cast(markov / sum(markov) over (partition by credit.conversion_type) as double) as markov_share,
    sum(credited_revenue_amount) filter (attribution_model = 'markov') as markov_revenue_amount,
    any_value(spend.spend_amount) as spend_amount
from credit
left join spend using (media)
group by credit.conversion_type, credit.media
order by credit.conversion_type, markov desc
