"""Landing: finds a feed's new files below the inbox and keeps their exact bytes.

Belongs here: which files are new, copies that never change, their manifest rows.
Doesn't belong here: what is in the files (see `readers`).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fnmatch import translate
from pathlib import Path

from orchestration.lib.feeds import Feed
from orchestration.lib.manifest import FileRecord, Manifest
from orchestration.lib.periods import in_window, period_of
from orchestration.lib.refusals import FileRefused
from orchestration.lib.settings import Settings

CHUNK_BYTES = 1 << 20
LONGEST_NAME = 100


class InboxError(FileNotFoundError):
    """The company's inbox is not there; the message names it."""


@dataclass(frozen=True)
class Found:
    """A file in the inbox."""

    path: Path
    relative: str
    size: int
    mtime_ns: int
    climbs: bool = False


def find_files(feed: Feed, inbox: Path) -> list[Found]:
    """Files that the feed's pattern names, sorted by path; links out of the inbox are marked."""
    if not inbox.is_dir():
        raise InboxError(
            f"Feed {feed.name}: the inbox {inbox} is not there; create it or correct "
            "`inbox` in company.yaml."
        )
    parts = feed.files.replace("\\", "/").split("/")
    root = inbox.resolve()
    found = []
    for relative, entry in _matches(root, [part for part in parts if part not in ("", ".")], ""):
        target = Path(entry.path).resolve()
        if not target.is_relative_to(root):
            status = entry.stat(follow_symlinks=False)
            climbs = True
        else:
            status = entry.stat()
            climbs = False
        found.append(Found(target, relative, status.st_size, status.st_mtime_ns, climbs))
    return sorted(found, key=lambda file: file.relative)


def receive(
    settings: Settings,
    manifest: Manifest,
    feed: Feed,
    inbox: Path,
    window: tuple[date, date] | None,
) -> list[FileRecord]:
    """Copy each new file of the window to landing and record it; returns the new records."""
    known = manifest.known(feed.source, feed.table)
    new = []
    for found in find_files(feed, inbox):
        if (found.relative, found.size, found.mtime_ns) not in known:
            record = _receive(settings, manifest, feed, found, window)
            if record is not None:
                new.append(record)
    return new


def _matches(folder: Path, parts: list[str], prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Walk only the folders that the pattern can reach; `**` is any depth."""
    head, *rest = parts
    deep = head == "**"
    pattern = re.compile(translate(head))
    with os.scandir(folder) as entries:
        listed = list(entries)
    if deep and rest:
        yield from _matches(folder, rest, prefix)
    for entry in listed:
        if entry.name.startswith(".") and not head.startswith("."):
            continue
        relative = f"{prefix}{entry.name}"
        if rest or deep:
            follows = not entry.is_symlink() if deep else bool(pattern.match(entry.name))
            if entry.is_dir() and follows:
                yield from _matches(Path(entry.path), parts if deep else rest, f"{relative}/")
            elif deep and not rest and entry.is_file():
                yield relative, entry
        elif pattern.match(entry.name) and (entry.is_file() or entry.is_symlink()):
            yield relative, entry


def _receive(
    settings: Settings,
    manifest: Manifest,
    feed: Feed,
    found: Found,
    window: tuple[date, date] | None,
) -> FileRecord | None:
    name = found.relative.rsplit("/", 1)[-1]
    record = FileRecord(
        file_id=0,
        feed_source=feed.source,
        feed_table=feed.table,
        path=found.relative,
        name=name,
        size=found.size,
        mtime_ns=found.mtime_ns,
        sha256="",
        landing_path="",
        sender=feed.source,
        period=name,
        partition="",
        received_at=_moment(found.mtime_ns / 1e9),
        landed_at=_moment(datetime.now(tz=UTC).timestamp()),
        status="pending",
    )
    if found.climbs:
        message = f"{found.relative}: the link leads out of the inbox; put the file itself there."
        return _record(manifest, feed, replace(record, message=f"file_climbs: {message}"))
    try:
        period, partition = period_of(feed, name)
        if not in_window(period, window):
            return None
        record = replace(record, period=period, partition=partition)
    except FileRefused as refusal:
        record = replace(record, message=f"{refusal.rule}: {refusal}")
    kept = _keep(settings, feed, found, record)
    return None if kept is None else _record(manifest, feed, kept)


def _record(manifest: Manifest, feed: Feed, record: FileRecord) -> FileRecord:
    """Record a file. A pending file with a message was refused at the door."""
    with manifest.transaction():
        if record.sha256 and not record.message:
            twin = _twin(manifest, feed, record)
            if twin is not None:
                record = replace(
                    record,
                    status="duplicate",
                    duplicate_of=twin.file_id,
                    message=f"same bytes as {twin.name}, received {twin.received_at}",
                )
        return manifest.add_file(record)


def _twin(manifest: Manifest, feed: Feed, record: FileRecord) -> FileRecord | None:
    """An earlier file with the same bytes that still holds."""
    if any(re.search(r"\b_(period|file)\b", sql) for sql in feed.values.values()):
        same = [
            f
            for f in manifest.same_bytes(feed.source, feed.table, record.sha256)
            if f.period == record.period
        ]
    else:
        same = manifest.same_bytes(feed.source, feed.table, record.sha256)
    holding = [file for file in same if file.status != "superseded"]
    return holding[0] if holding else None


def _keep(settings: Settings, feed: Feed, found: Found, record: FileRecord) -> FileRecord | None:
    """Copy the bytes to landing, hashing on the way; the copy is read-only.

    None if the file grew meanwhile: it is still being written and the next run takes it.
    """
    folder = settings.station("landing") / feed.source / feed.table
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{os.getpid()}.part"
    digest = hashlib.sha256()
    size = 0
    with found.path.open("rb") as source, beside.open("wb") as target:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    if size != found.size:
        beside.unlink()
        return None
    sha256 = digest.hexdigest()
    # The engine takes these characters in a path for a pattern.
    safe = re.sub(r"[*?\[\]{}\x00-\x1f]", "_", record.name)[-LONGEST_NAME:]
    target_path = folder / f"{sha256[:8]}__{safe}"
    beside.chmod(0o444)
    os.replace(beside, target_path)
    relative = target_path.relative_to(settings.station("landing")).as_posix()
    return replace(record, sha256=sha256, landing_path=relative)


def _moment(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")
