-- Grain: one row per source and month: of the period of its files, of the capture of its leads, of
-- the day of its contacts. Periodic snapshot, rebuilt whole: late rows count in the month of the
-- file that brings them. A source is in doubt by the company's own limits (`trust`).
with

arrived as (
    select * from {{ ref('int_warehouse__rows_arrived') }}
),

contacts as (
    select * from {{ ref('int_warehouse__contacts_identified') }}
),

leads as (
    select * from {{ ref('int_warehouse__leads_completed') }}
),

trust as (
    select * from {{ source('company', 'source_trust') }}
),

subjects as (
    select source_name, month_date from arrived
    union
    select source_name, month_date from contacts
    union
    select source_name, month_date from leads
),

-- What lies beyond the month (a list that is closed after it) makes no other source lag.
newest as (
    select
        month_date,
        least(max(newest_business_date), {{ dbt.last_day('month_date', 'month') }})
            as newest_business_date
    from arrived
    group by month_date
),

rated as (
    select
        subjects.source_name,
        subjects.month_date,
        coalesce(arrived.file_count, 0) as file_count,
        coalesce(arrived.refused_file_count, 0) as refused_file_count,
        coalesce(arrived.rows_read, 0) as rows_read,
        coalesce(arrived.rows_loaded, 0) as rows_loaded,
        coalesce(arrived.rows_rejected, 0) as rows_rejected,
        100.0 * arrived.rows_rejected / nullif(arrived.rows_read, 0) as rejected_pct,
        coalesce(arrived.duplicate_rows, 0) as duplicate_rows,
        100.0 * arrived.duplicate_rows / nullif(arrived.rows_read, 0) as duplicate_pct,
        coalesce(arrived.late_rows, 0) as late_rows,
        100.0 * arrived.late_rows / nullif(arrived.dated_rows, 0) as late_pct,
        arrived.newest_business_date,
        case
            when arrived.newest_business_date > newest.newest_business_date then 0
            else {{ dbt.datediff(
                'arrived.newest_business_date', 'newest.newest_business_date', 'day'
            ) }}
        end as days_behind,
        coalesce(contacts.contact_count, 0) as contact_count,
        100.0 * contacts.identified_contact_count / nullif(contacts.contact_count, 0)
            as identified_contact_pct,
        coalesce(leads.lead_count, 0) as lead_count,
        100.0 * leads.email_count / leads.lead_count as lead_email_pct,
        100.0 * leads.phone_count / leads.lead_count as lead_phone_pct,
        100.0 * leads.company_count / leads.lead_count as lead_company_pct,
        100.0 * leads.campaign_count / leads.lead_count as lead_campaign_pct,
        100.0 * (leads.email_count + leads.phone_count + leads.company_count + leads.campaign_count)
        / (4 * leads.lead_count) as lead_complete_pct,
        100.0 * leads.duplicate_lead_count / leads.lead_count as lead_duplicate_pct,
        coalesce(leads.unmapped_count, 0) as lead_unmapped_count,
        100.0 * leads.unmapped_count / leads.lead_count as lead_unmapped_pct,
        100.0 * leads.identified_count / leads.lead_count as lead_identified_pct
    from subjects
    left join arrived
        on subjects.source_name = arrived.source_name and subjects.month_date = arrived.month_date
    left join newest on subjects.month_date = newest.month_date
    left join contacts
        on subjects.source_name = contacts.source_name
        and subjects.month_date = contacts.month_date
    left join leads
        on subjects.source_name = leads.source_name and subjects.month_date = leads.month_date
),

doubted as (
    select
        rated.*,
        case when rated.refused_file_count > 0 then 'files refused, ' else '' end
        || case when rated.rejected_pct > trust.max_rejected_pct then 'rejected, ' else '' end
        || case when rated.duplicate_pct > trust.max_duplicate_pct then 'duplicates, ' else '' end
        || case when rated.late_pct > trust.max_late_pct then 'late, ' else '' end
        || case when rated.days_behind > trust.max_days_behind then 'behind, ' else '' end
        || case when rated.lead_complete_pct < trust.min_complete_pct then 'incomplete, ' else '' end
        || case when rated.lead_unmapped_pct > trust.max_unmapped_pct then 'unmapped, ' else '' end
            as doubts
    from rated
    cross join trust
)

select
    {{ surrogate_key(['source_name', 'month_date']) }} as source_quality_key,
    source_name,
    month_date,
    file_count,
    cast(refused_file_count as bigint) as refused_file_count,
    cast(rows_read as bigint) as rows_read,
    cast(rows_loaded as bigint) as rows_loaded,
    cast(rows_rejected as bigint) as rows_rejected,
    rejected_pct,
    cast(duplicate_rows as bigint) as duplicate_rows,
    duplicate_pct,
    cast(late_rows as bigint) as late_rows,
    late_pct,
    newest_business_date,
    cast(days_behind as integer) as days_behind,
    contact_count,
    identified_contact_pct,
    lead_count,
    lead_email_pct,
    lead_phone_pct,
    lead_company_pct,
    lead_campaign_pct,
    lead_complete_pct,
    lead_duplicate_pct,
    cast(lead_unmapped_count as bigint) as lead_unmapped_count,
    lead_unmapped_pct,
    lead_identified_pct,
    doubts = '' as is_trusted,
    case when doubts <> '' then left(doubts, length(doubts) - 2) end as doubts
from doubted
