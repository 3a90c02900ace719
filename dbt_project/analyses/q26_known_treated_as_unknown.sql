-- Q26 Do we treat people whom we know as strangers?
-- Asked by: whoever is answerable for marketing and sales contacts.
-- Shows, by department and in all: contacts that the company began with people on its records,
--   the share with a known history, the share whose history only other systems knew, and the
--   contacts that broke each of five rules:
--   acquisition_of_customer      a welcome or acquisition message to somebody who had bought
--   promotion_of_recent_purchase a coupon for what the person bought in the last days
--   sales_during_complaint       a sales contact while a complaint was open
--   marketing_during_complaint   an offer or a newsletter while a complaint was open
--   against_consent              e-mail, phone or post after the person had refused it
-- Can't see: contacts with people who are on no record (ads), what a salesperson knew without a
--   record, purchases of unknown shoppers. Answers to what a person asked are left out.
select
    coalesce(department, 'all') as department,
    count(*) as contacts,
    count(distinct customer_key) as people,
    avg(has_history::integer) as known_history_share,
    avg((known_by = 'other_records')::integer) as known_elsewhere_share,
    avg(has_purchased::integer) as customer_share,
    sum(is_acquisition_of_customer::integer) as acquisition_of_customer,
    sum(is_promotion_of_recent_purchase::integer) as promotion_of_recent_purchase,
    sum(is_sales_during_complaint::integer) as sales_during_complaint,
    sum(is_marketing_during_complaint::integer) as marketing_during_complaint,
    sum(is_against_consent::integer) as against_consent,
    sum((ignored_rule_count > 0)::integer) as contacts_ignoring_history,
    avg((ignored_rule_count > 0)::integer) as ignoring_share
from marts.fct_company_contact
group by rollup (department)
order by contacts desc
