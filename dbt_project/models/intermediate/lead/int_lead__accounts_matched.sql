-- Grain: one row per lead that belongs to a company which is a customer itself (an account of a
-- CRM), with the rule that says so. The first that applies: the lead is an account, it was
-- converted into one or its deals are an account's, the company that the lead names is the only
-- account of that name in its market, the company of its customer as identity found it (a contact's
-- account, another record's company name, the e-mail domain). Merged accounts are one customer.
with

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
),

conversions as (
    select * from {{ ref('int_lead__leads_converted') }} where account_record_id is not null
),

records as (
    select * from {{ ref('int_customer__person_records') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

company_groups as (
    select * from {{ ref('bridge_customer_group') }} where group_type = 'company'
),

accounts as (
    select
        records.record_id,
        identities.customer_key,
        {{ normalised_company('records.company_name') }} as company_key,
        coalesce(records.market_code, '') as market_code
    from records
    inner join identities on records.record_id = identities.record_id
    where records.record_type = 'account'
),

named_accounts as (
    select
        company_key,
        market_code,
        min(customer_key) as customer_key
    from accounts
    where company_key is not null
    group by company_key, market_code
    having count(distinct customer_key) = 1
),

customers as (
    select
        leads.lead_code,
        identities.customer_key,
        {{ normalised_company('records.company_name') }} as company_key,
        coalesce(leads.market_code, '') as market_code
    from leads
    left join identities on leads.record_id = identities.record_id
    left join records on leads.record_id = records.record_id
),

group_accounts as (
    select
        members.customer_key,
        companies.customer_key as account_customer_key,
        members.rule,
        members.confidence
    from company_groups as members
    inner join company_groups as companies
        on members.group_key = companies.group_key and companies.rule = 'company'
    where members.rule <> 'company'
),

found as (
    select
        customers.lead_code,
        accounts.customer_key as account_customer_key,
        1 as rule_order,
        'is_account' as account_match_rule,
        1.0 as confidence
    from customers
    inner join accounts on customers.customer_key = accounts.customer_key
    union all
    select
        conversions.lead_code,
        identities.customer_key as account_customer_key,
        2 as rule_order,
        'converted_account' as account_match_rule,
        1.0 as confidence
    from conversions
    inner join identities on conversions.account_record_id = identities.record_id
    union all
    select
        customers.lead_code,
        named_accounts.customer_key as account_customer_key,
        3 as rule_order,
        'company_name' as account_match_rule,
        0.9 as confidence
    from customers
    inner join named_accounts
        on customers.company_key = named_accounts.company_key
        and customers.market_code = named_accounts.market_code
    union all
    select
        customers.lead_code,
        group_accounts.account_customer_key,
        4 as rule_order,
        case group_accounts.rule
            when 'stated' then 'account_of_customer'
            when 'same_company_name' then 'company_of_customer'
            when 'same_email_domain' then 'email_domain'
            else group_accounts.rule
        end as account_match_rule,
        group_accounts.confidence
    from customers
    inner join group_accounts on customers.customer_key = group_accounts.customer_key
)

select
    lead_code,
    account_customer_key,
    account_match_rule,
    cast(confidence as double) as account_match_confidence
from found
qualify
    row_number() over (
        partition by lead_code order by rule_order, confidence desc, account_customer_key
    ) = 1
