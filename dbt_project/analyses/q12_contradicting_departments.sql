-- Q12 Which departments contradict each other?
-- Asked by: service and marketing, who must tell a customer the same.
-- Shows, per pair of departments and per pair of channels, in the order in which they spoke: pairs
--   of answers that could have contradicted each other (same customer and topic, within the
--   company's contradiction_days, from different departments or over different channels), those
--   that do, their share, customers who heard both, how many were on one ticket, with a machine's
--   answer, and the days between. The row 'all' counts beside it every answer on a topic, and
--   those to people whom nobody knows.
-- Can't see: what an answer without a code said. People who are not known are compared within
--   their ticket only, so theirs elsewhere are missing. Somebody who corrects himself on a ticket
--   and a department that changes its mind over one channel are no pair. A department said later
--   may well be the one that is right.
with pairs as (
    select
        pairs.*,
        earlier.channel_name as earlier_channel,
        later.channel_name as later_channel
    from marts.fct_answer_pair as pairs
    inner join marts.dim_channel as earlier on pairs.earlier_channel_key = earlier.channel_key
    inner join marts.dim_channel as later on pairs.channel_key = later.channel_key
),

compared as (
    select 'all' as compared, 'all' as said_first, 'all' as said_later, pairs.* from pairs
    union all
    select 'departments', earlier_department, department, pairs.* from pairs
    where is_between_departments
    union all
    select 'channels', earlier_channel, later_channel, pairs.* from pairs
    where is_between_channels
)

select
    compared,
    said_first,
    said_later,
    count(*) as pairs,
    count(*) filter (is_contradiction) as contradictions,
    avg(is_contradiction::integer) as contradiction_rate,
    count(distinct case when customer_key <> -1 then customer_key end) filter (is_contradiction)
        as customers,
    count(*) filter (is_contradiction and is_same_ticket) as on_one_ticket,
    count(*) filter (is_contradiction and is_with_machine) as with_a_machine,
    median(days_between) filter (is_contradiction) as median_days_between,
    case when compared = 'all'
        then (select count(*) from marts.fct_answer where is_counted)
    end as answers,
    case when compared = 'all'
        then (select count(*) from marts.fct_answer where is_counted and customer_key = -1)
    end as answers_to_unknown_people
from compared
group by compared, said_first, said_later
order by
    list_position(['all', 'departments', 'channels'], compared), contradictions desc, said_first,
    said_later
