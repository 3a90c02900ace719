-- Grain: one row per lead that has deals, those of its duplicates included (a duplicate has its own
-- beside). Won deals without a value, or in a currency without a rate, are counted beside the sum.
-- Whoever has the latest deal stands for those who have them.
with

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
),

duplicates as (
    select * from {{ ref('int_lead__duplicates_found') }}
),

parts as (
    select
        lead_code as record_code,
        lead_code
    from deals
    union
    select
        lead_code as record_code,
        duplicate_of_lead_code as lead_code
    from duplicates
),

deals_of_leads as (
    select
        parts.lead_code,
        deals.deal_code,
        deals.employee_code,
        deals.stage,
        deals.amount,
        deals.margin_amount,
        deals.opened_at,
        deals.closed_at,
        deals.load_id
    from parts
    inner join deals on parts.record_code = deals.lead_code
),

latest_deals as (
    select
        lead_code,
        employee_code
    from deals_of_leads
    qualify
        row_number() over (
            partition by lead_code
            order by coalesce(closed_at, opened_at) desc nulls last, deal_code
        ) = 1
),

summed as (
    select
        lead_code,
        count(*) as deal_count,
        count(case when stage = 'won' then 1 end) as won_deal_count,
        count(case when stage = 'won' and amount is null then 1 end) as unvalued_won_deal_count,
        count(case when stage = 'won' and margin_amount is null then 1 end)
            as unknown_margin_deal_count,
        cast({{ exact_sum("case when stage = 'won' then amount end") }} as double) as won_amount,
        cast({{ exact_sum("case when stage = 'opportunity' then amount end") }} as double)
            as open_amount,
        cast({{ exact_sum("case when stage = 'won' then margin_amount end") }} as double)
            as margin_amount,
        {{ dbt.listagg('deal_code', "' > '", 'order by opened_at nulls last, deal_code') }}
            as deal_ids,
        max(load_id) as load_id
    from deals_of_leads
    group by lead_code
)

select
    summed.*,
    latest_deals.employee_code
from summed
inner join latest_deals on summed.lead_code = latest_deals.lead_code
