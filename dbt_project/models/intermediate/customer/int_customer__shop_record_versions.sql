{{ config(materialized='view') }}
{#
    Grain: version of a customer of a shop or distributor, as sent: shop accounts, orders without
    an account, customers that only a sale names, loyalty cards and households.
#}
with accounts as (
    select * from {{ ref('stg_shopify__customer_versions') }}
),

orders as (
    select * from {{ ref('stg_shopify__orders') }}
),

loyalty_members as (
    select * from {{ ref('stg_distributor__loyalty_members') }}
),

sale_headers as (
    select * from {{ ref('int_distributor__sale_headers') }}
),

campaign_contacts as (
    select * from {{ ref('stg_campaign__contacts') }}
),

coupon_redemptions as (
    select * from {{ ref('stg_campaign__coupon_redemptions') }}
),

other_contacts as (
    select * from {{ ref('stg_touchpoint__contacts') }}
),

mentions as (
    select
        record_id,
        sold_at as seen_at,
        market_code,
        load_id,
    from sale_headers
    union all
    select record_id, cast(contacted_on as timestamp), null, load_id from campaign_contacts
    union all
    select record_id, cast(redeemed_on as timestamp), null, load_id from coupon_redemptions
    union all
    select record_id, occurred_at, market_code, load_id from other_contacts
),

{# Buyers, cards and households that no list describes: known by their first mention. #}
buyers as (
    select
        record_id,
        min(seen_at) as first_seen_at,
        max(market_code) as market_code,
        min(load_id) as load_id,
    from mentions
    where record_id like 'shop.customer:%'
        or record_id like 'distributor.loyalty_member:%'
        or record_id like 'shopify.customer:%'
    group by record_id
),

int_customer__shop_record_versions as (
    select
        record_id,
        'shopify' as system,
        'shop_customer' as record_type,
        updated_at as version_at,
        email,
        cast(null as {{ dbt.type_string() }}) as mobile_phone,
        phone,
        given_name,
        family_name,
        cast(null as {{ dbt.type_string() }}) as company_name,
        cast(null as date) as birth_date,
        cast(null as {{ dbt.type_string() }}) as street,
        postal_code,
        city,
        market_code as country,
        created_at,
        false as is_deleted,
        cast(null as {{ dbt.type_string() }}) as merged_into_record_id,
        load_id,
    from accounts
    union all
    select
        record_id, 'shopify', 'order', ordered_at, email, null, phone, null, null, null, null,
        null, postal_code, city, country_code, ordered_at, false, null, load_id,
    from orders
    where record_id like 'shopify.order:%' and not is_test
    union all
    select
        members.record_id, 'distributor', 'loyalty_member',
        coalesce(
            cast(members.joined_date as timestamp), buyers.first_seen_at, members.received_at
        ),
        members.email, null, members.phone, members.given_name, members.family_name, null, null,
        null, members.postal_code, null, members.country_code,
        coalesce(
            cast(members.joined_date as timestamp), buyers.first_seen_at, members.received_at
        ),
        false, null, members.load_id,
    from loyalty_members as members
    left join buyers on members.record_id = buyers.record_id
    union all
    select
        record_id, split_part(record_id, '.', 1),
        case when record_id like 'distributor.%' then 'loyalty_member' else 'shop_customer' end,
        first_seen_at, null, null, null, null, null, null, null, null, null, null, market_code,
        first_seen_at, false, null, load_id,
    from buyers
    where record_id not in (select record_id from loyalty_members)
        and record_id not in (select record_id from accounts)
)

select * from int_customer__shop_record_versions
