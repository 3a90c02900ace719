-- Grain: one row per commitment version measured in amounts, and month with any deal of it: deals
-- won or opened in the month, or open at its end (the month under way: at the time the data speaks
-- of). Amounts are those of the deals of all CRMs, in company currency, each deal once, whether its
-- lead counts or not; a deal without amount adds none and is counted.
with

commitments as (
    select * from {{ ref('dim_sla_commitment') }} where measure = 'amount'
),

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
),

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
),

channels as (
    select * from {{ ref('int_channel__contact_channels') }} where medium = '' and campaign = ''
),

spans as (
    select * from {{ ref('int_lead__months_spanned') }}
),

months as (
    select distinct month_start_date as month_date from {{ ref('dim_date') }}
),

dated as (
    select
        deals.deal_code,
        deals.amount,
        leads.market_code,
        leads.lead_source,
        leads.score,
        channels.channel_code,
        {{ business_date('deals.opened_at', 'leads.time_zone') }} as opened_date,
        case when deals.stage in ('won', 'lost')
            then {{ business_date('deals.closed_at', 'leads.time_zone') }}
        end as closed_date,
        deals.stage
    from deals
    inner join leads on deals.lead_code = leads.lead_code
    left join channels
        on leads.channel_system = channels.system
        and coalesce(leads.lead_source, '') = channels.source
),

reached as (
    select
        'won' as event,
        closed_date as reached_date,
        dated.*
    from dated
    where stage = 'won' and closed_date is not null
    union all
    select
        'opportunity' as event,
        opened_date as reached_date,
        dated.*
    from dated
    where opened_date is not null
    union all
    select
        'open_pipeline' as event,
        months.month_date as reached_date,
        dated.*
    from dated
    cross join spans
    inner join months
        on months.month_date between spans.first_month and spans.last_month
        and dated.opened_date < {{ dbt.dateadd('month', 1, 'months.month_date') }}
        and (
            (dated.stage not in ('won', 'lost'))
            or dated.closed_date >= {{ dbt.dateadd('month', 1, 'months.month_date') }}
        )
)

select
    commitments.sla_commitment_key,
    cast({{ dbt.date_trunc('month', 'reached.reached_date') }} as date) as month_date,
    count(*) as achieved_count,
    -- added as decimals, so that the sum does not depend on the order of the rows
    cast(sum(cast(reached.amount as decimal(18, 4))) as double) as achieved_amount
from commitments
inner join reached
    on commitments.end_event = reached.event
    and reached.reached_date >= case
        when reached.event = 'open_pipeline'
            then cast({{ dbt.date_trunc('month', 'commitments.valid_from') }} as date)
        else commitments.valid_from
    end
    and reached.reached_date < commitments.valid_to
    and {{ sla_holds_for('commitments', 'reached') }}
group by
    commitments.sla_commitment_key,
    cast({{ dbt.date_trunc('month', 'reached.reached_date') }} as date)
