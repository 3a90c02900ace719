"""What dbt's DuckDB connection needs beyond its profile: a key, and the spellings of identity.

The key of the keyed hashes lies in an attached in-memory database, so that the macro `hmac` can
use it from every thread while neither the build file nor the compiled SQL ever holds it. The
macros of `orchestration.identity.macros` lie in another one, `cfs_identity`.
"""

from __future__ import annotations

import os
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from orchestration.identity.macros import create_macros
from orchestration.lib.secret import hmac_pads, secret_key
from orchestration.lib.settings import Settings


class Plugin(BasePlugin):
    """dbt-duckdb plugin; see the module's text."""

    def initialize(self, config: dict[str, Any]) -> None:
        """Nothing to read from the profile."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Attach the key and the macros, and apply the engine's limits."""
        settings = Settings.from_environment()
        inner, outer = hmac_pads(secret_key(settings.data_dir))
        conn.execute("attach if not exists ':memory:' as cfs_secret")
        conn.execute(
            "create or replace table cfs_secret.main.pads as select ?::blob as inner_pad, "
            "?::blob as outer_pad",
            [inner, outer],
        )
        conn.execute("attach if not exists ':memory:' as cfs_identity")
        create_macros(conn, "cfs_identity.main")
        conn.execute(f"set threads = {max(1, settings.threads)}")
        spill = settings.station("warehouse") / f"spill.{os.getpid()}"
        conn.execute(f"set temp_directory = '{str(spill).replace(chr(39), chr(39) * 2)}'")
        if settings.memory_limit:
            conn.execute("set memory_limit = ?", [settings.memory_limit])
