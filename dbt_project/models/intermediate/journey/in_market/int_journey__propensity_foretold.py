"""Grain: profile and cut-off day, for the days that test the model and for the last day.

Learns from past days what follows what is known, and foretells with it; rebuilt whole.
"""

from typing import Any

import duckdb
import pyarrow as pa

from orchestration.propensity.warehouse import foretold


def model(dbt: Any, session: duckdb.DuckDBPyConnection) -> pa.RecordBatchReader:
    """The odds of what comes next; their columns stand in `orchestration.propensity.warehouse`."""
    dbt.config(materialized="table")
    return foretold(
        dbt.ref("int_journey__propensity_features"),
        dbt.ref("int_journey__cutoff_days"),
        dbt.source("company", "in_market"),
    )
