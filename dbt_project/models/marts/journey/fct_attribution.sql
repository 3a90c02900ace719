{#
    Grain: converted journey, touchpoint and attribution model. Fact type: transaction. Contacts
    before the conversion, and within the company's lookback days, share its credit: first_touch,
    last_touch, last_non_direct (last touch where all were direct), linear. A conversion that
    nothing led to keeps its credit on the unknown touchpoint, so that the credit of each model
    sums to the conversions, the revenue and the margin: the last contact takes what rounding
    leaves.
#}
with steps as (
    select * from {{ ref('int_journey__touchpoints_numbered') }}
    where not is_conversion and not is_after_sale
),

journeys as (
    select * from {{ ref('fct_journey') }}
    where outcome = 'converted'
),

touchpoints as (
    select touchpoint_key, campaign_key, creative_key, is_direct from {{ ref('fct_touchpoint') }}
),

company as (
    select journey_lookback_days from {{ source('company', 'company') }}
),

candidates as (
    select
        steps.journey_key,
        steps.touchpoint_key,
        steps.channel_key,
        touchpoints.campaign_key,
        touchpoints.creative_key,
        steps.step_number,
        not touchpoints.is_direct as names_a_source,
        count(*) over journey as contact_count,
        min(steps.step_number) over journey as first_step,
        max(steps.step_number) over journey as last_step,
        max(case when not touchpoints.is_direct then steps.step_number end) over journey
            as last_named_step
    from steps
    inner join journeys on steps.journey_key = journeys.journey_key
    inner join touchpoints on steps.touchpoint_key = touchpoints.touchpoint_key
    cross join company
    where {{ seconds_between('steps.occurred_at', 'journeys.converted_at') }}
        <= company.journey_lookback_days * 86400
    window journey as (partition by steps.journey_key)
),

models as (
    select 'first_touch' as attribution_model
    union all
    select 'last_touch' as attribution_model
    union all
    select 'last_non_direct' as attribution_model
    union all
    select 'linear' as attribution_model
),

credited as (
    select
        candidates.journey_key,
        candidates.touchpoint_key,
        candidates.channel_key,
        candidates.campaign_key,
        candidates.creative_key,
        models.attribution_model,
        case when models.attribution_model = 'linear' then candidates.contact_count else 1 end
            as share_count,
        models.attribution_model <> 'linear' or candidates.step_number = candidates.last_step
            as takes_rest
    from candidates
    cross join models
    where models.attribution_model = 'linear'
        or (
            models.attribution_model = 'first_touch'
            and candidates.step_number = candidates.first_step
        )
        or (
            models.attribution_model = 'last_touch'
            and candidates.step_number = candidates.last_step
        )
        or (
            models.attribution_model = 'last_non_direct'
            and candidates.step_number
            = coalesce(candidates.last_named_step, candidates.last_step)
        )
    union all
    select
        journeys.journey_key,
        {{ unknown_key() }} as touchpoint_key,
        {{ unknown_key() }} as channel_key,
        {{ unknown_key() }} as campaign_key,
        {{ unknown_key() }} as creative_key,
        models.attribution_model,
        1 as share_count,
        true as takes_rest
    from journeys
    cross join models
    where journeys.journey_key not in (select journey_key from candidates)
),

fct_attribution as (
    select
        credited.journey_key,
        credited.touchpoint_key,
        credited.attribution_model,
        journeys.customer_key,
        journeys.conversion_date_key,
        credited.channel_key,
        credited.campaign_key,
        credited.creative_key,
        credited.touchpoint_key <> {{ unknown_key() }} as is_attributed,
        {{ exact_share('cast(1 as decimal(18, 10))', 10) }} as weight,
        {{ exact_share('cast(1 as decimal(18, 10))', 10) }} as credited_conversions,
        {{ exact_share('journeys.revenue_amount', 4) }} as credited_revenue_amount,
        {{ exact_share('journeys.margin_amount', 4) }} as credited_margin_amount
    from credited
    inner join journeys on credited.journey_key = journeys.journey_key
)

select * from fct_attribution
