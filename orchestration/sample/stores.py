"""The distributors that sell the made-up brand, their relation to it over time, and their stores.

`DISTRIBUTORS` is what company.yaml of the sample says too (a test compares them). What was sold in
the stores and what distributors report about it stands in `distributor`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from orchestration.sample import draws
from orchestration.sample.products import gtin


@dataclass(frozen=True)
class Distributor:
    """A distributor: `relations` are (relation, valid from), oldest first."""

    code: str
    name: str
    type: str
    country: str
    number: int
    relations: tuple[tuple[str, str], ...]
    shares_baskets: bool = False

    @property
    def gln(self) -> str:
        """Global Location Number of the head office."""
        return gtin(f"9521{self.number:02d}000000")


@dataclass(frozen=True)
class Chain:
    """A distributor's stores in one market; `base` and `most` bound how many there are."""

    distributor: str
    market: str
    place: str
    store_format: str
    number: int
    base: int
    most: int
    cities: tuple[tuple[str | None, str | None, str | None], ...]
    streets: tuple[str, ...]


DISTRIBUTORS: tuple[Distributor, ...] = (
    Distributor(
        "hiper_sol",
        "HiperSol",
        "retailer",
        "ES",
        1,
        (("ally", "2022-01-01"), ("own_label_rival", "2025-06-01")),
    ),
    Distributor(
        "superlider",
        "SuperLíder",
        "retailer",
        "MX",
        2,
        (("ally", "2022-01-01"), ("own_label_rival", "2024-03-01")),
    ),
    Distributor(
        "northmart",
        "Northmart",
        "retailer",
        "US",
        3,
        (("ally", "2022-01-01"), ("own_label_rival", "2025-09-01")),
        shares_baskets=True,
    ),
    Distributor(
        "zonaplus",
        "ZonaPlus",
        "e_tailer",
        "ES",
        4,
        (("ally", "2022-01-01"), ("own_label_rival", "2024-09-01"), ("direct_rival", "2025-07-01")),
    ),
    Distributor("andes", "Distribuidora Andes", "wholesaler", "CO", 5, (("ally", "2022-01-01"),)),
)

_ES = (
    ("Madrid", "Madrid", "28004"),
    ("Sevilla", "Andalucía", "41001"),
    ("Valencia", "Comunitat Valenciana", "46002"),
    ("Zaragoza", "Aragón", "50003"),
    ("A Coruña", "Galicia", "15001"),
    ("Málaga", "Andalucía", "29005"),
)
_MX = (
    ("Ciudad de México", "CDMX", "06000"),
    ("Guadalajara", "Jalisco", "44100"),
    ("Monterrey", "Nuevo León", "64000"),
    ("Mérida", "Yucatán", "97000"),
)
_US = (
    ("Boston", "MA", "02108"),
    ("New York", "NY", "10003"),
    ("Philadelphia", "PA", "19103"),
    ("Atlanta", "GA", "30303"),
    ("Newark", "NJ", "07102"),
)
_GB = (
    ("Leeds", "West Yorkshire", "LS1 4AP"),
    ("Bristol", "Bristol", "BS1 3XD"),
    ("London", "Greater London", "N1 9GU"),
)
_CO = (
    ("Bogotá", "Cundinamarca", "110111"),
    ("Medellín", "Antioquia", "050010"),
    ("Cali", "Valle del Cauca", "760001"),
    ("Barranquilla", "Atlántico", "080001"),
)
_WEB = ((None, None, None),)

CHAINS: tuple[Chain, ...] = (
    Chain(
        "hiper_sol",
        "ES",
        "store",
        "hypermarket",
        1,
        6,
        120,
        _ES,
        ("Calle Mayor", "Avenida de la Constitución", "Ronda del Río"),
    ),
    Chain(
        "superlider",
        "MX",
        "store",
        "supermarket",
        1,
        5,
        14,
        _MX,
        ("Avenida Juárez", "Calle Hidalgo", "Calzada Independencia"),
    ),
    Chain(
        "northmart",
        "US",
        "store",
        "supermarket",
        1,
        5,
        90,
        _US,
        ("Main Street", "Oak Avenue", "Station Road"),
    ),
    Chain(
        "northmart",
        "GB",
        "store",
        "convenience",
        7,
        3,
        60,
        _GB,
        ("High Street", "Church Lane", "Market Place"),
    ),
    Chain("zonaplus", "ES", "e_tailer", "online", 1, 1, 1, _WEB, ("",)),
    Chain("zonaplus", "MX", "e_tailer", "online", 2, 1, 1, _WEB, ("",)),
    Chain("zonaplus", "CO", "e_tailer", "online", 3, 1, 1, _WEB, ("",)),
    Chain("zonaplus", "US", "e_tailer", "online", 4, 1, 1, _WEB, ("",)),
    Chain("zonaplus", "GB", "e_tailer", "online", 5, 1, 1, _WEB, ("",)),
    Chain(
        "andes",
        "CO",
        "store",
        "convenience",
        1,
        6,
        30,
        _CO,
        ("Carrera 7", "Calle 45", "Avenida Boyacá"),
    ),
)
"""Every market has stores of one distributor and one e-tailer site."""


def build(con: duckdb.DuckDBPyConnection, params: Any) -> None:
    """Create `distributor`, `distributor_relation`, `store`, `listing` and `store_range`.

    distributor: distributor_code, distributor_name, distributor_type, country, gln, shares_baskets.
    distributor_relation: distributor_code, relation, valid_from, valid_to (exclusive).
    store: store_code ('<distributor>:<number>'), distributor_code, distributor_store_code, place
    ('store', 'e_tailer' or 'warehouse'), market, name, store_format, gln, street, city, region,
    postal_code, opened_on, closed_on, weight (share of the market's purchases in such a place,
    rounded; 0 for a closed store and a warehouse).
    listing: store_code, gtin: products that a store sells during the whole range.
    store_range: store_code, gtins (VARCHAR[], popular ones several times): a uniform draw from the
    list is a draw by popularity, and it never leaves what the store lists.
    `params` gives `seed` and `scale`.
    """
    draws.create_macros(con, params.seed)
    _build_distributors(con)
    _build_stores(con, params.scale)
    _build_listings(con)


def store_count(chain: Chain, scale: float) -> int:
    """How many stores: they grow with the root of the scale, so that each sells more too."""
    return max(chain.base, min(chain.most, round(chain.most * math.sqrt(scale))))


def _build_distributors(con: duckdb.DuckDBPyConnection) -> None:
    heads = pd.DataFrame(
        {
            "distributor_code": item.code,
            "distributor_name": item.name,
            "distributor_type": item.type,
            "country": item.country,
            "gln": item.gln,
            "shares_baskets": item.shares_baskets,
        }
        for item in DISTRIBUTORS
    )
    relations = pd.DataFrame(
        {"distributor_code": item.code, "relation": relation, "valid_from": valid_from}
        for item in DISTRIBUTORS
        for relation, valid_from in item.relations
    )
    con.register("_heads", heads)
    con.register("_relations", relations)
    con.execute("create or replace table distributor as select * from _heads order by 1")
    con.execute(
        """
        create or replace table distributor_relation as
        select
            distributor_code,
            relation,
            valid_from::date as valid_from,
            lead(valid_from::date, 1, date '9999-12-31')
                over (partition by distributor_code order by valid_from) as valid_to,
        from _relations
        order by 1, 3
        """
    )
    con.unregister("_heads")
    con.unregister("_relations")


def _build_stores(con: duckdb.DuckDBPyConnection, scale: float) -> None:
    rows = [
        _store(chain, place)
        for chain in CHAINS
        for place in range(1, store_count(chain, scale) + 1)
    ]
    rows += [_warehouse(chain) for chain in CHAINS if chain.place == "store"]
    rows += [
        _store(chain, 99) | {"closed_on": "2024-06-30"}
        for chain in CHAINS
        if chain.distributor in ("hiper_sol", "northmart") and chain.number == 1
    ]
    con.register("_stores", pd.DataFrame(rows))
    con.execute(
        """
        create or replace table store as
        select
            distributor_code || ':' || distributor_store_code as store_code,
            * exclude (opened_on, closed_on),
            opened_on::date as opened_on,
            closed_on::date as closed_on,
            if(closed_on is null and place != 'warehouse', 1, 0) * exp(
                0.6 * draw_normal(distributor_code || distributor_store_code, 'store size')
            ) as size,
            if(size > 0, round(size / sum(size) over (partition by market, place), 9), 0)
                as weight,
        from _stores
        order by store_code
        """
    )
    con.execute("alter table store drop column size")
    con.unregister("_stores")


def _store(chain: Chain, place: int) -> dict[str, object]:
    owner = next(item for item in DISTRIBUTORS if item.code == chain.distributor)
    city, region, postal_code = chain.cities[(place - 1) % len(chain.cities)]
    is_online = chain.place == "e_tailer"
    number = chain.number * 1000 + place
    return {
        "distributor_code": chain.distributor,
        "distributor_store_code": chain.market.lower() if is_online else f"{number:04d}",
        "place": chain.place,
        "market": chain.market,
        "name": f"{owner.name} {chain.market}" if is_online else f"{owner.name} {city} {place}",
        "store_format": chain.store_format,
        "gln": gtin(f"9521{owner.number:02d}{number:06d}"),
        "street": None if is_online else f"{chain.streets[place % len(chain.streets)]} {place * 7}",
        "city": city,
        "region": region,
        "postal_code": postal_code,
        "opened_on": f"{2005 + place % 15}-03-01",
        "closed_on": None,
    }


def _warehouse(chain: Chain) -> dict[str, object]:
    """The distribution centre that the brand's goods are shipped to."""
    return _store(chain, 900) | {
        "distributor_store_code": f"{chain.number * 1000 + 900:04d}",
        "place": "warehouse",
        "store_format": "warehouse",
    }


def _build_listings(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        create or replace table listing as
        select store.store_code, product.gtin,
        from store
        cross join product
        where
            store.closed_on is null
            and store.place != 'warehouse'
            and draw(store.store_code || product.gtin, 'listed')
                < case store.store_format
                    when 'online' then 0.97
                    when 'hypermarket' then 0.85
                    when 'supermarket' then 0.72
                    else 0.55
                end
        order by all
        """
    )
    con.execute(
        """
        create or replace table store_range as
        select
            listing.store_code,
            list(listing.gtin order by listing.gtin, copy.copy) as gtins,
        from listing
        inner join product using (gtin)
        cross join lateral
            range(greatest(1, round(100 * product.popularity)::bigint)) as copy (copy)
        group by 1
        order by 1
        """
    )
