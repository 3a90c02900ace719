"""docs/questions.md against the models: what it names exists, and every query stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from orchestration.lib.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
VALUES = {"outbound_click", "email_unsubscribed", "Unknown"}
ANALYSES = PROJECT_ROOT / "dbt_project" / "analyses"


def columns_of_marts() -> dict[str, set[str]]:
    """Columns of every mart, as its YAML lists them."""
    found: dict[str, set[str]] = {}
    for path in (PROJECT_ROOT / "dbt_project" / "models" / "marts").glob("*/_*__models.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            found[model["name"]] = {column["name"] for column in model.get("columns", [])}
    return found


def test_every_question_has_a_row() -> None:
    assert re.findall(r"^\| (Q\d\d) \|", TEXT, re.M) == [f"Q{n:02}" for n in range(1, 37)]


def test_what_answers_a_question_exists() -> None:
    marts = columns_of_marts()
    every_column = set().union(*marts.values())
    for row in re.findall(r"^\| Q\d\d \|.*", TEXT, re.M):
        answer = row.split("|")[3]
        names = re.findall(r"`(\w+)(?:\.(\w+))?`", answer)
        assert names, row
        for table, column in names:
            if column:
                assert column in marts[table], f"{table}.{column}"
            elif table not in marts:
                assert table in every_column | VALUES, table


def test_every_query_stands_beside_its_question() -> None:
    linked = set(re.findall(r"\(\.\./dbt_project/analyses/(\w+\.sql)\)", TEXT))
    assert linked == {path.name for path in ANALYSES.glob("*.sql")}
    for name in linked:
        (row,) = (line for line in TEXT.splitlines() if line.startswith("| Q") and name in line)
        assert row.startswith(f"| {Path(name).stem[:3].upper()} |")
