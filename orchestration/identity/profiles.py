"""Profiles: the distinct things that records say of people, which the model compares.

Belongs here: what of a record is compared, and whether that is enough. Doesn't belong here: how
texts are spelled (see `prepare`), and how profiles are compared (`comparisons`).
"""

from __future__ import annotations

import duckdb

from orchestration.identity.comparisons import comparisons
from orchestration.identity.options import Options
from orchestration.identity.prepare import COMPARED, other_names
from orchestration.lib import engine

# First letter and consonants of the first word.
_SOUND = "left({0}, 1) || regexp_replace(substr(split_part({0}, ' ', 1), 2), '[aeiouhwy]', '', 'g')"


def is_enough(columns: set[str], others: list[str]) -> bool:
    """Whether records say enough for a model: at least two fields, one of them of a person."""
    names = {c["output_column_name"] for c in comparisons(columns, others)}
    return len(names) > 1 and bool(names & {"given", "family", "email", "phone", "national_id"})


def make_profiles(connection: duckdb.DuckDBPyConnection, options: Options) -> int:
    """Create table `profile`: what records of a settled group say, each thing once.

    Expects `person`, `carried` and `settled` (record_no, group_no). A mailbox of a function,
    and an address or phone that many share, says nothing of who somebody is, and is left out.
    Returns the number of profiles.
    """
    kept = ", ".join([*COMPARED, *other_names(options)])
    connection.execute(f"""
        create table profile as
        with doubtful as (
            select distinct record_no, kind, value
            from carried
            where kind in ('email', 'phone')
                and (is_generic or not_linked_reason = 'shared_by_too_many')
        ),
        judged as (
            select person.* exclude (email, phone),
                case when no_email.record_no is null then email end as email,
                case when no_phone.record_no is null then phone end as phone,
            from person
            left join doubtful as no_email
                on person.record_no = no_email.record_no and no_email.kind = 'email'
                and hash(person.email) = no_email.value
            left join doubtful as no_phone
                on person.record_no = no_phone.record_no and no_phone.kind = 'phone'
                and hash(person.phone) = no_phone.value
        ),
        -- Equal contents are told by a number: texts side by side take twice the time.
        kept as (
            select min(record_no) as record_no, settled.group_no
            from judged inner join settled using (record_no)
            where record_type not in {engine.texts(options.unmodelled_types)}
                and coalesce(given, family, email, phone, national_id, company) is not null
            group by settled.group_no, hash({kept})
        )
        select
            record_no as profile_no,
            group_no,
            true as is_new,
            {kept},
            given_forms,
            given_bits,
            family_bits,
            split_part(given, ' ', 1) as given_first,
            split_part(family, ' ', 1) as family_first,
            {_SOUND.format("given")} as given_sound,
            {_SOUND.format("family")} as family_sound,
            split_part(email, '@', 1) as mailbox,
            regexp_replace(split_part(email, '@', 1), '[^0-9]', '', 'g') as mailbox_digits,
        from judged inner join kept using (record_no)
    """)
    return int(connection.execute("select count(*) from profile").fetchall()[0][0])
