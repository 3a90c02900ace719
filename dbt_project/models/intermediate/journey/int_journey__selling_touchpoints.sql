{{ config(materialized='view') }}
{#
    Grain: contact of sales with a person: call, message, meeting, event of a CRM campaign, lead
    captured, deal won. Attempts that reached nobody and what a machine sent are not effective. A
    won deal is a conversion. A lead that was merged into another was captured all the same; one that
    was deleted was not.
#}
with tasks as (
    select * from {{ ref('stg_salesforce__tasks') }} where not is_deleted
),

meetings as (
    select * from {{ ref('stg_salesforce__events') }} where not is_deleted
),

{# E-mails and messages of a generic CRM count as sales', calls and meetings alike. #}
crm_activities as (
    select * from {{ ref('int_lead__crm_activities_linked') }}
    where not is_deleted
        and activity_type in ('call', 'email', 'message', 'meeting', 'task')
),

members as (
    select * from {{ ref('stg_salesforce__campaign_members') }}
),

campaigns as (
    select * from {{ ref('stg_salesforce__campaigns') }}
),

leads as (
    select * from {{ ref('int_lead__leads_unioned') }}
    where captured_at is not null
        and (not is_deleted or merged_into_lead_code is not null)
),

deals as (
    select * from {{ ref('int_lead__deals_unioned') }}
    where stage = 'won' and closed_at is not null
),

touches as (
    select
        'salesforce.task:' || task_id as touchpoint_id,
        'salesforce' as source_system,
        record_id,
        occurred_at,
        {{ unknown_text() }} as market_code,
        'salesforce.task' as channel_system,
        task_subtype as channel_source,
        {{ unknown_text() }} as campaign_code,
        employee_code,
        case
            when task_subtype in ('call', 'email') then 'sales_' || task_subtype
            when call_type is not null then 'sales_call'
            else 'sales_task'
        end as touchpoint_type,
        case when call_type = 'inbound' then 'person' end as initiated_by,
        not is_automatic
            and (
                coalesce(task_subtype, '') = 'email'
                or coalesce(call_type, '') = 'inbound'
                or coalesce(call_disposition, '') = 'connected'
            ) as is_effective,
        case when record_id like 'salesforce.lead:%' then record_id end as lead_id,
        'salesforce.case:' || case_id as ticket_id,
        {{ unknown_text() }} as sale_id,
        {{ unknown_text() }} as conversion_type,
        load_id
    from tasks
    where record_id is not null
    union all
    select
        'salesforce.event:' || event_id,
        'salesforce',
        record_id,
        started_at,
        {{ unknown_text() }},
        'salesforce.event',
        {{ unknown_text() }},
        {{ unknown_text() }},
        employee_code,
        'meeting',
        {{ unknown_text() }},
        not is_no_show,
        case when record_id like 'salesforce.lead:%' then record_id end,
        {{ unknown_text() }},
        {{ unknown_text() }},
        {{ unknown_text() }},
        load_id
    from meetings
    where record_id is not null
    union all
    select
        activity_code,
        'crm',
        record_id,
        occurred_at,
        {{ unknown_text() }},
        'crm.activity',
        activity_type,
        {{ unknown_text() }},
        employee_code,
        case activity_type
            when 'meeting' then 'meeting'
            when 'call' then 'sales_call'
            when 'task' then 'sales_task'
            else 'sales_email'
        end,
        case when is_inbound then 'person' end,
        is_done
        and not is_automatic
        and (activity_type in ('email', 'message') or is_inbound or is_connected),
        case when record_id like 'crm.lead:%' then record_id end,
        ticket_code,
        {{ unknown_text() }},
        {{ unknown_text() }},
        load_id
    from crm_activities
    where record_id is not null
    union all
    select
        'salesforce.campaign_member:' || members.campaign_member_id,
        'salesforce',
        members.record_id,
        coalesce(members.first_responded_at, members.created_at),
        {{ unknown_text() }},
        'salesforce.campaign',
        campaigns.campaign_type,
        members.campaign_code,
        {{ unknown_text() }},
        case when members.has_responded then 'campaign_response' else 'campaign_invitation' end,
        {{ unknown_text() }},
        true,
        'salesforce.lead:' || members.lead_id,
        {{ unknown_text() }},
        {{ unknown_text() }},
        {{ unknown_text() }},
        members.load_id
    from members
    left join campaigns on members.campaign_id = campaigns.campaign_id
    where members.record_id is not null
    union all
    select
        'lead:' || lead_code,
        system,
        record_id,
        captured_at,
        market_code,
        channel_system,
        lead_source,
        campaign_code,
        {{ unknown_text() }},
        'lead_captured',
        {{ unknown_text() }},
        true,
        lead_code,
        {{ unknown_text() }},
        {{ unknown_text() }},
        'lead',
        load_id
    from leads
    union all
    select
        'deal:' || deal_code,
        system,
        record_id,
        closed_at,
        {{ unknown_text() }},
        case system when 'salesforce' then 'salesforce.lead' else 'crm.lead' end,
        lead_source,
        campaign_code,
        employee_code,
        'deal_won',
        {{ unknown_text() }},
        true,
        lead_code,
        {{ unknown_text() }},
        deal_code,
        'won_deal',
        load_id
    from deals
),

int_journey__selling_touchpoints as (
    select
        touchpoint_id,
        source_system,
        record_id,
        occurred_at,
        cast(null as date) as touchpoint_date,
        market_code,
        channel_system,
        channel_source,
        {{ unknown_text() }} as channel_medium,
        {{ unknown_text() }} as channel_campaign,
        campaign_code,
        {{ unknown_text() }} as creative_code,
        {{ unknown_text() }} as store_code,
        {{ unknown_text() }} as distributor_code,
        employee_code,
        {{ unknown_text() }} as department,
        touchpoint_type,
        {{ unknown_text() }} as intent,
        {{ unknown_text() }} as stage,
        {{ unknown_text() }} as device_category,
        initiated_by,
        is_effective,
        false as is_direct,
        sale_id,
        lead_id,
        ticket_id,
        conversion_type,
        {{ unknown_text() }} as sentiment,
        cast(null as {{ dbt.type_int() }}) as satisfaction_score,
        load_id
    from touches
)

select * from int_journey__selling_touchpoints
