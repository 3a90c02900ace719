{# 64-bit surrogate key of one or more expressions; null and '' differ from each other. #}
{% macro surrogate_key(expressions) -%}
    {{ return(adapter.dispatch('surrogate_key', 'customer_full_stack')(expressions)) }}
{%- endmacro %}

{% macro joined_as_text(expressions) -%}
    {%- for expression in expressions -%}
        coalesce(cast({{ expression }} as {{ dbt.type_string() }}), '<null>')
        {%- if not loop.last %} || '|' || {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro default__surrogate_key(expressions) -%}
    cast(
        cast(conv(substr(md5({{ joined_as_text(expressions) }}), 1, 16), 16, 10) as decimal(20, 0))
        - 9223372036854775808 as bigint
    )
{%- endmacro %}

{% macro duckdb__surrogate_key(expressions) -%}
    cast(
        cast(md5_number_upper({{ joined_as_text(expressions) }}) as hugeint)
        - 9223372036854775808 as bigint
    )
{%- endmacro %}

{# Number that tells whether two rows say the same. Each engine takes its fastest, so it is compared
   with numbers of the same engine only, and never published. #}
{% macro content_hash(expressions) -%}
    {{ return(adapter.dispatch('content_hash', 'customer_full_stack')(expressions)) }}
{%- endmacro %}

{% macro default__content_hash(expressions) -%}
    xxhash64({{ joined_as_text(expressions) }})
{%- endmacro %}

{% macro duckdb__content_hash(expressions) -%}
    hash({{ expressions | join(', ') }})
{%- endmacro %}

{# One number for the contents of several rows, whatever their order. #}
{% macro combined_hash(hashes) -%}
    bit_xor({{ hashes }})
{%- endmacro %}


{# Key of the member that stands for "not known" in every dimension. #}
{% macro unknown_key() -%}
    cast(-1 as bigint)
{%- endmacro %}

{# Surrogate key, or the unknown member where the natural key is null. #}
{% macro key_or_unknown(expression) -%}
    case when {{ expression }} is null then {{ unknown_key() }}
        else {{ surrogate_key([expression]) }} end
{%- endmacro %}

{# The key that a dimension holds for a code, where it was joined; the same key is worked out
   where it was not. Joining is ten times cheaper than hashing the code in every row of a fact. #}
{% macro key_joined(dimension_key, expression) -%}
    coalesce({{ dimension_key }}, {{ key_or_unknown(expression) }})
{%- endmacro %}

{# Integer yyyymmdd of a date; 19000101 where it is not known. #}
{% macro date_key(expression) -%}
    coalesce(
        extract(year from {{ expression }}) * 10000 + extract(month from {{ expression }}) * 100
        + extract(day from {{ expression }}),
        19000101
    )
{%- endmacro %}

{# Keyed hash (HMAC-SHA-256, 32 hex digits) that stands for personal data; null stays null. #}
{% macro hmac(expression) -%}
    {{ return(adapter.dispatch('hmac', 'customer_full_stack')(expression)) }}
{%- endmacro %}

{% macro duckdb__hmac(expression) -%}
    (
        select
            left(
                sha256(
                    outer_pad
                    || unhex(sha256(inner_pad || encode(cast({{ expression }} as varchar))))
                ),
                32
            )
        from cfs_secret.main.pads
    )
{%- endmacro %}
