"""Who is who: person records that share an identifier become one customer, with a lasting key.

Belongs here: connected components over the identifiers that dbt prepared, the guard against
clusters that contradict themselves, and customer keys that survive reruns, merges and splits.
Doesn't belong here: which identifiers may link (see `int_customer__record_identifiers`), and what
is known of a customer (see `dim_customer`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np

from orchestration.lib import engine
from orchestration.lib.customer_keys import KeyChanges, assign_customer_keys

MODEL_VERSION = "deterministic-1"

# Where the birth dates within a cluster disagree, its weaker links are dropped step by step:
# first those below the first value (phones), then those below the second (e-mail, devices).
CONTRADICTION_FLOORS = (0.88, 0.97)

_COLUMNS = {
    "record_id": "varchar",
    "customer_key": "bigint",
    "rule": "varchar",
    "confidence": "double",
    "linked_at": "timestamp",
    "model_version": "varchar",
}


class IdentityError(RuntimeError):
    """The clusters cannot be worked out; the message says what is missing and what to do."""


@dataclass(frozen=True)
class ClusterReport:
    """What one run of the identity step found and changed.

    `merged_keys` and `split_keys` count customer keys of the previous run; `moved_records` counts
    records that belong to another customer than before; `contradicting_clusters` those whose
    weaker links were dropped.
    """

    records: int
    customers: int
    linked_records: int
    largest_cluster: int
    contradicting_clusters: int
    new_customers: int
    merged_keys: int
    split_keys: int
    moved_records: int


def cluster_customers(
    build_path: Path, target_path: Path, previous_path: Path | None = None
) -> ClusterReport:
    """Cluster the person records of the build file and write the customer of each to Parquet.

    Reads `int_customer__person_records` and `int_customer__record_identifiers` from `build_path`
    (read-only, so dbt must have closed it). `previous_path` is the result of the last good run
    (default: `target_path` itself); its customer keys are kept. Records that changed customer
    are appended to `customer_cluster_log.parquet` beside the target.
    """
    previous = previous_path or target_path
    with duckdb.connect() as connection:
        _read_build(connection, build_path)
        contradicting = _cluster(connection)
        _find_evidence(connection)
        changes = assign_customer_keys(connection, previous if previous.exists() else None)
        _write_clusters(connection, target_path)
        _append_log(connection, target_path.with_name("customer_cluster_log.parquet"))
        return _report(connection, contradicting, changes)


def write_empty_cluster(target_path: Path) -> None:
    """Write a typed file without rows unless there is one, so that the models can be built."""
    if target_path.exists():
        return
    select = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in _COLUMNS.items())
    with duckdb.connect() as connection:
        _copy(connection, f"select {select} limit 0", target_path)


def _read_build(connection: duckdb.DuckDBPyConnection, build_path: Path) -> None:
    if not build_path.exists():
        raise IdentityError(
            f"{build_path} does not exist. Build the model int_customer__record_identifiers first."
        )
    connection.execute(f"attach {engine.text(build_path)} as build (read_only)")
    try:
        connection.execute("""
            create table record as
            select
                row_number() over (order by created_at, record_id) - 1 as record_no,
                record_id,
                created_at,
                birth_date,
            from build.intermediate.int_customer__person_records
        """)
        connection.execute("""
            create table link as
            select
                record.record_no,
                dense_rank() over (order by identifiers.link_key) - 1 as key_no,
                identifiers.identifier_type,
                identifiers.confidence,
                identifiers.first_seen_at,
            from build.intermediate.int_customer__record_identifiers as identifiers
            inner join record using (record_id)
            where identifiers.is_link
        """)
    except duckdb.CatalogException as error:
        raise IdentityError(
            f"{build_path} lacks a model of the identity step ({error}). "
            "Run dbt with --select +int_customer__record_identifiers first."
        ) from error
    connection.execute("detach build")


def _cluster(connection: duckdb.DuckDBPyConnection) -> int:
    """Write table `membership` (record_no, cluster_no); return how many clusters were broken up."""
    _write_components(connection)
    broken = 0
    for floor in CONTRADICTION_FLOORS:
        connection.execute("""
            create or replace table contradiction as
            select cluster_no
            from membership inner join record using (record_no)
            group by cluster_no
            having count(distinct birth_date) > 1
        """)
        found = _number(connection, "select count(*) from contradiction")
        if not found:
            break
        broken = broken or found
        connection.execute(
            """
            delete from link
            where confidence < ? and record_no in (
                select record_no from membership where cluster_no in (from contradiction)
            )
            """,
            [floor],
        )
        _write_components(connection)
    return broken


def _write_components(connection: duckdb.DuckDBPyConnection) -> None:
    records = _number(connection, "select count(*) from record")
    keys = _number(connection, "select coalesce(max(key_no) + 1, 0) from link")
    pairs = connection.execute("select record_no, key_no from link").fetchnumpy()
    numbers = {
        "record_no": np.arange(records),
        "cluster_no": _components(
            np.asarray(pairs["record_no"]), np.asarray(pairs["key_no"]), records, keys
        ),
    }
    connection.register("numbered", numbers)
    connection.execute(
        "create or replace table membership as "
        "select record_no::bigint as record_no, cluster_no::bigint as cluster_no from numbered"
    )
    connection.unregister("numbered")


def _components(
    record_numbers: np.ndarray, key_numbers: np.ndarray, records: int, keys: int
) -> np.ndarray:
    """Number of the component of each record in the graph of records and link keys."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = records + keys
    rows = record_numbers.astype(np.int64)
    columns = key_numbers.astype(np.int64) + records
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(size, size))
    _, labels = connected_components(graph.tocsr(), directed=False)
    return labels[:records]


def _find_evidence(connection: duckdb.DuckDBPyConnection) -> None:
    """Write table `evidence`: the strongest link of each record, and since when it exists.

    A link exists as soon as a second record carries the identifier.
    """
    connection.execute("""
        create table evidence as
        with shared as (
            select key_no, list_sort(list(first_seen_at))[2] as shared_at
            from link
            group by key_no
            having count(distinct record_no) > 1
        )
        select
            link.record_no,
            'same_' || link.identifier_type as rule,
            link.confidence,
            greatest(link.first_seen_at, shared.shared_at) as linked_at,
        from link inner join shared using (key_no)
        qualify row_number() over (
            partition by link.record_no
            order by link.confidence desc, linked_at, link.identifier_type
        ) = 1
    """)


def _write_clusters(connection: duckdb.DuckDBPyConnection, target_path: Path) -> None:
    _copy(
        connection,
        f"""
        select
            record.record_id,
            customer.customer_key,
            coalesce(evidence.rule, 'own_record') as rule,
            coalesce(evidence.confidence, 1)::double as confidence,
            coalesce(evidence.linked_at, record.created_at)::timestamp as linked_at,
            '{MODEL_VERSION}' as model_version,
        from record
        inner join membership using (record_no)
        inner join customer using (cluster_no)
        left join evidence using (record_no)
        order by record.record_no
        """,
        target_path,
    )


def _append_log(connection: duckdb.DuckDBPyConnection, log_path: Path) -> None:
    if not _number(connection, "select count(*) from moved_record"):
        return
    now = datetime.now(UTC).replace(tzinfo=None)
    earlier = f"from read_parquet({engine.text(log_path)}) union all" if log_path.exists() else ""
    _copy(
        connection,
        f"{earlier} select timestamp '{now}' as changed_at, record_id, previous_customer_key, "
        "customer_key, change from moved_record",
        log_path,
    )


def _report(
    connection: duckdb.DuckDBPyConnection, contradicting: int, changes: KeyChanges
) -> ClusterReport:
    records, customers, largest = connection.execute("""
        select coalesce(sum(size), 0)::bigint, count(*), coalesce(max(size), 0)
        from (select count(*) as size from membership group by cluster_no)
    """).fetchall()[0]
    return ClusterReport(
        records=records,
        customers=customers,
        linked_records=_number(connection, "select count(*) from evidence"),
        largest_cluster=largest,
        contradicting_clusters=contradicting,
        new_customers=changes.new_customers,
        merged_keys=changes.merged_keys,
        split_keys=changes.split_keys,
        moved_records=_number(connection, "select count(*) from moved_record"),
    )


def _copy(connection: duckdb.DuckDBPyConnection, select: str, target_path: Path) -> None:
    target_path.parent.mkdir(parents=True, exist_ok=True)
    beside = target_path.with_name(f"{target_path.name}.{os.getpid()}.tmp")
    connection.execute(
        f"copy ({select}) to {engine.text(beside)} (format parquet, compression zstd)"
    )
    os.replace(beside, target_path)


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])
