{#
    Grain: person record of a source, with the customer that it belongs to.
    A record that nothing ties to another is a customer of its own. Customer keys survive
    reruns, merges and splits: they come from the identity step, which keeps them.
#}
with records as (
    select * from {{ ref('int_customer__person_records') }}
),

clusters as (
    select * from {{ source('derived', 'customer_cluster') }}
),

bridge_customer_identity as (
    select
        records.record_id,
        coalesce(clusters.customer_key, {{ surrogate_key(['records.record_id']) }})
            as customer_key,
        records.system,
        records.record_type,
        coalesce(clusters.rule, 'own_record') as rule,
        cast(coalesce(clusters.confidence, 1) as double) as confidence,
        clusters.match_weight,
        clusters.linked_record_id,
        coalesce(clusters.link_depth, 0) as link_depth,
        coalesce(clusters.link_path, records.record_id) as link_path,
        coalesce(clusters.linked_at, records.created_at) as valid_from,
        records.is_deleted,
        records.merged_into_record_id,
    from records
    left join clusters on records.record_id = clusters.record_id
)

select * from bridge_customer_identity
