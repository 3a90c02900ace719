{#
    Grain: kind of conversion, attribution model and channel, over the whole history; the unknown
    channel holds the conversions that nothing led to. What a model gives a channel as a whole
    stands beside the sum of what it gives the channel's contacts: Markov shares all conversions by
    removal effects, while a single conversion can only be shared among the channels of its path,
    so the two differ; they sum to the same. Computed anew from all journeys.
#}
with attribution as (
    select * from {{ ref('fct_attribution') }}
),

channels as (
    select channel_key, channel_code from {{ ref('dim_channel') }}
),

weighed as (
    select
        weighed.*,
        coalesce(channels.channel_key, {{ unknown_key() }}) as channel_key
    from {{ ref('int_journey__channels_weighed') }} as weighed
    left join channels on weighed.channel_code = channels.channel_code
),

contacts as (
    select
        *,
        max(step_number) over (partition by conversion_key) as last_step
    from {{ ref('int_journey__contacts_credited') }}
),

credited as (
    select
        conversion_type,
        attribution_model,
        channel_key,
        sum(credited_conversions) as credited_conversions,
        sum(credited_revenue_amount) as credited_revenue_amount,
        sum(credited_net_revenue_amount) as credited_net_revenue_amount,
        sum(credited_margin_amount) as credited_margin_amount
    from attribution
    group by conversion_type, attribution_model, channel_key
),

took_part as (
    select
        conversion_type,
        channel_key,
        count(distinct conversion_key) as path_conversions,
        sum(case when step_number = last_step then 1 else 0 end) as closed_conversions
    from contacts
    group by conversion_type, channel_key
),

{# Every channel of a journey has a row of every model, if only to show that it gets nothing. #}
members as (
    select
        shared.conversion_type,
        models.attribution_model,
        shared.channel_key
    from (
        select conversion_type, channel_key from took_part
        union
        select conversion_type, channel_key from credited
        union
        select conversion_type, channel_key from weighed
    ) as shared
    cross join (select distinct attribution_model from attribution) as models
),

channel_attribution as (
    select
        members.conversion_type,
        members.attribution_model,
        members.channel_key,
        members.channel_key <> {{ unknown_key() }} as is_attributed,
        cast(
            coalesce(weighed.model_conversions, credited.credited_conversions, 0) as double
        ) as model_conversions,
        cast(
            case when members.conversion_type in ('sale', 'won_deal')
                then coalesce(weighed.model_revenue_amount, credited.credited_revenue_amount, 0) end
            as double
        ) as model_revenue_amount,
        cast(weighed.removal_effect as double) as removal_effect,
        cast(coalesce(credited.credited_conversions, 0) as decimal(18, 10)) as credited_conversions,
        {%- for measure in ['revenue', 'net_revenue'] %}
        cast(
            case when members.conversion_type in ('sale', 'won_deal')
                then coalesce(credited.credited_{{ measure }}_amount, 0) end
            as decimal(18, 4)
        ) as credited_{{ measure }}_amount,
        {%- endfor %}
        cast(credited.credited_margin_amount as decimal(18, 4)) as credited_margin_amount,
        {{ whole('coalesce(took_part.path_conversions, 0)') }} as path_conversions,
        {{ whole('coalesce(took_part.path_conversions - took_part.closed_conversions, 0)') }}
            as assisted_conversions,
        {{ whole('coalesce(took_part.closed_conversions, 0)') }} as closed_conversions
    from members
    left join weighed
        on members.conversion_type = weighed.conversion_type
        and members.attribution_model = weighed.attribution_model
        and members.channel_key = weighed.channel_key
    left join credited
        on members.conversion_type = credited.conversion_type
        and members.attribution_model = credited.attribution_model
        and members.channel_key = credited.channel_key
    left join took_part
        on members.conversion_type = took_part.conversion_type
        and members.channel_key = took_part.channel_key
)

select * from channel_attribution
