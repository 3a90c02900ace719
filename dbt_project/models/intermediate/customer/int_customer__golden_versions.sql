{#
    Grain: customer and moment at which anything that its records say, or what they say is worth,
    changed.
    Survivorship: for each field the record that the company trusts most for it and that holds a
    value at that moment, among equally trusted ones the one that said it last. Deleted and
    merged-away records no longer speak; an e-mail address that bounced loses to any other.
    Names come from one record, and so does the address: mixed, they would be two people's.
#}
{%- set fields = {
    'email': {'email_normalised': 'email_normalised'},
    'phone': {'phone_normalised': 'phone_normalised'},
    'name': {'given_name': "coalesce(given_name, '')", 'family_name': "coalesce(family_name, '')"},
    'company_name': {'company_name': 'company_name'},
    'birth_date': {'birth_date': 'birth_date'},
    'address': {
        'street': "coalesce(street, '')",
        'postal_code': "coalesce(postal_code, '')",
        'city': "coalesce(city, '')",
    },
    'market': {'market_code': 'market_code'},
} %}
with versions as (
    select * from {{ ref('int_customer__record_versions_trusted') }}
),

moments as (
    select customer_key, valid_from from versions
    union
    select customer_key, email_dead_at from versions
    where email_dead_at > valid_from
        and email_dead_at < valid_to
),

spoken as (
    select
        moments.customer_key as moment_customer_key,
        moments.valid_from as moment,
        versions.*,
        coalesce(versions.email_dead_at <= moments.valid_from, false) as is_email_dead,
        versions.email_rank
        - case when versions.email_dead_at <= moments.valid_from then {{ rank_penalty() }}
            else 0 end as living_email_rank,
    from moments
    left join versions
        on moments.customer_key = versions.customer_key
        and moments.valid_from >= versions.valid_from
        and moments.valid_from < versions.valid_to
        and not versions.is_deleted
),

{# Each field's winner, by its rank; a rank is null where the record says nothing. #}
int_customer__golden_versions as (
    select
        moment_customer_key as customer_key,
        moment as valid_from,
        {%- for field, columns in fields.items() %}
        {%- set rank = 'living_email_rank' if field == 'email' else field ~ '_rank' %}
        {%- for column, value in columns.items() %}
        max_by({{ value }}, {{ rank }}) as {{ column }},
        {%- endfor %}
        max_by(record_type, {{ rank }}) as {{ field }}_origin,
        max_by(record_id, {{ rank }}) as {{ field }}_record_id,
        max_by({{ field }}_since, {{ rank }}) as {{ field }}_since,
        {%- endfor %}
        coalesce(max_by(is_email_dead, living_email_rank), false) as is_email_dead,
        count(record_id) as records,
        bool_or(record_type in (
            'contact', 'shop_customer', 'loyalty_member', 'lead', 'email_profile', 'order', 'case',
            'touchpoint_person', 'touchpoint_contact'
        )) as is_person,
        bool_or(record_type = 'account') as is_company,
    from spoken
    group by moment_customer_key, moment
)

select * from int_customer__golden_versions
