"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on a free loopback port.

Installs Debian's package where no server is installed and apt-get may be used.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from debian import installed

PASSWORD = "p@ss:w/rd %1"
SERVER_USER = "postgres"


@dataclass(frozen=True)
class Server:
    """A running server; `url` of its superuser."""

    port: int

    @property
    def url(self) -> str:
        return self.url_of("postgres", "postgres")

    def url_of(self, user: str, database: str, password: str = PASSWORD) -> str:
        secret = quote(password, safe="")
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"


@contextmanager
def running() -> Iterator[Server]:
    """Start a server, stop it after; skips where none can be installed."""
    programs = installed_programs()
    folder = Path(tempfile.mkdtemp(prefix="cfs_postgres_"))
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, SERVER_USER)
        user = {"user": SERVER_USER, "group": SERVER_USER, "extra_groups": []}
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)

    def call(*command: object) -> None:
        words = [str(word) for word in command]
        log = (folder / "output").open("ab")
        with log:
            subprocess.run(words, cwd=folder, check=True, stdout=log, stderr=log, **user)

    cluster, port = folder / "cluster", free_port()
    try:
        login = ("--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale")
        call(programs / "initdb", "-D", cluster, *login, f"--pwfile={folder / 'password'}", "-N")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
        control = (programs / "pg_ctl", "-D", cluster, "-w")
        call(*control, "-o", options, "-l", folder / "log", "start")
        try:
            yield Server(port)
        finally:
            call(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def installed_programs() -> Path:
    """Folder of initdb and pg_ctl."""
    return installed(find_programs, "PostgreSQL server", "postgresql")


def find_programs() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    on_path = shutil.which("initdb")
    candidates = [*folders, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((f for f in reversed(candidates) if (f / "pg_ctl").exists()), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url: str, query: str) -> list[tuple]:
    """Answer of one query, or nothing for a statement."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []
