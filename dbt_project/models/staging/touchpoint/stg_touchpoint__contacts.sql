{#
    Grain: contact that a system without a layout of its own recorded, as it last said. Fact type:
    transaction. A contact may be restated, also on another day. The person is one of the sender's
    ids, or of the system that describes them; a contact that gives an address or a number only is
    a record of its own, and one that gives nothing is a stranger's.
#}
with contacts as (
    {{ latest_version(source('touchpoint', 'contact'), ['_source', 'contact_id'], ['_received_at']) }}
),

loyalty_sources as (
    select distinct distributor_code from {{ source('company', 'distributor') }}
),

market_aliases as (
    select * from {{ source('company', 'market_alias') }}
),

company as (
    select * from {{ source('company', 'company') }}
),

told as (
    select
        contacts.*,
        contacts._source || '/' || contacts.contact_id as contact_code,
        coalesce(nullif(trim(contacts.person_source), ''), contacts._source) as id_source,
        nullif(trim(contacts.email), '') as email_given,
        nullif(trim(contacts.phone), '') as phone_given,
        case
            when contacts.store like '%:%' then trim(contacts.store)
            else coalesce(contacts.distributor, 'own') || ':' || {{ code_text('contacts.store') }}
        end as store_code,
        lower(trim(contacts.conversion_type)) as conversion_type_given
    from contacts
),

stg_touchpoint__contacts as (
    select
        told.contact_code,
        told._source as feed_source,
        told.contact_id,
        case
            when {{ code_text('told.person_id') }} is not null
                then case
                    when loyalty_sources.distributor_code is not null
                        or told.id_source in ('salesforce', 'shopify', 'klaviyo', 'crm')
                        then {{ addressed_record_id('told.id_source', 'told.person_id') }}
                    when told.id_source = 'ga4' then 'ga4.device:' || told.person_id
                    else 'touchpoint.person:' || told.id_source || '/'
                        || {{ code_text('told.person_id') }}
                end
            when coalesce(told.email_given, told.phone_given) is not null
                then 'touchpoint.contact:' || told.contact_code
        end as record_id,
        told.email_given as email,
        told.phone_given as phone,
        told.given_name,
        told.family_name,
        told.occurred_at,
        {{ without("lower(trim(told.touchpoint_type))", '[^a-z0-9]+', '_') }} as touchpoint_type,
        market_aliases.market_code,
        coalesce(nullif(trim(told.channel), ''), told.source) as channel_source,
        told.medium as channel_medium,
        told.campaign as channel_campaign,
        case when told.campaign like '%:%' then told.campaign
            else told._source || ':' || told.campaign end as campaign_code,
        case when told.creative like '%:%' then told.creative
            else told._source || ':' || told.creative end as creative_code,
        told.store_code,
        coalesce(
            told.distributor,
            case when {{ dbt.split_part('told.store_code', "':'", 1) }} = 'social' then 'own'
                else {{ dbt.split_part('told.store_code', "':'", 1) }} end
        ) as distributor_code,
        lower(trim(told.department)) as department,
        lower(trim(told.intent)) as intent,
        lower(trim(told.stage)) as stage,
        lower(trim(told.device_category)) as device_category,
        lower(trim(told.initiated_by)) as initiated_by,
        coalesce(told.took_place, true) as took_place,
        told.conversion_type_given as conversion_type,
        case when told.conversion_type_given in ('sale', 'won_deal')
            then 'touchpoint:' || told.contact_code end as sale_id,
        case when told.conversion_type_given = 'lead'
            then 'touchpoint:' || told.contact_code end as lead_id,
        told.amount as amount_original,
        told.margin as margin_original,
        coalesce(upper(trim(told.currency)), company.currency_code) as currency_code,
        lower(trim(told.sentiment)) as sentiment,
        told.satisfaction_score,
        told._load_id as load_id,
        told._business_date as business_date
    from told
    cross join company
    left join loyalty_sources on told.id_source = loyalty_sources.distributor_code
    left join market_aliases on lower(trim(told.market)) = market_aliases.alias
)

select * from stg_touchpoint__contacts
