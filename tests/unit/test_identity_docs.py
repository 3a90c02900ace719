"""What docs/identity.md says of rules, settings and commands is what the code does."""

from __future__ import annotations

import re
import shlex

import pytest

from orchestration.identity.__main__ import _parser
from orchestration.identity.options import TEXT_COLUMNS, Options
from orchestration.identity.rules import (
    CONFIDENCE,
    NAME_AND_BIRTH_DATE_CONFIDENCE,
    OTHER_CONFIDENCE,
)
from orchestration.identity.wording import STATUSES
from orchestration.lib.company_rules import Identity
from orchestration.lib.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "identity.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (python -m orchestration\.identity .*)$", TEXT, re.MULTILINE)


def test_the_table_of_rules_is_that_of_the_code():
    rows = re.findall(r"^\| (`.+?`) \| ([\d.]+) \|", TEXT, re.MULTILINE)
    stated = {rule: float(sure) for names, sure in rows for rule in re.findall(r"`(\w+)`", names)}
    coded = {f"same_{kind}": sure for kind, sure in CONFIDENCE.items()}
    coded |= {"must_link": 1.0, "same_name_and_birth_date": NAME_AND_BIRTH_DATE_CONFIDENCE}
    assert stated == coded
    assert f"| any other kind of identifier | {OTHER_CONFIDENCE} |" in TEXT


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("probability that links", f"{Identity().match_probability} in a company"),
        ("probability that links", f"{Options().match_probability} in the function"),
        ("probability from which a steward is asked", str(Options().review_probability)),
        ("records that may share", str(Identity().max_records_per_identifier)),
        ("most records of a customer", str(Identity().max_customer_records)),
        ("most e-mail addresses, most phones", str(Options().max_cluster_emails)),
        ("records that a run may move", f"{Identity().max_moved_pct:g}"),
    ],
)
def test_settings_have_the_stated_defaults(words: str, value: str):
    (line,) = re.findall(rf"^\| {words}.*$", TEXT, re.MULTILINE)
    assert re.search(rf"\| .*(?<![\d.]){re.escape(value)}(?![\d.])", line)


def test_every_column_of_the_input_is_documented():
    part = TEXT[TEXT.index("## On any table") : TEXT.index("Files are CSV or Parquet")]
    missing = {"record_id", "created_at", *TEXT_COLUMNS} - set(re.findall(r"`(\w+)`", part))
    assert not missing


def test_every_reason_for_review_is_documented():
    part = TEXT[TEXT.index("### What is cut") : TEXT.index("## How good it is")]
    assert set(STATUSES) <= set(re.findall(r"`(\w+)`", part))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_as_documented(command: str):
    words = shlex.split(command, comments=True)
    assert _parser().parse_args(words[3:]).command is not None


def test_there_are_commands():
    assert {command.split()[3] for command in COMMANDS} == {
        "resolve",
        "measure",
        "explain",
        "review",
        "decide",
    }
