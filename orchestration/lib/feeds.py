"""Feeds: which files a sender delivers and how they become a layout's table.

Belongs here: reading and validating `companies/<company>/feeds/<name>/defs.yaml`.
Doesn't belong here: opening the files (see `readers`) or the company's rules (see `companies`).
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestration.lib.layouts import Layout, Rule, load_layouts
from orchestration.lib.yaml_errors import explain, read_documents

FEED_TYPE = "orchestration.components.feed.FileFeed"
ONE_CHARACTER = 1
NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_]*$"


class FeedError(ValueError):
    """A feed that cannot be used; the message names file, feed and key, and what to do."""


class Unpivot(BaseModel):
    """Turns period columns into rows: one row per id columns and period column with a value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id_columns: tuple[str, ...] = Field(description="Headers that stay as columns")
    name_to: str = Field(description="Header that the period column's own header goes to")
    value_to: str = Field(description="Header that the cell's value goes to")
    name_pattern: str | None = Field(
        default=None,
        description="Regex of the headers to turn into rows (default: all but the id columns); "
        "its first group, if it has one, is what goes to name_to",
    )
    ignore_pattern: str | None = Field(
        default=None, description="Regex of headers that are neither, such as a total"
    )

    @field_validator("name_pattern", "ignore_pattern")
    @classmethod
    def _is_regex(cls, value: str | None) -> str | None:
        return _regex(value)


class FileFormat(BaseModel):
    """How the bytes of a feed's files are to be read. Compression is found from the bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["csv", "jsonl", "parquet", "excel"] = "csv"
    delimiter: str = Field(default=",", description="csv: one character")
    quote: str = Field(default='"', description="csv: one character, or empty for none")
    escape: str = Field(default='"', description="csv: what stands before a quote inside quotes")
    encoding: str = Field(default="utf-8", description="csv, jsonl: a Python codec, such as cp1252")
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", " ", "'", ""] = ""
    date_format: str | tuple[str, ...] | None = Field(default=None, description="strptime")
    timestamp_format: str | tuple[str, ...] | None = Field(default=None, description="strptime")
    null_values: tuple[str, ...] = Field(default=("",), description="Texts that mean: no value")
    header_row: int = Field(default=0, ge=0, description="csv, excel: lines before the header")
    header: tuple[str, ...] | None = Field(
        default=None, description="csv: headers of a file that has no header line"
    )
    sheet: str | int | None = Field(default=None, description="excel: name or number from 0")
    unpivot: Unpivot | None = None

    @field_validator("null_values", mode="before")
    @classmethod
    def _with_empty(cls, value: Any) -> Any:
        return value if value is None or "" in value else ["", *value]

    @field_validator("encoding")
    @classmethod
    def _is_codec(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError:
            raise ValueError(f"{value!r} is not an encoding that Python knows") from None
        return value

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        value = "\t" if value == "\\t" else value
        if len(value) != ONE_CHARACTER:
            raise ValueError("a delimiter is one character")
        return value

    @model_validator(mode="after")
    def _marks_differ(self) -> FileFormat:
        if self.thousands == self.decimal:
            raise ValueError("decimal and thousands must be different marks")
        return self


class Feed(BaseModel):
    """What a sender delivers for one table. Asset key: [source, table]."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(pattern=NAME_PATTERN, description="Who sends it")
    table: str = Field(pattern=NAME_PATTERN, description="What it is about, in the source's words")
    layout: str = Field(default="", description="<source>.<table> of a layout (default: its own)")
    description: str | None = Field(default=None, description="Default: the layout's")
    owner: str | None = Field(default=None, description="team:<name> or an e-mail address")
    files: str = Field(description="Glob below the company's inbox")
    period: str | None = Field(
        default=None,
        description="Regex on the file name with a group `period` (YYYY, YYYY-MM, YYYY-MM-DD, "
        "YYYYMM, YYYYMMDD, YYYY-Www) and, where one period comes in several files, a group `part`",
    )
    snapshot: bool = Field(default=False, description="Each file is the full list")
    format: FileFormat = FileFormat()
    columns: dict[str, str | tuple[str, ...]] = Field(
        default_factory=dict, description="Layout column: header, or headers that it has had"
    )
    values: dict[str, str] = Field(
        default_factory=dict,
        description="Layout column: SQL over the file's headers, `_file` and `_period`",
    )
    constants: dict[str, str | int | float | bool] = Field(default_factory=dict)
    time_zone: str | None = Field(
        default=None, description="Zone of times in the file; UTC if none"
    )
    business_time_zone: str | None = Field(
        default=None,
        description="Zone of the business day (default: time_zone, else the company's)",
    )
    where: str | None = Field(default=None, description="SQL: rows that this feed is about")
    rules: tuple[Rule, ...] = ()
    ignore_columns: tuple[str, ...] = Field(
        default=(), description="Headers that are known and not wanted"
    )
    max_rejected_pct: float = Field(default=10, ge=0, le=100)
    file: str = Field(default="", exclude=True, description="Set by the reader: where it stands")

    @property
    def name(self) -> str:
        """`source/table`, as commands refer to the feed."""
        return f"{self.source}/{self.table}"

    @property
    def layout_name(self) -> str:
        """Name of the layout that the feed fills."""
        return self.layout or f"{self.source}.{self.table}"

    @field_validator("files")
    @classmethod
    def _stays_below_inbox(cls, value: str) -> str:
        parts = PurePosixPath(value.replace("\\", "/")).parts
        if not parts or parts[0].startswith("/") or ".." in parts or ":" in parts[0]:
            raise ValueError(
                f"{value!r} leaves the inbox; give a pattern below it, such as shop/order_*.csv"
            )
        return value

    @field_validator("period")
    @classmethod
    def _has_period_group(cls, value: str | None) -> str | None:
        if value is not None and "period" not in re.compile(_regex(value) or "").groupindex:
            raise ValueError("the regex needs a group (?P<period>...)")
        return value

    @field_validator("time_zone", "business_time_zone")
    @classmethod
    def _is_zone(cls, value: str | None) -> str | None:
        return check_zone(value) if value is not None else None

    @model_validator(mode="after")
    def _each_column_once(self) -> Feed:
        for first, second in (
            ("columns", "values"),
            ("columns", "constants"),
            ("values", "constants"),
        ):
            both = set(getattr(self, first)) & set(getattr(self, second))
            if both:
                raise ValueError(f"{sorted(both)} stand in {first} and in {second}; keep one")
        return self


def headers_of(feed: Feed, column: str) -> tuple[str, ...]:
    """Headers that the feed names for a layout column; none if it names none."""
    named = feed.columns.get(column, ())
    return (named,) if isinstance(named, str) else named


def check_zone(value: str) -> str:
    """Return `value` if it is a time zone; raises ValueError otherwise."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{value!r} is not a time zone such as Europe/Madrid") from None
    return value


def load_feeds(folder: Path, layouts: dict[str, Layout] | None = None) -> tuple[Feed, ...]:
    """Read every feed below `folder` (`*.yaml`), in the order of file name and place."""
    layouts = load_layouts() if layouts is None else layouts
    feeds: dict[str, Feed] = {}
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        for number, document in enumerate(read_documents(path, FeedError), start=1):
            feed = parse_feed(document, path, number, layouts)
            if feed.name in feeds:
                raise FeedError(
                    f"{_place(path)}: feed {feed.name} stands in {feeds[feed.name].file} already; "
                    "give one of them another source or table."
                )
            feeds[feed.name] = feed
    return tuple(feeds.values())


def parse_feed(document: Any, path: Path, number: int, layouts: dict[str, Layout]) -> Feed:
    """Turn one YAML document into a feed; raises FeedError that names file and key."""
    where = f"{_place(path)}, document {number}"
    if not isinstance(document, dict) or document.get("type") != FEED_TYPE:
        raise FeedError(f"{where}: needs `type: {FEED_TYPE}` and `attributes`.")
    unknown = set(document) - {"type", "attributes", "requirements", "post_processing"}
    if unknown:
        raise FeedError(f"{where}: unknown keys {sorted(unknown)} beside `attributes`.")
    attributes = document.get("attributes") or {}
    try:
        feed = Feed.model_validate({**attributes, "file": _place(path)})
    except ValidationError as error:
        name = f"{attributes.get('source', '?')}/{attributes.get('table', '?')}"
        raise FeedError(f"{where} ({name}): {explain(error)}") from error
    check_feed(feed, layouts, where)
    return feed


def check_feed(feed: Feed, layouts: dict[str, Layout], where: str = "") -> Layout:
    """Check a feed against its layout and return the layout; raises FeedError."""
    where = where or feed.file or feed.name
    layout = layouts.get(feed.layout_name)
    if layout is None:
        raise FeedError(
            f"{where} ({feed.name}): layout {feed.layout_name!r} is not one of "
            f"{', '.join(sorted(layouts))}."
        )
    for key in ("columns", "values", "constants"):
        unknown = [column for column in getattr(feed, key) if column not in layout.columns]
        if unknown:
            raise FeedError(
                f"{where} ({feed.name}): {key} names {unknown}, which layout {layout.name} "
                f"lacks; it has {', '.join(layout.columns)}."
            )
    clash = {rule.name for rule in feed.rules} & {rule.name for rule in layout.rules}
    if clash:
        raise FeedError(
            f"{where} ({feed.name}): rules {sorted(clash)} stand in layout {layout.name} already; "
            "give the feed's own rules other names."
        )
    return layout


def feed_schema() -> dict[str, Any]:
    """JSON schema of one feed document, for editors."""
    attributes = Feed.model_json_schema()
    definitions = attributes.pop("$defs", {})
    attributes["properties"].pop("file", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Feed",
        "type": "object",
        "required": ["type", "attributes"],
        "additionalProperties": False,
        "properties": {
            "type": {"const": FEED_TYPE},
            "attributes": attributes,
            "requirements": {"type": "object"},
            "post_processing": {"type": "object"},
        },
        "$defs": definitions,
    }


def _place(path: Path) -> str:
    """Where a feed stands, as a person looks for it: folder and file."""
    return f"{path.parent.name}/{path.name}"


def _regex(value: str | None) -> str | None:
    if value is not None:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"{value!r} is not a regular expression: {error}") from None
    return value
