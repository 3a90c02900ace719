"""The made-up brand's products with their packs, and what competitors sell beside them.

GTINs come from the GS1 prefix for demonstrations (952) and, for the American range, from a dummy
UPC company prefix with leading zeros. Who sells the products stands in `stores`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from orchestration.sample.parameters import BRANDS

_CARE, _FOOD = BRANDS

_GS1_PREFIX = "952000"
_UPC_PREFIX = "0012345"


@dataclass(frozen=True)
class Category:
    """A shelf: the brand's line on it and its rivals. Prices in EUR for the middle size."""

    code: int
    name: str
    department: str
    own_brand: str
    subcategory: str
    variants: tuple[str, ...]
    sizes: tuple[float, ...]
    uom: str
    price_eur: float
    units_per_case: int
    rivals: tuple[str, ...]


CATEGORIES: tuple[Category, ...] = (
    Category(
        1,
        "Face care",
        "Beauty",
        _CARE,
        "Day cream",
        ("Hydra", "Calm", "Radiance", "Night", "Sun 30"),
        (50.0, 75.0),
        "MLT",
        14.9,
        12,
        ("Kerwelle", "Brisanova", "Purelane"),
    ),
    Category(
        2,
        "Hair care",
        "Beauty",
        _CARE,
        "Shampoo",
        ("Repair", "Volume", "Curl", "Colour", "Mild"),
        (250.0, 400.0),
        "MLT",
        5.6,
        12,
        ("Kerwelle", "Capilanda", "Purelane"),
    ),
    Category(
        3,
        "Body care",
        "Beauty",
        _CARE,
        "Shower gel",
        ("Almond", "Citrus", "Lavender", "Sea", "Oat"),
        (300.0, 500.0),
        "MLT",
        4.2,
        12,
        ("Brisanova", "Capilanda", "Dermilia"),
    ),
    Category(
        4,
        "Olive oil",
        "Food",
        _FOOD,
        "Extra virgin",
        ("Picual", "Arbequina", "Hojiblanca", "Organic", "Smooth"),
        (0.5, 0.75),
        "LTR",
        9.8,
        6,
        ("Montefero", "Val d'Aure", "Valdeoro"),
    ),
    Category(
        5,
        "Chocolate",
        "Food",
        _FOOD,
        "Bar",
        ("Dark 70", "Milk", "Orange", "Sea salt", "Hazelnut"),
        (100.0, 150.0),
        "GRM",
        3.1,
        20,
        ("Cacaolandia", "Nordhavn", "Valdeoro"),
    ),
    Category(
        6,
        "Snacks",
        "Food",
        _FOOD,
        "Nuts",
        ("Almonds", "Pistachio", "Cashew", "Trail mix", "Honey peanut"),
        (120.0, 200.0),
        "GRM",
        3.9,
        16,
        ("Montefero", "Nordhavn", "Crispello"),
    ),
)

OWN_LABELS: dict[str, str] = {
    "hiper_sol": "Sol Básico",
    "superlider": "Líder Marca",
    "northmart": "North Choice",
    "zonaplus": "Zona Essentials",
}
"""Own label by the distributor that sells it."""


def check_digit(digits: str) -> str:
    """The GS1 check digit of a code without it (GS1 General Specifications, 7.9)."""
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def gtin(digits: str) -> str:
    """`digits` with its check digit."""
    return digits + check_digit(digits)


def pack_gtin(consumer_gtin: str, indicator: int) -> str:
    """GTIN-14 of a pack of the consumer unit: indicator 1 for the inner pack, 2 for the case."""
    return gtin(f"{indicator}{consumer_gtin[:-1]}")


def build(con: duckdb.DuckDBPyConnection, params: Any) -> None:
    """Create the tables `product` and `competitor_product`; both are the same for every seed.

    product: gtin (13 digits, consumer unit), sku, name, brand, department, category, subcategory,
    net_content, net_content_uom, list_price_eur, unit_cost_eur, inner_gtin, inner_units, case_gtin,
    case_units, popularity (shares that add up to 1), valid_from.
    competitor_product: the same without sku, cost and packs, with own_label_of (distributor code,
    null for a competitor's brand).
    """
    products = pd.DataFrame(_own_products())
    products["popularity"] = products["popularity"] / products["popularity"].sum()
    products["valid_from"] = pd.Timestamp("2023-01-01").date()
    competitors = pd.DataFrame(_competitor_products())
    con.register("_products", products)
    con.register("_competitors", competitors)
    con.execute("create or replace table product as select * from _products order by gtin")
    con.execute(
        "create or replace table competitor_product as select * from _competitors order by gtin"
    )
    con.unregister("_products")
    con.unregister("_competitors")


def _own_products() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for category in CATEGORIES:
        line = f"{category.own_brand} {category.subcategory}"
        for number, variant in enumerate(category.variants):
            item = category.code * 100 + number
            is_american = number >= 3
            code = gtin(f"{_UPC_PREFIX}{item:05d}" if is_american else f"{_GS1_PREFIX}{item:06d}")
            size = category.sizes[number % 2]
            price = _price(category, size, 1.0 + 0.06 * (number - 2))
            rows.append(
                {
                    "gtin": code,
                    "sku": f"{category.own_brand.upper()[:3]}-{item:04d}",
                    "name": f"{line} {variant} {_size(size, category.uom)}",
                    "brand": category.own_brand,
                    "department": category.department,
                    "category": category.name,
                    "subcategory": category.subcategory,
                    "net_content": size,
                    "net_content_uom": category.uom,
                    "list_price_eur": price,
                    "unit_cost_eur": round(price * (0.30 + 0.03 * number), 4),
                    "inner_gtin": pack_gtin(code, 1),
                    "inner_units": category.units_per_case // 2,
                    "case_gtin": pack_gtin(code, 2),
                    "case_units": category.units_per_case,
                    "popularity": 1.0 / (1 + number) / price**0.5,
                }
            )
    return rows


def _competitor_products() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for category in CATEGORIES:
        owners: list[tuple[str, str | None, float]] = [
            (brand, None, 1.0 + 0.08 * (place - 1)) for place, brand in enumerate(category.rivals)
        ]
        owners += [(label, code, 0.68) for code, label in OWN_LABELS.items()]
        for place, (brand, own_label_of, price_level) in enumerate(owners):
            for number, size in enumerate(
                category.sizes if own_label_of is None else category.sizes[:1]
            ):
                item = 500_000 + category.code * 1000 + place * 10 + number
                rows.append(
                    {
                        "gtin": gtin(f"{_GS1_PREFIX}{item:06d}"),
                        "name": f"{brand} {category.subcategory} {_size(size, category.uom)}",
                        "brand": brand,
                        "department": category.department,
                        "category": category.name,
                        "subcategory": category.subcategory,
                        "net_content": size,
                        "net_content_uom": category.uom,
                        "list_price_eur": _price(category, size, price_level),
                        "own_label_of": own_label_of,
                    }
                )
    return rows


def _price(category: Category, size: float, level: float) -> float:
    """Recommended price: larger packs are cheaper by content; ends as shelf prices do."""
    exact = category.price_eur * level * (size / category.sizes[0]) ** 0.8
    return round(round(exact, 1) + 0.05, 2)


def _size(size: float, uom: str) -> str:
    if uom == "LTR":
        return f"{size * 100:.0f} cl"
    return f"{size:.0f} {'ml' if uom == 'MLT' else 'g'}"
