-- Q14 Who helps without closing?
-- Asked by: whoever would cut a channel because it closes little.
-- Shows, per kind of conversion and channel: the credit of its contacts by nine models side by side,
--   the assist gap (Markov less last touch: above zero it helps more than it closes), how often it
--   took part, assisted and closed, and its removal effect. Each model's column sums to the
--   conversions of the kind; the channel Unknown holds those that no contact led to.
-- Can't see: contacts that nobody recorded; and why: a channel that people use who would have bought
--   anyway gets credit all the same. Only an experiment tells what is lost without it. What a model
--   gives a channel as a whole, which shapley_rate may put below zero, stands in
--   channel_attribution.model_conversions.
select
    credit.conversion_type,
    channels.channel_name,
    sum(credited_conversions) filter (attribution_model = 'first_touch') as first_touch,
    sum(credited_conversions) filter (attribution_model = 'last_touch') as last_touch,
    sum(credited_conversions) filter (attribution_model = 'last_non_direct') as last_non_direct,
    sum(credited_conversions) filter (attribution_model = 'linear') as linear,
    sum(credited_conversions) filter (attribution_model = 'position_based') as position_based,
    sum(credited_conversions) filter (attribution_model = 'time_decay') as time_decay,
    sum(credited_conversions) filter (attribution_model = 'markov') as markov,
    sum(credited_conversions) filter (attribution_model = 'shapley') as shapley,
    sum(credited_conversions) filter (attribution_model = 'shapley_rate') as shapley_rate,
    markov - last_touch as assist_gap,
    any_value(credit.path_conversions) as took_part,
    any_value(credit.assisted_conversions) as assisted,
    any_value(credit.closed_conversions) as closed,
    max(credit.removal_effect) as removal_effect
from marts.channel_attribution as credit
inner join marts.dim_channel as channels using (channel_key)
group by credit.conversion_type, credit.channel_key, channels.channel_name
order by credit.conversion_type, assist_gap desc, channels.channel_name
