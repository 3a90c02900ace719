-- Grain: one row per month of capture, lead source, channel, campaign and market. Periodic snapshot
-- of cohorts: how far the leads of a month have come until now. Rebuilt whole: late history moves
-- leads down the funnel of the month in which they were captured. Reached means this stage or a
-- later one, entered means the stage itself (a lead may skip stages). Counts hold counted leads that
-- a CRM recorded; inferred leads (deals without one) and uncounted ones (deleted, merged away,
-- duplicates) stand beside. Leads whose capture has no known time stand in month 1900-01-01.
with

leads as (
    select
        *,
        cast({{ dbt.date_trunc(
            'month', "coalesce(captured_date, cast('1900-01-01' as date))"
        ) }} as date) as month_start_date,
        is_counted and not is_inferred as is_told,
        is_counted and is_inferred as is_beside,
        {{ lead_stage_rank('furthest_stage') }} as furthest_rank
    from {{ ref('fct_lead') }}
),

entries as (
    select
        lead_key,
        {%- for stage in funnel_stages() + ['lost', 'rejected', 'recycled'] %}
        max(case when stage = '{{ stage }}' then 1 else 0 end) as {{ stage }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('fct_lead_stage') }}
    group by lead_key
)

select
    {{ surrogate_key([
        'leads.month_start_date', 'leads.lead_source', 'leads.channel_key', 'leads.campaign_key',
        'leads.market_code'
    ]) }} as lead_funnel_key,
    leads.month_start_date,
    cast({{ date_key('leads.month_start_date') }} as integer) as month_date_key,
    leads.lead_source,
    leads.channel_key,
    leads.campaign_key,
    leads.market_code,
    count(case when leads.is_told then 1 end) as lead_count,
    {%- for stage in funnel_stages()[1:] %}
    count(
        case when leads.is_told
            and leads.furthest_rank between {{ lead_stage_rank("'" ~ stage ~ "'") }} and 7 then 1 end
    ) as reached_{{ stage }}_count,
    {%- endfor %}
    {%- for stage in funnel_stages()[1:] %}
    count(case when leads.is_told and entries.{{ stage }} = 1 then 1 end)
        as entered_{{ stage }}_count,
    {%- endfor %}
    {%- for stage in ['lost', 'rejected', 'recycled'] %}
    count(case when leads.is_told and entries.{{ stage }} = 1 then 1 end) as {{ stage }}_count,
    {%- endfor %}
    count(
        case when leads.is_told and leads.current_stage not in ('won', 'lost', 'rejected') then 1 end
    ) as open_count,
    cast({{ exact_sum('case when leads.is_told then leads.cost_amount end') }} as double)
        as cost_amount,
    count(case when leads.is_told and leads.cost_amount is null then 1 end) as uncosted_lead_count,
    cast(sum(case when leads.is_told then leads.won_deal_count else 0 end) as bigint) as won_deal_count,
    cast(sum(case when leads.is_told then leads.unvalued_won_deal_count else 0 end) as bigint)
        as unvalued_won_deal_count,
    cast({{ exact_sum('case when leads.is_told then leads.won_amount end') }} as double)
        as won_amount,
    cast({{ exact_sum('case when leads.is_told then leads.margin_amount end') }} as double)
        as margin_amount,
    cast(sum(case when leads.is_told then leads.unknown_margin_deal_count else 0 end) as bigint)
        as unknown_margin_deal_count,
    cast({{ exact_sum('case when leads.is_told then leads.open_amount end') }} as double)
        as open_amount,
    count(case when leads.is_beside then 1 end) as inferred_lead_count,
    count(case when leads.is_beside and leads.current_stage = 'won' then 1 end)
        as inferred_won_count,
    cast({{ exact_sum('case when leads.is_beside then leads.won_amount end') }} as double)
        as inferred_won_amount,
    count(case when not leads.is_counted then 1 end) as uncounted_lead_count
from leads
left join entries on leads.lead_key = entries.lead_key
group by
    leads.month_start_date,
    leads.lead_source,
    leads.channel_key,
    leads.campaign_key,
    leads.market_code
