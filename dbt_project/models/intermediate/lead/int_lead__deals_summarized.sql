-- Grain: one row per lead that has deals. Won deals without a value, or in a currency without a rate, are
-- counted beside the sum.
with

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
)

select
    lead_code,
    count(*) as deal_count,
    count(case when stage = 'won' then 1 end) as won_deal_count,
    count(case when stage = 'won' and amount is null then 1 end) as unvalued_won_deal_count,
    sum(case when stage = 'won' then amount end) as won_amount,
    sum(case when stage = 'opportunity' then amount end) as open_amount,
    max(load_id) as load_id
from deals
group by lead_code
