-- Q16 How did they feel?
-- Asked by: whoever answers for a channel, a department or a stage of the journey.
-- Shows, over all and by kind of interaction, channel, department, stage, end of the journey and
--   by what each customer showed last: survey answers with mean satisfaction (CSAT, 1 to 5) and
--   the share of satisfied (4 and 5), the net promoter score (share of promoters, 9 and 10, less
--   share of detractors, 0 to 6, in percent), contacts with a tagged mood and their negative share,
--   customers, and the mean of all scores from 0 (bad) to 1 (good). A survey about a ticket counts
--   for the ticket's channel and department. Beside 'all': the share of closed tickets with a
--   survey answer.
-- Can't see: those who were asked and did not answer (no system says whom it asked), and those who
--   said nothing: who answers is often very pleased or very cross. Moods are as agents and
--   classifiers tagged them, mostly at the beginning of a contact.
with felt as (
    select
        feelings.*,
        channels.channel_name,
        coalesce(journeys.outcome, 'outside any journey') as journey_outcome,
        coalesce(pages.last_feeling, 'not known') as last_feeling
    from marts.fct_satisfaction as feelings
    inner join marts.dim_channel as channels using (channel_key)
    left join marts.fct_journey as journeys using (journey_key)
    left join marts.customer_360 as pages on feelings.customer_key = pages.customer_key
),

grouped as (
    select 'all' as seen_by, 'all' as name, felt.* from felt
    union all
    select 'interaction', touchpoint_type, felt.* from felt
    union all
    select 'channel', channel_name, felt.* from felt
    union all
    select 'department', department, felt.* from felt
    union all
    select 'stage', stage, felt.* from felt
    union all
    select 'journey', journey_outcome, felt.* from felt
    union all
    select 'customer, by the last that is known', last_feeling, felt.* from felt
)

select
    seen_by,
    name,
    count(*) filter (measure = 'csat') as csat_answers,
    avg(raw_score) filter (measure = 'csat') as mean_csat,
    avg(is_positive::integer) filter (measure = 'csat') as satisfied_share,
    count(*) filter (measure = 'nps') as nps_answers,
    100 * avg((nps_class = 'promoter')::integer - (nps_class = 'detractor')::integer)
        filter (measure = 'nps') as net_promoter_score,
    count(*) filter (measure = 'sentiment') as tagged_moods,
    avg(is_negative::integer) filter (measure = 'sentiment') as negative_share,
    avg(score) as mean_score,
    count(distinct customer_key) filter (customer_key <> -1) as customers,
    count(*) filter (customer_key = -1) as of_unknown_people,
    case when seen_by = 'all' then (
        select avg((csat_score is not null)::integer)
        from marts.fct_ticket
        where is_closed and is_counted and source_system <> 'social'
    ) end as closed_tickets_with_csat_share
from grouped
group by seen_by, name
order by
    list_position(['all', 'interaction', 'channel', 'department', 'stage', 'journey'], seen_by)
        nulls last, count(*) desc, name
