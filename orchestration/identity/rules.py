"""Deterministic rules: records that share an identifier are one person, unless something objects.

Belongs here: which shared identifiers link, and which don't since too many people, or people of
other names, share them. Doesn't belong here: how likely two records match that no identifier
ties together (see `model`), and what becomes of links that contradict each other (`clusters`).

Over-merging is worse than splitting: identifiers that too many records share, devices with
several accounts and names that disagree don't link; generic mailboxes, and identifiers on which
some names disagree, link only records of the same name.
"""

from __future__ import annotations

import duckdb

from orchestration.identity.options import Options
from orchestration.lib import engine

CONFIDENCE = {
    "crm_contact": 1.0,
    "crm_lead": 1.0,
    "crm_account": 1.0,
    "shop_customer": 0.99,
    "loyalty_card": 0.98,
    "national_id": 0.97,
    "email": 0.95,
    "social_profile": 0.93,
    "device": 0.90,
    "phone": 0.85,
}
"""How sure a shared identifier makes us that two records are one person."""

OTHER_CONFIDENCE = 0.92
NAME_AND_BIRTH_DATE_CONFIDENCE = 0.94
MOST_NAMES = 40
"""Names on one identifier above which it is a switchboard or a kiosk, and links nobody."""

MUST_LINK_STRENGTH = 1000.0
"""Strength of a link that a steward decided."""

MOST_SPELLED_OUT = 50
"""Records of one tie of which, in a contested group, every pair is a link."""

# Rules are stronger than what the model finds (at most 25), and surer ones stronger.
_STRENGTH = "10 + 30 * {}"

# What a record calls its person, as a number.
_NAME = "hash(person.given, person.family, person.birth_date)"

JUDGED = ("email", "phone", "device", "loyalty_card", "national_id")
"""Kinds of identifier that relatives and colleagues share: the names on them must agree."""


def link_by_rules(connection: duckdb.DuckDBPyConnection, options: Options) -> None:
    """Write tables `carried` (who carries which identifier, and whether it links) and `tie`.

    Expects `person` and `identifier` (record_id, identifier_type, identifier_value,
    first_seen_at, is_generic). `tie` has a row per record and thing
    that ties it to others: record_no, tie (equal ties, one person), rule, confidence,
    first_seen_at. `rule_link` has the pairs that follow, each record with the first of its tie.
    """
    _collect(connection)
    _judge_names(connection)
    _judge_identifiers(connection, options)
    _tie(connection)


def _collect(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `identified`: each identifier that a record carries, once."""
    connection.execute("""
        create table identified as
        with stated as (
            select person.record_no, identifier.identifier_type as kind,
                hash(identifier.identifier_value) as value,
                coalesce(identifier.is_generic, false) as is_generic,
                coalesce(identifier.first_seen_at, person.created_at) as first_seen_at,
            from identifier inner join person using (record_id)
            where identifier.identifier_value is not null
            union all
            select record_no, 'email', hash(email), is_generic_mailbox(email), created_at
            from person where email is not null
            union all
            select record_no, 'phone', hash(phone), false, created_at
            from person where phone is not null
            union all
            select record_no, 'national_id', hash(national_id), false, created_at
            from person where national_id is not null
        )
        select record_no, kind, value, bool_or(is_generic) as is_generic,
            min(first_seen_at) as first_seen_at,
        from stated
        group by record_no, kind, value
    """)
    connection.execute("""
        create temp table shared as
        select kind, value from identified group by kind, value having count(*) > 1
    """)


def _judge_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `named`: names on a shared identifier, and which of them may be one person's."""
    connection.execute(f"""
        create temp table bearer as
        with borne as (
            select identified.kind, identified.value, {_NAME} as name,
                any_value(coalesce(person.given, '')) as given,
                any_value(coalesce(person.family, '')) as family,
                any_value(person.birth_date) as birth_date,
            from identified
            inner join shared using (kind, value)
            inner join person using (record_no)
            where identified.kind in {engine.texts(JUDGED)}
                and coalesce(person.given, person.family, person.birth_date::varchar) is not null
            group by all
        ),
        counted as (
            select *, count(*) over (partition by kind, value) as names from borne
        )
        select counted.*,
            coalesce(form.forms, []) as forms,
            coalesce(form.bits, 0) as given_bits,
        from counted
        left join form on counted.given = form.given
        where names > 1
    """)
    connection.execute(f"""
        create temp table named as
        with compared as (
            select one.kind, one.value, one.names, one.name, other.name as other_name,
                -- A case stops at its first true condition; the slow ones stand last.
                case
                    when one.birth_date <> other.birth_date
                        and births_conflict(one.birth_date, other.birth_date) then false
                    when one.given = other.family and one.family = other.given
                        and one.given <> '' and one.family <> '' then true
                    when one.family <> '' and other.family <> ''
                        and one.family <> other.family
                        and not is_same_family_name(one.family, other.family) then false
                    when one.given = other.given and one.given <> '' then true
                    -- A family shares its phone: without a given name it could be any of them.
                    when one.given = '' or other.given = '' then one.kind <> 'phone'
                    when (one.given_bits & other.given_bits) <> 0
                        and is_short_given_name(one.given, one.forms, other.given, other.forms)
                        then true
                    -- Jose Raul and Jose Miguel are two.
                    else is_same_given_name(
                            split_part(one.given, ' ', 1), split_part(other.given, ' ', 1)
                        )
                        and (
                            not (contains(one.given, ' ') and contains(other.given, ' '))
                            or is_same_given_name(
                                split_part(one.given, ' ', 2), split_part(other.given, ' ', 2)
                            )
                        )
                end as is_compatible,
            from bearer as one
            inner join bearer as other using (kind, value)
            where one.names <= {MOST_NAMES} and one.name < other.name
        ),
        pairs as (
            from compared
            union all
            select kind, value, names, other_name, name, is_compatible from compared
            union all
            select kind, value, names, name, name, true from bearer where names <= {MOST_NAMES}
        ),
        -- What may be the name of each of two people ties neither to the other: Gil beside Ana Gil
        -- and Luis Gil.
        ambiguous as (
            select distinct one.kind, one.value, one.name
            from pairs as one
            inner join pairs as other using (kind, value, name)
            inner join pairs as third
                on one.kind = third.kind and one.value = third.value
                and one.other_name = third.name and other.other_name = third.other_name
            where one.names > 2
                and one.is_compatible and other.is_compatible and not third.is_compatible
        ),
        grouped as (
            select pairs.kind, pairs.value, pairs.name,
                case
                    when bool_or(one.name is not null) then pairs.name
                    else min(case when is_compatible and other.name is null then other_name end)
                end as name_group,
                not bool_and(is_compatible) as is_in_conflict,
            from pairs
            left join ambiguous as one
                on pairs.kind = one.kind and pairs.value = one.value and pairs.name = one.name
            left join ambiguous as other
                on pairs.kind = other.kind and pairs.value = other.value
                and pairs.other_name = other.name
            group by pairs.kind, pairs.value, pairs.name
        )
        select * exclude (is_in_conflict),
            bool_or(is_in_conflict) over (partition by kind, value) as has_conflict,
        from grouped
        union all
        select kind, value, name, name, true from bearer where names > {MOST_NAMES}
    """)


def _judge_identifiers(connection: duckdb.DuckDBPyConnection, options: Options) -> None:
    """Table `carried`: each shared identifier of a record, and why it doesn't link, if so."""
    owners = " or ".join(
        f"(identified.kind = {engine.text(kind)} and person.record_type = {engine.text(owner)})"
        for kind, owner in options.owner_types.items()
    )
    impersonal = engine.texts(options.impersonal_types)
    devices = engine.texts(options.device_types)
    connection.execute(f"""
        create table carried as
        with logins as (
            select record_no, count(*) as accounts
            from identified where kind = 'shop_customer' group by record_no
        ),
        described as (
            select identified.*, person.record_type, person.email,
                coalesce(person.given, '') as given,
                {_NAME} as name,
                coalesce(person.given, person.family, person.birth_date::varchar) is not null
                    as has_name,
                person.record_type not in {impersonal} as is_personal,
                {owners or "false"} as is_owner,
            from identified
            inner join shared using (kind, value)
            inner join person using (record_no)
        ),
        counted as (
            select kind, value, count(*) as records,
                count(*) filter (where is_personal) as person_records,
                count(*) filter (where is_owner) as owners,
            from described
            group by kind, value
        ),
        conflicts as (
            select distinct kind, value from named where has_conflict
        )
        select
            described.record_no,
            described.kind,
            described.value,
            described.first_seen_at,
            counted.records,
            coalesce(named.name_group, described.name) as name_group,
            conflicts.kind is not null or described.is_generic as has_conflict,
            described.is_generic,
            case
                when counted.owners > 1 then 'several_owners'
                when described.kind in ('email', 'phone', 'device')
                    and counted.person_records > {options.max_records_per_identifier}
                    then 'shared_by_too_many'
                when described.kind = 'shop_customer' and logins.accounts > 1
                    and described.record_type in {devices}
                    then 'several_accounts'
                when described.kind = 'phone'
                    and not described.has_name and not is_generic_mailbox(described.email)
                    then 'email_is_better'
                when described.is_generic and described.given = '' then 'generic_mailbox'
                when conflicts.kind is not null and not described.has_name then 'names_disagree'
            end as not_linked_reason,
        from described
        inner join counted using (kind, value)
        left join logins on described.record_no = logins.record_no
        left join conflicts on described.kind = conflicts.kind and described.value = conflicts.value
        left join named
            on described.kind = named.kind and described.value = named.value
            and described.name = named.name
    """)


def spell_out(connection: duckdb.DuckDBPyConnection, groups: str) -> None:
    """Add every pair of the ties within these groups to `rule_link`, not only the star.

    In a group that is taken apart, the record in the middle of a star may go its own way.
    `groups` is a query of record_no.
    """
    connection.execute(f"""
        insert into rule_link by name
        select one.record_no as one_no, other.record_no as other_no, one.rule,
            any_value({_STRENGTH.format("one.confidence")}) as strength,
            any_value(one.confidence) as confidence,
            min(greatest(one.first_seen_at, other.first_seen_at)) as linked_at,
            false as is_sure,
        from tie as one
        inner join tie as other using (tie)
        where one.record_no < other.record_no
            and one.record_no in ({groups})
            and tie in (
                select tie from tie group by tie having count(*) between 3 and {MOST_SPELLED_OUT}
            )
            and not exists (
                select 1 from rule_link
                where one_no = one.record_no and other_no = other.record_no
                    and rule_link.rule = one.rule
            )
        group by one.record_no, other.record_no, one.rule
    """)


def _tie(connection: duckdb.DuckDBPyConnection) -> None:
    confidences = " ".join(f"when '{kind}' then {sure}" for kind, sure in CONFIDENCE.items())
    connection.execute(f"""
        create table tie as
        select record_no, hash(kind, value, case when has_conflict then name_group end) as tie,
            'same_' || kind as rule,
            (case kind {confidences} else {OTHER_CONFIDENCE} end)::double as confidence,
            first_seen_at,
        from carried
        where not_linked_reason is null
        union all
        select record_no,
            hash('name and birth date', given, family, birth_date, coalesce(postal, city)),
            'same_name_and_birth_date', {NAME_AND_BIRTH_DATE_CONFIDENCE}, created_at,
        from person
        where given is not null and family is not null and birth_date is not null
            and coalesce(postal, city) is not null
    """)
    connection.execute(f"""
        create table rule_link as
        with starred as (
            select *,
                min(record_no) over (partition by tie) as hub_no,
                min(first_seen_at) over (partition by tie) as hub_seen_at,
            from tie
        )
        select hub_no as one_no, record_no as other_no, rule,
            any_value({_STRENGTH.format("confidence")}) as strength,
            any_value(confidence) as confidence,
            min(greatest(first_seen_at, hub_seen_at)) as linked_at, false as is_sure,
        from starred
        where record_no <> hub_no
        group by hub_no, record_no, rule
        union all
        select one_no, other_no, 'must_link', {MUST_LINK_STRENGTH}, 1, null, true
        from must_link
    """)
