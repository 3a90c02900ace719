"""Gate 2: the checks that every mart has, suites, sources of reconciliation, failed rows."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import yaml

from data_quality.checks import CheckResult, Run, Verdict
from data_quality.marts import ALL_COLUMNS, judge_marts, mart_checks
from data_quality.suites import SUITES_DIR, SuiteError, load_suites
from orchestration.lib.settings import PROJECT_ROOT, Settings

RUN = Run("run1", datetime(2025, 12, 31, 12))
SALES = """
create schema marts;
create table marts.fct_sale as
select
    range::bigint as sale_key,
    20251231::integer as sale_date_key,
    date '2025-12-31' as sale_date,
    timestamp '2025-12-31 10:00:00' as sold_at,
    date '9999-12-31' as valid_to,
    'a note' as note,
    1.5::double as net_amount
from range(100);
"""
SUITE = {"mart": "fct_sale", "key": ["sale_key"], "future_columns": ["valid_to"], "checks": []}


class Project:
    """A build file with one mart, and a folder of suites, to plant faults in."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings.from_environment({"CFS_DATA_DIR": str(folder / "data")})
        self.suites = folder / "suites"
        self.suites.mkdir()
        self.settings.build_path.parent.mkdir(parents=True)
        self.build(SALES)
        self.suite()

    def build(self, *statements: str, path: Path | None = None) -> None:
        with duckdb.connect(str(path or self.settings.build_path)) as connection:
            for statement in statements:
                connection.execute(statement)

    def suite(self, *checks: dict[str, object], **changes: object) -> None:
        body = SUITE | {"checks": list(checks)} | changes
        (self.suites / "fct_sale.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
        load_suites.cache_clear()

    def judge(self, withheld: dict[str, set[str]] | None = None) -> Verdict:
        return judge_marts(self.settings, RUN, withheld or {}, folder=self.suites)

    def failing(self, withheld: dict[str, set[str]] | None = None) -> dict[str, tuple[str, int]]:
        found = [r for r in self.judge(withheld).results if not r.success]
        return {r.check_name: (r.severity, r.rows_failed) for r in found}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def check(
    name: str = "own", kind: str = "rows", severity: str = "critical", **kwargs: object
) -> dict[str, object]:
    return {"name": name, "type": kind, "severity": severity, "description": "d", "kwargs": kwargs}


def test_a_sound_mart_passes_every_check(project: Project) -> None:
    verdict = project.judge()
    assert verdict.may_publish and verdict.failed_rows == []
    names = [result.check_name for result in verdict.results]
    assert names == [d.name for d in mart_checks(project.suites)]
    assert {r.rows_evaluated for r in verdict.results} == {100}


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("a", "uuid"),
        ("a", "integer[]"),
        ("a", "timestamptz"),
        ("a", "hugeint"),
        ("a", "struct(b integer)"),
    ],
)
def test_types_that_bi_drivers_cannot_read_stop_publishing(
    project: Project, column: str, kind: str
) -> None:
    project.build(f"alter table marts.fct_sale add column {column} {kind}")
    assert project.failing() == {"types_are_readable": ("critical", 1)}


def test_a_decimal_is_readable(project: Project) -> None:
    project.build("alter table marts.fct_sale add column price decimal(18, 4)")
    assert project.failing() == {}


def test_an_email_in_an_unclassified_column_stops_publishing(project: Project) -> None:
    project.build("update marts.fct_sale set note = 'call ana@example.com' where sale_key < 3")
    assert project.failing() == {"personal_data_is_classified": ("critical", 3)}
    assert project.failing({"fct_sale": {"note"}}) == {}, "the column is not published"
    assert project.failing({"fct_sale": {ALL_COLUMNS}}) == {}, "the table is not published"
    project.build("update marts.fct_sale set note = '@brand, 3 @ 2.50'")
    assert project.failing() == {}


def test_results_do_not_repeat_the_address_that_they_report(project: Project) -> None:
    project.build("update marts.fct_sale set note = 'ana@example.com' where sale_key = 3")
    project.suite(key=["sale_key", "note"])
    verdict = project.judge()
    assert [json.loads(r.row_key) for r in verdict.failed_rows] == [
        {"sale_key": 3, "note": "(e-mail)"}
    ]
    assert not any("ana@" in r.observed_value for r in verdict.results)


@pytest.mark.parametrize(
    "change",
    ["sale_date = '2026-01-03'", "sold_at = '2026-01-02 12:00:01'", "sale_date_key = 20260103"],
)
def test_a_date_ahead_of_the_run_stops_publishing(project: Project, change: str) -> None:
    project.build(f"update marts.fct_sale set {change} where sale_key = 7")
    assert project.failing() == {"no_future_dates": ("critical", 1)}


@pytest.mark.parametrize(
    "change", ["sale_date = '2026-01-02'", "sale_date = null", "sale_date_key = 19000101"]
)
def test_days_just_ahead_and_unknown_days_are_no_future(project: Project, change: str) -> None:
    project.build(f"update marts.fct_sale set {change}")
    assert project.failing() == {}


@pytest.mark.parametrize(
    ("left", "failing"),
    [
        (90, {}),
        (89, {"rows_not_shrunk": ("warning", 1)}),
        (49, {"rows_not_shrunk": ("warning", 1), "rows_not_collapsed": ("critical", 1)}),
    ],
)
def test_a_mart_that_lost_rows_since_the_last_version(
    project: Project, left: int, failing: dict[str, tuple[str, int]]
) -> None:
    project.build(SALES, path=project.settings.warehouse_path)
    project.build(f"delete from marts.fct_sale where sale_key >= {left}")
    assert project.failing() == failing


def test_a_mart_may_be_new_or_come_and_go(project: Project) -> None:
    project.build("create schema marts", path=project.settings.warehouse_path)
    assert project.failing() == {}
    project.settings.warehouse_path.unlink()
    project.build(SALES, path=project.settings.warehouse_path)
    project.build("delete from marts.fct_sale")
    project.suite(may_shrink=True)
    assert project.failing() == {}


def test_own_checks_fail_with_their_rows_and_severity(project: Project) -> None:
    project.build("update marts.fct_sale set net_amount = -1 where sale_key in (3, 5)")
    project.suite(
        check("positive", passes="net_amount > 0", severity="warning"),
        check("few", passes="net_amount > 0", max_failed_pct=2),
        check(
            "total",
            "sql",
            query="select sum(net_amount) as total from marts.fct_sale having total <> 150",
        ),
        check("listed", "ExpectColumnValuesToBeInSet", column="net_amount", value_set=[1.5]),
    )
    verdict = project.judge()
    assert project.failing() == {
        "positive": ("warning", 2), "total": ("critical", 1), "listed": ("critical", 2),
    }  # fmt: skip
    rows = [(r.check_name, json.loads(r.row_key)) for r in verdict.failed_rows]
    assert sorted(rows, key=str) == [
        ("listed", {"net_amount": -1.0}), ("listed", {"net_amount": -1.0}),
        ("positive", {"sale_key": 3}), ("positive", {"sale_key": 5}),
        ("total", {"total": 145.0}),
    ]  # fmt: skip
    (total,) = [r for r in verdict.results if r.check_name == "total"]
    assert '{"total":145.0}' in total.observed_value


def test_a_check_that_cannot_run_stops_publishing_when_critical(project: Project) -> None:
    project.suite(check("broken", passes="no_such_column > 0"), check("sound", passes="true"))
    verdict = project.judge()
    assert [r.check_name for r in verdict.critical_failures] == ["broken"]
    assert "no_such_column" in verdict.critical_failures[0].observed_value


def test_a_missing_mart_fails_every_check(project: Project) -> None:
    project.build("drop table marts.fct_sale")
    verdict = project.judge()
    assert all(not r.success for r in verdict.results) and not verdict.may_publish
    assert "no marts.fct_sale" in verdict.results[0].observed_value


def _bronze(project: Project, source: str, table: str, query: str, period: str) -> None:
    folder = project.settings.station("bronze") / source / table / "sender"
    folder.mkdir(parents=True, exist_ok=True)
    duckdb.sql(query).write_parquet(str(folder / f"{period}.parquet"))


def test_reconciliation_reads_bronze_without_the_models(project: Project) -> None:
    line = (
        "select range::bigint as id, 1 as price, 'sender' as _source, range as _row, "
        "{load} as _load_id, now() as _received_at from range(100)"
    )
    for load, period in ((1, "2025-11"), (2, "2025-12")):
        _bronze(project, "shopify", "order_line", line.format(load=load), period)
    same = "from ({}) where n <> (select count(*) from marts.fct_sale)"
    project.suite(
        check(
            "all_rows",
            "sql",
            query="select * " + same.format("select count(*) as n from bronze_shopify__order_line"),
        ),
        check(
            "newest",
            "sql",
            query="select * " + same.format("select count(*) as n from latest_shopify__order_line"),
        ),
        check("loads", "sql", query="select * from latest_shopify__order_line where _load_id <> 2"),
        check("no_bronze", "sql", query="select id from bronze_salesforce__lead"),
    )
    assert project.failing() == {"all_rows": ("critical", 1)}


def test_the_build_file_is_left_as_it_was(project: Project) -> None:
    before = project.settings.build_path.read_bytes()
    project.judge()
    assert project.settings.build_path.read_bytes() == before


def test_no_more_rows_are_listed_than_a_person_reads(project: Project) -> None:
    project.build("insert into marts.fct_sale select fct_sale.* from marts.fct_sale, range(20)")
    project.suite(check("never", passes="false"))
    verdict = project.judge()
    assert len(verdict.failed_rows) == 1000 and verdict.results[-1].rows_failed == 2100


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"mart": "fct_other"}, "name the file fct_other.yaml"),
        ({"checks": [check(), check()]}, "own"),
        ({"checks": [check("no_future_dates")]}, "no_future_dates"),
        ({"checks": [check(severity="fatal")]}, "severity"),
        ({"chekcs": []}, "chekcs"),
    ],
)
def test_a_wrong_suite_names_file_and_fault(
    project: Project, body: dict[str, object], says: str
) -> None:
    project.suite(**body)
    with pytest.raises(SuiteError, match=f"(?s)fct_sale.yaml.*{says}"):
        load_suites(project.suites)


def test_every_mart_has_a_suite_and_every_suite_a_mart() -> None:
    models = PROJECT_ROOT / "dbt_project" / "models" / "marts"
    assert {p.stem for p in models.rglob("*.sql")} == {p.stem for p in SUITES_DIR.glob("*.yaml")}


def test_every_check_says_what_it_is_for() -> None:
    load_suites.cache_clear()
    definitions = mart_checks()
    assert len({(d.asset, d.name) for d in definitions}) == len(definitions)
    assert all(len(d.description) > 15 for d in definitions)
    result = {f.name for f in CheckResult.__dataclass_fields__.values()}
    assert {"gate", "asset", "severity", "description", "expectation_type"} <= result
