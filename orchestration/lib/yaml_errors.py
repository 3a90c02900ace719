"""Reads YAML of companies and feeds, and words what is wrong with it for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

# The loader in C is ten times faster; the one in Python is there where that is missing.
_FastLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(_FastLoader):  # type: ignore[valid-type,misc]
    """Loader that refuses a key which stands twice in one mapping."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {key!r} stands twice", key_node.start_mark
            )
        seen.add(key)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_documents(path: Path, error_type: type[ValueError]) -> list[Any]:
    """Return the documents of a YAML file; empty documents are left out."""
    try:
        text = path.read_text(encoding="utf-8")
        documents = list(yaml.load_all(text, Loader=_UniqueKeys))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise error_type(f"{path}: not readable as YAML: {error}") from error
    return [document for document in documents if document is not None]


def explain(error: ValidationError) -> str:
    """One line per problem: key, what is wrong, what was given."""
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "(whole)"
        if problem["type"] == "extra_forbidden":
            lines.append(f"key `{key}` is unknown; remove it or correct its spelling")
        elif problem["type"] == "missing":
            lines.append(f"key `{key}` is missing")
        else:
            lines.append(f"key `{key}`: {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(lines) + "."
