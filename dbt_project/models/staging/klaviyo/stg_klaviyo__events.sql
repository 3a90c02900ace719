{#
    Grain: message event of a profile. Fact type: transaction.
    Late and repeated rows: an event stands once, in its own business date.
#}
with events as (
    {{ latest_arrival_by_day(source('klaviyo', 'event'), ['id']) }}
),

stg_klaviyo__events as (
    select
        id as event_id,
        'klaviyo.person:' || person_id as record_id,
        person_id,
        datetime as occurred_at,
        case lower(type)
            when 'received email' then 'sent'
            when 'opened email' then 'opened'
            when 'clicked email' then 'clicked'
            when 'bounced email' then 'bounced'
            when 'unsubscribed' then 'unsubscribed'
            when 'marked email as spam' then 'complained'
            else 'other'
        end as event_type,
        type as event_name,
        'klaviyo:' || coalesce(campaign_id, flow_id) as campaign_code,
        case when variation is not null
            then 'klaviyo:' || coalesce(campaign_id, flow_id) || '/' || variation end
            as creative_code,
        coalesce(campaign_id, flow_id) as campaign_id,
        campaign_id is null and flow_id is not null as is_flow,
        variation as variant,
        property_subject as subject,
        property_url as url,
        _load_id as load_id,
        _business_date as business_date,
    from events
)

select * from stg_klaviyo__events
