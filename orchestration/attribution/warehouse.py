"""What the warehouse learns of channels: credit as a whole, and weights for single conversions.

Belongs here: the models that learn from all journeys, asked for each kind of conversion.
Doesn't belong here: what the models are (see `credit`), and how single conversions are shared,
which is SQL (`fct_attribution`).
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from orchestration.attribution.credit import LEARNING_MODELS, attribute

SCHEMA = pa.schema(
    [
        ("conversion_type", pa.string()),
        ("attribution_model", pa.string()),
        ("channel_code", pa.string()),
        ("is_attributed", pa.bool_()),
        ("model_conversions", pa.float64()),
        ("model_revenue_amount", pa.float64()),
        ("removal_effect", pa.float64()),
        ("weight", pa.float64()),
    ]
)


def channels_weighed(paths: duckdb.DuckDBPyRelation, markov_order: int) -> pa.Table:
    """What the models that learn give each channel, for each kind of conversion.

    paths: columns conversion_type, path, conversions, revenue_amount, nulls; a path is its
        channels' codes with ' > ' between them. A row of no path holds the conversions that
        nothing led to.
    Returns a table of `SCHEMA`, one row per kind of conversion, model and channel, and one that is
    not attributed; `removal_effect` is null but for markov, `weight` null where not attributed.
    Raises AttributionError for paths that cannot be counted.
    """
    kinds = paths.project("conversion_type").distinct().order("conversion_type").fetchall()
    columns = "path, conversions, revenue_amount as value, nulls"
    tables = [
        _of_kind(kind, paths.filter(f"conversion_type = '{kind}'").project(columns), markov_order)
        for (kind,) in kinds
    ]
    return pa.concat_tables([SCHEMA.empty_table(), *tables])


def _of_kind(kind: str, paths: duckdb.DuckDBPyRelation, markov_order: int) -> pa.Table:
    found = attribute(paths, LEARNING_MODELS, markov_order=markov_order)
    weights = {
        (row["attribution_model"], row["channel"]): row["weight"]
        for row in found.channel_weights.to_pylist()
    }
    effects = {row["channel"]: row["removal_effect"] for row in found.removal_effects.to_pylist()}
    rows = []
    for row in found.credit.to_pylist():
        model, channel = row["attribution_model"], row["channel"]
        known = row["is_attributed"]
        rows.append(
            {
                "conversion_type": kind,
                "attribution_model": model,
                "channel_code": channel,
                "is_attributed": known,
                "model_conversions": row["conversions"],
                "model_revenue_amount": row["value"],
                "removal_effect": effects[channel] if known and model == "markov" else None,
                "weight": weights[model, channel] if known else None,
            }
        )
    return pa.Table.from_pylist(rows, SCHEMA)
