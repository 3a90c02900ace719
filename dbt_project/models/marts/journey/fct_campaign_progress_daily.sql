{#
    Grain: campaign, metric, start of the target's period, and day of the period up to the last day
    of the history. Fact type: periodic snapshot, what was reached until then beside what was to be
    reached until then, were the target spread evenly over its days. Targets are the company's
    campaign_targets and the budgets that campaigns name with both their days. Late rows change the
    days that they are about and those after: all is computed anew.
#}
with targets as (
    select
        campaign_code,
        metric,
        target,
        start_date,
        end_date,
        'target' as target_origin
    from {{ source('company', 'campaign_target') }}
    union all
    select
        campaign_code,
        'spend',
        budget_amount,
        start_date,
        end_date,
        'budget'
    from {{ ref('dim_campaign') }}
    where budget_amount > 0
        and end_date >= start_date
        and campaign_code not in (
            select campaign_code from {{ source('company', 'campaign_target') }}
            where metric = 'spend'
        )
),

campaigns as (
    select campaign_key, campaign_code from {{ ref('dim_campaign') }}
),

company as (
    select end_date from {{ source('company', 'company') }}
),

days as (
    select date_key, date_day from {{ ref('dim_date') }}
),

daily as (
    select * from {{ ref('int_journey__campaign_days_summed') }}
),

{# How far the sources of a metric reach; what is newer is not known yet. Leads and sales may be
   days apart, so it is the contacts that tell. #}
reach as (
    select
        'advertising' as source_kind,
        max(spend_date) as data_until_date
    from {{ ref('fct_ad_spend_daily') }}
    union all
    select
        'contacts',
        max(touchpoint_date)
    from {{ ref('fct_touchpoint') }}
),

reported as (
    select distinct campaign_key, metric from daily
),

spread as (
    select
        case when targets.metric in ('spend', 'impressions', 'clicks') then 'advertising'
            else 'contacts' end as source_kind,
        coalesce(campaigns.campaign_key, {{ key_or_unknown('targets.campaign_code') }})
            as campaign_key,
        targets.*,
        days.date_day as progress_date,
        days.date_key as progress_date_key,
        {{ dbt.datediff('targets.start_date', 'days.date_day', 'day') }} + 1 as days_elapsed,
        {{ dbt.datediff('targets.start_date', 'targets.end_date', 'day') }} + 1 as days_planned
    from targets
    cross join company
    inner join days
        on targets.start_date <= days.date_day
        and targets.end_date >= days.date_day
        and company.end_date >= days.date_day
    left join campaigns on targets.campaign_code = campaigns.campaign_code
),

reached as (
    select
        spread.*,
        reach.data_until_date,
        reported.campaign_key is not null or spread.source_kind = 'contacts' as is_reported,
        sum(coalesce(daily.quantity, 0)) over (
            partition by spread.campaign_code, spread.metric, spread.start_date
            order by spread.progress_date
            rows between unbounded preceding and current row
        ) as quantity
    from spread
    left join daily
        on spread.campaign_key = daily.campaign_key
        and spread.metric = daily.metric
        and spread.progress_date = daily.day
    left join reach on spread.source_kind = reach.source_kind
    left join reported
        on spread.campaign_key = reported.campaign_key
        and spread.metric = reported.metric
),

fct_campaign_progress_daily as (
    select
        campaign_key,
        metric,
        start_date,
        end_date,
        progress_date,
        cast(progress_date_key as {{ dbt.type_int() }}) as progress_date_key,
        target_origin,
        cast(target as double) as target,
        cast(target * days_elapsed / days_planned as double) as target_to_date,
        cast(case when is_reported then quantity end as double) as actual_to_date,
        cast(
            case when is_reported then quantity end / (target * days_elapsed / days_planned)
            as double
        ) as attainment,
        data_until_date,
        coalesce(progress_date <= data_until_date, false) as is_complete
    from reached
)

select * from fct_campaign_progress_daily
