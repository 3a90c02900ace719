"""Publishing into PostgreSQL: the tables of a published file as schema `marts`, swapped in whole.

One transaction writes a new schema beside the present one, renames both and commits, so a reader
sees one version or the next. Rows are frozen as they are copied, so that a transaction that began
before the swap doesn't find a new table empty. Rights that were granted on the present schema and
views that read it are carried over.

Belongs here: writing and swapping the schema. What is published, and the swap of files, is
`publish`'s to say; rights and views are `postgres_readers`' work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import duckdb
import psycopg
import pyarrow.csv
from psycopg.sql import SQL, Composed, Identifier, Literal

from orchestration.lib import engine
from orchestration.lib.postgres_connection import (
    VARIABLE,
    Connection,
    PostgresError,
    connected,
    parameters_of,
    without_secrets,
)
from orchestration.lib.postgres_readers import Readers
from orchestration.lib.settings import Settings

SCHEMA, NEW, BEFORE = "marts", "marts_new", "marts_before_"
MARK = "Customer Full Stack: version "
LOCK_WAIT, DROP_WAIT = "30s", "3s"
BATCH_ROWS, TELL_SECONDS = 50_000, 5.0
LONGEST_NAME = 63
TYPES = {
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "BOOLEAN": "boolean",
}

REPLACED = """
select n.nspname, array_agg(c.relname::text) filter (where c.relkind = 'r')
from pg_namespace n
left join pg_class c on c.relnamespace = n.oid
where starts_with(n.nspname, %s) and starts_with(obj_description(n.oid, 'pg_namespace'), %s)
group by n.nspname
"""

Log = Callable[[str], None]


@dataclass(frozen=True)
class Column:
    """A column of a published file."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class Table:
    """A table of a published file, its columns in order."""

    name: str
    comment: str
    columns: tuple[Column, ...]


@contextmanager
def swapped_in(settings: Settings, file: Path, version: str, log: Log) -> Iterator[None]:
    """Put the tables of a published DuckDB file in place of those in PostgreSQL.

    The body runs when all is written and renamed, before the commit: when it raises, PostgreSQL
    stays as it was. Raises PostgresError when the server, the rights or a view don't allow it.
    """
    with connected(settings) as connection, connection.transaction():
        _begin(connection)
        _refuse_what_is_not_ours(connection)
        readers = Readers.of(connection, SCHEMA)
        _write(connection, settings, file, log)
        readers.grant(connection, NEW)
        _rename(connection, version)
        readers.rebind_views(connection)
        yield
    _drop_earlier(settings, log)


def published_version(settings: Settings) -> str | None:
    """Version that readers of PostgreSQL see; None when there is none or the server is away."""
    try:
        with connected(settings) as connection:
            comment = _schema_comment(connection, SCHEMA) or ""
    except PostgresError:
        return None
    return comment.removeprefix(MARK).split()[0] if comment.startswith(MARK) else None


def _begin(connection: Connection) -> None:
    """Wait for another publisher; then names are always written out and waits end."""
    connection.execute("select pg_advisory_xact_lock(hashtext('customer_full_stack'))")
    connection.execute(SQL("set local lock_timeout = {}").format(LOCK_WAIT))
    connection.execute("set local search_path = ''")


def _refuse_what_is_not_ours(connection: Connection) -> None:
    """A schema `marts` that this project did not write, or that holds a person's own work."""
    found = connection.execute(
        "select c.relname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f') order by c.relname",
        [SCHEMA],
    ).fetchall()
    is_ours = (_schema_comment(connection, SCHEMA) or "").startswith(MARK)
    others = [name for name, kind in found if not is_ours or kind != "r"]
    if others:
        raise PostgresError(
            f"Schema {SCHEMA} of the database in {VARIABLE} holds {', '.join(others[:5])}, which "
            f"publishing did not make and would delete. Move what you need to another schema, or "
            f"name another database. Nothing was published."
        )


def _write(connection: Connection, settings: Settings, file: Path, log: Log) -> None:
    """Create the new schema with every table of the file."""
    connection.execute(SQL("create schema {}").format(Identifier(NEW)))
    with duckdb.connect(str(file), True, {"threads": settings.threads}) as source:
        tables = _tables(source)
        rows, told_at = 0, time.monotonic()
        for number, table in enumerate(tables, 1):
            rows += _write_table(connection, source, table)
            if number == len(tables) or time.monotonic() - told_at > TELL_SECONDS:
                told_at = time.monotonic()
                log(f"PostgreSQL: {number} of {len(tables)} tables written, {rows:,} rows")


def _tables(source: duckdb.DuckDBPyConnection) -> list[Table]:
    columns: dict[str, list[Column]] = {}
    for table, *column in source.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where schema_name = ? and not internal order by table_name, column_index",
        [SCHEMA],
    ).fetchall():
        columns.setdefault(table, []).append(Column(*column))
    comments = source.execute(
        "select table_name, coalesce(comment, '') from duckdb_tables() where schema_name = ? "
        "order by table_name",
        [SCHEMA],
    ).fetchall()
    return [Table(name, comment, tuple(columns[name])) for name, comment in comments]


def _write_table(
    connection: Connection,
    source: duckdb.DuckDBPyConnection,
    table: Table,
) -> int:
    """Create, fill, describe and analyze a table; returns its rows."""
    for name in (table.name, *(column.name for column in table.columns)):
        if len(name.encode()) > LONGEST_NAME:
            raise PostgresError(
                f"{name} is longer than PostgreSQL's {LONGEST_NAME} bytes; name it shorter."
            )
    target = Identifier(NEW, table.name)
    columns = SQL(", ").join(
        SQL("{} {}").format(Identifier(column.name), SQL(postgres_type(table.name, column)))  # type: ignore[arg-type]
        for column in table.columns
    )
    connection.execute(SQL("create table {} ({})").format(target, columns))
    rows = _copy(connection, source, table, target)
    for statement in _comments(table, target):
        connection.execute(statement)
    connection.execute(SQL("analyze {}").format(target))
    return rows


def postgres_type(table: str, column: Column) -> str:
    """PostgreSQL's type for a column of the published file."""
    if column.type.startswith("DECIMAL("):
        return column.type.replace("DECIMAL", "numeric")
    if column.type not in TYPES:
        raise PostgresError(
            f"{SCHEMA}.{table}.{column.name} is {column.type}, which is not published in "
            f"PostgreSQL; publish one of {', '.join(TYPES)}, DECIMAL."
        )
    return TYPES[column.type]


def _copy(
    connection: Connection,
    source: duckdb.DuckDBPyConnection,
    table: Table,
    target: Identifier,
) -> int:
    values = ", ".join(_value(column) for column in table.columns)
    rows = source.execute(f"select {values} from {SCHEMA}.{engine.name(table.name)}")
    reader = rows.to_arrow_reader(BATCH_ROWS)
    options = pyarrow.csv.WriteOptions(include_header=False)
    sent = 0
    with connection.cursor() as cursor:
        copy_in = SQL("copy {} from stdin (format csv, freeze)").format(target)
        with cursor.copy(copy_in) as copy:
            for batch in reader:
                buffer = BytesIO()
                pyarrow.csv.write_csv(batch, buffer, options)
                copy.write(buffer.getbuffer())
                sent += batch.num_rows
        if cursor.rowcount != sent:
            raise PostgresError(
                f"PostgreSQL took {cursor.rowcount:,} of {sent:,} rows of {table.name}. "
                "Nothing was published; run again."
            )
    return sent


def _value(column: Column) -> str:
    """Dates as both engines write them; texts without NUL, which PostgreSQL can't hold."""
    name = engine.name(column.name)
    if column.type in ("DATE", "TIMESTAMP"):
        return f"{name}::varchar"
    return f"replace({name}, chr(0), '')" if column.type == "VARCHAR" else name


def _comments(table: Table, target: Identifier) -> Iterator[Composed]:
    yield SQL("comment on table {} is {}").format(target, Literal(table.comment))
    for column in table.columns:
        name = Identifier(NEW, table.name, column.name)
        yield SQL("comment on column {} is {}").format(name, Literal(column.comment))


def _rename(connection: Connection, version: str) -> None:
    """Let the new schema take the name of the present one."""
    found = connection.execute(
        "select oid, quote_ident(nspname) from pg_namespace where nspname = %s", [SCHEMA]
    ).fetchone()
    rename = SQL("alter schema {} rename to {}")
    if found:
        earlier = f"{BEFORE}{found[0]}"
        connection.execute(rename.format(Identifier(SCHEMA), Identifier(earlier)))
        mark = Literal(f"{MARK}that was replaced by {version}")
        connection.execute(SQL("comment on schema {} is {}").format(Identifier(earlier), mark))
    connection.execute(rename.format(Identifier(NEW), Identifier(SCHEMA)))
    mark = Literal(f"{MARK}{version}")
    connection.execute(SQL("comment on schema {} is {}").format(Identifier(SCHEMA), mark))


def _drop_earlier(settings: Settings, log: Log) -> None:
    """Drop replaced schemas; one that a reader still holds is left for the next publishing."""
    try:
        with psycopg.connect(**parameters_of(settings), autocommit=True) as connection:
            for schema, tables in connection.execute(REPLACED, [BEFORE, MARK]).fetchall():
                with connection.transaction():
                    connection.execute(SQL("set local lock_timeout = {}").format(DROP_WAIT))
                    if tables:
                        names = SQL(", ").join(Identifier(schema, name) for name in tables)
                        connection.execute(SQL("drop table {}").format(names))
                    connection.execute(SQL("drop schema {}").format(Identifier(schema)))
    except psycopg.Error as error:
        reason = without_secrets(str(error).splitlines()[0], parameters_of(settings))
        log(f"PostgreSQL: what was replaced stays until the next publishing ({reason})")


def _schema_comment(connection: Connection, schema: str) -> str | None:
    row = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s",
        [schema],
    ).fetchone()
    return row[0] if row else None
