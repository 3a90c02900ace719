{{ config(materialized='view') }}
{#
    Grain: person record and version, with its customer and, for each field of the golden record,
    since when the record says what it says and how far it is believed (`<field>_rank`).
    A rank is one number: the trust that the company puts in the kind of record for this field
    (seven bits), then the second at which the record first said so (34), then the record's place
    among the customer's (20). So the highest rank is the most trusted, then the newest, and never
    a draw. What is not whole ranks below all that is: half a name, an address of a town alone.
#}
{%- set fields = {
    'email': 'versions.email_normalised',
    'phone': 'versions.phone_normalised',
    'name': "nullif(concat_ws('|', versions.given_name, versions.family_name), '')",
    'company_name': 'versions.company_name',
    'birth_date': 'versions.birth_date',
    'address': "nullif(concat_ws('|', versions.street, versions.postal_code, versions.city), '')",
    'market': 'versions.market_code',
} %}
with versions as (
    select * from {{ ref('int_customer__person_record_versions') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

refusals as (
    select * from {{ ref('int_customer__email_refusals') }}
    where event_type = 'bounced'
),

survivorship as (
    select
        record_type,
        {%- for field in fields %}
        max(case when field = '{{ field }}' then trust end) as {{ field }}_trust,
        {%- endfor %}
    from {{ source('company', 'survivorship') }}
    group by record_type
),

{# A mailbox that refused a message is no good for anybody, until a record states it anew. #}
dead_mailboxes as (
    select distinct
        versions.email_normalised,
        refusals.occurred_at as bounced_at,
    from refusals
    inner join versions
        on refusals.record_id = versions.record_id
        and refusals.occurred_at >= versions.valid_from
        and refusals.occurred_at < versions.valid_to
    where versions.email_normalised is not null
),

said as (
    select
        identities.customer_key,
        versions.*,
        {%- for field, value in fields.items() %}
        {{ value }} as {{ field }}_said,
        {%- endfor %}
    from versions
    inner join identities on versions.record_id = identities.record_id
),

compared as (
    select
        *,
        {%- for field in fields %}
        case
            when {{ field }}_said is not null
                and {{ field }}_said is distinct from lag({{ field }}_said) over by_record
                then valid_from
        end as {{ field }}_said_at,
        {%- endfor %}
    from said
    where record_type <> 'device'
    window by_record as (partition by record_id order by valid_from)
),

dated as (
    select
        customer_key, record_id, record_type, valid_from, valid_to, is_deleted,
        email_normalised, phone_normalised, given_name, family_name, company_name, birth_date,
        street, postal_code, city, market_code,
        {%- for field in fields %}
        case when {{ field }}_said is not null then max({{ field }}_said_at) over by_record end
            as {{ field }}_since,
        {%- endfor %}
    from compared
    window by_record as (
        partition by record_id order by valid_from
        rows between unbounded preceding and current row
    )
    union all
    select
        customer_key, record_id, record_type, valid_from, valid_to, is_deleted,
        email_normalised, phone_normalised, given_name, family_name, company_name, birth_date,
        street, postal_code, city, market_code,
        {%- for field in fields %}
        {% if field == 'market' -%} case when market_code is not null then valid_from end
        {%- else -%} cast(null as timestamp) {%- endif %} as {{ field }}_since,
        {%- endfor %}
    from said
    where record_type = 'device'
),

numbered as (
    select
        *,
        row_number() over (partition by customer_key order by record_id, valid_from)
            as version_number,
    from dated
),

first_bounces as (
    select
        numbered.record_id,
        numbered.valid_from,
        min(dead_mailboxes.bounced_at) as email_dead_at,
    from numbered
    inner join dead_mailboxes
        on numbered.email_normalised = dead_mailboxes.email_normalised
        and numbered.email_since <= dead_mailboxes.bounced_at
    group by numbered.record_id, numbered.valid_from
),

int_customer__record_versions_trusted as (
    select
        numbered.*,
        first_bounces.email_dead_at,
        {%- for field in fields %}
        {{ trust_rank(
            'survivorship.' ~ field ~ '_trust', 'numbered.' ~ field ~ '_since',
            'numbered.version_number'
        ) }}
        {%- if field == 'name' %}
        - case when numbered.given_name is null or numbered.family_name is null
            then {{ rank_penalty() }} else 0 end
        {%- elif field == 'address' %}
        - case when numbered.street is null and numbered.postal_code is null
            then {{ rank_penalty() }} else 0 end
        {%- endif %} as {{ field }}_rank,
        {%- endfor %}
    from numbered
    left join survivorship on numbered.record_type = survivorship.record_type
    left join first_bounces
        on numbered.record_id = first_bounces.record_id
        and numbered.valid_from = first_bounces.valid_from
)

select * from int_customer__record_versions_trusted
