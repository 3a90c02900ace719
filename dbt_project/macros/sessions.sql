{# Visits to the web site and app: what brought them, when they end. #}

{# Whether a visit ends at midnight in its market, by the company's rules. The statement differs: a
   visit that goes on into the next day takes a further step. #}
{% macro sessions_end_at_midnight() -%}
    {{ return(company_rule('session_ends_at_midnight')) }}
{%- endmacro %}

{# Whether a time comes no more than some seconds after another, to the microsecond. #}
{% macro is_within_seconds(from_expression, to_expression, seconds) -%}
    ({{ micros_of(to_expression) }} - {{ micros_of(from_expression) }} <= {{ seconds }} * 1000000)
{%- endmacro %}

{# What brought a visit, as one text: source, medium, campaign, campaign code, creative code;
   null where the event does not say, or says that the visitor came directly. `traffic_part` reads
   it. #}
{% macro traffic_as_text(relation) -%}
    case
        when nullif({{ relation }}.source, '(direct)') is not null
            or nullif({{ relation }}.medium, '(none)') is not null
            or {{ relation }}.campaign_code is not null
            then
                {%- for column in
                    ['source', 'medium', 'campaign_name', 'campaign_code', 'creative_code'] %}
                coalesce({{ relation }}.{{ column }}, '')
                {%- if not loop.last %} || chr(31) || {% endif -%}
                {%- endfor %}
    end
{%- endmacro %}

{% macro traffic_part(expression, name) -%}
    {%- set names = ['source', 'medium', 'campaign_name', 'campaign_code', 'creative_code'] -%}
    nullif({{ dbt.split_part(expression, 'chr(31)', names.index(name) + 1) }}, '')
{%- endmacro %}

{# How far in the buying cycle an event of Google's recommended names shows a person to be. #}
{% macro web_event_stage_rank(event_name) -%}
    case
        when {{ event_name }} in (
            'add_to_cart', 'view_cart', 'begin_checkout', 'add_shipping_info', 'add_payment_info',
            'add_to_wishlist', 'purchase', 'generate_lead'
        ) then 3
        when {{ event_name }} in (
            'view_item', 'view_item_list', 'select_item', 'search', 'view_search_results'
        ) then 2
    end
{%- endmacro %}

{# Visits that go on after midnight as one, from `parts` of which none goes over midnight and that
   know whether they `goes_on` from the part before. A visit goes over one midnight at most: so that
   it is known from the day before, also when one day is rebuilt. #}
{% macro visits_over_midnight(parts) -%}
    select
        record_id,
        visit_date as session_date,
        visit_number as session_number,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        min_by(traffic, started_at) filter (where traffic is not null) as traffic,
        max_by(user_record_id, started_at) filter (where user_record_id is not null)
            as user_record_id,
        min(transaction_id) as transaction_id,
        min_by(market_code, started_at) as market_code,
        min_by(device_category, started_at) as device_category,
        min_by(platform, started_at) as platform,
        sum(event_count) as event_count,
        sum(view_count) as view_count,
        max(stage_rank) as stage_rank,
        max(is_internal) as is_internal,
        max(is_bot) as is_bot,
        max(load_id) as load_id
    from (
        select
            *,
            case when goes_on and not previous_goes_on then previous_date else session_date end
                as visit_date,
            case when goes_on and not previous_goes_on then previous_number else session_number end
                as visit_number
        from (
            select
                *,
                coalesce(
                    lag(goes_on) over (partition by record_id order by started_at, session_number),
                    false
                ) as previous_goes_on
            from {{ parts }}
        ) as chained
    ) as numbered
    group by record_id, visit_date, visit_number
{%- endmacro %}
