{#
    Grain: message or comment on the brand's own profiles. Fact type: transaction.
    Late and repeated rows: a message stands once, in its own business date.
#}
with messages as (
    {{ latest_arrival_by_day(source('social', 'message'), ['id']) }}
),

stg_social__messages as (
    select
        id as message_id,
        'social.profile:' || lower(platform) || '/' || profile_id as record_id,
        lower(platform) as platform,
        profile_id,
        thread_id,
        post_id,
        direction,
        kind,
        lower(nullif(trim(topic), '')) as topic,
        sentiment,
        lower(nullif(trim(answer_code), '')) as answer_code,
        nullif(trim(employee_code), '') as employee_code,
        coalesce(is_automatic, false) as is_automatic,
        email,
        phone,
        upper(market) as market_code,
        created_at as occurred_at,
        _load_id as load_id,
        _business_date as business_date,
    from messages
)

select * from stg_social__messages
