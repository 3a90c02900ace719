{#
    Grain: purchase, customer linked to the buyer, and kind of link. Fact type: factless, with what
    the linked customer did in the days after and what one picked at random would have done: a
    customer of the same market who had bought on as many days until then.
    Only links that were known before the purchase count, and purchases whose days after are over:
    otherwise what made the link would count as its effect. Rebuilt whole.
#}
with purchases as (
    select touchpoint_key, customer_key, sale_id, occurred_at, touchpoint_date
    from {{ ref('fct_touchpoint') }}
    where conversion_type = 'sale'
        and customer_key <> {{ unknown_key() }}
),

links as (
    select * from {{ ref('bridge_customer_link') }}
),

groups as (
    select * from {{ ref('int_customer__links_summed') }}
),

states as (
    select * from {{ ref('int_customer__purchase_states') }}
),

chances as (
    select * from {{ ref('int_customer__purchase_chances') }}
),

company as (
    select * from {{ source('company', 'company') }}
),

{# A purchase may be followed on either side of a link. #}
sides as (
    select customer_key, linked_customer_key, link_type, valid_from from links
    union
    select linked_customer_key, customer_key, link_type, valid_from from links
),

exposed as (
    select
        purchases.touchpoint_key,
        purchases.customer_key,
        purchases.sale_id,
        purchases.touchpoint_date as purchase_date,
        sides.linked_customer_key,
        sides.link_type,
        states.market_code,
        states.purchase_days,
        states.next_purchase_date,
        company.linked_purchase_days,
        coalesce(
            states.next_purchase_date
            <= {{ days_after('purchases.touchpoint_date', 'company.linked_purchase_days') }},
            false
        ) as is_followed,
    from purchases
    cross join company
    inner join sides
        on purchases.customer_key = sides.customer_key
        and sides.valid_from < purchases.occurred_at
    inner join states
        on sides.linked_customer_key = states.customer_key
        and purchases.touchpoint_date >= states.from_date
        and purchases.touchpoint_date < coalesce(states.next_purchase_date, date '9999-12-31')
    where {{ days_after('purchases.touchpoint_date', 'company.linked_purchase_days') }}
            <= states.last_date
),

fct_linked_purchase as (
    select
        {{ surrogate_key([
            'exposed.touchpoint_key', 'exposed.linked_customer_key', 'exposed.link_type'
        ]) }} as linked_purchase_key,
        exposed.touchpoint_key,
        exposed.sale_id,
        exposed.customer_key,
        exposed.linked_customer_key,
        exposed.link_type,
        coalesce(
            groups.community_key,
            groups.household_key,
            groups.company_key,
            least(exposed.customer_key, exposed.linked_customer_key)
        ) as link_group_key,
        exposed.purchase_date,
        cast({{ date_key('exposed.purchase_date') }} as {{ dbt.type_int() }}) as purchase_date_key,
        exposed.market_code,
        exposed.purchase_days as linked_purchase_days_before,
        {{ whole('exposed.linked_purchase_days') }} as window_days,
        exposed.is_followed,
        case when exposed.is_followed
            then {{ whole(days_between('exposed.purchase_date', 'exposed.next_purchase_date')) }}
        end as days_to_follow,
        cast(chances.buyers as double) / chances.customers as expected_follow_share,
    from exposed
    left join groups on exposed.customer_key = groups.customer_key
    inner join chances
        on exposed.market_code = chances.market_code
        and least(exposed.purchase_days, 3) = chances.purchase_days
        and exposed.purchase_date = chances.state_date
)

select * from fct_linked_purchase
