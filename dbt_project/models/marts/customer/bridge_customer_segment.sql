{#
    Grain: customer and segment of a scheme, dated. A customer may be in several segments of one
    scheme when its records disagree; the share of records that say so is its weight.
#}
with segments as (
    select * from {{ ref('int_customer__record_segments') }}
),

identities as (
    select * from {{ ref('bridge_customer_identity') }}
),

memberships as (
    select
        identities.customer_key,
        segments.scheme,
        segments.segment,
        count(*) as records,
        min(segments.valid_from) as valid_from,
        max(segments.valid_to) as valid_to,
    from segments
    inner join identities on segments.record_id = identities.record_id
    group by identities.customer_key, segments.scheme, segments.segment
),

bridge_customer_segment as (
    select
        {{ surrogate_key(['customer_key', 'scheme', 'segment']) }} as customer_segment_key,
        customer_key,
        scheme as segment_scheme,
        segment as segment_name,
        cast(records * 1.0 / sum(records) over (partition by customer_key, scheme) as double)
            as weight,
        valid_from,
        valid_to,
        valid_to = timestamp '9999-12-31' as is_current,
    from memberships
)

select * from bridge_customer_segment
