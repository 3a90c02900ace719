-- Grain: one row per feed and per fact. Periodic snapshot of the present build: how far the
-- business days of each reach, and how far it lags behind the newest of all.
with

loads as (
    select * from {{ ref('stg_warehouse__loads') }}
),

load_days as (
    select * from {{ source('bronze', 'load_day') }}
),

facts as (
    {%- for model, day in {
        'fct_touchpoint': 'touchpoint_date',
        'fct_sale_line': 'sale_date',
        'fct_ad_spend_daily': 'spend_date',
        'fct_sell_in': 'invoice_date',
        'fct_sell_out': 'period_end_date',
        'fct_stock_daily': 'stock_date',
        'fct_shelf_audit': 'audit_date',
        'fct_lead': 'captured_date',
        'fct_ticket': 'opened_date',
        'fct_ticket_handoff': 'cast(handed_over_at as date)',
        'fct_answer': 'cast(answered_at as date)',
        'fct_lead_stage': 'cast(entered_at as date)',
        'fct_company_contact': 'contact_date',
        'fct_journey': 'cast(last_touch_at as date)',
        'fct_conversion': 'conversion_date',
    }.items() %}
    select
        'mart' as subject_type,
        'marts/{{ model }}' as subject_name,
        cast(null as timestamp) as last_received_at,
        cast(null as timestamp) as last_loaded_at,
        max({{ day }}) as newest_business_date,
        count(*) as row_count
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

feed_days as (
    select
        load_id,
        max(business_date) as newest_business_date
    from load_days
    where business_date > date '1900-01-01'
    group by load_id
),

feeds as (
    select
        'feed' as subject_type,
        loads.feed_name as subject_name,
        max(loads.received_at) as last_received_at,
        max(loads.loaded_at) as last_loaded_at,
        max(case when loads.is_current then feed_days.newest_business_date end)
            as newest_business_date,
        cast(sum(case when loads.is_current then loads.rows_loaded else 0 end) as bigint)
            as row_count
    from loads
    left join feed_days on loads.load_id = feed_days.load_id
    group by loads.feed_name
),

subjects as (
    select * from feeds
    union all
    select * from facts
),

source_freshness as (
    select
        {{ surrogate_key(['subject_type', 'subject_name']) }} as source_freshness_key,
        subject_type,
        subject_name,
        last_received_at,
        last_loaded_at,
        newest_business_date,
        cast(
            {{ dbt.datediff('newest_business_date', 'max(newest_business_date) over ()', 'day') }}
            as integer
        ) as days_behind_newest,
        row_count
    from subjects
)

select * from source_freshness
