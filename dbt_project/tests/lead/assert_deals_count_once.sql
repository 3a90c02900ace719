-- Every deal counts for one lead that counts: none is lost, none is counted twice.
with held as (
    select coalesce(sum(deal_count), 0) as deal_count
    from {{ ref('fct_lead') }}
    where is_counted
),

sent as (
    select count(*) as deal_count from {{ ref('int_lead__deals_unioned') }}
)

select
    held.deal_count as counted_deals,
    sent.deal_count as sent_deals
from held
cross join sent
where held.deal_count <> sent.deal_count
