-- Every model shares out every conversion once and exactly: conversions, revenue, refunds, margin.
with credited as (
    select
        conversion_key,
        attribution_model,
        sum(credited_conversions) as conversions,
        sum(credited_revenue_amount) as revenue_amount,
        sum(credited_refunded_amount) as refunded_amount,
        sum(credited_net_revenue_amount) as net_revenue_amount,
        sum(credited_margin_amount) as margin_amount
    from {{ ref('fct_attribution') }}
    group by conversion_key, attribution_model
),

models as (
    {%- for model in attribution_models() %}
    select '{{ model }}' as attribution_model
    {%- if not loop.last %} union all{% endif %}
    {%- endfor %}
),

expected as (
    select conversions.*, models.attribution_model
    from {{ ref('fct_conversion') }} as conversions
    cross join models
)

select
    coalesce(expected.conversion_key, credited.conversion_key) as conversion_key,
    coalesce(expected.attribution_model, credited.attribution_model) as attribution_model,
    credited.conversions,
    expected.revenue_amount,
    credited.revenue_amount as credited_revenue_amount
from expected
full join credited
    on expected.conversion_key = credited.conversion_key
    and expected.attribution_model = credited.attribution_model
where expected.conversion_key is null
    or credited.conversions is distinct from 1
    or credited.revenue_amount is distinct from expected.revenue_amount
    or credited.refunded_amount is distinct from expected.refunded_amount
    or credited.net_revenue_amount is distinct from expected.net_revenue_amount
    or credited.margin_amount is distinct from expected.margin_amount
