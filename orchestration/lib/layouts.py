"""Table layouts: the columns, keys and rules that bronze promises to the models.

Belongs here: reading and validating `orchestration/layouts/*.yaml`.
Doesn't belong here: how a sender's file becomes such a table (see `feeds`).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

LAYOUTS_DIR = Path(__file__).resolve().parents[1] / "layouts"

LINEAGE_COLUMNS = {
    "_source": ("VARCHAR", "Who sent the row: the feed's source"),
    "_file": ("VARCHAR", "File in the landing folder"),
    "_row": ("BIGINT", "Row in the file, from 1"),
    "_load_id": ("BIGINT", "Load that brought the row; later loads have higher numbers"),
    "_received_at": ("TIMESTAMP", "When the file was received, UTC"),
    "_period": ("VARCHAR", "Period that the file is about"),
    "_business_date": ("DATE", "Business day of the row, in the company's time zone"),
}

Family = Literal["channel", "distributor", "crm"]
PiiClass = Literal["identifier", "email", "phone", "name", "address", "birth_date", "free_text"]


class LayoutError(ValueError):
    """A layout that cannot be used; the message names file, table and what is wrong."""


class Rule(BaseModel):
    """A rule that each row must keep; failing rows go to quarantine or are counted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    passes: str
    severity: Literal["reject", "warn"] = "reject"
    max_failed_pct: float | None = Field(default=None, ge=0, le=100)


class Column(BaseModel):
    """A column of a layout; `type` is a DuckDB type, `pii` its class of personal data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    description: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    pii: PiiClass | None = None


class Layout(BaseModel):
    """A table that feeds fill and staging models read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    table: str
    family: Family
    description: str
    grain: str
    key: tuple[str, ...] = ()
    version: str | None = None
    business_at: str | None = None
    business_date: str | None = None
    duplicates: Literal["reject", "warn"] = "reject"
    columns: dict[str, Column]
    rules: tuple[Rule, ...] = ()

    @property
    def name(self) -> str:
        """`source.table`, as feeds refer to it."""
        return f"{self.source}.{self.table}"


@lru_cache(maxsize=1)
def load_layouts(folder: Path = LAYOUTS_DIR) -> dict[str, Layout]:
    """Read every layout below `folder`; keys are `source.table`."""
    layouts: dict[str, Layout] = {}
    for path in sorted(folder.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for table, body in content["tables"].items():
            layout = _layout(path, content, table, body)
            layouts[layout.name] = layout
    return layouts


def source_descriptions(folder: Path = LAYOUTS_DIR) -> dict[str, str]:
    """Description of each layout source, as its file states it."""
    contents = (
        yaml.safe_load(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.yaml"))
    )
    return {content["source"]: content["description"] for content in contents}


def _layout(path: Path, content: dict, table: str, body: dict) -> Layout:
    try:
        layout = Layout(source=content["source"], family=content["family"], table=table, **body)
    except ValidationError as error:
        raise LayoutError(f"{path.name}, table {table}: {error}") from error
    unknown = [column for column in layout.key if column not in layout.columns]
    if unknown:
        raise LayoutError(f"{path.name}, table {table}: key names unknown columns {unknown}.")
    return layout
