"""The generator's DuckDB connection and its dice: the same seed draws the same values.

A draw is a pure function of (seed, id, what), so that it depends neither on row order nor on
threads. Models of the world do not belong here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

_SLOTS = 1000


def connect(
    seed: int, threads: int = 2, memory: str = "6GB", spill: str | None = None
) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with the drawing macros.

    chance(id, what)        uniform in [0, 1)
    normal(id, what)        standard normal
    wait(id, what)          exponential with mean 1
    pick(list, u)           element of a list at u in [0, 1)
    code(prefix, id, width) prefix and id in base 36, as systems number their records
    ascii(text)             text without accents, lower case
    """
    con = duckdb.connect(":memory:", config={"threads": threads, "memory_limit": memory})
    if spill is not None:
        con.execute(f"set temp_directory = '{spill}'")
    con.execute("set preserve_insertion_order = false")
    con.execute("set timezone = 'UTC'")
    salt = int(seed)
    con.execute(f"""
        create macro chance(id, what) as
            (hash(xor(hash(id::bigint), hash(what || ' {salt}'))) >> 11)::double
                * 1.1102230246251565e-16;
        create macro wait(id, what) as -ln(1 - chance(id, what));
        create macro normal(id, what) as
            sqrt(-2 * ln(1 - chance(id, what))) * cos(2 * pi() * chance(id, what || ' angle'));
        create macro pick(items, u) as list_extract(items, 1 + floor(u * len(items))::int);
        create macro code(prefix, id, width) as prefix || to_base(id::bigint, 36, width);
        create macro ascii_of(words) as lower(strip_accents(words));
    """)
    return con


def weighted_list(weights: Mapping[str, float], slots: int = _SLOTS) -> str:
    """A SQL list in which each name stands as often as its weight says; for `pick`."""
    total = sum(weights.values())
    names: list[str] = []
    reached = 0.0
    for name, weight in weights.items():
        reached += weight / total * slots
        names.extend([name] * (round(reached) - len(names)))
    return sql_list(names)


def sql_list(items: Sequence[str]) -> str:
    """A SQL list literal of texts."""
    return "[" + ", ".join("'" + item.replace("'", "''") + "'" for item in items) + "]"
