"""Readers: what columns a landed file has, and the SQL that reads files of one shape together.

Belongs here: headers, keys and schemas of files, and the relation that the engine reads.
Doesn't belong here: types, rules and what is loaded (see `arriving`).
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.lib import engine
from orchestration.lib.feeds import Feed, FileFormat, Unpivot
from orchestration.lib.refusals import FileRefused
from orchestration.lib.spreadsheets import sheet_to_csv
from orchestration.lib.unpack import (
    PARQUET_MAGIC,
    Limits,
    magic,
    refuse_binary,
    unpack_binary,
    unpack_text,
)

HEAD_CHARACTERS = 1 << 20
SAMPLED_LINES = 1000
MAX_LINE_BYTES = 4 << 20
BUFFER_BYTES = 8 << 20
IDENTIFIER = re.compile(r'"([^"]+)"|\b([A-Za-z_]\w*)\b(?!\s*\()')

FILE = "__cfs_file"
LINE = "__cfs_line"
ROW = "__cfs_row"
OBJECT = "__cfs_object"


@dataclass(frozen=True)
class Readable:
    """A landed file as the engine can read it: plain, with its columns and their types.

    A JSON key that the load asks for has the type ABSENT if no object of the file has it, and
    MAYBE if only the file's first objects were looked at.
    """

    number: int
    path: Path
    kind: str
    columns: tuple[tuple[str, str], ...]
    skip: int = 0
    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    unpivoted: tuple[str, ...] = ()
    turned_into: tuple[str, ...] = ()
    is_repaired: bool = False
    repaired: tuple[tuple[int, str], ...] = ()

    @property
    def shape(self) -> tuple[Any, ...]:
        """Files of equal shape are read in one pass."""
        if self.kind == "jsonl":
            return (self.kind,)
        alone = self.number if self.unpivoted or self.is_repaired else -1
        return (self.kind, self.columns, self.skip, alone)

    @property
    def offered(self) -> dict[str, str]:
        """Columns that a feed can ask for, with their types: after period columns are turned."""
        left = {name: kind for name, kind in self.columns if name not in self.unpivoted}
        return left | dict.fromkeys(self.turned_into, "VARCHAR")

    @property
    def headers(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(name for name, _ in self.columns)


def open_file(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    landed: Path,
    feed: Feed,
    work: Path,
    limits: Limits,
    wanted: set[str],
) -> Readable:
    """Unpack a landed file and find its columns; raises FileRefused if it cannot be read.

    `wanted` are headers that the load asks for, which JSON objects may leave out.
    """
    fmt = feed.format
    folder = work / str(number)
    folder.mkdir(parents=True, exist_ok=True)
    if fmt.type == "parquet":
        return _open_parquet(connection, number, landed, folder, limits)
    if fmt.type == "jsonl":
        return _open_jsonl(number, landed, feed, folder, limits, wanted)
    if fmt.type == "excel":
        path = sheet_to_csv(landed, fmt, folder, limits)
        plain = FileFormat(header=fmt.header)
        return _open_csv(number, path, landed.name, plain, folder, fmt.unpivot)
    path = unpack_text(landed, fmt.encoding, folder, limits)
    return _open_csv(number, path, landed.name, fmt, folder, fmt.unpivot)


def relation(files: list[Readable], fmt: FileFormat) -> str:
    """SQL of the rows of files of one shape: their columns and FILE; with LINE or ROW if known."""
    first = files[0] if files[0].kind != "jsonl" else _merged(files)
    paths = engine.texts(file.path for file in files)
    if first.kind == "parquet":
        row = f"file_row_number + 1 as {ROW}"
        return f"(select *, {row} from read_parquet({paths}, filename = '{FILE}'))"
    if first.kind == "jsonl":
        return _json_relation(paths, first)
    csv_sql = _csv_relation(paths, first, fmt)
    return _unpivot_relation(csv_sql, first, fmt.unpivot) if fmt.unpivot else csv_sql


def columns_of(files: list[Readable]) -> dict[str, str]:
    """Columns of the relation of files of one shape, and their types."""
    if files[0].unpivoted:
        return dict.fromkeys(files[0].turned_into, "VARCHAR")
    return dict((files[0] if files[0].kind != "jsonl" else _merged(files)).columns)


def _merged(files: list[Readable]) -> Readable:
    """The first file with the keys of all."""
    keys = {name.casefold(): name for file in files for name in file.headers}
    return replace(files[0], columns=tuple((key, "VARCHAR") for key in sorted(keys.values())))


def _open_csv(
    number: int, path: Path, name: str, fmt: FileFormat, folder: Path, unpivot: Unpivot | None
) -> Readable:
    with path.open(encoding="utf-8", newline="") as file:
        head = file.read(HEAD_CHARACTERS)
        complete = not file.read(1)
    headers, data_at = _header(head, name, fmt)
    if complete and not head[data_at:].strip():
        raise FileRefused(
            "no_rows",
            f"{name}: nothing stands below the header; ask the sender whether that is meant.",
        )
    skip = 0 if fmt.header is not None else 1
    if head.count("\n", 0, data_at) + head[:data_at].replace("\r\n", "").count("\r") > skip:
        path = _behind(path, len(head[:data_at].encode()), folder)
        skip = 0
    readable = Readable(
        number=number,
        path=path,
        kind="csv",
        columns=tuple((header, "VARCHAR") for header in headers),
        skip=skip,
        delimiter=fmt.delimiter,
        quote=fmt.quote,
        escape=fmt.escape,
    )
    return _with_unpivot(readable, unpivot, name) if unpivot else readable


def _header(head: str, name: str, fmt: FileFormat) -> tuple[list[str], int]:
    """Headers, and where in `head` the data begin."""
    buffer = io.StringIO(head, newline="")
    for _ in range(fmt.header_row):
        if not buffer.readline():
            raise FileRefused(
                "no_header",
                f"{name}: ends before line {fmt.header_row + 1}, where the feed expects the "
                "header; correct `format.header_row`.",
            )
    if fmt.header is not None:
        return list(fmt.header), buffer.tell()
    start = buffer.tell()
    headers, data_at = _parse_header(head[start:], fmt)
    headers = [header.strip().strip("\ufeff") for header in headers]
    while headers and not headers[-1] and len(headers) > 1 and fmt.type == "excel":
        headers.pop()
    if not any(headers):
        raise FileRefused(
            "no_header",
            f"{name}: line {fmt.header_row + 1} names no columns; "
            "correct `format.header_row` of the feed.",
        )
    headers = [header or f"column_{place}" for place, header in enumerate(headers, start=1)]
    folded = [header.casefold() for header in headers]
    twice = sorted({h for h, low in zip(headers, folded, strict=True) if folded.count(low) > 1})
    if twice:
        raise FileRefused(
            "duplicate_header",
            f"{name}: the header names {', '.join(map(repr, twice))} more than once, so that no "
            "one can say which is meant; ask the sender to correct it.",
        )
    return headers, start + data_at


def _parse_header(head: str, fmt: FileFormat) -> tuple[list[str], int]:
    """First record of `head` and the place behind it."""
    lines = io.StringIO(head, newline="")
    record = ""
    for line in lines:
        record += line
        if not fmt.quote or record.count(fmt.quote) % 2 == 0:
            break
    options: dict[str, Any] = {"delimiter": fmt.delimiter}
    if fmt.quote:
        options["quotechar"] = fmt.quote
    else:
        options["quoting"] = csv.QUOTE_NONE
    try:
        rows = list(csv.reader([record], **options))
    except csv.Error as error:
        raise FileRefused("no_header", f"The header cannot be read: {error}.") from error
    return (rows[0] if rows else []), len(record)


def _behind(path: Path, offset: int, folder: Path) -> Path:
    """Copy of a file from a byte on."""
    target = folder / "data.csv"
    with path.open("rb") as source, target.open("wb") as copy:
        source.seek(offset)
        while chunk := source.read(1 << 20):
            copy.write(chunk)
    return target


def _with_unpivot(readable: Readable, unpivot: Unpivot, name: str) -> Readable:
    missing = [h for h in unpivot.id_columns if h not in readable.headers]
    pattern = re.compile(unpivot.name_pattern or "")
    ignored = re.compile(unpivot.ignore_pattern) if unpivot.ignore_pattern else None
    turned = tuple(
        header
        for header in readable.headers
        if header not in unpivot.id_columns
        and pattern.search(header)
        and not (ignored and ignored.search(header))
    )
    if missing or not turned:
        what = f"lacks the id columns {missing}" if missing else "has no period columns"
        raise FileRefused(
            "missing_column",
            f"{name}: {what}; it has {', '.join(readable.headers)}. Correct `format.unpivot` "
            "of the feed, or ask the sender.",
        )
    return replace(
        readable,
        unpivoted=turned,
        turned_into=(*unpivot.id_columns, unpivot.name_to, unpivot.value_to),
    )


def _csv_relation(paths: str, first: Readable, fmt: FileFormat) -> str:
    columns = ", ".join(f"{engine.text(h)}: 'VARCHAR'" for h in first.headers)
    options = [
        f"columns = {{{columns}}}",
        "auto_detect = false",
        "header = false",
        f"skip = {first.skip}",
        f"delim = {engine.text(first.delimiter)}",
        f"quote = {engine.text(first.quote)}",
        f"escape = {engine.text(first.escape if first.quote else '')}",
        f"nullstr = {engine.texts(fmt.null_values)}",
        f"filename = '{FILE}'",
        "store_rejects = true",
        "rejects_limit = 0",
        f"max_line_size = {MAX_LINE_BYTES}",
        f"buffer_size = {BUFFER_BYTES}",
    ]
    return f"read_csv({paths}, {', '.join(options)})"


def _unpivot_relation(csv_sql: str, first: Readable, unpivot: Unpivot) -> str:
    turned = ", ".join(engine.name(header) for header in first.unpivoted)
    kept = ", ".join(engine.name(header) for header in unpivot.id_columns)
    raw, value = engine.name("__cfs_name"), engine.name(unpivot.value_to)
    name = raw
    if unpivot.name_pattern and re.compile(unpivot.name_pattern).groups:
        name = f"regexp_extract({raw}, {engine.text(unpivot.name_pattern)}, 1)"
    return (
        f"(select {kept}, {name} as {engine.name(unpivot.name_to)}, {value}, {FILE}, {ROW} "
        f"from (unpivot (select {kept}, {turned}, {FILE}, row_number() over () as {ROW} "
        f"from {csv_sql}) on {turned} into name {raw} value {value}) "
        f"order by {ROW})"
    )


def _open_parquet(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    landed: Path,
    folder: Path,
    limits: Limits,
) -> Readable:
    path = unpack_binary(landed, folder, limits)
    head = magic(path)
    if not head.startswith(PARQUET_MAGIC):
        refuse_binary(path, "parquet")
        raise FileRefused(
            "format",
            f"{landed.name}: the feed says parquet, but the file is none; correct `format.type` "
            "of the feed, or ask the sender for the right file.",
        )
    try:
        columns = _parquet_columns(connection, path)
        counted = connection.execute(
            "select num_rows from parquet_file_metadata(?)", [str(path)]
        ).fetchone()
    except duckdb.Error as error:
        raise FileRefused(
            "damaged", f"{landed.name}: the Parquet file is damaged ({_short(error)})."
        ) from error
    if not counted or not counted[0]:
        raise FileRefused("no_rows", f"{landed.name}: holds no rows; ask whether that is meant.")
    return Readable(number, path, "parquet", columns)


def _parquet_columns(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> tuple[tuple[str, str], ...]:
    described = connection.execute("describe from read_parquet(?)", [str(path)]).fetchall()
    return tuple((row[0], row[1]) for row in described)


def _open_jsonl(
    number: int, landed: Path, feed: Feed, folder: Path, limits: Limits, wanted: set[str]
) -> Readable:
    path = unpack_text(landed, feed.format.encoding, folder, limits)
    keys: dict[str, str] = {}
    seen = 0
    absent = "ABSENT"
    with path.open(encoding="utf-8") as file:
        for place, line in enumerate(file):
            if place >= SAMPLED_LINES:
                absent = "MAYBE"
                break
            if line.strip():
                seen += 1
                for key in _keys(line, landed.name, seen):
                    keys.setdefault(key.casefold(), key)
    if not seen:
        raise FileRefused("empty", f"{landed.name}: holds no objects; ask the sender for it.")
    asked = [key for key in sorted(wanted) if key.casefold() not in keys]
    found = tuple((key, "VARCHAR") for key in sorted(keys.values()))
    return Readable(number, path, "jsonl", found + tuple((key, absent) for key in asked))


def _keys(line: str, name: str, seen: int) -> list[str]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if seen == 1 and not isinstance(value, dict) and line.lstrip()[:1] != "{":
        raise FileRefused(
            "format",
            f"{name}: the feed says jsonl (an object per line), but the file begins with "
            f"{line.strip()[:20]!r}; correct `format.type`, or ask for one object per line.",
        )
    return list(value) if isinstance(value, dict) else []


def identifiers(expression: str) -> set[str]:
    """Names that an SQL expression may refer to."""
    bare = re.sub(r"'(?:[^']|'')*'", " ", expression)
    return {quoted or plain for quoted, plain in IDENTIFIER.findall(bare)}


def _json_relation(paths: str, first: Readable) -> str:
    spec = json.dumps(dict.fromkeys(first.headers, "VARCHAR"))
    lines = (
        f"read_csv({paths}, columns = {{'{LINE}': 'VARCHAR'}}, auto_detect = false, "
        f"header = false, delim = '\x01', quote = '', escape = '', filename = '{FILE}', "
        f"max_line_size = {MAX_LINE_BYTES}, buffer_size = {BUFFER_BYTES})"
    )
    transformed = f"try(json_transform({LINE}, {engine.text(spec)}))"
    parsed = f"case when ltrim({LINE})[1] = '{{' then {transformed} end"
    columns = ", ".join(
        f"{OBJECT}.{engine.name(header)} as {engine.name(header)}" for header in first.headers
    )
    return (
        f"(select {columns}, {OBJECT} is null as {OBJECT}, {LINE}, {FILE} "
        f"from (select {parsed} as {OBJECT}, {LINE}, {FILE} from {lines}) "
        f"where trim(coalesce({LINE}, '')) <> '')"
    )


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
