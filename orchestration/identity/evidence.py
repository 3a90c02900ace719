"""What a run of the identity step left behind, opened for questions.

Belongs here: where results, records and the model lie, for the warehouse and for a folder that
`python -m orchestration.identity resolve` wrote. Doesn't belong here: what is said about them
(see `explain`, `waterfall`, `review`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.identity.model import TrainedModel
from orchestration.identity.options import MEMORY_FOLDER, TEXT_COLUMNS, IdentityError
from orchestration.lib import engine
from orchestration.lib.build import good_derived
from orchestration.lib.settings import Settings

SUMMARY_FILE = "resolution.json"
"""What `resolve` says about its results, beside them."""

FREQUENCY_FILE = "frequency.parquet"
"""How common each value is, beside the model (as `memory` keeps it, too)."""

OF_RECORDS = ("record_type", "created_at")
"""What is said of a record, and not of its person."""

_EMPTY = {
    "change": """
        select null::timestamp as changed_at, null::varchar as record_id,
            null::bigint as previous_customer_key, null::bigint as customer_key,
            null::varchar as change
        limit 0
    """,
}

# As the identity step of the warehouse reads them (see `warehouse`).
_WAREHOUSE_RECORDS = """
    select record_id, record_type, created_at, given_name, family_name, company_name,
        birth_date, email_normalised as email, phone_normalised as phone, street, postal_code,
        city, market_code as country
    from warehouse.intermediate.int_customer__person_records
"""


@dataclass(frozen=True)
class Evidence:
    """Tables of `connection`: cluster (record_id, customer_key, rule, confidence, match_weight,
    linked_record_id, link_depth, linked_at), link, review, change, and, where `has_records`,
    record_source with the records as they were compared. `model` is the one that weighed them,
    `other_columns` the further columns of the records that it compares, `frequencies` the file
    that says how common each value is.
    """

    connection: duckdb.DuckDBPyConnection
    model: TrainedModel | None
    has_records: bool
    other_columns: tuple[str, ...] = field(default=())
    frequencies: Path | None = None

    def close(self) -> None:
        """Let go of the files."""
        self.connection.close()

    def need_records(self) -> None:
        """Raise IdentityError when the records themselves cannot be read."""
        if not self.has_records:
            raise IdentityError(
                "The records cannot be read now: the warehouse file is missing or being written. "
                "Wait for the run to end, name the file with --records, or leave out "
                "--show-values."
            )

    def records(self, record_ids: Iterable[str]) -> pa.Table:
        """The records themselves: record_id and what they say, as text; personal data."""
        wanted = sorted(set(record_ids))
        present = {row[0] for row in self.connection.execute("describe record_source").fetchall()}
        names = [x for x in (*TEXT_COLUMNS, "created_at", *self.other_columns) if x in present]
        columns = ", ".join(
            f"cast({engine.name(name)} as varchar) as {engine.name(name)}" for name in names
        )
        return self.connection.execute(
            f"select cast(record_id as varchar) as record_id, {columns} from record_source "
            "where cast(record_id as varchar) in (select unnest(?))",
            [wanted],
        ).to_arrow_table()


def said(row: dict[str, str | None]) -> dict[str, str]:
    """What a row of `Evidence.records` says, by column, without what it leaves open."""
    return {name: x for name, x in row.items() if name != "record_id" and x is not None}


def open_warehouse(settings: Settings, *, candidate: bool = False) -> Evidence:
    """The results of the last good run, or, as `candidate`, of the last run, good or not.

    Raises:
        IdentityError: no run has resolved anyone yet.
    """
    good, last = good_derived(settings), settings.station("derived")
    candidate = candidate or not (good / "customer_cluster.parquet").exists()
    folder = last if candidate else good
    if not (folder / "customer_link.parquet").exists():
        raise IdentityError(
            f"{folder} has no results of the identity step for company {settings.company_name}. "
            "Run `make run` first, or set CFS_DATA_DIR and CFS_COMPANY to where it ran."
        )
    connection = duckdb.connect()
    for table in ("cluster", "link", "review", "change"):
        _view(connection, table, folder / f"customer_{table}.parquet")
    database = settings.build_path if candidate else settings.warehouse_path
    model_file = folder / MEMORY_FOLDER / "model.json"
    return Evidence(
        connection,
        TrainedModel.load(model_file) if model_file.exists() else None,
        has_records=_attach_records(connection, database),
        frequencies=_if_exists(folder / MEMORY_FOLDER / FREQUENCY_FILE),
    )


def open_folder(folder: Path, records: Path | None = None) -> Evidence:
    """The results that `resolve` wrote to a folder, and the file of `records` they are about.

    Raises:
        IdentityError: the folder has no results, or there is no such file.
    """
    missing = [x for x in ("cluster", "link", "review") if not (folder / f"{x}.parquet").exists()]
    if missing:
        raise IdentityError(
            f"{folder} lacks {', '.join(f'{x}.parquet' for x in missing)}. Write them with "
            f"`python -m orchestration.identity resolve RECORDS --out {folder}`."
        )
    connection = duckdb.connect()
    for table in ("link", "review"):
        _view(connection, table, folder / f"{table}.parquet")
    connection.execute(
        "create view cluster as select * rename (cluster_id as customer_key) "
        f"from read_parquet({engine.text(folder / 'cluster.parquet')})"
    )
    connection.execute(f"create view change as {_EMPTY['change']}")
    summary_file, model_file = folder / SUMMARY_FILE, folder / "model.json"
    others: list[str] = []
    if summary_file.exists():
        summary = json.loads(summary_file.read_text(encoding="utf-8"))
        others = summary["other_columns"]
        records = records or Path(summary["records_file"])
    return Evidence(
        connection,
        TrainedModel.load(model_file) if model_file.exists() else None,
        has_records=_read_records(connection, records),
        other_columns=tuple(others),
        frequencies=_if_exists(folder / FREQUENCY_FILE),
    )


def _if_exists(file: Path) -> Path | None:
    return file if file.exists() else None


def _view(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> None:
    if not file.exists() and name in _EMPTY:
        connection.execute(f"create view {name} as {_EMPTY[name]}")
        return
    connection.execute(f"create view {name} as from read_parquet({engine.text(file)})")


def _attach_records(connection: duckdb.DuckDBPyConnection, database: Path) -> bool:
    """View `record_source` over the warehouse file, if it can be read now."""
    try:
        connection.execute(f"attach {engine.text(database)} as warehouse (read_only)")
        connection.execute(f"create view record_source as {_WAREHOUSE_RECORDS}")
    except (duckdb.IOException, duckdb.CatalogException):
        return False  # It does not exist, dbt writes it now, or it lacks the model.
    return True


def _read_records(connection: duckdb.DuckDBPyConnection, records: Path | None) -> bool:
    if records is None:
        return False
    if not records.exists():
        raise IdentityError(
            f"The records {records} do not exist any more; name the file with --records."
        )
    is_parquet = records.suffix == ".parquet"
    reader = "read_parquet({})" if is_parquet else "read_csv({}, all_varchar = true)"
    connection.execute(f"create view record_source as from {reader.format(engine.text(records))}")
    return True
