"""One writer at a time on the warehouse, whichever way a run was started.

Dagster's pool lets queued runs take turns. A run that is started by hand does not pass the
queue, so the file itself is guarded by a lock, which the system frees when a process ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

WAIT_SECONDS = 0.5

_held: dict[Path, IO[str]] = {}


class LockTimeout(TimeoutError):
    """Another run held the warehouse for too long; the message names it."""


def take_turn(
    path: Path, on_wait: Callable[[str], None] = lambda holder: None, timeout: float = 3600
) -> None:
    """Hold the lock at `path` until `end_turn` or the end of this process.

    Calls `on_wait` once with the text of the holder when somebody else has it. Taking it again
    in the same process does nothing. Raises LockTimeout after `timeout` seconds.
    """
    if path in _held:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a+", encoding="utf-8")
    deadline = time.monotonic() + timeout
    told = False
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            holder = path.read_text(encoding="utf-8").strip() or "another run"
            if not told:
                on_wait(holder)
                told = True
            if time.monotonic() > deadline:
                handle.close()
                raise LockTimeout(
                    f"{holder} has held {path} for over {timeout:.0f} s. Wait for it to end, or "
                    "end that process if it hangs."
                ) from None
            time.sleep(WAIT_SECONDS)
    handle.seek(0)
    handle.truncate()
    handle.write(f"process {os.getpid()}")
    handle.flush()
    _held[path] = handle


def end_turn(path: Path) -> None:
    """Let the next one in; does nothing when this process does not hold the lock."""
    handle = _held.pop(path, None)
    if handle is not None:
        handle.seek(0)
        handle.truncate()
        handle.close()
