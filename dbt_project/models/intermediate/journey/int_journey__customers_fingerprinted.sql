{#
    Grain: customer with contacts that may be steps of journeys, with a number that stands for all
    that journeys read of them, and for the rules: where it is another than before, the customer's
    journeys are built anew, and no other's.
#}
with touchpoints as (
    select * from {{ ref('int_journey__touches') }}
),

rules as (
    select * from {{ ref('int_journey__rules') }}
),

channels as (
    select {{ combined_hash(content_hash(['channel_key', 'channel_number'])) }} as channels_hash
    from {{ ref('int_journey__channel_numbers') }}
),

contacts as (
    select
        customer_key,
        {{ combined_hash(content_hash([
            'touchpoint_key', 'occurred_at', 'channel_key', 'campaign_key', 'stage_rank',
            'conversion_kind', 'is_conversion', 'is_click', 'is_visit', 'is_anonymous',
        ])) }} as contacts_hash
    from touchpoints
    group by customer_key
),

int_journey__customers_fingerprinted as (
    select
        contacts.customer_key,
        {{ content_hash([
            'contacts.contacts_hash', 'channels.channels_hash', 'rules.lapse_micros',
            'rules.click_micros', 'rules.start_stages',
        ]) }} as fingerprint
    from contacts
    cross join channels
    cross join rules
)

select * from int_journey__customers_fingerprinted
