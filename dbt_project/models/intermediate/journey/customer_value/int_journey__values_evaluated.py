"""Grain: month that tests, kind of purchase, measure, and way of foretelling; rebuilt whole.

How far what was foretold of each customer came: the model beside two plain ways.
"""

from typing import Any

import duckdb
import pyarrow as pa

from orchestration.customer_value.warehouse import evaluated


def model(dbt: Any, session: duckdb.DuckDBPyConnection) -> pa.Table:
    """Errors and ranks; the columns stand in `orchestration.customer_value.warehouse`."""
    dbt.config(materialized="table")
    return evaluated(dbt.ref("int_journey__values_tested"))
