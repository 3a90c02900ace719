"""Programs that tests drive, from Debian's packages where they are not installed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

Found = TypeVar("Found")


def installed(find: Callable[[], Found | None], what: str, *packages: str) -> Found:
    """What `find` finds, after installing `packages` where it finds nothing.

    Skips where nothing can be installed. Tests run side by side, and apt-get alone: one at a time.
    """
    found = find()
    if found is not None:
        return found
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip(f"No {what} here, and no right to install it (root, apt-get).")
    with (Path(tempfile.gettempdir()) / "cfs_apt.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        found = find()
        if found is None:
            _install(what, packages)
            found = find()
    assert found is not None, f"apt-get installed {' '.join(packages)}, yet {what} isn't found"
    return found


def _install(what: str, packages: tuple[str, ...]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        apt = ["apt-get", "-qq", *command]
        done = subprocess.run(apt, env=environment, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"{what} can't be installed here: {done.stderr.strip()[-300:]}")
