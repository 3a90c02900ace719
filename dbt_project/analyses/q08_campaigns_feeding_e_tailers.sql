-- Q08 Which of our campaigns feed e-tailers rather than our own shop?
-- Asked by: whoever pays for campaigns that are meant to sell in the own shop.
-- Shows, per campaign: its visits to the own site, the clicks that left it for an e-tailer's, also
--   per hundred visits, clicks on ads on the e-tailer's own site (retail media), and what the
--   campaign is credited with by Markov: sales in own and social shops, and sales at e-tailers that
--   share who bought. Clicks to e-tailers per own sale tell which way it leans: above the average
--   of all campaigns, it feeds e-tailers more than most. `no campaign` are visits without one.
-- Can't see: whether a click to an e-tailer ended in a purchase there, unless the e-tailer shares its
--   baskets (`e_tailer_sales` is 0 then for want of data, see sharing_e_tailers); visits that left
--   the site without a click that the site records.
with contacts as (
    select
        touchpoints.campaign_key,
        count(*) filter (touchpoints.touchpoint_type in ('web_session', 'app_session')) as visits,
        count(*) filter (
            touchpoints.touchpoint_type = 'outbound_click'
            and distributors.distributor_type = 'e_tailer'
        ) as e_tailer_clicks
    from marts.fct_touchpoint as touchpoints
    left join (
        select distinct distributor_key, distributor_type from marts.dim_distributor
    ) as distributors using (distributor_key)
    group by touchpoints.campaign_key
),

retail_media as (
    select campaign_key, sum(clicks) as retail_media_clicks
    from marts.fct_ad_spend_daily
    where platform = 'retail_media'
    group by campaign_key
),

spend as (
    select campaign_key, sum(spend_amount) as spend_amount
    from marts.fct_ad_spend_daily
    group by campaign_key
),

sales as (
    select
        attribution.campaign_key,
        sum(attribution.credited_conversions) filter (
            conversions.place_type in ('own_shop', 'social_shop')
        ) as own_sales,
        sum(attribution.credited_conversions) filter (conversions.place_type = 'e_tailer')
            as e_tailer_sales
    from marts.fct_attribution as attribution
    inner join marts.fct_conversion as conversions using (conversion_key)
    where attribution.attribution_model = 'markov'
        and attribution.conversion_type = 'sale'
        and attribution.is_attributed
    group by attribution.campaign_key
),

sharing as (
    select count(distinct distributor_key) as sharing_e_tailers
    from marts.fct_conversion
    where place_type = 'e_tailer'
),

joined as (
    select
        campaign_key,
        coalesce(contacts.visits, 0) as visits,
        coalesce(contacts.e_tailer_clicks, 0) as e_tailer_clicks,
        coalesce(retail_media.retail_media_clicks, 0) as retail_media_clicks,
        coalesce(sales.own_sales, 0) as own_sales,
        coalesce(sales.e_tailer_sales, 0) as e_tailer_sales,
        spend.spend_amount
    from contacts
    full join retail_media using (campaign_key)
    full join sales using (campaign_key)
    full join spend using (campaign_key)
)

select
    coalesce(nullif(campaigns.campaign_code, 'unknown'), 'no campaign') as campaign_code,
    campaigns.campaign_name,
    channels.channel_code,
    joined.visits,
    joined.e_tailer_clicks,
    100.0 * joined.e_tailer_clicks / nullif(joined.visits, 0) as e_tailer_clicks_per_100_visits,
    joined.retail_media_clicks,
    joined.own_sales,
    joined.e_tailer_sales,
    cast(
        (joined.e_tailer_clicks + joined.retail_media_clicks) / nullif(joined.own_sales, 0)
        as double
    ) as e_tailer_clicks_per_own_sale,
    joined.spend_amount,
    sharing.sharing_e_tailers
from joined
cross join sharing
inner join marts.dim_campaign as campaigns using (campaign_key)
inner join marts.dim_channel as channels using (channel_key)
where joined.visits + joined.e_tailer_clicks + joined.retail_media_clicks + joined.own_sales > 0
    or joined.spend_amount > 0
order by
    joined.e_tailer_clicks + joined.retail_media_clicks desc, joined.visits desc, campaign_code
