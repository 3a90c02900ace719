-- Q13 What do people use each channel for: to ask, complain, book, buy?
-- Asked by: whoever staffs channels and decides what each must be able to do.
-- Shows, per channel and intent: contacts that people made, the share of the channel's contacts,
--   the share of the intent's contacts that came this way, people, and their sentiment where
--   somebody tagged it.
-- Can't see: what was meant but not said. Tickets, sales contacts, purchases and messages carry
--   the intent that the system or the agent noted; visits take that of their channel (search for
--   search engines), unless the company's rules say otherwise. Contacts that no system recorded,
--   and ads that were seen and not clicked, are missing.
select
    channels.channel_name,
    channels.ownership,
    contacts.intent,
    count(*) as contacts,
    count(*) / sum(count(*)) over (partition by contacts.channel_key) as share_of_channel,
    count(*) / sum(count(*)) over (partition by contacts.intent) as share_of_intent,
    count(distinct contacts.customer_key) filter (contacts.customer_key <> -1) as people,
    count(*) filter (contacts.sentiment = 'negative') / nullif(count(contacts.sentiment), 0)
        as negative_share
from marts.fct_touchpoint as contacts
inner join marts.dim_channel as channels using (channel_key)
where contacts.is_engagement
group by contacts.channel_key, channels.channel_name, channels.ownership, contacts.intent
order by sum(count(*)) over (partition by contacts.channel_key) desc, channel_name, contacts desc,
    contacts.intent
