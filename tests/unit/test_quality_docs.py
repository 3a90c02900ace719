"""The report of a run: complete, harmless whatever the data says, and needing no network."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from data_quality.checks import CheckResult, Run
from data_quality.data_docs import NoResultsError, docs_path, write_report
from data_quality.engine import ROWS
from data_quality.results import write_results
from orchestration.lib.settings import Settings

START = datetime(2025, 12, 31, 6)
EVIL = "<script>alert('a')</script> & \"b\""


class Text(HTMLParser):
    """Collects tags, attributes and text; complains of tags that do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def results(run: Run, failed: int = 0, severity: str = "warning") -> list[CheckResult]:
    return [
        CheckResult(
            run.run_id, run.run_at, gate, asset, "no_gaps", ROWS, severity,  # type: ignore[arg-type]
            failed == 0, 200, failed, EVIL, "Nothing is missing",
        )
        for gate, asset in (("arrival", "shop/sale"), ("marts", "marts/fct_sale"))
    ]  # fmt: skip


def report(settings: Settings, run_id: str | None = None) -> Text:
    page = Text()
    page.feed(write_report(settings, run_id).read_text(encoding="utf-8"))
    return page


def test_without_results_there_is_no_report(settings: Settings) -> None:
    with pytest.raises(NoResultsError, match="run a gate first"):
        write_report(settings)


def test_the_report_is_one_file_that_loads_nothing(settings: Settings) -> None:
    write_results(settings, results(Run("run1", START), failed=3))
    page = report(settings)
    assert page.loads == [] and not {"script", "link", "img", "iframe"} & set(page.tags)
    source = docs_path(settings).read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import|url\(", source)
    assert [path.name for path in docs_path(settings).parent.iterdir()] == ["index.html"]


def test_what_failed_is_told_with_rows_share_and_what_was_seen(settings: Settings) -> None:
    write_results(settings, results(Run("run1", START), failed=3, severity="critical"))
    text = report(settings).text
    assert "Stopped: 2 critical checks failed" in text
    for said in ("shop/sale", "no_gaps", "Nothing is missing", "1.50 %", EVIL):
        assert said in text


def test_a_run_without_failures_says_so(settings: Settings) -> None:
    write_results(settings, results(Run("run1", START)))
    text = report(settings).text
    assert "Passed: no critical check failed." in text and "None." in text


def test_the_last_runs_stand_beside(settings: Settings) -> None:
    for number in range(25):
        run = Run(f"run{number:02}", START + timedelta(days=number))
        write_results(settings, results(run, failed=number % 2))
    text = report(settings).text
    assert "run24" in text and "run05" in text and "run04" not in text
    assert "Run run23" in report(settings, "run23").text
    with pytest.raises(NoResultsError, match="run04"):
        write_report(settings, "run04")


def test_a_report_in_the_making_never_shows(settings: Settings, tmp_path: Path) -> None:
    write_results(settings, results(Run("run1", START)))
    before = write_report(settings).stat().st_ino
    assert write_report(settings).stat().st_ino != before, "replaced whole, not written in place"
