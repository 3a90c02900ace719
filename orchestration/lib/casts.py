"""SQL that turns what a sender wrote into a layout's types; what does not fit becomes null.

Belongs here: expressions over one value. A value that is sent but comes out null is a fault.
Doesn't belong here: which column a value comes from (see `arriving`).
"""

from __future__ import annotations

import re

from orchestration.lib.engine import text, texts
from orchestration.lib.feeds import FileFormat

# Days outside these bounds are typing errors or stand-ins for "none"; a feed that means
# "none" by such a day lists it in `format.null_values`.
FIRST_DAY = "1900-01-01"
DAY_AFTER_LAST = "2200-01-01"

INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
FLOATS = {"FLOAT", "DOUBLE"}
OFFSET = r"[0-9] ?[+-][0-9]{2}(:?[0-9]{2})?$"
SHORTEST_WITH_OFFSET = 17
FIRST_EXCEL_DAY = 10_000
LAST_EXCEL_DAY = 109_573  # 2199-12-30


def is_time(kind: str) -> bool:
    """Whether a layout type is a day or a moment."""
    return kind.upper() in ("DATE", "TIMESTAMP")


def sent_text(value: str, fmt: FileFormat, nulls_done: bool) -> str:
    """A text with the feed's words for "no value" as null."""
    if nulls_done:
        return value
    if fmt.null_values == ("",):
        return f"nullif({value}, '')"
    return f"case when {value} not in ({', '.join(map(text, fmt.null_values))}) then {value} end"


def cast_text(value: str, kind: str, fmt: FileFormat, zone: str | None) -> str:
    """Expression of layout type `kind` over the text `value`; times come out in UTC."""
    upper = kind.upper()
    if upper == "VARCHAR":
        return value
    if upper in INTEGERS | FLOATS or upper.startswith("DECIMAL"):
        return _number(_plain_number(value, fmt), upper)
    if upper == "DATE":
        return _date(value, fmt)
    if upper == "TIMESTAMP":
        return _timestamp(value, fmt, zone)
    if upper == "BOOLEAN":
        return f"try_cast(trim({value}) as boolean)"
    return f"try_cast(try_cast({value} as json) as {kind})"


def cast_typed(value: str, sent_kind: str, kind: str, zone: str | None) -> str:
    """Expression of layout type `kind` over a value that has a type already."""
    sent, upper = sent_kind.upper(), kind.upper()
    if upper == "VARCHAR" and sent in FLOATS:
        whole = f"{value} = trunc({value}) and abs({value}) < 1e15"
        return f"case when {whole} then {value}::bigint::varchar else {value}::varchar end"
    if upper in INTEGERS and (sent in FLOATS or sent.startswith("DECIMAL")):
        return f"case when {value} = trunc({value}) then try_cast({value} as {kind}) end"
    if upper in FLOATS:
        return (
            f"case when isfinite(try_cast({value} as double)) then try_cast({value} as {kind}) end"
        )
    if upper == "TIMESTAMP" and sent.startswith("TIMESTAMP") and "ZONE" not in sent:
        return _to_utc(f"try_cast({value} as timestamp)", zone)
    if sent.replace('"', "") == upper.replace('"', ""):
        return value
    return f"try_cast({value} as {kind})"


def is_sent_text(value: str) -> str:
    """Condition: the text holds something."""
    return f"({value} is not null and trim({value}) <> '')"


def is_sent_typed(value: str, sent_kind: str) -> str:
    """Condition: the typed value holds something; NaN is how data frames write nothing."""
    if sent_kind.upper() in FLOATS:
        return f"({value} is not null and not isnan({value}))"
    return f"({value} is not null)"


def is_implausible(value: str, kind: str) -> str:
    """Condition: a day or moment that no business has."""
    kind = kind.lower()
    return f"({value} < {kind} '{FIRST_DAY}' or {value} >= {kind} '{DAY_AFTER_LAST}')"


def _plain_number(value: str, fmt: FileFormat) -> str:
    """The number's text with a point and without thousands; null where the marks are wrong."""
    if fmt.thousands:
        one = re.escape(fmt.thousands)
        mark = re.escape(fmt.decimal)
        shape = f"[-+]?([0-9]{{1,3}}({one}[0-9]{{3}})+|[0-9]*)({mark}[0-9]*)?([eE][-+]?[0-9]+)?"
        plain = f"translate(trim({value}), chr(160) || chr(8239), '  ')"
        moved = f"replace(replace({plain}, {text(fmt.thousands)}, ''), {text(fmt.decimal)}, '.')"
        return f"case when regexp_full_match({plain}, {text(shape)}) then {moved} end"
    if fmt.decimal == ",":
        return f"case when not contains({value}, '.') then replace({value}, ',', '.') end"
    return value


def _number(value: str, kind: str) -> str:
    """Number from plain text; no rounding to whole numbers, no `1_000`, no infinity."""
    wide = f"try_cast({value} as double)"
    if kind in INTEGERS:
        fits = f"{wide} = try_cast({value} as {kind})::double"
    else:
        fits = f"isfinite({wide})"
    return f"case when {fits} and not contains({value}, '_') then try_cast({value} as {kind}) end"


def _formats(given: str | tuple[str, ...]) -> str:
    return text(given) if isinstance(given, str) else texts(given)


def _date(value: str, fmt: FileFormat) -> str:
    plain = f"try_cast({value} as date)"
    if fmt.date_format is not None:
        parsed = f"try_strptime(trim({value}), {_formats(fmt.date_format)})::date"
        plain = f"coalesce({parsed}, {plain})" if fmt.type == "excel" else parsed
    if fmt.type == "excel":
        return f"coalesce({_excel_moment(value, fmt)}::date, {plain})"
    return plain


def _timestamp(value: str, fmt: FileFormat, zone: str | None) -> str:
    if fmt.timestamp_format is not None:
        parsed = f"try_strptime(trim({value}), {_formats(fmt.timestamp_format)})::timestamp"
        if fmt.type == "excel":
            parsed = f"coalesce({parsed}, try_cast({value} as timestamp))"
        has_offset = "%z" in str(fmt.timestamp_format)
        return parsed if has_offset else _to_utc(parsed, zone)
    local = f"try_cast({value} as timestamp)"
    if fmt.type == "excel":
        local = f"coalesce({_excel_moment(value, fmt)}, {local})"
    # A cast to timestamp drops an offset in silence, so texts with one go by their own zone.
    offset = (
        f"length({value}) >= {SHORTEST_WITH_OFFSET} and regexp_matches({value}, '{OFFSET}|[Zz]$')"
    )
    absolute = f"timezone('UTC', try_cast({value} as timestamptz))"
    return f"case when {offset} then {absolute} else {_to_utc(local, zone)} end"


def _to_utc(local: str, zone: str | None) -> str:
    if zone is None or zone == "UTC":
        return local
    return f"timezone('UTC', timezone({text(zone)}, {local}))"


def _excel_moment(value: str, fmt: FileFormat) -> str:
    """Moment of a cell that holds a day number (a formula's result loses its format)."""
    number = f"try_cast(replace({value}, {text(fmt.decimal)}, '.') as double)"
    return (
        f"case when {number} between {FIRST_EXCEL_DAY} and {LAST_EXCEL_DAY} then "
        f"timestamp '1899-12-30' + to_seconds(round({number} * 86400)) end"
    )
