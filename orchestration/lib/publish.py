"""Publishing: the marts as one DuckDB file and as Parquet, swapped in atomically.

A version is written beside the published one, then takes its name. Readers that have the
old file open go on reading it. Where PostgreSQL is configured (see `publish_postgres`) it is
written first and both are swapped together. Earlier versions are kept for roll-back:
`python -m orchestration.lib.publish --list` and `--roll-back [VERSION]`.

Belongs here: what leaves the warehouse and how. Whether it may leave is the gate's to say.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib import engine
from orchestration.lib.publish_errors import PublishError
from orchestration.lib.settings import Settings

STORAGE_VERSION = "v1.0.0"
RESTRICTED = {"email", "phone", "name", "address", "birth_date", "free_text"}
READABLE_TYPES = (
    "BIGINT",
    "INTEGER",
    "DOUBLE",
    "DECIMAL",
    "VARCHAR",
    "DATE",
    "TIMESTAMP",
    "BOOLEAN",
)

Log = Callable[[str], None]


@dataclass(frozen=True)
class Mart:
    """A table to publish: description, and its columns with their description."""

    name: str
    description: str
    columns: dict[str, str]
    withheld: tuple[str, ...]
    is_restricted: bool


@dataclass(frozen=True)
class Version:
    """A published version; `rows` counts by table."""

    version: str
    company: str
    run_id: str
    published_at: str
    rows: dict[str, int] = field(default_factory=dict)
    withheld: dict[str, list[str]] = field(default_factory=dict)


def marts_of(manifest: dict[str, Any]) -> list[Mart]:
    """The marts that a dbt manifest describes, with the columns that must stay inside."""
    marts = []
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["schema"] != "marts":
            continue
        withheld = tuple(
            name
            for name, column in node["columns"].items()
            if (column.get("config", {}).get("meta") or column.get("meta") or {}).get("pii")
            in RESTRICTED
        )
        marts.append(
            Mart(
                name=node["name"],
                description=node["description"],
                columns={name: c["description"] for name, c in node["columns"].items()},
                withheld=withheld,
                is_restricted=bool((node["config"].get("meta") or {}).get("restricted")),
            )
        )
    return sorted(marts, key=lambda mart: mart.name)


def publish(
    settings: Settings, manifest: dict[str, Any], run_id: str, log: Log = lambda _: None
) -> Version:
    """Publish the marts of the build file; returns what was published.

    Raises PublishError when a mart is missing, a column has a type that BI drivers can't read, or
    PostgreSQL is configured and can't be published; readers then keep the last version.
    """
    now = datetime.now(UTC)
    name = f"{now:%Y%m%dT%H%M%S%f}_{settings.company_name}"
    beside = settings.published_dir / f".{name}.{os.getpid()}"
    beside.mkdir(parents=True)
    try:
        marts = [mart for mart in marts_of(manifest) if not mart.is_restricted]
        rows = _write_marts(settings, marts, beside)
        version = Version(
            version=name,
            company=settings.company_name,
            run_id=run_id,
            published_at=now.isoformat(timespec="seconds"),
            rows=rows,
            withheld={mart.name: list(mart.withheld) for mart in marts if mart.withheld},
        )
        (beside / "version.json").write_text(json.dumps(asdict(version), indent=2), "utf-8")
        target = settings.published_dir / "versions" / name
        target.parent.mkdir(exist_ok=True)
        os.replace(beside, target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    try:
        _swap_in(settings, target, log)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    _forget_old(settings)
    return version


def versions(settings: Settings) -> list[Version]:
    """All kept versions, the oldest first."""
    files = sorted((settings.published_dir / "versions").glob("*/version.json"))
    return [Version(**json.loads(path.read_text("utf-8"))) for path in files]


def current_version(settings: Settings) -> Version | None:
    """The version that readers see now."""
    path = settings.published_dir / "parquet"
    if not path.is_symlink() or not settings.published_path.exists():
        return None
    file = path.resolve().parent / "version.json"
    return Version(**json.loads(file.read_text("utf-8"))) if file.exists() else None


def stands_in_postgres(settings: Settings, version: Version) -> bool:
    """Whether PostgreSQL, where one is configured, shows this version."""
    if settings.postgres_url is None:
        return True
    from orchestration.lib.publish_postgres import published_version

    return published_version(settings) == version.version


def roll_back(settings: Settings, name: str | None = None, log: Log = lambda _: None) -> Version:
    """Publish an earlier version again (default: the one before the current).

    Naming the current version publishes it again, into a PostgreSQL that lacks it for example.
    """
    kept = versions(settings)
    current = current_version(settings)
    if name is None:
        before = [v for v in kept if current is None or v.version < current.version]
        if not before:
            raise PublishError("There is no earlier version to go back to.")
        name = before[-1].version
    chosen = next((v for v in kept if v.version == name), None)
    if chosen is None:
        known = ", ".join(v.version for v in kept) or "none"
        raise PublishError(f"Version {name!r} is not kept. Kept versions: {known}.")
    _swap_in(settings, settings.published_dir / "versions" / name, log)
    return chosen


def _write_marts(settings: Settings, marts: list[Mart], folder: Path) -> dict[str, int]:
    rows: dict[str, int] = {}
    parquet = folder / "parquet"
    parquet.mkdir()
    with duckdb.connect(config={"threads": settings.threads}) as connection:
        connection.execute(f"attach {engine.text(settings.build_path)} as build (read_only)")
        target = engine.text(folder / settings.published_path.name)
        connection.execute(f"attach {target} as target (storage_version '{STORAGE_VERSION}')")
        connection.execute("create schema target.marts")
        for mart in marts:
            rows[mart.name] = _write_mart(connection, mart, parquet)
        connection.execute("checkpoint target")
        connection.execute("detach target")
    return rows


def _write_mart(connection: duckdb.DuckDBPyConnection, mart: Mart, parquet: Path) -> int:
    found = connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = 'build' and schema_name = 'marts' and table_name = ? "
        "order by column_index",
        [mart.name],
    ).fetchall()
    if not found:
        raise PublishError(f"The build lacks marts.{mart.name}; build all models, then publish.")
    kept = [(name, kind) for name, kind in found if name not in mart.withheld]
    for name, kind in kept:
        if kind.split("(")[0] not in READABLE_TYPES or kind.endswith("]"):
            raise PublishError(
                f"marts.{mart.name}.{name} is {kind}, which BI drivers can't read; "
                f"publish one of {', '.join(READABLE_TYPES)}."
            )
    table = f"target.marts.{engine.name(mart.name)}"
    columns = ", ".join(engine.name(name) for name, _ in kept)
    connection.execute(
        f"create table {table} as select {columns} from build.marts.{engine.name(mart.name)}"
    )
    connection.execute(f"comment on table {table} is {engine.text(mart.description)}")
    for name, _ in kept:
        comment = engine.text(mart.columns.get(name, ""))
        connection.execute(f"comment on column {table}.{engine.name(name)} is {comment}")
    file = engine.text(parquet / f"{mart.name}.parquet")
    connection.execute(f"copy {table} to {file} (format parquet, compression zstd)")
    return connection.execute(f"select count(*) from {table}").fetchall()[0][0]


def _swap_in(settings: Settings, version: Path, log: Log) -> None:
    """Let readers of the file, of Parquet and of PostgreSQL see a version; all of them or none."""
    before = current_version(settings)
    begun = False
    try:
        with _postgres_swap(settings, version, log):
            begun = True
            _swap_files(settings, version)
    except BaseException:
        if begun and before is not None:
            _swap_files(settings, settings.published_dir / "versions" / before.version)
        elif begun:
            settings.published_path.unlink(missing_ok=True)
            (settings.published_dir / "parquet").unlink(missing_ok=True)
        raise


def _postgres_swap(settings: Settings, version: Path, log: Log) -> AbstractContextManager[None]:
    if settings.postgres_url is None:
        return nullcontext()
    from orchestration.lib.publish_postgres import swapped_in

    return swapped_in(settings, version / settings.published_path.name, version.name, log)


def _swap_files(settings: Settings, version: Path) -> None:
    beside = settings.published_dir / f".{settings.published_path.name}.{os.getpid()}"
    shutil.copyfile(version / settings.published_path.name, beside)
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(beside, settings.published_path)
    link = settings.published_dir / f".parquet.{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("versions") / version.name / "parquet")
    os.replace(link, settings.published_dir / "parquet")


def _forget_old(settings: Settings) -> None:
    kept = versions(settings)
    for version in kept[: max(0, len(kept) - max(1, settings.keep_versions))]:
        shutil.rmtree(settings.published_dir / "versions" / version.version, ignore_errors=True)


def main(arguments: list[str] | None = None) -> None:
    """List the kept versions, or go back to one."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.lib.publish", description=__doc__
    )
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--list", action="store_true", help="list the kept versions")
    group.add_argument(
        "--roll-back", nargs="?", const="", metavar="VERSION", help="go back (default: one version)"
    )
    options = parser.parse_args(arguments)
    settings = Settings.from_environment()
    if options.list:
        current = current_version(settings)
        for version in versions(settings):
            mark = "*" if current and current.version == version.version else " "
            rows = sum(version.rows.values())
            print(f"{mark} {version.version}  {version.company}  {rows:,} rows")
        return
    try:
        chosen = roll_back(settings, options.roll_back or None, print)
    except PublishError as error:
        parser.exit(1, f"{error}\n")
    print(f"Published again: {chosen.version}")


if __name__ == "__main__":
    main()
