"""Workbooks: one sheet becomes a CSV file with the cells' values as text, by pandas.

Belongs here: opening workbooks, and how a cell is written as text.
Doesn't belong here: types, keys and rules, which the engine applies to the text.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import zipfile
from pathlib import Path
from typing import Any

from orchestration.lib.feeds import FileFormat
from orchestration.lib.refusals import FileRefused
from orchestration.lib.unpack import GZIP_MAGIC, ZIP_MAGIC, Limits, magic, unpack_binary

OLD_OFFICE_MAGIC = b"\xd0\xcf\x11\xe0"


def sheet_to_csv(path: Path, fmt: FileFormat, work: Path, limits: Limits) -> Path:
    """Write the feed's sheet of a workbook to a CSV file in `work`, from the header row on."""
    if magic(path).startswith(GZIP_MAGIC):
        path = unpack_binary(path, work, limits)
    _check_container(path, limits)
    rows = _read_sheet(path, fmt)[fmt.header_row :]
    filled = [row for row in rows if any(cell is not None for cell in row)]
    if not filled:
        raise FileRefused(
            "empty",
            f"{path.name}: no cell is filled below row {fmt.header_row}; correct `header_row` or "
            "`sheet` of the feed, or ask for the file again.",
        )
    width = max(len(row) - _blank_tail(row) for row in filled)
    target = work / f"{path.name}.csv"
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        for row in filled:
            writer.writerow([cell_text(cell, fmt.decimal) for cell in row[:width]])
    return target


def cell_text(value: Any, decimal: str = ".") -> str:
    """Text of a cell: whole numbers without a point, numbers in the feed's mark, ISO dates."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        return text.replace(".", decimal)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def _check_container(path: Path, limits: Limits) -> None:
    head = magic(path)
    if head.startswith(OLD_OFFICE_MAGIC):
        return
    if not head.startswith(ZIP_MAGIC) or not zipfile.is_zipfile(path):
        raise FileRefused(
            "format",
            f"{path.name}: the feed says excel, but this is no whole workbook; correct "
            "`format.type` of the feed, or ask for the file again.",
        )
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    packed = path.stat().st_size
    dense = unpacked > limits.ratio_from_bytes and unpacked > packed * limits.max_ratio
    if unpacked > limits.max_bytes or dense:
        raise FileRefused(
            "bomb",
            f"{path.name}: the workbook unpacks to {unpacked:,} bytes from {packed:,}; "
            "ask the sender for a smaller one.",
        )


def _read_sheet(path: Path, fmt: FileFormat) -> list[list[Any]]:
    import pandas as pd  # takes 0.4 s, so only where a workbook is read

    sheet = 0 if fmt.sheet is None else fmt.sheet
    try:
        with pd.ExcelFile(path, engine="calamine") as book:
            if isinstance(sheet, str) and sheet not in book.sheet_names:
                names = ", ".join(map(str, book.sheet_names))
                raise FileRefused(
                    "sheet",
                    f"{path.name}: no sheet {sheet!r}; it has {names}. "
                    "Correct `format.sheet` of the feed.",
                )
            frame = book.parse(sheet, header=None, dtype=object, na_filter=False)
    except FileRefused:
        raise
    except Exception as error:  # calamine raises its own types for each kind of damage
        raise FileRefused(
            "damaged", f"{path.name}: the workbook cannot be read ({error}); ask for it again."
        ) from error
    cells = frame.to_numpy().tolist()
    return [[None if _is_blank(cell) else cell for cell in row] for row in cells]


def _is_blank(cell: Any) -> bool:
    return cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell))


def _blank_tail(row: list[Any]) -> int:
    count = 0
    for cell in reversed(row):
        if cell is not None:
            break
        count += 1
    return count
