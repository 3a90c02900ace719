-- Keys that are -1 where a row has no such partner, and else must find it.
select 'fct_lead_sla.lead_key' as key_name, lead_sla_key as row_key
from {{ ref('fct_lead_sla') }}
where (subject_type = 'lead') <> (lead_key in (select lead_key from {{ ref('fct_lead') }}))
union all
select 'fct_lead_sla.ticket_key' as key_name, lead_sla_key as row_key
from {{ ref('fct_lead_sla') }}
where (subject_type = 'ticket') <> (ticket_key in (select ticket_key from {{ ref('fct_ticket') }}))
union all
select 'fct_lead.duplicate_of_lead_key' as key_name, lead_key as row_key
from {{ ref('fct_lead') }}
where duplicate_of_lead_key <> {{ unknown_key() }}
    and duplicate_of_lead_key not in (select lead_key from {{ ref('fct_lead') }})
union all
select 'fct_answer.contradicted_answer_key' as key_name, answer_key as row_key
from {{ ref('fct_answer') }}
where is_contradiction
    <> (contradicted_answer_key in (select answer_key from {{ ref('fct_answer') }}))
union all
select 'fct_count_difference.lead_key' as key_name, count_difference_key as row_key
from {{ ref('fct_count_difference') }}
where (cause in ('unknown_lead', 'not_listed') and basis = 'list' and side_units <> 0)
    <> (lead_key not in (select lead_key from {{ ref('fct_lead') }}))
