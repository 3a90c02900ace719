-- Q20 Which message works for whom?
-- Asked by: whoever writes the messages and chooses who gets which.
-- Shows, for each pair of variants that ran in the same campaigns, segment and result: trials, the
--   share with the result for both (campaigns weighted alike), the lift and its 95 % interval. A
--   result is clear if the interval of the difference leaves out 0, and clear among all if it still
--   does after allowing for every comparison looked at.
-- Can't see: whether the variants were drawn by lot; if a system chose who gets which, the difference
--   is also theirs. Impressions of ads name no person: for them there are no segments, and clicks
--   alone. Purchases that no system ties to a customer; people of whom no segment is known stand in
--   `all` and in their market. Trials whose response time is not over.
select
    lifts.trial_type,
    channels.channel_name,
    lifts.outcome,
    lifts.segment_scheme,
    lifts.segment_name,
    lifts.variant_name || ' against ' || lifts.baseline_name as variants,
    lifts.campaign_count as campaigns,
    lifts.baseline_trials,
    lifts.variant_trials,
    lifts.baseline_share,
    lifts.variant_share,
    lifts.lift,
    lifts.lift_low,
    lifts.lift_high,
    lifts.is_clear,
    lifts.is_clear_among_all,
    lifts.comparison_count as comparisons
from marts.message_variant_lift as lifts
inner join marts.dim_channel as channels on lifts.channel_key = channels.channel_key
order by
    lifts.is_clear_among_all desc,
    lifts.is_clear desc,
    lifts.trial_type,
    channels.channel_name,
    lifts.outcome,
    lifts.segment_scheme,
    lifts.segment_name,
    variants
