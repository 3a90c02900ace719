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

company as (
    select journey_lapse_days from {{ source('company', 'company') }}
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
        max(conversion_date) over before_today as last_conversion_date,
        min(case when opt_out_count > 0 then snapshot_date end) over from_today
            as next_opt_out_date
    from days
    window
        before_today as (
            partition by customer_key order by snapshot_date
            rows between unbounded preceding and 1 preceding
        ),
        from_today as (
            partition by customer_key order by snapshot_date
            rows between current row and unbounded following
        )
),

unspent as (
    select
        remembered.*,
        company.journey_lapse_days,
        case when coalesce(last_conversion_date < last_intent_date, true)
                and {{ dbt.datediff('last_intent_date', 'snapshot_date', 'day') }}
                <= company.journey_lapse_days
            then last_intent_date end as open_intent_date,
        case when coalesce(last_conversion_date < last_consideration_date, true)
                and {{ dbt.datediff('last_consideration_date', 'snapshot_date', 'day') }}
                <= company.journey_lapse_days
            then last_consideration_date end as open_consideration_date,
        case when {{ dbt.datediff('last_conversion_date', 'snapshot_date', 'day') }}
                <= company.journey_lapse_days
            then last_conversion_date end as recent_conversion_date
    from remembered
    cross join company
),

fct_in_market_daily as (
    select
        customer_key,
        snapshot_date,
        cast({{ date_key('snapshot_date') }} as {{ dbt.type_int() }}) as snapshot_date_key,
        case
            when open_intent_date is not null then 'in_market'
            when open_consideration_date is not null then 'researching'
            when recent_conversion_date is not null then 'just_bought'
            else 'not_in_market'
        end as market_state,
        cast({{ dbt.dateadd(
            'day', 'journey_lapse_days',
            'coalesce(open_intent_date, open_consideration_date, recent_conversion_date)',
        ) }} as date) as state_until_date,
        {{ whole('company_contact_count') }} as company_contact_count,
        {{ whole('engagement_count') }} as engagement_count,
        company_contact_count > 0
            and open_intent_date is null
            and open_consideration_date is null as is_contacted_out_of_market,
        {{ whole('opt_out_count') }} as opt_out_count,
        coalesce(
            {{ dbt.datediff('snapshot_date', 'next_opt_out_date', 'day') }} <= 7, false
        ) as is_followed_by_opt_out
    from unspent
)

select * from fct_in_market_daily
