"""The key behind the keyed hashes (HMAC-SHA-256) that stand for personal data.

The key comes from CFS_SECRET_KEY or, where that is not set, from a file that is made once
and is readable by its owner only. It never reaches a log, compiled SQL or a table on disk.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

BLOCK_BYTES = 64


def secret_key(data_dir: Path, environment: Mapping[str, str] | None = None) -> bytes:
    """Return the key; makes `data_dir/secret/hmac.key` on the first call without a setting."""
    env = os.environ if environment is None else environment
    text = env.get("CFS_SECRET_KEY")
    if text:
        return text.encode()
    path = data_dir / "secret" / "hmac.key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        key = secrets.token_hex(32).encode()
        file.write(key)
    return key


def hmac_pads(key: bytes) -> tuple[bytes, bytes]:
    """Return the inner and outer padded keys of RFC 2104 for SHA-256."""
    short = hashlib.sha256(key).digest() if len(key) > BLOCK_BYTES else key
    block = short.ljust(BLOCK_BYTES, b"\0")
    return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)
