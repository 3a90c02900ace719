{#
    Grain: month, market and move from the channel of a contact to that of the next; '(start)',
    '(conversion)', '(lapse)' and '(open)' are states of their own. Fact type: periodic snapshot.
    Late contacts change the moves of their journey, in the months of the moves; all is computed
    anew.
#}
with transitions as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'transition_date') }} as date) as month_start_date
    from {{ ref('int_journey__transitions') }}
),

fct_channel_transition_monthly as (
    select
        {{ surrogate_key([
            'month_start_date', 'market_code', 'from_channel', 'to_channel',
        ]) }} as channel_transition_key,
        month_start_date,
        cast({{ date_key('month_start_date') }} as {{ dbt.type_int() }}) as month_date_key,
        market_code,
        from_channel_key,
        from_channel,
        to_channel_key,
        to_channel,
        {{ whole('count(*)') }} as transition_count,
        {{ whole('count(distinct journey_key)') }} as journey_count,
        cast(median(seconds_between) / 3600.0 as double) as median_hours
    from transitions
    group by
        month_start_date,
        market_code,
        from_channel_key,
        from_channel,
        to_channel_key,
        to_channel
)

select * from fct_channel_transition_monthly
