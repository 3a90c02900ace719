{#
    Grain: customer and day on which the company and the customer were in contact, whoever began.
    Fact type: periodic snapshot, without the days on which nothing happened: the state holds until
    `state_until_date`. The state is the one at the day's beginning, so that a contact is judged by
    what could be known before it. Late contacts may change later days, so all is computed anew.
#}
with touchpoints as (
    select * from {{ ref('fct_touchpoint') }}
    where customer_key <> {{ unknown_key() }}
),

opt_outs as (
    select * from {{ ref('int_journey__opt_outs') }}
),

company as (
    select journey_lapse_days from {{ source('company', 'company') }}
),

rules as (
    select opt_out_days from {{ source('company', 'in_market') }}
),

days as (
    select
        customer_key,
        touchpoint_date as snapshot_date,
        sum(case when initiated_by = 'company' then 1 else 0 end) as company_contact_count,
        sum(case when is_engagement and initiated_by = 'person' then 1 else 0 end)
            as engagement_count,
        sum(
            case
                when touchpoint_type in ('email_unsubscribed', 'email_complained') then 1
                else 0
            end
        ) as opt_out_count,
        max(case when is_engagement and initiated_by = 'person' and stage = 'consideration'
            then touchpoint_date end) as consideration_date,
        max(case when is_engagement and initiated_by = 'person' and stage = 'intent'
            then touchpoint_date end) as intent_date,
        max(case when is_conversion then touchpoint_date end) as conversion_date
    from touchpoints
    group by customer_key, touchpoint_date
),

remembered as (
    select
        days.*,
        max(consideration_date) over before_today as last_consideration_date,
        max(intent_date) over before_today as last_intent_date,
        max(conversion_date) over before_today as last_conversion_date
    from days
    window
        before_today as (
            partition by customer_key order by snapshot_date
            rows between unbounded preceding and 1 preceding
        )
),

followed as (
    select distinct days.customer_key, days.snapshot_date
    from days
    cross join rules
    inner join opt_outs
        on days.customer_key = opt_outs.customer_key
        and opt_outs.opted_out_date >= days.snapshot_date
        and opt_outs.opted_out_date
            <= {{ days_after('days.snapshot_date', 'rules.opt_out_days') }}
),

stated as (
    select
        remembered.*,
        company.journey_lapse_days,
        {{ market_state(
            'last_intent_date', 'last_consideration_date', 'last_conversion_date',
            'snapshot_date', 'company.journey_lapse_days'
        ) }} as market_state
    from remembered
    cross join company
),

fct_in_market_daily as (
    select
        stated.customer_key,
        stated.snapshot_date,
        cast({{ date_key('stated.snapshot_date') }} as {{ dbt.type_int() }}) as snapshot_date_key,
        stated.market_state,
        {{ days_after(
            "case market_state when 'in_market' then last_intent_date "
            ~ "when 'researching' then last_consideration_date "
            ~ "when 'just_bought' then last_conversion_date end",
            'journey_lapse_days'
        ) }} as state_until_date,
        {{ whole('stated.company_contact_count') }} as company_contact_count,
        {{ whole('stated.engagement_count') }} as engagement_count,
        stated.company_contact_count > 0
            and stated.market_state in ('just_bought', 'not_in_market')
            as is_contacted_out_of_market,
        {{ whole('stated.opt_out_count') }} as opt_out_count,
        followed.customer_key is not null as is_followed_by_opt_out
    from stated
    left join followed
        on stated.customer_key = followed.customer_key
        and stated.snapshot_date = followed.snapshot_date
)

select * from fct_in_market_daily
