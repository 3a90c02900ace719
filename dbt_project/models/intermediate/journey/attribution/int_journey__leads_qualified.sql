{#
    Grain: lead that marketing called qualified, at its first entry into that stage, with the journey
    in which that happened. Qualifying a lead is no contact: it happens in the journey that runs at
    that moment, else in that of the capture; -1 where neither is there. Leads that were merged into
    others, and those of unknown customers, are not counted.
#}
with touchpoints as (
    select touchpoint_key, lead_id from {{ ref('fct_touchpoint') }}
    where conversion_type = 'lead'
        and customer_key <> {{ unknown_key() }}
),

steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
),

markets as (
    select market_code, time_zone from {{ source('company', 'market') }}
),

company as (
    select time_zone, journey_lapse_days * 86400 as lapse_seconds
    from {{ source('company', 'company') }}
),

qualified as (
    select * from {{ ref('fct_lead') }}
    where mql_at is not null
        and is_counted
        and customer_key <> {{ unknown_key() }}
),

running as (
    select
        qualified.lead_key,
        steps.journey_key
    from qualified
    inner join steps
        on qualified.customer_key = steps.customer_key
        and steps.occurred_at <= qualified.mql_at
    cross join company
    where {{ seconds_between('steps.occurred_at', 'qualified.mql_at') }} <= company.lapse_seconds
    qualify
        row_number() over (
            partition by qualified.lead_key
            order by steps.occurred_at desc, steps.is_conversion desc, steps.touchpoint_key desc
        ) = 1
        and not steps.is_conversion
        and not steps.is_after_sale
),

captures as (
    select
        touchpoints.lead_id,
        max(steps.journey_key) as journey_key
    from touchpoints
    inner join steps on touchpoints.touchpoint_key = steps.touchpoint_key
    group by touchpoints.lead_id
),

int_journey__leads_qualified as (
    select
        qualified.lead_key,
        qualified.lead_id,
        qualified.customer_key,
        qualified.market_code,
        qualified.mql_at as qualified_at,
        {{ business_date('qualified.mql_at', 'coalesce(markets.time_zone, company.time_zone)') }}
            as qualified_date,
        coalesce(running.journey_key, captures.journey_key, {{ unknown_key() }}) as journey_key
    from qualified
    cross join company
    left join running on qualified.lead_key = running.lead_key
    left join captures on qualified.lead_id = captures.lead_id
    left join markets on qualified.market_code = markets.market_code
)

select * from int_journey__leads_qualified
