{#
    Grain: two records that have to do with each other without being one customer, as the sources
    state it, by kind of relation: a person and their company, a company and its parent, a customer
    and the friend who ordered with their code, people who comment on the same post, people who
    log in on the same device.
    `company`, `parent_company` and `referral` have a direction: to the company, to the friend;
    pairs of the other kinds stand once, smaller record_id first. Posts and devices of a crowd say
    nothing of two of its members: those of more than the company's identity_max_records are left
    out.
#}
with contacts as (
    select * from {{ ref('stg_salesforce__contacts') }}
),

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

crm_leads as (
    select * from {{ ref('int_lead__crm_leads_linked') }}
),

crm_contacts as (
    select * from {{ ref('stg_crm__contacts') }}
),

crm_deals as (
    select * from {{ ref('int_lead__crm_deals_linked') }}
),

crm_accounts as (
    select * from {{ ref('stg_crm__accounts') }}
),

messages as (
    select * from {{ ref('stg_social__messages') }}
),

discount_codes as (
    select * from {{ ref('stg_shopify__order_discount_codes') }}
),

orders as (
    select * from {{ ref('stg_shopify__orders') }}
    where record_id is not null
        and not is_test
),

device_logins as (
    select * from {{ ref('int_customer__device_logins') }}
),

company as (
    select * from {{ source('company', 'company') }}
),

stated as (
    select
        'company' as relation_type,
        record_id,
        'salesforce.account:' || account_id as linked_record_id,
        created_at as related_at,
    from contacts
    where account_id is not null
    union all
    select
        'company', record_id, 'salesforce.account:' || converted_account_id,
        coalesce(converted_at, updated_at),
    from leads
    where converted_account_id is not null
    union all
    select 'company', record_id, account_record_id, created_at
    from crm_contacts
    where account_record_id is not null
    union all
    select 'company', record_id, account_record_id, coalesce(converted_at, created_at)
    from crm_leads
    where account_record_id is not null
    union all
    select
        'company', coalesce(crm_deals.contact_record_id, crm_leads.record_id),
        crm_deals.account_record_id, coalesce(crm_deals.opened_at, crm_deals.closed_at),
    from crm_deals
    left join crm_leads on crm_deals.lead_code = crm_leads.record_id and crm_leads.is_person_named
    where crm_deals.account_record_id is not null
        and coalesce(crm_deals.contact_record_id, crm_leads.record_id) is not null
    union all
    select
        'parent_company', record_id, parent_record_id,
        coalesce(created_at, cast('1900-01-01' as timestamp)),
    from crm_accounts
    where parent_record_id is not null
    union all
    select
        'parent_company', record_id, 'salesforce.account:' || parent_account_id, created_at,
    from accounts
    where parent_account_id is not null
    union all
    select
        'referral',
        'shopify.customer:'
        || {{ matched_part('discount_codes.discount_code', 'company.referral_code_pattern') }},
        orders.record_id,
        orders.ordered_at,
    from discount_codes
    cross join company
    inner join orders on discount_codes.order_id = orders.order_id
    where {{ matches_pattern('discount_codes.discount_code', 'company.referral_code_pattern') }}
),

gatherings as (
    select
        'shared_interest' as relation_type,
        platform || '/' || coalesce('post/' || post_id, 'thread/' || thread_id) as gathering,
        record_id,
        min(occurred_at) as joined_at,
    from messages
    where coalesce(post_id, thread_id) is not null
        and direction = 'inbound'
    group by platform, post_id, thread_id, record_id
    union all
    select 'shared_device', record_id, user_record_id, first_seen_at
    from device_logins
    where user_record_id is not null
),

small_gatherings as (
    select
        *,
        count(*) over (partition by relation_type, gathering) as members,
    from gatherings
),

met as (
    select
        one.relation_type,
        one.record_id,
        other.record_id as linked_record_id,
        min(greatest(one.joined_at, other.joined_at)) as related_at,
    from small_gatherings as one
    cross join company
    inner join small_gatherings as other
        on one.relation_type = other.relation_type
        and one.gathering = other.gathering
        and one.record_id < other.record_id
    where one.members between 2 and company.identity_max_records
    group by one.relation_type, one.record_id, other.record_id
),

int_customer__record_relations as (
    select
        relation_type,
        record_id,
        linked_record_id,
        min(related_at) as related_at,
    from stated
    group by relation_type, record_id, linked_record_id
    union all
    select relation_type, record_id, linked_record_id, related_at from met
)

select * from int_customer__record_relations
