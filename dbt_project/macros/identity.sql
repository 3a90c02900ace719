{# Rank of what a record says, as one number that compares: trust in the kind of record, then the
   second since when it says so, then a number that is its own. Null where it says nothing. #}
{% macro trust_rank(trust, since, number) -%}
    cast(coalesce({{ trust }}, 0) as bigint) * 18014398509481984
    + greatest({{ seconds_between("timestamp '1900-01-01'", since) }}, 0) * 1048576
    + {{ number }} + (case when {{ since }} is null then null else 0 end)
{%- endmacro %}

{# What a rank loses to be below all that are whole. #}
{% macro rank_penalty() -%}
    2305843009213693952
{%- endmacro %}

{# Fields of the golden record; names, and the parts of an address, go together. #}
{% macro golden_fields() -%}
    {{ return(['email', 'phone', 'name', 'company_name', 'birth_date', 'address', 'market']) }}
{%- endmacro %}

{# How sure a shared identifier makes us that two records are one customer. #}
{% macro link_confidence(identifier_type) -%}
    case {{ identifier_type }}
        when 'crm_contact' then 1.0
        when 'crm_lead' then 1.0
        when 'crm_account' then 1.0
        when 'shop_customer' then 0.99
        when 'loyalty_card' then 0.98
        when 'email' then 0.95
        when 'social_profile' then 0.93
        when 'device' then 0.90
        else 0.85
    end
{%- endmacro %}

{# E-mail address and phone are compared in steps, a CTE each, so that no text is cleaned twice:
   `email_text` then `normalised_email`; `phone_text`, `dialled_number`, then `valid_phone`. #}
{% macro email_text(expression) -%}
    {{ without("lower(trim(" ~ expression ~ "))", '^mailto:|[<>\\s]') }}
{%- endmacro %}

{# E-mail address as compared. Mail services that ignore dots or what follows a plus sign are
   reduced to the mailbox. Null where it is not an address. #}
{% macro normalised_email(text) -%}
    case
        when not {{ matches_text(text, '^[^@,;]+@[^@,;]+[.][a-z]{2,}$') }} then null
        when {{ text }} like '%@gmail.com' or {{ text }} like '%@googlemail.com'
            then replace(split_part(split_part({{ text }}, '@', 1), '+', 1), '.', '')
                || '@gmail.com'
        when {{ text }} like '%+%'
            and {{ matches_text(text, '@(outlook|hotmail|live|icloud|fastmail)[.]') }}
            then split_part(split_part({{ text }}, '@', 1), '+', 1)
                || '@' || split_part({{ text }}, '@', 2)
        else {{ text }}
    end
{%- endmacro %}

{# Mailboxes of a function or a household, not of a person, and those that mean that there is
   none. #}
{% macro is_generic_mailbox(email) -%}
    {{ matches_text(
        email,
        '^(familia|family|casa|hogar|info|informacion|hola|hello|hi|contact|contacto|sales|'
        ~ 'ventas|compras|pedidos|orders|'
        ~ 'office|oficina|admin|administracion|administration|reception|recepcion|billing|'
        ~ 'facturacion|accounts|accounting|contabilidad|support|soporte|help|ayuda|service|'
        ~ 'servicio|clientes|customerservice|marketing|press|prensa|hr|rrhh|jobs|empleo|team|'
        ~ 'equipo|shop|tienda|store|web|webmaster|postmaster|mail|email|correo|no-?reply|'
        ~ 'noemail|nomail|none|na|n[.]a|sincorreo|notiene|test|prueba|purchasing|buyer|compra|'
        ~ 'gerencia|direccion|manager|secretaria|enquiries|enquiry|general|root|abuse)[._0-9-]*@'
    ) }}
{%- endmacro %}

{# Digits of a phone as sent, with the plus signs. #}
{% macro phone_text(expression) -%}
    {{ without(without(expression, '[(]0[)]'), '[^0-9+]') }}
{%- endmacro %}

{# Digits with the country's code, by the market's code where the number names none. #}
{% macro dialled_number(text, dialling_code) -%}
    case
        when {{ text }} like '+%' then replace({{ text }}, '+', '')
        when {{ text }} like '00%' then substr(replace({{ text }}, '+', ''), 3)
        when {{ dialling_code }} is null then null
        when {{ text }} like {{ dialling_code }} || '%'
            and length({{ text }}) >= length({{ dialling_code }})
            + case when length({{ dialling_code }}) > 1 then 9 else 10 end
            then replace({{ text }}, '+', '')
        else {{ dialling_code }} || {{ without(text, '^0+|[+]') }}
    end
{%- endmacro %}

{# Phone as compared, E.164; null where it cannot be one. Mobile numbers of Mexico were once
   dialled with a 1 after the country's code. #}
{% macro valid_phone(number) -%}
    case
        when length({{ number }}) not between 9 and 15 then null
        when {{ matches_text(number, '(0{7}|1{7}|2{7}|3{7}|4{7}|5{7}|6{7}|7{7}|8{7}|9{7}|1234567)') }}
            then null
        when length({{ number }}) = 13 and {{ number }} like '521%'
            then '+52' || substr({{ number }}, 4)
        else '+' || {{ number }}
    end
{%- endmacro %}

{# Record of a person whom a campaign addressed, in the ids of the system that describes them;
   other senders are distributors with loyalty cards or households. #}
{% macro addressed_record_id(person_source, person_id) -%}
    case {{ person_source }}
        when 'salesforce' then {{ salesforce_record_id(person_id) }}
        when 'shopify' then 'shopify.customer:' || {{ code_text(person_id) }}
        when 'klaviyo' then 'klaviyo.person:' || {{ person_id }}
        when 'crm' then 'crm.lead:' || {{ person_id }}
        else 'distributor.loyalty_member:' || {{ person_source }} || '/'
            || {{ code_text(person_id) }}
    end
{%- endmacro %}

{# Name as compared: words of plain letters, lower case, without accents and particles. #}
{% macro normalised_name(expression) -%}
    nullif(
        trim(
            {{ without(
                without(
                    without(without_accents(expression), '[^a-z ]+', ' '),
                    '\\b(de|del|la|las|los|el|y|da|di|van|von|mr|mrs|ms|dr|sr|sra|don|dona)\\b',
                    ' '
                ),
                ' +', ' '
            ) }}
        ),
        ''
    )
{%- endmacro %}

{# Whether two given names (first words) may be one: the same but for a typing slip, or a short
   form of the other. Names that differ by gender (Mario, Maria; Luis, Luisa) are two. #}
{% macro is_same_given_name(one, other) -%}
    (
        {{ one }} <> '' and {{ other }} <> ''
        and (
            (length({{ one }}) <> 2 and {{ other }} like {{ one }} || '%')
            or (length({{ other }}) <> 2 and {{ one }} like {{ other }} || '%')
            or (
                length({{ one }}) > 3 and length({{ other }}) > 3
                and {{ is_alike(one, other) }}
            )
        )
        and {{ one }} <> {{ other }} || 'a'
        and {{ other }} <> {{ one }} || 'a'
        and (
            {{ one }} = {{ other }}
            or length({{ one }}) <> length({{ other }})
            or left({{ one }}, length({{ one }}) - 1) <> left({{ other }}, length({{ other }}) - 1)
            or right({{ one }}, 1) not in ('a', 'o', 'e')
            or right({{ other }}, 1) not in ('a', 'o', 'e')
        )
    )
{%- endmacro %}

{# Whether two words differ by a typing slip at most. #}
{% macro is_alike(one, other) -%}
    {{ return(adapter.dispatch('is_alike', 'customer_full_stack')(one, other)) }}
{%- endmacro %}

{% macro default__is_alike(one, other) -%}
    (levenshtein({{ one }}, {{ other }}) <= 1)
{%- endmacro %}

{% macro duckdb__is_alike(one, other) -%}
    (damerau_levenshtein({{ one }}, {{ other }}) <= 1)
{%- endmacro %}

{# Whether two names (words set apart by blanks) have a word in common. #}
{% macro shares_word(one, other) -%}
    {{ return(adapter.dispatch('shares_word', 'customer_full_stack')(one, other)) }}
{%- endmacro %}

{% macro default__shares_word(one, other) -%}
    arrays_overlap(split({{ one }}, ' '), split({{ other }}, ' '))
{%- endmacro %}

{% macro duckdb__shares_word(one, other) -%}
    list_has_any(string_split({{ one }}, ' '), string_split({{ other }}, ' '))
{%- endmacro %}
