"""The main job in a process of its own, and what it left behind: for tests of the whole line."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib.settings import PROJECT_ROOT, Settings

CORNER_SHOP = Path(__file__).parent / "fixtures" / "corner_shop"
HUB_AND_DESK = Path(__file__).parent / "fixtures" / "hub_and_desk"
OTHERS = ("CFS_", "DAGSTER_", "DBT_")
PROJECT_FILES = (
    "dbt_project", "dbt_project.yml", "data_quality", "orchestration", "pyproject.toml",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """How a run ended and what it printed."""

    code: int
    output: str
    seconds: float

    def succeeded(self) -> Outcome:
        """This outcome, if the run ended well; else what it printed is the test's failure."""
        assert self.code == 0, f"exit status {self.code}\n{self.output[-6000:]}"
        return self


@dataclass(frozen=True)
class Stage:
    """What a run left behind."""

    outcome: Outcome
    published: Path
    warehouse: Path
    versions: list[str]

    @property
    def published_hash(self) -> str:
        return hashlib.sha256(self.published.read_bytes()).hexdigest()


@dataclass
class MainJob:
    """Runs of one company on one data folder; dbt's parsed project is shared between folders."""

    data: Path
    target: Path
    company: str = "sample"
    variables: dict[str, str] = field(default_factory=dict)
    root: Path = PROJECT_ROOT

    @property
    def environment(self) -> dict[str, str]:
        """The process's own variables without any of this project's, and those of the job."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(OTHERS)}
        return own | {
            "CFS_DATA_DIR": str(self.data),
            "CFS_COMPANY": self.company,
            "CFS_THREADS": "2",
            "DAGSTER_HOME": str(self.data / "dagster"),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.data / "logs"),
            "DBT_PROFILES_DIR": str(self.root / "dbt_project"),
            "PYTHONPATH": str(self.root),
            **self.variables,
        }

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.environment)

    def start(self, *arguments: str, module: str = "orchestration.run") -> subprocess.Popen[str]:
        """Start a run and don't wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, module: str = "orchestration.run") -> Outcome:
        """Run to the end."""
        started = time.monotonic()
        process = self.start(*arguments, module=module)
        output, _ = process.communicate()
        return Outcome(process.returncode, output, time.monotonic() - started)

    def stage(self, name: str, *arguments: str) -> Stage:
        """Run to a good end and keep copies, in folder `name` beside the data, of what it left."""
        outcome = self.run(*arguments).succeeded()
        kept = self.data.parent / name
        kept.mkdir()
        published = shutil.copyfile(self.settings.published_path, kept / "published.duckdb")
        warehouse = shutil.copyfile(self.settings.warehouse_path, kept / "warehouse.duckdb")
        return Stage(outcome, published, warehouse, self.versions())

    def copy_to(self, folder: Path) -> MainJob:
        """The same job on a copy of all its data."""
        shutil.copytree(self.data, folder, symlinks=True)
        return MainJob(folder, self.target, self.company, dict(self.variables), self.root)

    def with_own_project(self, folder: Path) -> MainJob:
        """The same job by a copy of the project, whose files a test may edit."""
        folder.mkdir()
        for name in PROJECT_FILES:
            if (PROJECT_ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(PROJECT_ROOT / name, folder / name, ignore=ignored)
            else:
                shutil.copyfile(PROJECT_ROOT / name, folder / name)
        return MainJob(self.data, folder / "target", self.company, dict(self.variables), folder)

    def published_hash(self) -> str:
        """Hash of the published file's bytes."""
        return hashlib.sha256(self.settings.published_path.read_bytes()).hexdigest()

    def versions(self) -> list[str]:
        """Names of the published versions."""
        return sorted(path.name for path in (self.data / "published" / "versions").iterdir())

    @contextmanager
    def marts(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The published file, for reading."""
        with duckdb.connect(str(self.settings.published_path), read_only=True) as connection:
            yield connection

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the published file."""
        with self.marts() as connection:
            return connection.execute(query).fetchall()


class CornerShop:
    """A small company outside the project: one till, whose files the tests write by hand."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.rules = folder / "corner_shop"
        shutil.copytree(CORNER_SHOP, self.rules)
        self.job = MainJob(folder / "data", target, str(self.rules))
        self.inbox = self.job.data / "inbox" / "corner_shop" / "till"
        self.inbox.mkdir(parents=True)

    def sell(self, day: date, *lines: tuple[str, str, float, float], name: str = "") -> Path:
        """Send the till's file of a day: (order, currency, quantity, unit price) per line."""
        header = "order_id;line_id;product_code;quantity;unit_price;currency;ordered_at"
        rows = [
            f"{order};{number};P{number};{quantity};{price};{currency};{day} 10:00:00"
            for number, (order, currency, quantity, price) in enumerate(lines, 1)
        ]
        path = self.inbox / f"orders_{day}{name}.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    def edit_rules(self, old: str, new: str) -> None:
        """Change the text of company.yaml."""
        path = self.rules / "company.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{path} doesn't say {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def takings(self) -> dict[str, tuple[int, float]]:
        """Published lines and their value in EUR by day."""
        rows = self.job.ask(
            "select sale_date::varchar, count(*), sum(net_amount)::double "
            "from marts.fct_sale_line group by 1 order by 1"
        )
        return {day: (lines, round(value, 4)) for day, lines, value in rows}


# A row for each run of the identity step, with its time, and the changes that it found.
LOGS = {"marts.customer_resolution", "marts.customer_change"}


def differing_tables(left: Path, right: Path) -> dict[str, str]:
    """Tables of intermediate and marts that differ between two warehouse files, and how.

    `LOGS` are left out: what they say of a run is no other run's.

    Doubles are compared to six decimals: in the last bits of a sum shows the order of its rows.
    """
    different: dict[str, str] = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{left}' as a (read_only); attach '{right}' as b (read_only)")
        names = [_tables(connection, side) for side in "ab"]
        for name in sorted(names[0] ^ names[1]):
            different[name] = "stands in one file only"
        for name in sorted((names[0] & names[1]) - LOGS):
            if how := _difference(connection, name):
                different[name] = how
    return different


def _tables(connection: duckdb.DuckDBPyConnection, side: str) -> set[str]:
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = ? and schema_name in ('intermediate', 'marts')",
        [side],
    ).fetchall()
    return {row[0] for row in rows}


def _difference(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    described = connection.execute(f"describe a.{name}").fetchall()
    columns = [row[0] for row in described]
    listed = ", ".join(
        f'round("{column}", 6)' if kind == "DOUBLE" else f'"{column}"'
        for column, kind, *_ in described
    )
    only_left, only_right = (
        connection.execute(
            f"select {listed} from {x}.{name} except all select {listed} from {y}.{name}"
        ).fetchall()
        for x, y in ("ab", "ba")
    )
    if not only_left and not only_right:
        return ""
    uneven = set()
    if len(only_left) == len(only_right):
        pairs = zip(sorted(map(_text, only_left)), sorted(map(_text, only_right)), strict=True)
        uneven = {c for a, b in pairs for c, x, y in zip(columns, a, b, strict=True) if x != y}
    where = f" in {sorted(uneven)}" if uneven else ""
    examples = f"such as {only_left[:2]} and {only_right[:2]}"
    return f"{len(only_left)} rows against {len(only_right)}{where}, {examples}"[:1500]


def _text(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(map(str, row))
