"""Dagster's history of events in SQLite, on connections that stay open.

Dagster's own storage opens and closes the database several times for each event, and the last
one to close makes SQLite write all of it through to the disk. A run of this project tells
thousands of events (one per check, planned and done), on which it would spend most of its time.
Here the same files, tables and statements are used on connections that are kept.

This builds on a class that Dagster does not export, whose version is pinned; the test
`test_history` fails when an upgrade changes it. `orchestration/dagster.yaml` names this class.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from dagster import StringSource
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

BUSY_SECONDS = 30
MOST_OPEN = 8


class HistoryStorage(SqliteEventLogStorage):
    """Dagster's SQLite storage of events, one database per run and an index over all runs."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)
        # Held while a connection is in use; a thread may ask again while it holds one.
        self._db_lock = threading.RLock()  # type: ignore[assignment]

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """`home`: Dagster's home; the databases lie where Dagster's own storage has them."""
        return {"home": StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """Make the storage of an instance from its dagster.yaml."""
        return cls(str(Path(config_value["home"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        """The engine of a database; those not used for the longest time are closed."""
        engine = self._engines.get(shard)
        if engine is None:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            )
            event.listen(engine, "connect", _spare_the_disk)
            self._engines[shard] = engine
        self._engines.move_to_end(shard)
        while len(self._engines) > MOST_OPEN:
            self._engines.popitem(last=False)[1].dispose()
        return engine

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table, which Dagster asks at each check; they don't go away."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        """Close what is open."""
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()


def _spare_the_disk(connection: Any, _record: Any) -> None:
    """In WAL mode this never harms the file: a power cut may cost the last events, no more."""
    connection.execute("pragma synchronous = normal")
