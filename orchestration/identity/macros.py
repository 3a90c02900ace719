"""Spellings in which texts are compared, as macros of a DuckDB connection: written once.

Belongs here: making the macros of `macros.sql` and of `phones`, and the words they know.
Doesn't belong here: what equal spellings mean (see `rules` and `comparisons`).

The identity engine makes them in its own connection, dbt's plugin in an in-memory database that
is attached to dbt's; so a rule about a name or a phone stands in one place.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from duckdb import DuckDBPyConnection

from orchestration.identity.phones import phone_macros
from orchestration.lib import engine

SQL_FILE = Path(__file__).with_name("macros.sql")
NICKNAMES_FILE = Path(__file__).parents[2] / "dbt_project" / "seeds" / "given_name_variants.csv"

# Spanish names that people and systems shorten.
_ABBREVIATIONS = {
    "hernandez": "hdez|hndez|hrdz",
    "fernandez": "fdez|fndez|frdz|ferndz|ferdz",
    "gonzalez": "glez|gzlez|gonz|gzez",
    "rodriguez": "rguez|rdguez|rdz|rodz|rdgez|rodgz",
    "martinez": "mtnez|mtez|mtz|mnez|mnz|mtzez",
    "lopez": "lpz",
    "gutierrez": "gtez|gtz",
    "dominguez": "dguez",
    "sanchez": "schez|schz|snchz",
    "gomez": "gmez",
    "jimenez": "jmnez",
    "vazquez": "vzquez|vzqez|vzqz",
    "francisco": "fco",
    "francisca": "fca",
    "guadalupe": "gpe",
}
# Heads of compound names: two short forms of theirs (Juanjo, Juanma) are of two names.
_HEADS = {"ana", "jose", "juan", "luis", "maria"}
_STREET_KINDS = {
    "cl": "c|cl|cll|calle|carrer|rua|rue",
    "av": "avenida|avda|avd|ave|avenue|av|avinguda",
    "ps": "paseo|pso|pº|pg|passeig",
    "pz": "plaza|pza|plz|placa|pl|place",
    "ct": "carretera|ctra|crta",
    "cm": "camino|cno|cmno|cami",
    "rd": "ronda|rda|road|rd",
    "tr": "travesia|trav|tra|transversal|tv|trv",
    "cr": "carrera|cra|kra|kr|cr|crr",
    "dg": "diagonal|diag|dg",
    "ur": "urbanizacion|urb",
    "st": "street|str|strasse",
    "ln": "lane|ln",
    "dr": "drive|dr|drv",
    "bd": "boulevard|blvd|bulevar|bvd|blv",
    "ci": "circle|cir|circuito",
    "hw": "highway|hwy",
    "sq": "square|sqr|sq",
    "#": "no|num|numero|nro|nr|number",
}
_FLATS = (
    "piso|planta|puerta|pta|escalera|esc|bloque|blq|portal|apartado|apt|apto|apartamento|apartment"
    "|depto|dpto|departamento|unit|suite|ste|flat|interior|int|oficina|ofi|local|floor|fl|bajo|bjo"
    "|atico|izquierda|izq|izda|derecha|dcha|dch|entresuelo|torre|casa|manzana|mz|lote|po box"
)


def create_macros(connection: DuckDBPyConnection, schema: str = "main") -> None:
    """Create the macros, and table `nickname` (short_name, full_name), in `schema`.

    `schema` may name an attached database too: `cfs_identity.main`. Creating them again changes
    nothing.
    """
    connection.execute(
        f"create or replace table {schema}.nickname (short_name text, full_name text)"
    )
    connection.execute(
        f"insert into {schema}.nickname select unnest(?), unnest(?)",
        [[short for short, _ in nicknames()], [full for _, full in nicknames()]],
    )
    for statement in (*phone_macros(schema), *_text_macros(schema)):
        connection.execute(statement)


@cache
def nicknames() -> tuple[tuple[str, str], ...]:
    """Familiar forms of given names, with the name that each may stand for."""
    with NICKNAMES_FILE.open(encoding="utf-8", newline="") as file:
        return tuple((row["short_name"], row["full_name"]) for row in csv.DictReader(file))


def _text_macros(schema: str) -> list[str]:
    text = SQL_FILE.read_text(encoding="utf-8")
    wide = "".join(chr(0xFF01 + place) for place in range(94)) + "\u00a0\u3000"
    narrow = "".join(chr(0x21 + place) for place in range(94)) + "  "
    values = {
        "$s.": f"{schema}.",
        "$wide": engine.text(wide),
        "$narrow": engine.text(narrow),
        "$heads": engine.texts(sorted(_HEADS)),
        "$abbreviations": _written_out("key", _ABBREVIATIONS),
        "$street_kinds": _street_words(),
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return [statement for statement in text.split(";\n") if "create or replace" in statement]


def _written_out(expression: str, spellings: dict[str, str]) -> str:
    for spelling, others in spellings.items():
        pattern = engine.text(rf"\b(?:{others})\b")
        expression = f"regexp_replace({expression}, {pattern}, '{spelling}', 'g')"
    return expression


def _street_words() -> str:
    """Expression of the words of a street `x`: kinds in one spelling, cut behind the number."""
    expression = (
        "regexp_replace(regexp_replace(' ' || strip_accents(lower(x)) || ' ', "
        r"'\bn[º°o]?[.º°] ?([0-9])|#', ' # \1', 'g'), '[^a-z0-9#º\x{c0}-\x{10ffff}]+', ' ', 'g')"
    )
    for spelling, others in _STREET_KINDS.items():
        expression = f"regexp_replace({expression}, ' (?:{others}) ', ' {spelling} ')"
    flats = engine.text(rf"([0-9].*?|.{{4,}}) (?:{_FLATS}|[0-9]+[ºª])\b.*$")
    return f"regexp_replace({expression}, {flats}, '\\1')"
