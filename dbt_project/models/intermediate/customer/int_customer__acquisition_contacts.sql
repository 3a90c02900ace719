{{ config(materialized='view') }}
{#
    Grain: contact by the company that is meant for people who are no customers yet, by the name of
    its campaign, the subject of its message or of the salesperson's task (company.yaml,
    contacts.acquisition_campaigns).
#}
with touchpoints as (
    select touchpoint_key, touchpoint_id, source_system, campaign_key, creative_key
    from {{ ref('fct_touchpoint') }}
    where initiated_by = 'company'
),

company as (
    select * from {{ source('company', 'company') }}
),

campaigns as (
    select campaign_key from {{ ref('dim_campaign') }}
    cross join company
    where {{ matches_pattern(
            "campaign_name || ' ' || campaign_type", 'company.acquisition_campaign_pattern'
        ) }}
),

creatives as (
    select creative_key from {{ ref('dim_creative') }}
    cross join company
    where {{ matches_pattern(
            "coalesce(subject, '') || ' ' || coalesce(creative_name, '')",
            'company.acquisition_campaign_pattern'
        ) }}
),

tasks as (
    select 'salesforce.task:' || task_id as touchpoint_id from {{ ref('stg_salesforce__tasks') }}
    cross join company
    where {{ matches_pattern("coalesce(subject, '')", 'company.acquisition_campaign_pattern') }}
    union all
    select activity_code as touchpoint_id from {{ ref('stg_crm__activities') }}
    cross join company
    where {{ matches_pattern("coalesce(subject, '')", 'company.acquisition_campaign_pattern') }}
),

int_customer__acquisition_contacts as (
    select touchpoint_key
    from touchpoints
    where campaign_key in (select campaign_key from campaigns)
        or creative_key in (select creative_key from creatives)
    union
    select touchpoints.touchpoint_key
    from touchpoints
    inner join tasks on touchpoints.touchpoint_id = tasks.touchpoint_id
)

select * from int_customer__acquisition_contacts
