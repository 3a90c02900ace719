-- Q27 Can we tell in the middle of a campaign whether it works?
-- Asked by: whoever can still change a campaign that runs.
-- Shows, first, for each target of the last days of the history: what was reached of it until the last
--   day that its source knows, beside what was to be reached until then, and where it ends if it goes
--   on so; then how far each mart reaches, and how many days it lags behind the newest. Clicks,
--   visits and messages lead, leads and sales (credited by last_non_direct) follow. Targets are the
--   company's campaign_targets and the budgets of campaigns; any earlier day stands in
--   fct_campaign_progress_daily.
-- Can't see: sales that are still to come from contacts that were made; whether a target spread
--   evenly is fair, where demand has seasons; costs that nobody reports (`actual` is empty).
with latest as (
    select campaign_key, metric, start_date, max(progress_date) as progress_date
    from marts.fct_campaign_progress_daily
    where is_complete
    group by campaign_key, metric, start_date
),

under_way as (
    select progress.*
    from marts.fct_campaign_progress_daily as progress
    inner join latest using (campaign_key, metric, start_date, progress_date)
    where end_date >= (select max(progress_date) from marts.fct_campaign_progress_daily)
)

select
    'campaign' as subject,
    campaigns.campaign_code as name,
    under_way.metric,
    under_way.target,
    under_way.target_to_date,
    under_way.actual_to_date as actual,
    under_way.attainment,
    under_way.attainment * under_way.target as expected_at_end,
    under_way.progress_date as known_until,
    null as days_behind_newest
from under_way
inner join marts.dim_campaign as campaigns using (campaign_key)
union all
select
    'mart', subject_name, null, null, null, null, null, null, newest_business_date,
    days_behind_newest
from marts.source_freshness
where subject_type = 'mart'
order by subject, name, metric
