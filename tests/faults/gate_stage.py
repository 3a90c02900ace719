"""A stage for planted faults: every mart and every layout's bronze, empty, as their contracts say.

Rows are given by the columns that matter; all others are null.
"""

from __future__ import annotations

import itertools
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from data_quality.checks import CheckResult, Run
from data_quality.marts import judge_marts
from orchestration.lib.dbt_sources import write_empty_bronze
from orchestration.lib.layouts import LINEAGE_COLUMNS, load_layouts
from orchestration.lib.settings import PROJECT_ROOT, Settings

MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts"
RUN = Run("planted", datetime(2026, 1, 1))
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)


def contracts() -> dict[str, dict[str, str]]:
    """Columns and types of every mart, as its YAML says."""
    models = [
        model
        for path in sorted(MARTS.rglob("_*__models.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    ]
    return {m["name"]: {c["name"]: c["data_type"] for c in m["columns"]} for m in models}


class Stage:
    """A company's data folder with an empty build, to fill row by row and to judge."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings.from_environment({"CFS_DATA_DIR": str(folder), "CFS_THREADS": "2"})
        self._numbers = itertools.count(1)

    def set_up(self) -> Stage:
        """Make the empty build, bronze and rules."""
        write_empty_bronze(self.settings)
        self._build()
        self._rules()
        self.loads()
        return self

    def copy_to(self, folder: Path) -> Stage:
        """The same stage in another folder."""
        shutil.copytree(self.settings.data_dir, folder)
        return Stage(folder)

    def mart(self, name: str, **columns: Any) -> None:
        """Add a row to a mart."""
        self._insert(f"marts.{name}", columns)

    def staged(self, name: str, **columns: Any) -> None:
        """Add a row to a staging model."""
        self._insert(f"staging.{name}", columns)

    def sql(self, statement: str) -> None:
        """Run a statement on the build."""
        with duckdb.connect(str(self.settings.build_path)) as connection:
            connection.execute(statement)

    def bronze(self, layout: str, **columns: Any) -> None:
        """Add a load of one row to a layout's bronze."""
        number = next(self._numbers)
        lineage = {"_source": "sender", "_row": 1, "_load_id": number}
        values = lineage | columns
        of = load_layouts()[layout]
        kinds = {n: c.type for n, c in of.columns.items()}
        kinds |= {n: kind for n, (kind, _) in LINEAGE_COLUMNS.items()}
        assert set(values) <= set(kinds), f"{layout} lacks {set(values) - set(kinds)}"
        path = (
            self.settings.station("bronze") / of.source / of.table / "sender" / f"{number}.parquet"
        )
        _write(path, {n: (values.get(n), kind) for n, kind in kinds.items()})

    def loads(self, **columns: Any) -> None:
        """Replace the manifest's loads: none, or one."""
        kinds = {
            "load_id": "bigint", "feed_source": "varchar", "feed_table": "varchar",
            "file_name": "varchar", "rows_read": "bigint", "rows_loaded": "bigint",
            "rows_rejected": "bigint", "is_current": "boolean",
        }  # fmt: skip
        path = self.settings.station("bronze") / "_manifest" / "load.parquet"
        _write(path, {n: (columns.get(n), kind) for n, kind in kinds.items()}, bool(columns))

    def failing(self, mart: str) -> dict[str, CheckResult]:
        """The checks of a mart that fail now, by name."""
        verdict = judge_marts(self.settings, RUN, {}, marts=[mart])
        return {r.check_name: r for r in verdict.results if not r.success}

    def _build(self) -> None:
        self.settings.build_path.parent.mkdir(parents=True)
        self.sql("create schema marts; create schema staging")
        self.sql("create table staging.stg_klaviyo__events (event_id varchar, event_type varchar)")
        with duckdb.connect(str(self.settings.build_path)) as connection:
            for name, columns in contracts().items():
                listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
                connection.execute(f"create table marts.{name} ({listed})")
            connection.execute(
                "insert into marts.dim_date by name "
                "select cast(strftime(day, '%Y%m%d') as integer) as date_key, "
                "day::date as date_day, 1 as iso_week, 1 as retail_week, "
                "1 as retail_period from range(?::timestamp, ?::timestamp + interval 1 day, "
                "interval 1 day) as days(day)",
                [FIRST, LAST],
            )

    def _rules(self) -> None:
        rules = self.settings.station("rules")
        company = {"start_date": (FIRST, "date"), "end_date": (LAST, "date")}
        _write(rules / "company.parquet", company)
        commitment = {"commitment_code": ("answer", "varchar"), "version": (1, "integer")}
        _write(rules / "sla_commitment.parquet", commitment, False)
        _write(rules / "own_brand.parquet", {"brand": ("Own", "varchar")})
        self.conversion_rule("sale")

    def commitment_rule(self) -> None:
        """Give the company a commitment."""
        commitment = {"commitment_code": ("answer", "varchar"), "version": (1, "integer")}
        _write(self.settings.station("rules") / "sla_commitment.parquet", commitment)

    def conversion_rule(self, conversion_type: str) -> None:
        """Let the company count one kind of conversion."""
        rule = {"conversion_type": (conversion_type, "varchar")}
        _write(self.settings.station("rules") / "conversion_rule.parquet", rule)

    def _insert(self, table: str, columns: dict[str, Any]) -> None:
        names = ", ".join(f"? as {name}" for name in columns)
        with duckdb.connect(str(self.settings.build_path)) as connection:
            connection.execute(
                f"insert into {table} by name select {names}", list(columns.values())
            )


def _write(path: Path, columns: dict[str, tuple[Any, str]], has_row: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    select = ", ".join(f'?::{kind} as "{name}"' for name, (_, kind) in columns.items())
    with duckdb.connect() as connection:
        connection.execute(
            f"create table one as select {select} {'' if has_row else 'where false'}",
            [value for value, _ in columns.values()],
        )
        connection.table("one").write_parquet(str(path))
