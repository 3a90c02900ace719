{# Columns that every branch of the touchpoints has, in this order. Department, intent, stage and
   initiated_by are null where the contact itself does not tell. `is_effective` is false where it
   came to nothing: it reached nobody, a machine sent it, or nothing of the company's was bought. #}
{% macro touchpoint_columns() -%}
    touchpoint_id,
    source_system,
    record_id,
    occurred_at,
    touchpoint_date,
    market_code,
    channel_system,
    channel_source,
    channel_medium,
    channel_campaign,
    campaign_code,
    creative_code,
    store_code,
    distributor_code,
    employee_code,
    department,
    touchpoint_type,
    intent,
    stage,
    device_category,
    initiated_by,
    is_effective,
    is_direct,
    sale_id,
    lead_id,
    ticket_id,
    conversion_type,
    sentiment,
    satisfaction_score,
    load_id
{%- endmacro %}

{# Codes of the channels as one list, in order of their numbers. #}
{% macro code_list(code, number) -%}
    {{ return(adapter.dispatch('code_list', 'customer_full_stack')(code, number)) }}
{%- endmacro %}

{% macro default__code_list(code, number) -%}
    transform(array_sort(collect_list(struct({{ number }}, {{ code }} as code))), item -> item.code)
{%- endmacro %}

{% macro duckdb__code_list(code, number) -%}
    list({{ code }} order by {{ number }})
{%- endmacro %}

{# The newest value before this row that is not null; use with `over`. #}
{% macro previous_known(expression) -%}
    {{ return(adapter.dispatch('previous_known', 'customer_full_stack')(expression)) }}
{%- endmacro %}

{% macro default__previous_known(expression) -%}
    lag({{ expression }}) ignore nulls
{%- endmacro %}

{% macro duckdb__previous_known(expression) -%}
    lag({{ expression }} ignore nulls)
{%- endmacro %}

{# Seconds from one timestamp to another, whole. #}
{% macro seconds_between(from_expression, to_expression) -%}
    {{ return(
        adapter.dispatch('seconds_between', 'customer_full_stack')(from_expression, to_expression)
    ) }}
{%- endmacro %}

{% macro default__seconds_between(from_expression, to_expression) -%}
    (unix_timestamp({{ to_expression }}) - unix_timestamp({{ from_expression }}))
{%- endmacro %}

{% macro duckdb__seconds_between(from_expression, to_expression) -%}
    date_sub('second', {{ from_expression }}, {{ to_expression }})
{%- endmacro %}

{# What a branch of the touchpoints does not know. #}
{% macro unknown_text() -%}
    cast(null as {{ dbt.type_string() }})
{%- endmacro %}

{# Whether nobody could know at a contact who the person was: its record says nothing of it, and
   evidence came later or never. #}
{% macro is_anonymous_contact(anonymous_record, occurred_at) -%}
    {{ anonymous_record }}.record_id is not null
    and coalesce({{ occurred_at }} < {{ anonymous_record }}.known_from, true)
{%- endmacro %}

{# After an incremental build: rows whose person record now belongs to another customer, or could
   be known since another moment, take what holds now. Works on the rows that stand already. #}
{% macro customers_refreshed(bridge, anonymous_records) -%}
    {% if is_incremental() %}
    update {{ this }}
    set customer_key = changed.customer_key,
        is_anonymous = changed.is_anonymous
    from (
        select
            standing.touchpoint_key,
            coalesce(bridge.customer_key, {{ unknown_key() }}) as customer_key,
            {{ is_anonymous_contact('anonymous_records', 'standing.occurred_at') }} as is_anonymous
        from {{ this }} as standing
        left join {{ bridge }} as bridge on standing.record_id = bridge.record_id
        left join {{ anonymous_records }} as anonymous_records
            on standing.record_id = anonymous_records.record_id
        where standing.customer_key <> coalesce(bridge.customer_key, {{ unknown_key() }})
            or standing.is_anonymous
            <> ({{ is_anonymous_contact('anonymous_records', 'standing.occurred_at') }})
    ) as changed
    where {{ this }}.touchpoint_key = changed.touchpoint_key
    {% else %}
    select 1
    {% endif %}
{%- endmacro %}

{# After an incremental build and `customers_refreshed`: contacts that do not name their market and
   whose customer's market is another take the present one. #}
{% macro markets_refreshed(customers) -%}
    {% if is_incremental() %}
    update {{ this }}
    set market_code = changed.market_code
    from (
        select
            standing.touchpoint_key,
            coalesce(customers.market_code, 'unknown') as market_code
        from {{ this }} as standing
        left join {{ customers }} as customers
            on standing.customer_key = customers.customer_key
            and customers.is_current
        where not standing.is_market_named
            and standing.market_code <> coalesce(customers.market_code, 'unknown')
    ) as changed
    where {{ this }}.touchpoint_key = changed.touchpoint_key
    {% else %}
    select 1
    {% endif %}
{%- endmacro %}

{# How the company reached for a person where that takes the person's consent: email, phone or
   post. Null where it takes none: the person came, or asked and was answered. #}
{% macro contact_point(relation, initiated_by) -%}
    {%- set campaign -%}
        coalesce({{ relation }}.channel_source, '') || ' '
        || coalesce({{ relation }}.channel_medium, '')
    {%- endset -%}
    case
        when {{ initiated_by }} <> 'company' or {{ relation }}.ticket_id is not null
            then null
        when {{ relation }}.touchpoint_type in ('email_sent', 'email_bounced', 'sales_email')
            then 'email'
        when {{ relation }}.touchpoint_type in ('sales_call', 'phone_call') then 'phone'
        when {{ relation }}.touchpoint_type in ('campaign_contact', 'campaign_invitation')
            or {{ relation }}.channel_system = 'touchpoint'
            then
                case
                    when {{ matches_text(campaign, 'e-?mail|newsletter|correo electr') }}
                        then 'email'
                    when {{ matches_text(campaign, 'phone|call|telef|sms|whatsapp') }} then 'phone'
                    when {{ matches_text(campaign, 'mail|post|letter|catalog|flyer|carta|correo') }}
                        then 'post'
                end
    end
{%- endmacro %}

{# Consent that held at a contact: not needed without a contact point, else what the customer had
   said until then. #}
{% macro consent_of_contact(contact_point, stated) -%}
    case when {{ contact_point }} is null then 'not_needed'
        else coalesce({{ stated }}, 'unknown') end
{%- endmacro %}

{# After an incremental build: contacts whose consent is another since a statement arrived late or
   their customer was merged or split. #}
{% macro consents_refreshed(consent_versions) -%}
    {% if is_incremental() %}
    update {{ this }}
    set consent_status = changed.consent_status,
        is_against_consent = changed.consent_status = 'opt_out'
    from (
        select
            standing.touchpoint_key,
            {{ consent_of_contact('standing.contact_point', 'consents.consent_status') }}
                as consent_status
        from {{ this }} as standing
        left join {{ consent_versions }} as consents
            on standing.customer_key = consents.customer_key
            and standing.contact_point = consents.contact_point
            and standing.occurred_at >= consents.valid_from
            and standing.occurred_at < consents.valid_to
        where standing.contact_point is not null
            and standing.consent_status <> {{ consent_of_contact(
                'standing.contact_point', 'consents.consent_status'
            ) }}
    ) as changed
    where {{ this }}.touchpoint_key = changed.touchpoint_key
    {% else %}
    select 1
    {% endif %}
{%- endmacro %}

{# A count as a plain integer, which every BI driver reads. #}
{% macro whole(expression) -%}
    cast({{ expression }} as {{ dbt.type_int() }})
{%- endmacro %}

{# Sum that does not depend on the order of the rows, as one of floating point numbers does. #}
{% macro exact_sum(expression) -%}
    sum(cast({{ expression }} as decimal(28, 8)))
{%- endmacro %}
