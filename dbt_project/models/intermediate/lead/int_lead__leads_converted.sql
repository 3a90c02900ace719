-- Grain: one row per lead that was converted, with the contact and the account that stand today: what
-- the CRM merged since is followed. The account is the lead's own, else its contact's, else that of
-- its deals. A lead that counts for duplicates has what the first of its records to be converted
-- became.
with

salesforce_leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

crm_leads as (
    select * from {{ ref('int_lead__crm_leads_linked') }}
),

contacts as (
    select
        record_id,
        'salesforce.account:' || account_id as account_record_id
    from {{ ref('stg_salesforce__contacts') }}
    union all
    select
        record_id,
        account_record_id
    from {{ ref('stg_crm__contacts') }}
),

deals as (
    select * from {{ ref('int_lead__deals_unioned') }} where account_record_id is not null
),

duplicates as (
    select * from {{ ref('int_lead__duplicates_found') }}
),

merges as (
    select * from {{ ref('int_lead__merges_followed') }}
),

first_deal_accounts as (
    select
        lead_code,
        min(opened_at) as opened_at,
        min(account_record_id) as account_record_id
    from deals
    group by lead_code
    having count(distinct account_record_id) = 1
),

stated as (
    select
        record_id as lead_code,
        'salesforce.contact:' || converted_contact_id as contact_record_id,
        'salesforce.account:' || converted_account_id as account_record_id,
        coalesce(converted_at, updated_at) as converted_at
    from salesforce_leads
    where converted_contact_id is not null or converted_account_id is not null
    union all
    select
        record_id as lead_code,
        contact_record_id,
        account_record_id,
        converted_at
    from crm_leads
    where contact_record_id is not null or account_record_id is not null
),

own as (
    select
        coalesce(stated.lead_code, first_deal_accounts.lead_code) as lead_code,
        coalesce(of_contact.surviving_record_id, stated.contact_record_id) as contact_record_id,
        stated.account_record_id,
        first_deal_accounts.account_record_id as deal_account_record_id,
        coalesce(stated.converted_at, first_deal_accounts.opened_at) as converted_at
    from stated
    full outer join first_deal_accounts on stated.lead_code = first_deal_accounts.lead_code
    left join merges as of_contact on stated.contact_record_id = of_contact.record_id
),

with_accounts as (
    select
        own.lead_code,
        own.contact_record_id,
        coalesce(
            own.account_record_id, contacts.account_record_id, own.deal_account_record_id
        ) as account_record_id,
        own.converted_at
    from own
    left join contacts on own.contact_record_id = contacts.record_id
),

followed as (
    select
        with_accounts.lead_code,
        with_accounts.contact_record_id,
        coalesce(of_account.surviving_record_id, with_accounts.account_record_id)
            as account_record_id,
        with_accounts.converted_at
    from with_accounts
    left join merges as of_account on with_accounts.account_record_id = of_account.record_id
),

of_leads as (
    select
        lead_code,
        lead_code as record_code,
        contact_record_id,
        account_record_id,
        converted_at
    from followed
    union all
    select
        duplicates.duplicate_of_lead_code as lead_code,
        followed.lead_code as record_code,
        followed.contact_record_id,
        followed.account_record_id,
        followed.converted_at
    from followed
    inner join duplicates on followed.lead_code = duplicates.lead_code
)

select
    lead_code,
    contact_record_id,
    account_record_id,
    converted_at
from of_leads
qualify
    row_number() over (
        partition by lead_code
        order by converted_at nulls last, record_code
    ) = 1
