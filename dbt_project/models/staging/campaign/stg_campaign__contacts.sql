{#
    Grain: person or household that a campaign addressed, per day of contact.
    Fact type: factless. Where the day is not known, the campaign's first day holds.
#}
with contacts as (
    {{ latest_version(
        source('campaign', 'contact'),
        ['_source', 'campaign_id', 'person_source', 'person_id', 'contacted_on'],
    ) }}
),

campaigns as (
    select * from {{ ref('stg_campaign__campaigns') }}
),

stg_campaign__contacts as (
    select
        contacts._source || ':' || contacts.campaign_id as campaign_code,
        contacts._source as feed_source,
        contacts.campaign_id,
        {{ addressed_record_id(
            'coalesce(contacts.person_source, contacts._source)', 'contacts.person_id'
        ) }} as record_id,
        contacts.person_id,
        coalesce(contacts.person_source, contacts._source) as person_source,
        coalesce(contacts.contacted_on, campaigns.start_date) as contacted_on,
        contacts.response,
        campaigns.campaign_type,
        campaigns.channel_code,
        contacts._load_id as load_id,
        contacts._business_date as business_date,
    from contacts
    left join campaigns
        on contacts._source || ':' || contacts.campaign_id = campaigns.campaign_code
)

select * from stg_campaign__contacts
