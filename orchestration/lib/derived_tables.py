"""Columns of the tables that Python derives between two layers of models.

Belongs here: what stands in each file of `derived/<company>`, and empty ones for a first build.
Doesn't belong here: how the rows come about (see `identity`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.identity.groups import CUSTOMER_GROUP, CUSTOMER_RELATION
from orchestration.identity.options import WEIGHTS
from orchestration.lib.tables import write_parquet

_LINK = {
    "record_id": "varchar",
    "linked_record_id": "varchar",
    "rule": "varchar",
    "confidence": "double",
    "match_weight": "double",
    "probability": "double",
    **{f"{name}_weight": "double" for name in WEIGHTS},
    "other_weight": "double",
    "relatives_weight": "double",
    "status": "varchar",
}
_VERSION = {"linked_at": "timestamp", "model_version": "varchar"}

DERIVED: dict[str, dict[str, str]] = {
    "customer_cluster": {
        "record_id": "varchar",
        "customer_key": "bigint",
        "rule": "varchar",
        "confidence": "double",
        **_VERSION,
        "linked_record_id": "varchar",
        "match_weight": "double",
        "link_depth": "integer",
        "link_path": "varchar",
    },
    "customer_link": {**_LINK, **_VERSION},
    "customer_review": {
        "review_key": "bigint",
        "reason": "varchar",
        "record_id": "varchar",
        "linked_record_id": "varchar",
        "customer_key": "bigint",
        "linked_customer_key": "bigint",
        "match_weight": "double",
        "detail": "varchar",
    },
    "customer_group": CUSTOMER_GROUP,
    "customer_relation": CUSTOMER_RELATION,
    "customer_change": {
        "changed_at": "timestamp",
        "record_id": "varchar",
        "previous_customer_key": "bigint",
        "customer_key": "bigint",
        "change": "varchar",
    },
    "customer_resolution": {
        "resolved_at": "timestamp",
        "model_version": "varchar",
        "is_incremental": "boolean",
        "records": "bigint",
        "customers": "bigint",
        "linked_records": "bigint",
        "largest_cluster": "bigint",
        "new_customers": "bigint",
        "merged_keys": "bigint",
        "split_keys": "bigint",
        "moved_records": "bigint",
        "moved_records_pct": "double",
        "scored_pairs": "bigint",
        "review_cases": "bigint",
        "contradicting_clusters": "bigint",
        "broken_up_clusters": "bigint",
        "households": "bigint",
        "companies": "bigint",
        "communities": "bigint",
    },
}


def write_empty_derived(folder: Path) -> list[Path]:
    """Write a typed file without rows for each table that has none; returns those written."""
    written = []
    with duckdb.connect() as connection:
        for table, columns in DERIVED.items():
            path = folder / f"{table}.parquet"
            if path.exists():
                continue
            fields = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in columns.items())
            write_parquet(connection, f"select {fields} limit 0", path)
            written.append(path)
    return written
