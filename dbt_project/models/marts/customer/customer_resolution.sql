{#
    Grain: run of the identity step, with what it found and changed. Fact type: periodic snapshot.
    The newest row is judged before anything is published: a run that moves too many records to
    other customers, or grows a customer too large, publishes nothing.
#}
with runs as (
    select * from {{ source('derived', 'customer_resolution') }}
),

company as (
    select * from {{ source('company', 'company') }}
),

customer_resolution as (
    select
        runs.resolved_at,
        runs.resolved_at = max(runs.resolved_at) over () as is_latest,
        runs.model_version,
        runs.is_incremental,
        runs.records as record_count,
        runs.customers as customer_count,
        runs.linked_records as linked_record_count,
        runs.largest_cluster as largest_customer_record_count,
        runs.new_customers as new_customer_count,
        runs.merged_keys as merged_customer_count,
        runs.split_keys as split_customer_count,
        runs.moved_records as moved_record_count,
        runs.moved_records_pct,
        company.identity_max_moved_pct as allowed_moved_records_pct,
        runs.scored_pairs as scored_pair_count,
        runs.review_cases as review_case_count,
        runs.contradicting_clusters as contradicting_customer_count,
        runs.broken_up_clusters as broken_up_customer_count,
        runs.households as household_count,
        runs.companies as company_count,
        runs.communities as community_count,
    from runs
    cross join company
)

select * from customer_resolution
