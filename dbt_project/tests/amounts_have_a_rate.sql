{{ config(severity='warn') }}
-- Amounts whose currency has no exchange rate on their day: they are empty in company currency,
-- and this counts them.
select 'fct_sale_line' as fact, currency_code, count(*) as row_count
from {{ ref('fct_sale_line') }}
where net_amount is null and net_amount_original is not null
group by currency_code
union all
select 'fct_sell_in' as fact, currency_code, count(*) as row_count
from {{ ref('fct_sell_in') }}
where net_amount is null
group by currency_code
union all
select 'fct_sell_out' as fact, currency_code, count(*) as row_count
from {{ ref('fct_sell_out') }}
where sales_amount is null and sales_amount_original is not null
group by currency_code
union all
select 'fct_shelf_audit' as fact, currency_code, count(*) as row_count
from {{ ref('fct_shelf_audit') }}
where price_amount is null and price_original is not null
group by currency_code
