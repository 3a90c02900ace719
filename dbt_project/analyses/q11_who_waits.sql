-- Q11 Who waits for an answer, how long, and between which departments?
-- Asked by: service, and whoever it hands its customers to.
-- Shows, for first answers, next replies (to what customers wrote later on a ticket) and hand-overs
--   between departments; per channel and pair of departments, and over all channels: waits, those
--   that ended, those still waiting, those given up (closed or handed on without), the share that
--   never got what it waited for, and half and nine tenths of the waits that ended, in working
--   hours of the market and by the clock on the wall. A customer waits for the department that
--   answered, else for the owner's.
-- Can't see: what was said where no system listened. Automatic replies, notes that customers don't
--   see and calls without answer end no wait; clocks stand still while a ticket waits for the
--   customer (not for a next reply: there the customer has spoken) or is on hold.
with waits as (
    select
        'first answer' as waits_for,
        tickets.channel_key,
        'customer' as from_department,
        coalesce(replies.reply_department, tickets.department) as to_department,
        tickets.answer_status = 'answered' as is_ended,
        tickets.answer_status = 'waiting' as is_waiting,
        tickets.waited_business_minutes as business_minutes,
        tickets.waited_minutes as minutes
    from marts.fct_ticket as tickets
    inner join marts.fct_ticket_reply as replies using (ticket_key)
    where tickets.is_counted and replies.is_opening
    union all
    select
        'next reply', replies.channel_key, 'customer',
        coalesce(replies.reply_department, tickets.department), replies.outcome = 'answered',
        replies.outcome = 'waiting', replies.wait_business_minutes, replies.wait_minutes
    from marts.fct_ticket_reply as replies
    inner join marts.fct_ticket as tickets using (ticket_key)
    where replies.is_counted and not replies.is_opening and replies.outcome <> 'after_closing'
    union all
    select
        'hand-over', channel_key, from_department, to_department, outcome = 'picked_up',
        outcome = 'waiting', wait_business_minutes, wait_minutes
    from marts.fct_ticket_handoff
    where is_counted
)

select
    waits.waits_for,
    coalesce(channels.channel_name, 'all') as channel_name,
    coalesce(waits.from_department, 'all') as from_department,
    coalesce(waits.to_department, 'all') as to_department,
    count(*) as waits,
    count(*) filter (waits.is_ended) as ended,
    count(*) filter (waits.is_waiting) as still_waiting,
    count(*) filter (not waits.is_ended and not waits.is_waiting) as given_up,
    avg((not waits.is_ended)::integer) as unanswered_share,
    quantile_cont(waits.business_minutes, 0.5) filter (waits.is_ended) as p50_business_minutes,
    quantile_cont(waits.business_minutes, 0.9) filter (waits.is_ended) as p90_business_minutes,
    quantile_cont(waits.minutes, 0.5) filter (waits.is_ended) as p50_minutes,
    quantile_cont(waits.minutes, 0.9) filter (waits.is_ended) as p90_minutes,
    max(waits.business_minutes) filter (waits.is_waiting) as longest_open_business_minutes
from waits
inner join marts.dim_channel as channels using (channel_key)
group by grouping sets (
    (waits.waits_for),
    (waits.waits_for, channels.channel_name),
    (waits.waits_for, waits.from_department, waits.to_department),
    (waits.waits_for, channels.channel_name, waits.from_department, waits.to_department)
)
order by
    list_position(['first answer', 'next reply', 'hand-over'], waits.waits_for),
    grouping(channels.channel_name) desc, channels.channel_name,
    grouping(waits.from_department) desc, waits.from_department, waits.to_department
