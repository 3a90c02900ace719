{# Whether a value is in a list that is written as a text with ' > ' between its items; where there
   is no list every value is, also none. #}
{% macro is_listed(value, list, is_case_sensitive=true) -%}
    {%- set item = value if is_case_sensitive else 'lower(' ~ value ~ ')' -%}
    {%- set items = list if is_case_sensitive else 'lower(' ~ list ~ ')' -%}
    ({{ list }} is null or coalesce(
        {{ dbt.position("' > ' || " ~ item ~ " || ' > '", "' > ' || " ~ items ~ " || ' > '") }}, 0
    ) > 0)
{%- endmacro %}

{# Whether a commitment of the service-level agreement holds for a record: market, lead source,
   channel, and score where the commitment asks for one. #}
{% macro sla_holds_for(commitment, record) -%}
    {{ is_listed(record ~ '.market_code', commitment ~ '.markets') }}
    and {{ is_listed(record ~ '.lead_source', commitment ~ '.lead_sources', false) }}
    and {{ is_listed(record ~ '.channel_code', commitment ~ '.channels') }}
    and ({{ commitment }}.min_score is null
        or coalesce({{ record }}.score >= {{ commitment }}.min_score, false))
{%- endmacro %}

{# Fields that a commitment may ask for when a lead is handed over: name in the rules -> column of
   int_lead__lead_versions_dated. #}
{% macro lead_fields() -%}
    {{ return({
        'given_name': 'given_name',
        'family_name': 'family_name',
        'email': 'email',
        'phone': 'phone',
        'company_name': 'company_name',
        'title': 'title',
        'industry': 'industry',
        'market': 'market_code',
        'city': 'city',
        'lead_source': 'lead_source',
        'campaign': 'campaign_code',
        'score': 'score',
    }) }}
{%- endmacro %}
