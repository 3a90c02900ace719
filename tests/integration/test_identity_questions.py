"""The queries of docs/identity.md, on the marts of the sample company."""

from __future__ import annotations

import re

import duckdb
import pytest

from orchestration.lib.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "identity.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
EXAMPLE = "shopify.customer:7000245004"


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_documented_query_answers(marts: duckdb.DuckDBPyConnection, query: str) -> None:
    linked = marts.execute(
        "select linked_record_id from marts.bridge_customer_identity "
        "where linked_record_id is not null order by link_depth desc, record_id limit 1"
    ).fetchone()
    assert linked is not None
    rows = marts.execute(query.replace(EXAMPLE, linked[0])).fetchall()
    # History is empty as long as no customer was merged or split.
    assert rows or "customer_change" in query


def test_there_are_queries() -> None:
    assert len(QUERIES) > 5
