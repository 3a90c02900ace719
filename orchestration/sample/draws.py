"""Random draws in SQL that depend only on the seed, a row's own key and a salt.

A draw never depends on how many rows stand before it, so that a file comes out the same whatever
else is written in the run. What is drawn is decided in the modules that call this.
"""

from __future__ import annotations

import zlib

import duckdb


def create_macros(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Create the macros `draw(key, salt)` and `draw_normal(key, salt)` on `con`.

    `draw` is uniform in [0, 1), `draw_normal` is standard normal (Box-Muller on two draws). Key is
    any value, salt a text that names what is drawn. The key is hashed before the salt joins:
    hashing them side by side gives draws that correlate between salts.
    """
    start = zlib.crc32(f"customer full stack {seed}".encode())
    con.execute(
        f"""
        create or replace macro draw(key, salt) as
            (hash(xor(hash(key), hash(salt || '{start}'))) >> 11)::double / 9007199254740992.0
        """
    )
    con.execute(
        """
        create or replace macro draw_normal(key, salt) as
            sqrt(-2 * ln(1 - draw(key, salt || ' radius')))
            * cos(2 * pi() * draw(key, salt || ' angle'))
        """
    )
