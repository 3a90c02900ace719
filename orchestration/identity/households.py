"""People who live together: customers who share a home, a phone or a mailbox, and a name.

Belongs here: which customers are a household, and links between its members.
Doesn't belong here: whether two records are one person, which is decided before.
"""

from __future__ import annotations

import duckdb
import numpy as np

from orchestration.identity.groups import GroupOptions, keep_group_keys, number_components

# Evidence -> how sure it makes us that two customers live together. Strong evidence alone holds
# a cluster together that would be too large for a household.
CONFIDENCE = {
    "same_address_and_family_name": 0.95,
    "same_address_and_contact": 0.9,
    "same_phone_and_family_name": 0.85,
    "same_email_and_family_name": 0.85,
    "same_device_and_family_name": 0.8,
}
STRONG = 0.9
COMMON_NAME = 0.1
"""At a crowded address a family name counts if fewer others than this bear it by chance."""


def households(
    connection: duckdb.DuckDBPyConnection, options: GroupOptions | None = None
) -> tuple[int, int]:
    """Add households to `customer_group`, and their members' links to `customer_relation`.

    Reads tables `person` (record_id, customer_key, record_type, family_name_key, street_key,
    house_number if there is such a column, postal_key, city_key, country, phone, email,
    company_key, created_at) and `relation`. Two customers are one household if they share an
    address and a family name, an address and a phone or mailbox, or a phone, mailbox or device
    and a family name. Offices are none: what two colleagues share, or a company itself
    gives, doesn't count. Returns the households and the clusters that were too large to be one.
    """
    options = options or GroupOptions()
    _write_traits(connection)
    _write_evidence(connection, options)
    too_large = _write_groups(connection, options)
    found = keep_group_keys(
        connection, "household", "select group_no, min(customer_key) from grouped group by group_no"
    )
    _add(connection)
    return found, too_large


def _write_traits(connection: duckdb.DuckDBPyConnection) -> None:
    """Write what people may share: `trait` (kind, trait, customer_key, since), without offices'."""
    columns = {row[0] for row in connection.execute("describe person").fetchall()}
    home = "coalesce(street_key, '')"
    if "house_number" in columns:
        home += " || ' ' || coalesce(house_number, '')"
    connection.execute("""
        create or replace temp table employer as
        select distinct customer_key, company_key || '|' || coalesce(country, '') as employer
        from person where company_key is not null
        union
        select distinct person.customer_key, cast(account.customer_key as varchar)
        from relation
        inner join person on relation.record_id = person.record_id
        inner join person as account on relation.linked_record_id = account.record_id
        where relation.relation_type = 'company'
    """)
    # A street without a number is no address.
    connection.execute(f"""
        create or replace temp table said as
        select
            'address' as kind,
            concat_ws('|', coalesce(country, ''), coalesce(postal_key, city_key), {home}) as trait,
            customer_key,
            record_type,
            created_at,
        from person
        where regexp_matches({home}, '[0-9]') and street_key is not null
            and coalesce(postal_key, city_key) is not null
        union all
        select 'phone', phone, customer_key, record_type, created_at from person
        where phone is not null
        union all
        select 'email', email, customer_key, record_type, created_at from person
        where email is not null
    """)
    connection.execute("""
        create or replace temp table trait as
        with shared as (
            select kind, trait from said
            group by all
            having count(distinct customer_key) > 1
                and count(*) filter (where record_type = 'account') = 0
        ),
        bearer as (
            select kind, trait, customer_key, min(created_at) as since
            from said semi join shared using (kind, trait)
            group by all
        ),
        office as (
            select distinct kind, trait
            from bearer inner join employer using (customer_key)
            group by kind, trait, employer
            having count(distinct customer_key) > 1
        )
        select bearer.*, count(*) over (partition by kind, trait) as customers
        from bearer anti join office using (kind, trait)
    """)


def _write_evidence(connection: duckdb.DuckDBPyConnection, options: GroupOptions) -> None:
    """Write `household_link`: pairs of customers who seem to live together, and why."""
    connection.execute("""
        create or replace temp table family_word as
        select distinct customer_key, unnest(string_split(family_name_key, ' ')) as word
        from person
        where family_name_key is not null
    """)
    connection.execute("delete from family_word where length(word) < 3")
    connection.execute("""
        create or replace temp table word_share as
        select word, count(*) / (select count(distinct customer_key) from family_word) as share
        from family_word group by word
    """)
    connection.execute(f"""
        create or replace temp table household_link as
        with met as (
            select
                kind,
                one.customer_key as one,
                other.customer_key as other,
                greatest(one.since, other.since) as since,
            from trait as one
            inner join trait as other using (kind, trait)
            where one.customer_key < other.customer_key
                and one.customers <= {options.max_sharing}
            union all
            -- A block of flats: neighbours count who share a name that few others bear.
            select
                kind, one.customer_key, other.customer_key, greatest(one.since, other.since),
            from (select * from trait inner join family_word using (customer_key)) as one
            inner join (select * from trait inner join family_word using (customer_key)) as other
                using (kind, trait, word)
            inner join word_share using (word)
            where kind = 'address'
                and one.customer_key < other.customer_key
                and one.customers > {options.max_sharing}
                and word_share.share * one.customers < {COMMON_NAME}
            union all
            select
                'device',
                least(one.customer_key, other.customer_key),
                greatest(one.customer_key, other.customer_key),
                relation.related_at,
            from relation
            inner join person as one on relation.record_id = one.record_id
            inner join person as other on relation.linked_record_id = other.record_id
            where relation.relation_type = 'shared_device'
                and one.customer_key <> other.customer_key
        ),
        pair as (
            select
                one,
                other,
                bool_or(kind = 'address') as same_address,
                bool_or(kind = 'phone') as same_phone,
                bool_or(kind = 'email') as same_email,
                count(distinct kind) as evidence_count,
                min(since) as since,
            from met
            group by all
        ),
        named as (
            select distinct pair.one, pair.other
            from pair
            inner join family_word as a on pair.one = a.customer_key
            inner join family_word as b on pair.other = b.customer_key and a.word = b.word
        ),
        judged as (
            select
                pair.*,
                case
                    when same_address and named.one is not null
                        then 'same_address_and_family_name'
                    when same_address and (same_phone or same_email)
                        then 'same_address_and_contact'
                    when named.one is null then null
                    when same_phone then 'same_phone_and_family_name'
                    when same_email then 'same_email_and_family_name'
                    when not same_address then 'same_device_and_family_name'
                end as rule,
            from pair
            left join named on pair.one = named.one and pair.other = named.other
        )
        select *, case rule {_cases()} end::double as confidence,
        from judged
        where rule is not null
    """)


def _cases() -> str:
    return " ".join(f"when '{rule}' then {value}" for rule, value in CONFIDENCE.items())


def _write_groups(connection: duckdb.DuckDBPyConnection, options: GroupOptions) -> int:
    """Write `grouped`; too large a cluster is tried with its strong links, then given up."""
    sizes = number_components(connection, "select one, other from household_link", "grouped")
    too_large = [number for number, size in sizes.items() if size > options.max_household]
    connection.register("too_large", {"group_no": np.array(too_large, dtype=np.int64)})
    connection.execute(f"""
        delete from household_link
        where confidence < {STRONG} and one in (
            select customer_key from grouped semi join too_large using (group_no)
        )
    """)
    connection.unregister("too_large")
    number_components(connection, "select one, other from household_link", "grouped")
    connection.execute(f"""
        delete from grouped
        where group_no in (
            select group_no from grouped group by group_no
            having count(*) > {options.max_household}
        )
    """)
    return len(too_large)


def _add(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        create or replace temp table member as
        with link as (
            select one as customer_key, rule, confidence, since from household_link
            union all
            select other, rule, confidence, since from household_link
        )
        select
            customer_key,
            keyed_group.group_key,
            list(link.rule order by link.confidence desc, link.rule)[1] as rule,
            max(link.confidence) as confidence,
            min(link.since) as since,
        from grouped
        inner join keyed_group using (group_no)
        inner join link using (customer_key)
        group by all
    """)
    connection.execute("""
        insert into customer_group
        select customer_key, 'household', group_key, rule, confidence, since from member
    """)
    connection.execute("""
        insert into customer_relation
        select
            one.customer_key,
            other.customer_key,
            'household',
            coalesce(link.confidence, least(one.confidence, other.confidence)),
            coalesce(link.evidence_count, 1),
            coalesce(link.since, greatest(one.since, other.since)),
        from member as one
        inner join member as other
            on one.group_key = other.group_key and one.customer_key < other.customer_key
        left join household_link as link
            on one.customer_key = link.one and other.customer_key = link.other
    """)
