{#
    Grain: sampled profile and cut-off day, with what was known of it at the day's end, and what its
    customer did within the horizon after it (null for the last day). Nothing later than the cut-off
    day goes into what was known, nor a link to a customer that came later.
#}
with contacts as (
    select * from {{ ref('int_journey__contacts_as_known') }}
),

sampled as (
    select * from {{ ref('int_journey__profiles_sampled') }}
),

channels as (
    select * from {{ ref('dim_channel') }}
),

outcomes as (
    select * from {{ ref('int_journey__outcomes_followed') }}
),

company as (
    select journey_lapse_days from {{ source('company', 'company') }}
),

seen as (
    select
        sampled.cutoff_number,
        sampled.profile_key,
        {{ days_between('contacts.touchpoint_date', 'sampled.cutoff_date') }} as age_days,
        contacts.*,
        channels.ownership,
        channels.is_digital
    from sampled
    inner join contacts
        on sampled.profile_key = contacts.profile_key
        and sampled.cutoff_date between contacts.known_from_date and contacts.known_until_date
    left join channels on contacts.channel_key = channels.channel_key
),

known as (
    select
        cutoff_number,
        profile_key,
        max(age_days) as tenure_days,
        min(case when is_step then age_days end) as step_days,
        min(case when is_by_company then age_days end) as contacted_days,
        max(case when is_step and stage = 'intent' then touchpoint_date end) as intent_date,
        max(case when is_step and stage = 'consideration' then touchpoint_date end)
            as consideration_date,
        max(case when is_conversion then touchpoint_date end) as conversion_date,
        sum(case when is_conversion and age_days < 365 then 1 else 0 end) as conversions_year,
        sum(case when is_step and age_days < 7 then 1 else 0 end) as steps_week,
        sum(case when is_step and age_days < 90 then 1 else 0 end) as steps_quarter,
        sum(case when is_step and age_days < 365 then 1 else 0 end) as steps_year,
        {% for stage in ['awareness', 'consideration', 'intent', 'service', 'loyalty'] -%}
        sum(case when is_step and age_days < 30 and stage = '{{ stage }}' then 1 else 0 end)
            as {{ stage }}_month,
        {% endfor -%}
        {% for ownership in ['paid', 'owned', 'earned'] -%}
        sum(case when is_step and age_days < 30 and ownership = '{{ ownership }}' then 1 else 0 end)
            as {{ ownership }}_month,
        {% endfor -%}
        sum(case when is_step and age_days < 30 and not is_digital then 1 else 0 end)
            as physical_month,
        sum(case when is_by_company and age_days < 30 then 1 else 0 end) as contacts_month,
        sum(case when touchpoint_type = 'email_opened' and age_days < 90 then 1 else 0 end)
            as opens_quarter,
        max(case when is_identified then 1 else 0 end) as is_identified,
        max(case when market_code <> 'unknown' then market_code end) as market_code,
        {# The newest day's device; a computer before a phone before a tablet. #}
        mod(
            min(
                case device_category
                    when 'desktop' then age_days * 4 + 1
                    when 'mobile' then age_days * 4 + 2
                    when 'tablet' then age_days * 4 + 3
                end
            ),
            4
        ) as device_number
    from seen
    group by cutoff_number, profile_key
),

int_journey__propensity_features as (
    select
        sampled.cutoff_number,
        sampled.cutoff_date,
        sampled.profile_key,
        sampled.customer_key,
        {{ market_state(
            'known.intent_date', 'known.consideration_date', 'known.conversion_date',
            'sampled.cutoff_date', 'company.journey_lapse_days'
        ) }} as market_state,
        {{ whole('known.tenure_days') }} as tenure_days,
        {{ whole('known.step_days') }} as step_days,
        {{ whole('known.contacted_days') }} as contacted_days,
        {{ whole(days_between('known.intent_date', 'sampled.cutoff_date')) }} as intent_days,
        {{ whole(days_between('known.conversion_date', 'sampled.cutoff_date')) }}
            as conversion_days,
        {% for count in [
            'conversions_year', 'steps_week', 'steps_quarter', 'steps_year', 'awareness_month',
            'consideration_month', 'intent_month', 'service_month', 'loyalty_month', 'paid_month',
            'owned_month', 'earned_month', 'physical_month', 'contacts_month',
            'opens_quarter', 'is_identified',
        ] -%}
        {{ whole('known.' ~ count) }} as {{ count }},
        {% endfor -%}
        coalesce(known.market_code, 'unknown') as market_code,
        case known.device_number
            when 1 then 'desktop' when 2 then 'mobile' when 3 then 'tablet' else 'unknown'
        end as device_category,
        outcomes.is_converted,
        outcomes.next_stage
    from sampled
    cross join company
    inner join known
        on sampled.cutoff_number = known.cutoff_number
        and sampled.profile_key = known.profile_key
    left join outcomes
        on sampled.cutoff_number = outcomes.cutoff_number
        and sampled.profile_key = outcomes.profile_key
)

select * from int_journey__propensity_features
