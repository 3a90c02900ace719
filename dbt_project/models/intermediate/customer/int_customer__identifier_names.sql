{#
    Grain: identifier that several records share, and name or birth date that one of them bears.
    `name_group` is the same for names that may be one person's; an identifier on which not all
    names agree `has_conflict`, and links only records of the same group.
#}
with identifiers as (
    select * from {{ ref('int_customer__identifiers_collected') }}
),

records as (
    select * from {{ ref('int_customer__person_records') }}
),

variants_of_names as (
    select * from {{ ref('given_name_variants') }}
),

bearers as (
    select distinct
        identifiers.identifier_type,
        identifiers.identifier_hash,
        coalesce(records.given_name_key, '') as given,
        coalesce(records.family_name_key, '') as family,
        coalesce(records.birth_date, date '0001-01-01') as birth_date,
    from identifiers
    inner join records on identifiers.record_id = records.record_id
    where identifiers.identifier_type in ('email', 'phone', 'device', 'loyalty_card')
        and coalesce(
            records.given_name_key, records.family_name_key,
            cast(records.birth_date as {{ dbt.type_string() }})
        ) is not null
),

{# Far too many names is a switchboard or a kiosk: not compared, in conflict as a whole. #}
counted as (
    select
        *,
        count(*) over (partition by identifier_type, identifier_hash) as names,
    from bearers
),

pairs as (
    select
        one.identifier_type,
        one.identifier_hash,
        one.given,
        one.family,
        one.birth_date,
        other.given as other_given,
        other.family as other_family,
        other.birth_date as other_birth_date,
        split_part(one.given, ' ', 1) as word,
        split_part(other.given, ' ', 1) as other_word,
    from counted as one
    inner join counted as other
        on one.identifier_type = other.identifier_type
        and one.identifier_hash = other.identifier_hash
    where one.names between 2 and 40
),

judged as (
    select
        pairs.*,
        (
            {# A family shares its phone: without a given name it could be any of them. #}
            (
                (pairs.given = '' or pairs.other_given = '')
                and pairs.identifier_type <> 'phone'
            )
            or pairs.given = pairs.other_given
            or {{ shares_word('pairs.given', 'pairs.other_given') }}
            or {{ is_same_given_name('pairs.word', 'pairs.other_word') }}
            or shorter.full_name is not null
            or longer.full_name is not null
        )
        and (
            pairs.family = '' or pairs.other_family = ''
            or {{ shares_word('pairs.family', 'pairs.other_family') }}
            or {{ is_alike(
                "split_part(pairs.family, ' ', 1)", "split_part(pairs.other_family, ' ', 1)"
            ) }}
        )
        and (
            pairs.birth_date = pairs.other_birth_date
            or date '0001-01-01' in (pairs.birth_date, pairs.other_birth_date)
        ) as is_compatible,
    from pairs
    left join variants_of_names as shorter
        on pairs.word = shorter.short_name and pairs.other_word = shorter.full_name
    left join variants_of_names as longer
        on pairs.word = longer.full_name and pairs.other_word = longer.short_name
),

grouped as (
    select
        identifier_type,
        identifier_hash,
        given,
        family,
        birth_date,
        min(
            case when is_compatible
                then other_given || '|' || other_family || '|' || other_birth_date end
        ) as name_group,
        not bool_and(is_compatible) as is_in_conflict,
    from judged
    group by identifier_type, identifier_hash, given, family, birth_date
),

int_customer__identifier_names as (
    select
        identifier_type,
        identifier_hash,
        given,
        family,
        birth_date,
        {{ surrogate_key(['name_group']) }} as name_group,
        bool_or(is_in_conflict) over (partition by identifier_type, identifier_hash)
            as has_conflict,
    from grouped
    union all
    select
        identifier_type,
        identifier_hash,
        given,
        family,
        birth_date,
        {{ surrogate_key(['given', 'family', 'birth_date']) }},
        true,
    from counted
    where names > 40
)

select * from int_customer__identifier_names
