"""Grain: month, kind of purchase, and customers alike in frequency, recency and age.

What such customers are expected to buy, by a model of what was known at the month's end; rebuilt
whole.
"""

from typing import Any

import duckdb
import pyarrow as pa

from orchestration.customer_value.warehouse import foretold


def model(dbt: Any, session: duckdb.DuckDBPyConnection) -> pa.Table:
    """What is expected; the columns stand in `orchestration.customer_value.warehouse`."""
    dbt.config(materialized="table")
    return foretold(
        dbt.ref("int_journey__customer_months"),
        dbt.ref("int_journey__value_months"),
        dbt.source("company", "customer_value"),
    )
