"""Unpacks landed files into plain UTF-8 text (or plain Parquet) that the engine reads.

Belongs here: gzip and zip with limits, decoding, and what makes bytes unreadable.
Doesn't belong here: headers and columns (see `readers`), workbooks (see `spreadsheets`).
"""

from __future__ import annotations

import codecs
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from orchestration.lib.refusals import FileRefused

CHUNK_BYTES = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"
PARQUET_MAGIC = b"PAR1"
BINARY_MAGIC = {
    PARQUET_MAGIC: "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"%PDF": "a PDF",
    b"SQLite format 3": "a SQLite database",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x28\xb5\x2f\xfd": "packed with zstd; send it as gzip or zip",
    b"7z\xbc\xaf": "packed with 7z; send it as gzip or zip",
    b"BZh": "packed with bzip2; send it as gzip or zip",
}
MARKUP = (b"<!doctype", b"<html", b"<?xml", b"{\\rtf")
UTF8 = "utf-8"


@dataclass(frozen=True)
class Limits:
    """How large an unpacked file may be, in bytes and as a multiple of the packed size."""

    max_bytes: int = 64 << 30
    max_ratio: int = 250
    ratio_from_bytes: int = 16 << 20


def magic(path: Path) -> bytes:
    """First bytes of a file; raises FileRefused if there are none."""
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        raise FileRefused("empty", f"{path.name}: the file has no bytes; ask the sender for it.")
    return head


def unpack_binary(path: Path, work: Path, limits: Limits) -> Path:
    """Return a plain file: `path` itself, or its unpacked copy in the folder `work`."""
    if not _packing(path):
        return path
    target = work / f"{path.name}.plain"
    with ExitStack() as stack:
        chunks = _chunks(path, stack, limits)
        _write(chunks, target)
    return target


def unpack_text(path: Path, encoding: str, work: Path, limits: Limits) -> Path:
    """Return a plain UTF-8 text file with one kind of line end; `path` itself where it is one."""
    packing = _packing(path)
    plain_utf8 = codecs.lookup(encoding).name in (UTF8, "utf-8-sig", "ascii")
    target = work / f"{path.name}.txt"
    with ExitStack() as stack:
        text = _Text(path, encoding)
        pieces = text.check(_chunks(path, stack, limits))
        if packing or not plain_utf8 or _has_bom(path):
            _write(pieces, target)
        else:
            target = path
            for _ in pieces:
                pass
    if text.has_mixed_lines:
        target = _one_line_end(target, work / f"{path.name}.lf.txt")
    return target


class _Text:
    """Decodes chunks, and refuses what is no text; remembers the row it is at."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._plain = codecs.lookup(encoding).name in (UTF8, "utf-8-sig", "ascii")
        self._row = 1
        self._first = True
        self._both = 0
        self._feeds = 0
        self._last = b""

    @property
    def has_mixed_lines(self) -> bool:
        """Whether lines end now with CR LF, now with LF."""
        return 0 < self._both < self._feeds

    def check(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield UTF-8 without byte order mark."""
        for chunk in chunks:
            yield self._checked(chunk, final=False)
        yield self._checked(b"", final=True)
        if self._row == 1 and self._first:
            raise FileRefused("empty", f"{self._path.name}: nothing in it; ask the sender for it.")

    def _checked(self, chunk: bytes, final: bool) -> bytes:
        try:
            text = self._decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            row = self._row + error.object[: error.start].count(b"\n")
            raise FileRefused(
                "encoding",
                f"{self._path.name}, line {row}: bytes {error.object[error.start : error.end]!r} "
                f"are not {self._encoding}; set `format.encoding` of the feed to what the sender "
                "writes, such as cp1252.",
                row,
            ) from error
        if self._first and text:
            text = text.removeprefix("\ufeff")
            self._first = False
            data = text.encode(UTF8)
        else:
            data = chunk if self._plain else text.encode(UTF8)
        zero = data.find(b"\0")
        if zero >= 0:
            row = self._row + data.count(b"\n", 0, zero)
            raise FileRefused(
                "binary",
                f"{self._path.name}, line {row}: a NUL byte, so this is no {self._encoding} text; "
                "ask the sender for a text file, or correct `format.encoding` (utf-16?).",
                row,
            )
        self._count_lines(data)
        return data

    def _count_lines(self, data: bytes) -> None:
        feeds = data.count(b"\n")
        self._row += feeds
        self._feeds += feeds
        self._both += data.count(b"\r\n") + (self._last == b"\r" and data[:1] == b"\n")
        self._last = data[-1:] or self._last


def _has_bom(path: Path) -> bool:
    return magic(path).startswith(codecs.BOM_UTF8)


def _packing(path: Path) -> str:
    head = magic(path)
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    return "zip" if head.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)) else ""


def refuse_binary(path: Path, wanted: str) -> None:
    """Raise FileRefused if the plain file is a known format that no feed reads."""
    what = _foreign(magic(path))
    if what:
        raise FileRefused(
            "format",
            f"{path.name}: the feed says {wanted}, but this is {what}; correct `format.type` "
            "of the feed, or ask the sender for the right file.",
        )


def _foreign(head: bytes) -> str:
    """What the first bytes belong to, if no feed reads it."""
    known = {**BINARY_MAGIC, **dict.fromkeys(MARKUP, "a web page or a document")}
    head = head[:16].lstrip().lower()
    return next((what for start, what in known.items() if head.startswith(start.lower())), "")


def _chunks(path: Path, stack: ExitStack, limits: Limits) -> Iterator[bytes]:
    packing = _packing(path)
    if not packing:
        refuse_binary(path, "text")
        file = stack.enter_context(path.open("rb"))
        return iter(lambda: file.read(CHUNK_BYTES), b"")
    size = path.stat().st_size
    if packing == "gzip":
        return _limited(_gunzip(path, stack.enter_context(path.open("rb"))), path, size, limits)
    return _limited(_unzip(path, stack), path, size, limits)


def _limited(chunks: Iterator[bytes], path: Path, packed: int, limits: Limits) -> Iterator[bytes]:
    total = 0
    for number, chunk in enumerate(chunks):
        if number == 0:
            _refuse_foreign(path, chunk)
        total += len(chunk)
        too_dense = total > limits.ratio_from_bytes and total > packed * limits.max_ratio
        if total > limits.max_bytes or too_dense:
            raise FileRefused(
                "bomb",
                f"{path.name}: unpacks to more than {total:,} bytes from {packed:,}; if that is "
                "meant, ask the sender to split it or to send it unpacked.",
            )
        yield chunk


def _refuse_foreign(path: Path, chunk: bytes) -> None:
    what = "" if chunk.startswith(PARQUET_MAGIC) else _foreign(chunk)
    if what:
        raise FileRefused("format", f"{path.name}: what is packed in it is {what}.")


def _gunzip(path: Path, file: BinaryIO) -> Iterator[bytes]:
    unzip = zlib.decompressobj(wbits=31)
    try:
        while chunk := file.read(CHUNK_BYTES):
            while chunk:
                if unzip.eof:
                    if not chunk.startswith(GZIP_MAGIC[:1]):
                        raise zlib.error("bytes behind the end")
                    unzip = zlib.decompressobj(wbits=31)
                data = unzip.decompress(chunk, CHUNK_BYTES)
                if data:
                    yield data
                chunk = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
        while not unzip.eof and (data := unzip.decompress(unzip.unconsumed_tail, CHUNK_BYTES)):
            yield data
    except zlib.error as error:
        raise FileRefused(
            "damaged", f"{path.name}: the gzip data is damaged ({error}); ask for it again."
        ) from error
    if not unzip.eof:
        raise FileRefused(
            "truncated", f"{path.name}: the gzip data ends in the middle; ask for it again."
        )


def _unzip(path: Path, stack: ExitStack) -> Iterator[bytes]:
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except (zipfile.BadZipFile, OSError) as error:
        raise FileRefused(
            "damaged", f"{path.name}: not a whole zip file ({error}); ask for it again."
        ) from error
    member = _only_member(path, archive)
    try:
        file = stack.enter_context(archive.open(member))
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise FileRefused(
            "damaged",
            f"{path.name}: {member.filename} in it is damaged ({error}); ask for it again.",
        ) from error


def _only_member(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [m for m in archive.infolist() if not m.is_dir() and "__MACOSX/" not in m.filename]
    for member in members:
        member_path = PurePosixPath(member.filename.replace("\\", "/"))
        linked = stat.S_ISLNK(member.external_attr >> 16)
        if (
            member_path.is_absolute()
            or ".." in member_path.parts
            or ":" in member.filename
            or linked
        ):
            raise FileRefused(
                "climbs",
                f"{path.name}: the name {member.filename!r} in it leads out of the folder; "
                "ask the sender for a zip with a plain file name.",
            )
        if member.flag_bits & 0x1:
            raise FileRefused("locked", f"{path.name}: it has a password; ask for one without.")
    if [m for m in members if m.filename == "[Content_Types].xml"]:
        raise FileRefused(
            "format",
            f"{path.name}: this is an Office document; set `format.type: excel` if that is meant.",
        )
    if len(members) != 1:
        raise FileRefused(
            "members",
            f"{path.name}: holds {len(members)} files and should hold one; ask for one file each.",
        )
    return members[0]


def _write(chunks: Iterator[bytes], target: Path) -> None:
    with target.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)


def _one_line_end(source: Path, target: Path) -> Path:
    with source.open("rb") as read, target.open("wb") as write:
        rest = b""
        while chunk := read.read(CHUNK_BYTES):
            chunk = rest + chunk
            rest = b"\r" if chunk.endswith(b"\r") else b""
            write.write(chunk[: len(chunk) - len(rest)].replace(b"\r\n", b"\n"))
        write.write(rest)
    return target
