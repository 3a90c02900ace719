{#
    Grain: customer and moment at which anything that its records say changed.
    Survivorship: for each field the most trusted record that holds a value at that moment, and
    among equally trusted ones the newest. Deleted and merged-away records no longer speak.
#}
with versions as (
    select * from {{ ref('int_customer__person_record_versions') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

ranked as (
    select
        identities.customer_key,
        versions.*,
        row_number() over (
            order by
                {{ source_trust('versions.record_type') }}, versions.valid_from,
                versions.record_id
        ) as trust_rank,
    from versions
    inner join identities on versions.record_id = identities.record_id
),

moments as (
    select distinct
        customer_key,
        valid_from,
    from ranked
),

int_customer__golden_versions as (
    select
        moments.customer_key,
        moments.valid_from,
        {% for field in ['email_normalised', 'phone_normalised', 'company_name', 'birth_date',
            'market_code'] -%}
        {{ value_of_highest('ranked.' ~ field, 'ranked.trust_rank') }} as {{ field }},
        {{ value_of_highest(
            'ranked.record_type', 'ranked.trust_rank', 'ranked.' ~ field ~ ' is not null'
        ) }} as {{ field | replace('_normalised', '') | replace('_code', '') }}_origin,
        {% endfor -%}
        {# Names and places come from one record each, or they would mix two people. #}
        {% for field in ['given_name', 'family_name'] -%}
        {{ value_of_highest(
            'coalesce(ranked.' ~ field ~ ", '')", 'ranked.trust_rank',
            'coalesce(ranked.given_name, ranked.family_name) is not null'
        ) }} as {{ field }},
        {% endfor -%}
        {{ value_of_highest(
            'ranked.record_type', 'ranked.trust_rank',
            'coalesce(ranked.given_name, ranked.family_name) is not null'
        ) }} as name_origin,
        {% for field in ['postal_code', 'city'] -%}
        {{ value_of_highest(
            'coalesce(ranked.' ~ field ~ ", '')", 'ranked.trust_rank',
            'coalesce(ranked.postal_code, ranked.city) is not null'
        ) }} as {{ field }},
        {% endfor -%}
        {{ value_of_highest(
            'ranked.record_type', 'ranked.trust_rank',
            'coalesce(ranked.postal_code, ranked.city) is not null'
        ) }} as address_origin,
        count(ranked.record_id) as records,
        bool_or(ranked.record_type in (
            'contact', 'shop_customer', 'loyalty_member', 'lead', 'email_profile', 'order', 'case'
        )) as is_person,
        bool_or(ranked.record_type = 'account') as is_company,
    from moments
    left join ranked
        on moments.customer_key = ranked.customer_key
        and moments.valid_from >= ranked.valid_from
        and moments.valid_from < ranked.valid_to
        and not ranked.is_deleted
    group by moments.customer_key, moments.valid_from
)

select * from int_customer__golden_versions
