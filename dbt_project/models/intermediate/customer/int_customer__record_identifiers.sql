{#
    Grain: person record, identifier type and value (keyed hash), with whether it may link the
    record to others and, where it may not, why. Records of equal link_key are one customer.
    Over-merging is worse than splitting: identifiers that too many records share, devices with
    several accounts and names that disagree don't link; generic mailboxes, and identifiers on
    which some names disagree, link only records of the same name.
#}
with identifiers as (
    select * from {{ ref('int_customer__identifiers_collected') }}
),

records as (
    select * from {{ ref('int_customer__person_records') }}
),

identifier_names as (
    select * from {{ ref('int_customer__identifier_names') }}
),

company as (
    select * from {{ source('company', 'company') }}
),

logins as (
    select
        record_id,
        count(*) as accounts,
    from identifiers
    where identifier_type = 'shop_customer'
    group by record_id
),

described as (
    select
        identifiers.*,
        records.record_type,
        records.email_normalised,
        coalesce(records.given_name_key, '') as given,
        coalesce(records.family_name_key, '') as family,
        coalesce(records.birth_date, date '0001-01-01') as birth_date,
        coalesce(records.given_name_key, records.family_name_key) is not null
            or records.birth_date is not null as has_name,
        coalesce(logins.accounts, 0) as logins,
    from identifiers
    inner join records on identifiers.record_id = records.record_id
    left join logins on identifiers.record_id = logins.record_id
),

shared as (
    select
        identifier_type,
        identifier_hash,
        count(*) as records,
        count(*) filter (where record_type not in ('order', 'case', 'device')) as person_records,
        count(*) filter (
            where (identifier_type = 'loyalty_card' and record_type = 'loyalty_member')
                or (identifier_type = 'social_profile' and record_type = 'social_profile')
        ) as owners,
        min(first_seen_at) as known_since,
    from described
    group by identifier_type, identifier_hash
),

judged as (
    select
        described.record_id,
        described.identifier_type,
        described.identifier_hash,
        described.first_seen_at,
        described.last_seen_at,
        shared.records,
        coalesce(
            identifier_names.name_group,
            {{ surrogate_key(['described.given', 'described.family', 'described.birth_date']) }}
        ) as name_group,
        coalesce(conflicts.has_conflict, false) or described.is_generic as has_conflict,
        case
            when shared.records = 1 then 'not_shared'
            when shared.owners > 1 then 'several_owners'
            when described.identifier_type in ('email', 'phone', 'device')
                and shared.person_records > company.identity_max_records
                then 'shared_by_too_many'
            when described.identifier_type = 'shop_customer'
                and described.record_type = 'device' and described.logins > 1
                then 'several_accounts'
            when described.identifier_type = 'phone'
                and not described.has_name and described.email_normalised is not null
                then 'email_is_better'
            when described.is_generic and described.given = '' then 'generic_mailbox'
            when conflicts.has_conflict and not described.has_name then 'names_disagree'
        end as not_linked_reason,
    from described
    cross join company
    inner join shared
        on described.identifier_type = shared.identifier_type
        and described.identifier_hash = shared.identifier_hash
    left join identifier_names
        on described.identifier_type = identifier_names.identifier_type
        and described.identifier_hash = identifier_names.identifier_hash
        and described.given = identifier_names.given
        and described.family = identifier_names.family
        and described.birth_date = identifier_names.birth_date
    left join (
        select distinct identifier_type, identifier_hash, has_conflict
        from identifier_names
        where has_conflict
    ) as conflicts
        on described.identifier_type = conflicts.identifier_type
        and described.identifier_hash = conflicts.identifier_hash
),

int_customer__record_identifiers as (
    select
        record_id,
        identifier_type,
        identifier_hash,
        first_seen_at,
        last_seen_at,
        records as shared_by_records,
        not_linked_reason is null as is_link,
        not_linked_reason,
        {{ link_confidence('identifier_type') }} as confidence,
        case when not_linked_reason is null
            then {{ surrogate_key([
                'identifier_type', 'identifier_hash',
                'case when has_conflict then name_group end',
            ]) }}
        end as link_key,
    from judged
)

select * from int_customer__record_identifiers
