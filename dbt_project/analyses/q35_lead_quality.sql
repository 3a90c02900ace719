-- Q35 Are leads good, or just many?
-- Asked by: sales of marketing, and marketing of itself, when volume and revenue part ways.
-- Shows, for leads that count (each person once), in all, per origin, per band of marketing's score and
--   per reason of rejection: how many were qualified, what sales decided (accepted, or rejected at some
--   time; shares of those decided on), how many were sent back to marketing (recycled), and how many
--   of those that have ended were won. For score bands `is_in_order` says whether sales accepts the
--   band at least as often as the one below it, and wins it as often: a score that is worth something
--   does both.
-- Can't see: why sales rejected where it wrote no reason (unknown), and leads that nobody has decided
--   on yet (undecided_leads). Small bands swing: 20 decisions leave ten points of doubt either way.
with counted as (
    select
        lead_source,
        coalesce(rejection_reason, 'unknown') as rejection_reason,
        case
            when score is null then 'unknown'
            when score < 80 then lpad(cast(score // 20 * 20 as varchar), 2, '0') || ' to '
                || cast(score // 20 * 20 + 19 as varchar)
            else '80 to 100'
        end as score_band,
        furthest_stage not in ('captured', 'engaged', 'unknown') as is_qualified,
        furthest_stage in ('sal', 'sql', 'opportunity', 'won') as is_accepted,
        rejected_at is not null or current_stage = 'rejected' as is_rejected,
        recycled_at is not null or current_stage = 'recycled' as is_recycled,
        furthest_stage = 'won' as is_won,
        current_stage in ('won', 'lost', 'rejected', 'recycled') as has_ended
    from marts.fct_lead
    where is_counted
        and not is_inferred
),

viewed as (
    select 'all' as view, 'all' as value, * from counted
    union all
    select 'origin', lead_source, * from counted
    union all
    select 'score', score_band, * from counted
    union all
    select 'rejection reason', rejection_reason, * from counted where is_rejected
),

summed as (
    select
        view,
        value,
        count(*) as leads,
        count(*) filter (is_qualified) as qualified_leads,
        count(*) filter (is_accepted) as accepted_leads,
        count(*) filter (is_rejected) as rejected_leads,
        count(*) filter (is_accepted or is_rejected) as decided_leads,
        count(*) filter (is_qualified and not is_accepted and not is_rejected) as undecided_leads,
        count(*) filter (is_recycled) as recycled_leads,
        count(*) filter (is_recycled and is_rejected) as recycled_after_rejection_leads,
        count(*) filter (has_ended) as ended_leads,
        count(*) filter (is_won) as won_leads
    from viewed
    group by view, value
),

shared as (
    select
        *,
        qualified_leads / leads as qualified_share,
        accepted_leads / nullif(decided_leads, 0) as accepted_share,
        rejected_leads / nullif(decided_leads, 0) as rejected_share,
        recycled_after_rejection_leads / nullif(rejected_leads, 0) as recycled_share_of_rejected,
        won_leads / nullif(ended_leads, 0) as won_share_of_ended
    from summed
)

select
    *,
    case when view = 'score' and value <> 'unknown' then coalesce(
        accepted_share >= lag(accepted_share) over bands
        and won_share_of_ended >= lag(won_share_of_ended) over bands,
        true
    ) end as is_in_order
from shared
window bands as (partition by view order by value)
order by
    list_position(['all', 'origin', 'score', 'rejection reason'], view),
    case when view = 'score' then value end,
    leads desc,
    value
