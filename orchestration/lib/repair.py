"""Repairs a CSV file in which a quote is opened and never closed.

The parser takes everything up to the next quote for one value, so that one bad line swallows
the good lines behind it. Here the lines are looked at one by one: a line that opens a value
which no line soon after closes is taken out, and the rest is written to a new file.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from orchestration.lib.readers import Readable

LONGEST_VALUE_LINES = 100


def repair_quotes(readable: Readable, folder: Path) -> Readable:
    """Return a readable file without the broken lines, which it lists with their row numbers."""
    target = folder / "repaired.csv"
    broken: list[tuple[int, str]] = []
    with (
        readable.path.open(encoding="utf-8", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as copy,
    ):
        for _ in range(readable.skip):
            source.readline()
        for row, (record, is_whole) in enumerate(_records(source, readable), start=1):
            if is_whole:
                copy.write(record)
            else:
                broken.append((row, record.rstrip("\r\n")))
    return replace(readable, path=target, skip=0, is_repaired=True, repaired=tuple(broken))


def _records(source: TextIO, readable: Readable) -> Iterator[tuple[str, bool]]:
    """Records of one or more lines, and whether their quotes close."""
    ahead: deque[str] = deque()
    lines = iter(source)
    while True:
        line = ahead.popleft() if ahead else next(lines, "")
        if not line:
            return
        if not line.strip():
            continue
        if line.count(readable.quote) % 2 == 0:
            yield line, True
            continue
        count = _lines_of_value(line, ahead, lines, readable)
        record = line + "".join(ahead.popleft() for _ in range(count))
        yield record, count > 0


def _lines_of_value(line: str, ahead: deque[str], lines: Iterator[str], readable: Readable) -> int:
    """How many of the next lines belong to the record; 0 if none closes it well."""
    record = line
    for count in range(1, LONGEST_VALUE_LINES + 1):
        if len(ahead) < count:
            following = next(lines, "")
            if not following:
                return 0
            ahead.append(following)
        record += ahead[count - 1]
        if record.count(readable.quote) % 2 == 0:
            return count if _is_one_record(record, readable) else 0
    return 0


def _is_one_record(record: str, readable: Readable) -> bool:
    options = {"delimiter": readable.delimiter, "quotechar": readable.quote, "strict": True}
    if readable.escape not in ("", readable.quote):
        options |= {"escapechar": readable.escape, "doublequote": False}
    try:
        rows = list(csv.reader(record.splitlines(keepends=True), **options))  # type: ignore[arg-type]
    except csv.Error:
        return False
    return len(rows) == 1 and len(rows[0]) == len(readable.columns)
