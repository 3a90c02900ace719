"""The landing manifest: every file that arrived and every load that was made, in SQLite.

Belongs here: the records and the questions asked of them.
Doesn't belong here: the files themselves (see `landing`) or their rows (see `bronze`).
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists file (
    file_id integer primary key autoincrement,
    feed_source text not null,
    feed_table text not null,
    path text not null,
    name text not null,
    size integer not null,
    mtime_ns integer not null,
    sha256 text not null,
    landing_path text not null,
    sender text not null,
    period text not null,
    partition text not null,
    received_at text not null,
    landed_at text not null,
    status text not null check (
        status in ('pending', 'loaded', 'superseded', 'duplicate', 'refused')
    ),
    duplicate_of integer references file,
    message text not null default '',
    unique (feed_source, feed_table, path, size, mtime_ns)
);
create index if not exists file_by_hash on file (feed_source, feed_table, sha256);
create table if not exists load (
    load_id integer primary key,
    file_id integer not null references file,
    layout_source text not null,
    layout_table text not null,
    loaded_at text not null,
    rows_read integer not null,
    rows_loaded integer not null,
    rows_rejected integer not null,
    rows_not_of_feed integer not null,
    is_snapshot integer not null,
    is_current integer not null,
    status text not null,
    superseded_by integer,
    totals text not null default '{}',
    message text not null default '',
    check (rows_read = rows_loaded + rows_rejected + rows_not_of_feed)
);
create index if not exists load_by_file on load (file_id);
create table if not exists load_day (
    load_id integer not null references load,
    business_date text not null,
    row_count integer not null,
    primary key (load_id, business_date)
) without rowid;
create table if not exists counter (name text primary key, value integer not null);
insert or ignore into counter values ('load_id', 0), ('change', 0);
"""

FILE_COLUMNS = (
    "file_id, feed_source, feed_table, path, name, size, mtime_ns, sha256, landing_path, sender, "
    "period, partition, received_at, landed_at, status, duplicate_of, message"
)


@dataclass(frozen=True)
class FileRecord:
    """A file in the manifest; `file_id` is 0 before it is recorded. Times are UTC, ISO 8601."""

    file_id: int
    feed_source: str
    feed_table: str
    path: str
    name: str
    size: int
    mtime_ns: int
    sha256: str
    landing_path: str
    sender: str
    period: str
    partition: str
    received_at: str
    landed_at: str
    status: str
    duplicate_of: int | None = None
    message: str = ""

    @property
    def arrival(self) -> tuple[str, str, int]:
        """Order of arrival."""
        return (self.received_at, self.name, self.file_id)


@dataclass(frozen=True)
class LoadRecord:
    """What became of one file in one load."""

    load_id: int
    file_id: int
    layout_source: str
    layout_table: str
    loaded_at: str
    rows_read: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    rows_not_of_feed: int = 0
    is_snapshot: bool = False
    is_current: bool = False
    status: str = "loaded"
    superseded_by: int | None = None
    totals: str = "{}"
    message: str = ""


class Manifest:
    """The manifest of one company; safe for several processes at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._connection = sqlite3.connect(path, timeout=600, isolation_level=None)
        self._connection.execute("pragma synchronous = normal")
        self._connection.execute("pragma foreign_keys = on")
        if not self._has_schema():
            with self.locked("schema"):
                self._connection.execute("pragma journal_mode = wal")
                if not self._has_schema():
                    self._connection.executescript(f"begin immediate; {SCHEMA} commit;")

    def __enter__(self) -> Manifest:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    @contextmanager
    def locked(self, purpose: str) -> Iterator[None]:
        """Hold a lock that other processes wait for; it ends with the process."""
        folder = self.path.parent / ".locks"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / purpose.replace("/", "__")).open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("update counter set value = value + 1 where name = 'change'")
        self._connection.execute("commit")

    def known(self, source: str, table: str) -> set[tuple[str, int, int]]:
        """(path, size, mtime_ns) of every file of a feed that was seen."""
        return set(
            self._all(
                "select path, size, mtime_ns from file where feed_source = ? and feed_table = ?",
                source,
                table,
            )
        )

    def add_file(self, record: FileRecord) -> FileRecord:
        """Record a file; returns it with its id."""
        values = {k: v for k, v in vars(record).items() if k != "file_id"}
        places = ", ".join("?" * len(values))
        cursor = self._connection.execute(
            f"insert into file ({', '.join(values)}) values ({places})", list(values.values())
        )
        return FileRecord(**{**vars(record), "file_id": int(cursor.lastrowid or 0)})

    def files(self, source: str, table: str, *statuses: str) -> list[FileRecord]:
        """Files of a feed with one of the statuses (all if none is named), in order of arrival."""
        wanted = f"and status in ({', '.join('?' * len(statuses))})" if statuses else ""
        rows = self._all(
            f"select {FILE_COLUMNS} from file where feed_source = ? and feed_table = ? {wanted} "
            "order by received_at, name, file_id",
            source,
            table,
            *statuses,
        )
        return [FileRecord(*row) for row in rows]

    def same_bytes(self, source: str, table: str, sha256: str) -> list[FileRecord]:
        """Files of a feed with these bytes, in order of arrival."""
        rows = self._all(
            f"select {FILE_COLUMNS} from file where feed_source = ? and feed_table = ? "
            "and sha256 = ? and status <> 'duplicate' order by received_at, name, file_id",
            source,
            table,
            sha256,
        )
        return [FileRecord(*row) for row in rows]

    def current(self, source: str, table: str) -> dict[str, tuple[FileRecord, int]]:
        """By partition: the file whose rows stand in bronze, and its load id."""
        rows = self._all(
            f"select {', '.join('f.' + c.strip() for c in FILE_COLUMNS.split(','))}, l.load_id "
            "from file f join load l on l.file_id = f.file_id and l.is_current = 1 "
            "where f.feed_source = ? and f.feed_table = ?",
            source,
            table,
        )
        return {row[11]: (FileRecord(*row[:-1]), int(row[-1])) for row in rows}

    def set_status(self, file_ids: Iterable[int], status: str, message: str | None = None) -> None:
        """Change the status of files."""
        self._connection.executemany(
            "update file set status = ?, message = coalesce(?, message) where file_id = ?",
            [(status, message, file_id) for file_id in file_ids],
        )

    def next_load_ids(self, count: int) -> range:
        """Reserve load ids; call it inside the commit lock so that order is order of commit."""
        row = self._one(
            "update counter set value = value + ? where name = 'load_id' returning value", count
        )
        last = int(row[0]) if row else 0
        return range(last - count + 1, last + 1)

    def add_load(self, record: LoadRecord, days: dict[str, int], supersedes: int | None) -> None:
        """Record a load with its days; what it supersedes adds its days with no rows."""
        if supersedes is not None:
            self._connection.execute(
                "update load set is_current = 0, superseded_by = ? where load_id = ?",
                (record.load_id, supersedes),
            )
            lost = self._all("select business_date from load_day where load_id = ?", supersedes)
            days = {**{day: 0 for (day,) in lost}, **days}
        values = vars(record)
        self._connection.execute(
            f"insert into load ({', '.join(values)}) values ({', '.join('?' * len(values))})",
            list(values.values()),
        )
        self._connection.executemany(
            "insert into load_day values (?, ?, ?)",
            [(record.load_id, day, count) for day, count in days.items()],
        )

    def changes(self) -> int:
        """Number of the last change; grows with each transaction."""
        row = self._one("select value from counter where name = 'change'")
        return int(row[0]) if row else 0

    def query(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows of a question as dictionaries."""
        cursor = self._connection.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _has_schema(self) -> bool:
        return self._one("select 1 from sqlite_master where name = 'counter'") is not None

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        cursor = self._connection.execute(sql, values)
        rows = cursor.fetchall()
        return rows[0] if rows else None
