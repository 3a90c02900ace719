"""Which pairs of records are worth comparing: those that share a block.

Belongs here: what a record's blocks are, and how many pairs a run may compare. Blocks are taken
from the smallest up until the budget is spent, so that a block such as all the Garcías of a
city can never stop a run. Doesn't belong here: how pairs are compared (see `comparisons`).
"""

from __future__ import annotations

import duckdb

from orchestration.identity.options import Options

_PLACE = "coalesce(postal, city)"

# name: (columns needed, what profiles of a block have in common; null takes no part)
BLOCKS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "email": (("email",), ("email",)),
    "mailbox": (("email",), ("case when length(mailbox) >= 6 then mailbox end",)),
    "phone": (("phone",), ("right(phone, 8)",)),
    "national_id": (("national_id",), ("national_id",)),
    "family name and birth date": (("family", "birth_digits"), ("family_first", "birth_digits")),
    "given name and birth date": (("given", "birth_digits"), ("given_first", "birth_digits")),
    "birth date and place": (("birth_digits", "postal"), ("birth_digits", "postal")),
    "birth date and city": (("birth_digits", "city"), ("birth_digits", "city")),
    "both names": (
        ("given", "family"),
        ("least(given_first, family_first)", "greatest(given_first, family_first)"),
    ),
    "both names and place": (("given", "family"), ("given_sound", "family_sound", _PLACE)),
    "both names and birth year": (
        ("given", "family", "birth_digits"),
        ("given_sound", "family_sound", "left(birth_digits, 4)"),
    ),
    "both names and birthday": (
        ("given", "family", "birth_digits"),
        ("left(given_first, 1)", "left(family_first, 2)", "right(birth_digits, 4)"),
    ),
    "sounds of both names": (("given", "family"), ("given_sound", "family_sound")),
    "family name and place": (("family", "postal"), ("family_first", "postal")),
    "family name and city": (("family", "city"), ("family_first", "city")),
    "given name and place": (("given", "postal"), ("given_first", "postal")),
    "street": (("street",), ("street", "coalesce(house_number, '')", f"coalesce({_PLACE}, '')")),
    "street and given name": (("street", "given"), ("street", "given_first")),
    "street and family name": (("street", "family"), ("street", "family_first")),
    "birth date": (("birth_digits",), ("birth_digits",)),
    "company and family name": (("company", "family"), ("company", "family_first")),
    "company and given name": (("company", "given"), ("company", "given_first")),
}


COMMON = ("both names", "sounds of both names", "birth date", "family name and city")
"""Blocks that strangers share, too: where many do, a pair that nothing else brings together isn't
one person."""

MOST_IN_COMMON = 25
"""Profiles in such a block above which it is left out."""

FEWEST_PAIRS = 5_000_000
"""Pairs that any run may compare; small tables don't reach it, large ones get four a record."""


def budget(profiles: int, options: Options) -> int:
    """How many pairs a run may compare."""
    return min(options.pairs_per_record * profiles, max(FEWEST_PAIRS, 4 * profiles))


def block_pairs(
    connection: duckdb.DuckDBPyConnection,
    columns: set[str],
    others: list[str],
    budget: int,
    only_new: bool = False,
) -> int:
    """Create table `candidate` (one_no, other_no: pairs of profiles of different groups).

    Expects `profile`. With `only_new` a pair counts only where one of the two `is_new`.
    Returns the number of pairs.
    """
    keys = {name: key for name, (needed, key) in BLOCKS.items() if set(needed) <= columns}
    for other in others:
        if other in columns and "family" in columns:
            keys[f"{other} and family name"] = (other, "family_first")
        if other in columns and "birth_digits" in columns:
            keys[f"{other} and birth date"] = (other, "birth_digits")
    if not keys:
        connection.execute("create table candidate (one_no bigint, other_no bigint)")
        return 0
    # The last bit of a block's number tells whether strangers share it, too.
    hashes = ", ".join(
        f"case when {' and '.join(f'{part} is not null' for part in parts)} "
        f"then hash({number}, {', '.join(parts)}) // 2 * 2 + {int(name in COMMON)}::ubigint end"
        for number, (name, parts) in enumerate(keys.items())
    )
    connection.execute(f"""
        create or replace temp table blocked as
        select profile_no, group_no, is_new, unnest([{hashes}]) as block
        from profile
    """)
    connection.execute(f"""
        create or replace temp table block as
        select block
        from (
            select block, sum(pairs) over (order by size, block) as pairs_up_to
            from (
                select block, count(*) as size, count(*) * (count(*) - 1) / 2 as pairs
                from blocked
                where block is not null
                group by block
                having count(*) between 2 and case block % 2
                    when 1 then {MOST_IN_COMMON} else count(*) end
            )
        )
        where pairs_up_to <= {budget}
    """)
    one, order = ("blocked where is_new", "<>") if only_new else ("blocked", "<")
    connection.execute(f"""
        create table candidate as
        select distinct
            least(one.profile_no, other.profile_no) as one_no,
            greatest(one.profile_no, other.profile_no) as other_no,
        from (from {one}) as one
        inner join block using (block)
        inner join blocked as other using (block)
        where one.profile_no {order} other.profile_no and one.group_no <> other.group_no
    """)
    return int(connection.execute("select count(*) from candidate").fetchall()[0][0])
