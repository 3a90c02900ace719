"""Ingestion: what is loaded, superseded, held back, and in which order."""

from __future__ import annotations

import gzip
import io
import json
import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from ingest_line import Line, layout_of, rule_of

from orchestration.lib import ingest
from orchestration.lib.bronze import export_manifest
from orchestration.lib.feeds import FeedError
from orchestration.lib.manifest import Manifest
from orchestration.lib.settings import Settings

GOOD = "sale_id,sold_on,amount,note\n1,2025-01-01,10.5,a\n2,2025-01-02,20,b\n"


def by_period(**more: Any) -> dict[str, Any]:
    return {"period": r"(?P<period>\d{4}-\d{2}-\d{2})", **more}


def test_rows_come_typed_with_their_lineage(settings: Settings) -> None:
    line = Line(settings, **by_period())
    line.send("sale_2025-01-02.csv", GOOD)
    report = line.run()
    assert (report.rows_read, report.rows_loaded, report.rows_rejected) == (2, 2, 0)
    assert report.totals == {"amount": 30.5}
    (first, second) = line.bronze(
        "sale_id, sold_on, amount, note, _source, _row, _load_id, _period, _business_date, _file"
    )
    assert first[:9] == (
        1,
        date(2025, 1, 1),
        10.5,
        "a",
        "till",
        1,
        1,
        "2025-01-02",
        date(2025, 1, 1),
    )
    assert second[5] == 2
    assert first[9].endswith("__sale_2025-01-02.csv")


def test_a_second_run_finds_nothing_new(settings: Settings) -> None:
    line = Line(settings)
    line.send("a.csv", GOOD)
    line.run()
    assert line.run().is_empty


def test_same_bytes_load_once_and_are_on_record(settings: Settings) -> None:
    line = Line(settings)
    line.send("a.csv", GOOD)
    line.run()
    line.send("copy of a.csv", GOOD)
    report = line.run()
    assert (report.files_duplicate, report.rows_read) == (1, 0)
    assert "same bytes as a.csv" in report.of_status("duplicate")[0].message
    assert len(line.bronze()) == 2


def test_a_newer_file_of_a_period_supersedes_the_older(settings: Settings) -> None:
    line = Line(settings, **by_period())
    line.send("sale_2025-01-02.csv", GOOD)
    line.run()
    line.send("sale_2025-01-02_v2.csv", "sale_id,sold_on,amount\n1,2025-01-01,11\n")
    line.run()
    assert line.bronze("sale_id, amount, _load_id") == [(1, 11.0, 2)]
    export_manifest(settings)
    loads = _parquet(settings, "load", "load_id, is_current, superseded_by_load_id, rows_loaded")
    assert loads == [(1, False, 2, 2), (2, True, None, 1)]
    days = _parquet(settings, "load_day", "load_id, business_date, row_count")
    assert (2, date(2025, 1, 2), 0) in days, "a day that lost its rows has to be built again"
    assert (2, date(2025, 1, 1), 1) in days


def test_one_run_over_both_versions_ends_like_two_runs(settings: Settings) -> None:
    line = Line(settings, **by_period())
    line.send("sale_2025-01-02.csv", GOOD)
    line.send("sale_2025-01-02_v2.csv", "sale_id,sold_on,amount\n1,2025-01-01,11\n")
    report = line.run()
    assert [(f.file, f.status) for f in report.files] == [
        ("sale_2025-01-02_v2.csv", "loaded"),
        ("sale_2025-01-02.csv", "superseded"),
    ]
    assert line.bronze("sale_id, amount") == [(1, 11.0)]


def test_an_older_file_that_turns_up_late_does_not_win(settings: Settings) -> None:
    line = Line(settings, **by_period())
    line.send("sale_2025-01-02_v2.csv", "sale_id,sold_on,amount\n1,2025-01-01,11\n")
    line.run()
    line.send("sale_2025-01-02.csv", GOOD, later=-600)
    assert line.run().of_status("superseded")[0].file == "sale_2025-01-02.csv"
    assert line.bronze("amount") == [(11.0,)]


def test_restated_back_to_the_first_bytes_loads_again(settings: Settings) -> None:
    line = Line(settings, **by_period())
    line.send("sale_2025-01-02.csv", GOOD)
    line.run()
    line.send("sale_2025-01-02_v2.csv", "sale_id,sold_on,amount\n1,2025-01-01,11\n")
    line.run()
    line.send("sale_2025-01-02_v3.csv", GOOD)
    assert line.run().files_loaded == 1
    assert line.bronze("amount") == [(10.5,), (20.0,)]


def test_a_refused_restatement_leaves_the_older_file_of_the_period(settings: Settings) -> None:
    line = Line(settings, **by_period())
    line.send("sale_2025-01-02.csv", GOOD)
    line.send("sale_2025-01-02_v2.csv", b"")
    report = line.run()
    assert (report.files_loaded, report.files_refused) == (1, 1)
    assert len(line.bronze()) == 2


def test_parts_of_a_period_stand_side_by_side(settings: Settings) -> None:
    line = Line(settings, period=r"(?P<period>\d{4}-\d{2})_(?P<part>\d+)")
    line.send("s_2025-01_1.csv", GOOD)
    line.send("s_2025-01_2.csv", "sale_id,sold_on\n3,2025-01-03\n")
    line.run()
    assert [row[0] for row in line.bronze("sale_id")] == [1, 2, 3]


def test_the_window_leaves_other_periods_for_later(settings: Settings) -> None:
    line = Line(settings, **by_period())
    line.send("sale_2025-01-02.csv", GOOD)
    line.send("sale_2025-03-02.csv", "sale_id,sold_on\n9,2025-03-02\n")
    window = (date(2025, 3, 1), date(2025, 3, 31))
    assert line.run(window=window).rows_read == 1
    assert line.run().rows_read == 2


def test_rows_that_break_rules_go_to_quarantine_with_the_row_as_sent(settings: Settings) -> None:
    line = Line(settings)
    line.send(
        "a.csv",
        "sale_id,sold_on,amount,note\n1,2025-01-01,5,ok\nx,2025-01-01,5,\n3,,5,\n"
        "4,2025-01-01,-1,\n5,2025-01-01,2000,large\n6,2025-02-30,1,\n",
    )
    report = line.run()
    assert (report.rows_loaded, report.rows_rejected) == (2, 4)
    assert report.by_rule == {
        "type_sale_id": 1,
        "required_sold_on": 1,
        "amount_positive": 1,
        "type_sold_on": 1,
    }
    assert report.warned == {"amount_small": 1}
    rows = line.quarantine("_row, rule, reason, row, _load_id")
    assert [row[:2] for row in rows] == [
        (2, "type_sale_id"),
        (3, "required_sold_on"),
        (4, "amount_positive"),
        (6, "type_sold_on"),
    ]
    assert json.loads(rows[0][3]) == {
        "sale_id": "x",
        "sold_on": "2025-01-01",
        "amount": "5",
        "note": None,
    }
    assert rows[2][2] == "An amount is above zero"
    assert rows[0][4] == 1


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("7", "bigint", 7),
        (" 7 ", "bigint", 7),
        ("7.0", "bigint", 7),
        ("7.5", "bigint", None),
        ("1_000", "bigint", None),
        ("9007199254740993", "bigint", 9007199254740993),
        ("nan", "double", None),
        ("inf", "double", None),
        ("1e3", "double", 1000.0),
        ("2025-01-01T10:00:00+02:00", "timestamp", datetime(2025, 1, 1, 8)),
        ("2025-01-01T10:00:00Z", "timestamp", datetime(2025, 1, 1, 10)),
        ("2025-01-01 10:00:00", "timestamp", datetime(2025, 1, 1, 10)),
        ("2025-01-01 10:00:00.5-05", "timestamp", datetime(2025, 1, 1, 15, 0, 0, 500000)),
        ("yes", "boolean", True),
        ("perhaps", "boolean", None),
        ('[{"a":1}]', "struct(a bigint)[]", [{"a": 1}]),
        ('[{"a":', "struct(a bigint)[]", None),
    ],
)
def test_texts_become_types_or_go_to_quarantine(
    settings: Settings, text: str, kind: str, value: Any
) -> None:
    layout = layout_of(
        key=[],
        business_date=None,
        rules=[],
        columns={
            "v": {"type": kind, "description": "v"},
            "o": {"type": "varchar", "description": "o"},
        },
    )
    line = Line(settings, layout)
    cell = '"' + text.replace('"', '""') + '"'
    line.send("a.csv", f"v,o\n{cell},x\n")
    line.run()
    if value is None:
        assert line.quarantine() == [(1, "type_v")]
    else:
        assert line.bronze("v") == [(value,)]


def test_numbers_in_the_senders_marks(settings: Settings) -> None:
    line = Line(settings, format={"delimiter": ";", "decimal": ",", "thousands": "."})
    line.send(
        "a.csv",
        "sale_id;sold_on;amount\n1;2025-01-01;1.234,5\n2;2025-01-01;12,5\n3;2025-01-01;12.5\n"
        "4;2025-01-01;1.234.567,25\n",
    )
    line.run()
    assert line.bronze("sale_id, amount") == [(1, 1234.5), (2, 12.5), (4, 1234567.25)]
    assert line.quarantine() == [(3, "type_amount")], "12.5 must not turn into 125"


def test_local_times_become_utc_and_days_stay_local(settings: Settings) -> None:
    layout = layout_of(
        key=[],
        business_date=None,
        business_at="moment",
        rules=[],
        columns={"moment": {"type": "timestamp", "required": True, "description": "at"}},
    )
    line = Line(settings, layout, time_zone="America/New_York")
    line.send("a.csv", "moment\n2025-01-01 22:30:00\n2025-07-01 22:30:00\n2025-07-01T22:30:00Z\n")
    line.run()
    assert line.bronze("moment, _business_date") == [
        (datetime(2025, 1, 2, 3, 30), date(2025, 1, 1)),
        (datetime(2025, 7, 2, 2, 30), date(2025, 7, 1)),
        (datetime(2025, 7, 1, 22, 30), date(2025, 7, 1)),
    ]


def test_business_day_in_the_companys_zone(settings: Settings) -> None:
    layout = layout_of(
        key=[],
        business_date=None,
        business_at="moment",
        rules=[],
        columns={
            "moment": {"type": "timestamp", "description": "at"},
            "n": {"type": "bigint", "description": "n"},
        },
    )
    line = Line(settings, layout, company_zone="Europe/Madrid")
    line.send("a.csv", "moment,n\n2025-07-01 22:30:00,1\n,2\n")
    line.run()
    assert line.bronze("_business_date") == [(date(2025, 7, 2),), (None,)]


def test_mapping_by_columns_values_constants_and_where(settings: Settings) -> None:
    line = Line(
        settings,
        columns={"sale_id": ["Old Id", "Sale No"], "amount": "Value"},
        values={"sold_on": '"Y" || \'-01-0\' || "D"', "note": "_period || '|' || _file"},
        where="\"Shop\" = 'ours'",
    )
    line.send("a.csv", "\ufeffsale no,Value,Y,D,Shop\n1,2,2025,3,ours\n2,3,2025,4,theirs\n")
    report = line.run()
    assert (report.rows_loaded, report.rows_rejected, report.rows_not_of_feed) == (1, 0, 1)
    assert line.bronze("sale_id, sold_on, amount, note") == [
        (1, date(2025, 1, 3), 2.0, "a.csv|a.csv")
    ]


def test_a_value_that_cannot_be_computed_is_a_fault_of_its_row(settings: Settings) -> None:
    line = Line(settings, values={"amount": '"a"::double * 2'}, ignore_columns=["*"])
    line.send("a.csv", "sale_id,sold_on,a\n1,2025-01-01,4\n2,2025-01-01,four\n3,2025-01-01,\n")
    line.run()
    assert line.bronze("sale_id, amount") == [(1, 8.0), (3, None)]
    assert line.quarantine() == [(2, "type_amount")]


def test_unknown_and_missing_columns_are_findings(settings: Settings) -> None:
    line = Line(settings, columns={"note": "Remarks"}, ignore_columns=["known"])
    line.send("a.csv", "sale_id,sold_on,amount,known,surprise\n1,2025-01-01,1,x,y\n")
    found = {(f.kind, f.severity) for f in line.run().findings}
    assert found == {("columns_extra", "warning"), ("columns_missing", "warning")}
    assert line.bronze("sale_id, note") == [(1, None)]


def test_an_alias_of_the_layout_fills_its_column(settings: Settings) -> None:
    line = Line(settings)
    line.send("a.csv", "sale_id,sold_on,remark\n1,2025-01-01,hello\n")
    line.run()
    assert line.bronze("note") == [("hello",)]


def test_rows_said_twice_in_a_file_are_rejected_once(settings: Settings) -> None:
    line = Line(settings)
    line.send(
        "a.csv",
        "sale_id,sold_on,amount\n1,2025-01-01,1\n1,2025-01-01,1\n1,2025-01-01,2\n2,2025-01-01,1\n",
    )
    line.run()
    assert line.bronze("_row") == [(1,), (3,), (4,)], "a version of the row stays"
    ((row, rule, reason, sent),) = line.quarantine("_row, rule, reason, row")
    assert (row, rule) == (2, "duplicate_key")
    assert "same sale_id" in reason
    assert json.loads(sent)["sale_id"] == 1


def test_a_key_without_version_stands_once(settings: Settings) -> None:
    line = Line(settings, layout_of(version=None))
    line.send("a.csv", "sale_id,sold_on,amount\n1,2025-01-01,1\n1,2025-01-01,2\n")
    line.run()
    assert line.bronze("_row, amount") == [(1, 1.0)]


def test_equal_rows_without_key_stay_and_are_counted(settings: Settings) -> None:
    line = Line(settings, layout_of(key=[], version=None, duplicates="warn"))
    line.send("a.csv", "sale_id,sold_on,amount\n1,2025-01-01,1\n1,2025-01-01,1\n2,2025-01-01,1\n")
    report = line.run()
    assert report.rows_loaded == 3
    assert report.warned == {"duplicate_row": 1}


def test_json_lines(settings: Settings) -> None:
    line = Line(settings, format={"type": "jsonl"})
    lines = [
        '{"sale_id": 1, "sold_on": "2025-01-01", "amount": 1.5, "note": "a,\\"b\\""}',
        "",
        '{"sale_id": 2, "sold_on": "2025-01-01", "amount": "2.5", "extra": {"x": [1]}}',
        "{broken",
        '{"sale_id": 3, "sold_on": "2025-01-01", "note": ""}',
        "[1, 2]",
    ]
    line.send("a.jsonl", "\n".join(lines))
    report = line.run()
    assert line.bronze("sale_id, amount, note, _row") == [
        (1, 1.5, 'a,"b"', 1),
        (2, 2.5, None, 2),
        (3, None, None, 4),
    ]
    rejected = line.quarantine("_row, rule, row")
    assert [(row, rule) for row, rule, _ in rejected] == [
        (3, "row_unparsable"),
        (5, "row_unparsable"),
    ]
    assert json.loads(rejected[0][2]) == {"_text": "{broken"}
    assert [f.kind for f in report.findings] == ["columns_extra"]


def test_parquet_with_nested_columns(settings: Settings) -> None:
    layout = layout_of(
        rules=[],
        columns={
            "sale_id": {"type": "bigint", "required": True, "description": "id"},
            "sold_on": {"type": "date", "description": "day"},
            "moment": {"type": "timestamp", "description": "at"},
            "code": {"type": "varchar", "description": "code"},
            "items": {"type": "STRUCT(sku VARCHAR, n BIGINT)[]", "description": "items"},
        },
    )
    line = Line(settings, layout, format={"type": "parquet"})
    path = line.inbox / "a.parquet"
    duckdb.sql(
        "select 1.0::double as sale_id, date '2025-01-01' as sold_on, 17850.0::double as code, "
        "timestamptz '2025-01-01 10:00:00+02' as moment, [{'sku': 'x', 'n': 2::int}] as items "
        "union all select 1.5, date '2025-01-02', 'nan'::double, null, null"
    ).write_parquet(str(path))
    line.run()
    assert line.bronze("sale_id, code, moment, items, _row") == [
        (1, "17850", datetime(2025, 1, 1, 8), [{"sku": "x", "n": 2}], 1)
    ]
    ((row, rule, sent),) = line.quarantine("_row, rule, row")
    assert (row, rule) == (2, "type_sale_id")
    assert json.loads(sent)["sale_id"] == 1.5


@pytest.mark.parametrize("pack", ["gzip", "zip"])
def test_packed_files(settings: Settings, pack: str) -> None:
    line = Line(settings)
    if pack == "gzip":
        content = gzip.compress(GOOD[:30].encode()) + gzip.compress(GOOD[30:].encode())
    else:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inside.csv", GOOD)
        content = buffer.getvalue()
    line.send("a.bin", content)
    assert line.run().rows_loaded == 2


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-8-sig", "utf-8"])
def test_encodings(settings: Settings, encoding: str) -> None:
    line = Line(settings, format={"encoding": encoding})
    line.send("a.csv", "sale_id,sold_on,note\n1,2025-01-01,Peñíscola\n".encode(encoding))
    line.run()
    assert line.bronze("note") == [("Peñíscola",)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "mixed"])
def test_line_ends(settings: Settings, end: str) -> None:
    line = Line(settings)
    text = (
        "sale_id,sold_on\r\n1,2025-01-01\n2,2025-01-02\r\n"
        if end == "mixed"
        else end.join(["sale_id,sold_on", "1,2025-01-01", "2,2025-01-02"])
    )
    line.send("a.csv", text.encode())
    line.run()
    assert line.bronze("sale_id") == [(1,), (2,)]


def test_title_rows_above_the_header_and_values_over_lines(settings: Settings) -> None:
    line = Line(settings, format={"header_row": 2})
    line.send(
        "a.csv",
        'Report "x\n\nsale_id,sold_on,"no\nte"\n1,2025-01-01,"two\nlines"\n2,2025-01-02,b\n',
    )
    line.attributes["columns"] = {"note": "no\nte"}
    line.run()
    assert line.bronze("note, _row") == [("two\nlines", 1), ("b", 2)]


def test_a_file_without_header_line(settings: Settings) -> None:
    line = Line(settings, format={"header": ["sale_id", "sold_on"]})
    line.send("a.csv", "1,2025-01-01\n2,2025-01-02\n")
    line.run()
    assert line.bronze("sale_id, _row") == [(1, 1), (2, 2)]


def test_headers_with_quotes_and_sql_are_harmless(settings: Settings) -> None:
    evil = "x'); drop table arriving_rows; --"
    line = Line(settings, columns={"note": evil, "amount": 'a"b'})
    line.send("a.csv", f'sale_id,sold_on,{evil},"a""b"\n1,2025-01-01,v,3\n9,bad,v,3\n')
    line.run()
    assert line.bronze("note, amount") == [("v", 3.0)]
    assert json.loads(line.quarantine("row")[0][0])[evil] == "v"


def test_workbooks_with_titles_and_dates(settings: Settings) -> None:
    line = Line(
        settings, files="*.xlsx", format={"type": "excel", "sheet": "Data", "header_row": 2}
    )
    line.send(
        "a.xlsx",
        _workbook(
            [
                ["Sales report"],
                [],
                ["sale_id", "sold_on", "amount", "note"],
                [1, datetime(2025, 1, 5), 1.5, 7501031311309.0],
                [],
                [2, 45662, 2, "text"],
                [3, "2025-01-07", "x", None],
            ]
        ),
    )
    report = line.run()
    assert line.bronze("sale_id, sold_on, amount, note") == [
        (1, date(2025, 1, 5), 1.5, "7501031311309"),
        (2, date(2025, 1, 5), 2.0, "text"),
    ]
    assert report.by_rule == {"type_amount": 1}


def test_period_columns_turn_into_rows(settings: Settings) -> None:
    line = Line(
        settings,
        columns={"sale_id": "Item", "sold_on": "week", "amount": "units"},
        format={
            "type": "excel",
            "unpivot": {
                "id_columns": ["Item"],
                "name_to": "week",
                "value_to": "units",
                "name_pattern": r"^Week (\d{4}-\d{2}-\d{2})$",
                "ignore_pattern": "^Total$",
            },
        },
    )
    line.send(
        "a.xlsx",
        _workbook(
            [
                ["Item", "Week 2025-01-06", "Week 2025-01-13", "Total"],
                [1, 5, 6, 11],
                [2, None, 7, 7],
            ],
            "Sheet",
        ),
    )
    line.run()
    assert line.bronze("sale_id, sold_on, amount, _row") == [
        (1, date(2025, 1, 6), 5.0, 1),
        (1, date(2025, 1, 13), 6.0, 1),
        (2, date(2025, 1, 13), 7.0, 2),
    ]


def test_a_gate_that_says_no_leaves_bronze_and_tries_again(settings: Settings) -> None:
    line = Line(settings, **by_period())
    line.send("sale_2025-01-01.csv", GOOD)
    line.run()
    line.send("sale_2025-01-01_v2.csv", "sale_id,sold_on,amount\n7,2025-01-01,-5\n8,2025-01-01,5\n")
    seen = []

    def judge(connection: Any, feed: Any, layout: Any, report: Any) -> list[str]:
        seen.append(
            connection.execute(
                "select sale_id, _failed_rules, _file, _row from arriving order by _row"
            ).fetchall()
        )
        return ["rejected_share"]

    report = line.run(judge=judge)
    assert report.blocked
    assert report.failed_checks == ["rejected_share"]
    assert [row[:2] for row in seen[0]] == [(7, ["amount_positive"]), (8, [])]
    assert [row[0] for row in line.bronze("sale_id")] == [1, 2], "yesterday's rows stay"
    assert line.run(judge=lambda *_: []).rows_loaded == 1
    assert line.bronze("sale_id") == [(8,)]


def test_a_crash_before_the_commit_heals(settings: Settings, monkeypatch: Any) -> None:
    line = Line(settings, **by_period())
    line.send("sale_2025-01-01.csv", GOOD)
    monkeypatch.setattr(Manifest, "add_load", _crash)
    with pytest.raises(KeyboardInterrupt):
        line.run()
    assert len(line.bronze()) == 2, "bronze is written before the manifest"
    monkeypatch.undo()
    assert line.run().rows_loaded == 2
    export_manifest(settings)
    (current,) = _parquet(settings, "load", "load_id, is_current")
    assert line.bronze("distinct _load_id, 1 as _file, 1 as _row") == [(current[0], 1, 1)]


def test_rows_lost_on_the_way_stop_the_load(settings: Settings, monkeypatch: Any) -> None:
    line = Line(settings)
    line.send("a.csv", GOOD)
    monkeypatch.setattr(ingest, "write_partition", lambda *_: 1)
    with pytest.raises(ingest.RowsLost, match="2 rows read, but 1 written"):
        line.run()


def test_replay_moves_rows_to_bronze_after_a_fix(settings: Settings) -> None:
    line = Line(settings)
    line.send("a.csv", "sale_id,sold_on,amount\n1,01/02/2025,5\n2,2025-01-02,6\n")
    line.send("b.csv", "sale_id,sold_on,amount\n5,2025-01-02,6\n")
    line.run()
    assert line.quarantine() == [(1, "type_sold_on")]
    assert line.replay("no_such_rule").is_empty
    line.attributes["format"] = {"date_format": ["%Y-%m-%d", "%d/%m/%Y"]}
    report = line.replay("type_sold_on")
    assert (report.files_loaded, report.rows_loaded) == (1, 2)
    assert line.quarantine() == []
    assert line.bronze("sale_id, sold_on") == [
        (1, date(2025, 2, 1)),
        (2, date(2025, 1, 2)),
        (5, date(2025, 1, 2)),
    ]


def test_replay_of_everything_after_a_wrong_mapping(settings: Settings) -> None:
    line = Line(settings, columns={"amount": "amount", "note": "a"}, **by_period())
    line.send("2025-01-01.csv", "sale_id,sold_on,a,b\n1,2025-01-01,x,y\n")
    line.send("2025-01-02.csv", "sale_id,sold_on,a,b\n2,2025-01-01,x,y\n")
    line.run()
    line.attributes["columns"] = {"note": "b"}
    assert line.replay().is_empty
    assert line.replay(everything=True).files_loaded == 2
    assert line.bronze("note") == [("y",), ("y",)]
    assert line.run().is_empty


def test_replay_takes_up_refused_files(settings: Settings) -> None:
    line = Line(settings)
    line.send("a.csv", "no,sold_on\n1,2025-01-01\n")
    assert rule_of(line.run())[0] == "file_missing_column"
    assert line.quarantine("_file, rule")[0][1] == "file_missing_column"
    line.attributes["columns"] = {"sale_id": "no"}
    assert line.replay().rows_loaded == 1
    assert line.quarantine() == []


def test_replay_takes_up_a_file_whose_name_fitted_no_period(settings: Settings) -> None:
    line = Line(settings, **by_period())
    line.send("sale_20250102.csv", GOOD)
    assert rule_of(line.run())[0] == "file_period_unknown"
    line.attributes["period"] = r"(?P<period>\d{8})"
    line.replay()
    assert {row[0] for row in line.bronze("_period")} == {"2025-01-02"}


def test_load_ids_grow_over_all_feeds_and_days_without_date_are_kept(settings: Settings) -> None:
    layout = layout_of(business_date=None)
    line = Line(settings, layout)
    line.send("a.csv", GOOD)
    line.run()
    line.attributes |= {"source": "other", "layout": "till.sale"}
    line.run()
    assert export_manifest(settings)
    assert not export_manifest(settings), "nothing has changed"
    assert _parquet(settings, "load", "load_id, feed_source") == [(1, "till"), (2, "other")]
    assert _parquet(settings, "load_day", "load_id, business_date, row_count") == [
        (1, date(1900, 1, 1), 2),
        (2, date(1900, 1, 1), 2),
    ]


def test_rule_that_is_no_sql_names_feed_and_layout(settings: Settings) -> None:
    rule = {"name": "r", "description": "r", "passes": "no_such_column > 1"}
    line = Line(settings, layout_of(rules=[rule]))
    line.send("a.csv", GOOD)
    with pytest.raises(FeedError, match=r"till/sale.*till\.sale.*no_such_column"):
        line.run()


def test_a_rule_that_cannot_be_worked_out_rejects_the_row(settings: Settings) -> None:
    rule = {
        "name": "plausible",
        "description": "p",
        "passes": "make_timestamp(sale_id) > timestamp '1970-01-01'",
    }
    line = Line(settings, layout_of(rules=[rule]))
    line.send("a.csv", "sale_id,sold_on\n9223372036854775807,2025-01-01\n99,2025-01-01\n")
    line.run()
    assert line.quarantine() == [(1, "plausible")]


def test_large_feeds_go_in_several_batches(settings: Settings) -> None:
    line = Line(settings)
    for number in range(5):
        line.send(f"{number}.csv", f"sale_id,sold_on\n{number},2025-01-01\n")
    batches = []
    line.run(
        judge=lambda c, *_: batches.append(c.sql("from arriving").fetchall()) or [], batch_bytes=60
    )
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert len(line.bronze()) == 5


def test_many_small_files_and_a_run_with_nothing_new_are_fast(settings: Settings) -> None:
    line = Line(settings, **by_period())
    rows = "".join(f"{n},2025-01-01,{n + 1},x\n" for n in range(200))
    for day in range(1, 29):
        line.send(f"sale_2025-01-{day:02}.csv", f"sale_id,sold_on,amount,note\n{day}000" + rows[1:])
    begun = time.perf_counter()
    report = line.run()
    first = time.perf_counter() - begun
    begun = time.perf_counter()
    assert line.run().is_empty
    second = time.perf_counter() - begun
    assert report.rows_loaded == 28 * 200
    assert first < 3, "0.3 s on a quiet machine"
    assert second < 0.5, "0.01 s on a quiet machine"


def test_runs_at_the_same_time_load_each_file_once(settings: Settings) -> None:
    line = Line(settings, **by_period())
    for day in range(1, 9):
        line.send(f"sale_2025-01-0{day}.csv", f"sale_id,sold_on\n{day},2025-01-01\n")
    other = Line(settings, **by_period())
    other.attributes |= {"source": "other", "layout": "till.sale"}
    with ThreadPoolExecutor(6) as pool:
        runs = [pool.submit(target.run) for target in (line, other) * 3]
        reports = [run.result() for run in runs]
    assert sum(report.files_loaded for report in reports) == 16
    loads = [load for report in reports for load in report.load_ids]
    assert sorted(loads) == list(range(1, 17)), "load ids are unique over all feeds"
    assert len(line.bronze()) == 16


def test_a_run_waits_for_another_run_of_its_feed(settings: Settings) -> None:
    line = Line(settings)
    line.send("a.csv", GOOD)
    with ThreadPoolExecutor(1) as pool:
        with Manifest(settings.manifest_path) as manifest, manifest.locked("feed/till/sale"):
            run = pool.submit(line.run)
            with pytest.raises(TimeoutError):
                run.result(timeout=0.3)
            assert line.bronze() == []
        assert run.result(timeout=30).rows_loaded == 2


def test_landing_keeps_the_exact_bytes_read_only(settings: Settings) -> None:
    line = Line(settings)
    line.send("a.csv", GOOD)
    line.run()
    (landed,) = (settings.station("landing") / "till" / "sale").glob("*__a.csv")
    assert landed.read_text() == GOOD
    assert not os.access(landed, os.W_OK) or os.geteuid() == 0
    assert landed.stat().st_mode & 0o222 == 0


def _crash(*_: Any) -> None:
    raise KeyboardInterrupt


def _parquet(settings: Settings, name: str, fields: str) -> list[tuple[Any, ...]]:
    path = settings.station("bronze") / "_manifest" / f"{name}.parquet"
    with duckdb.connect() as connection:
        return connection.execute(f"select {fields} from read_parquet('{path}')").fetchall()


def _workbook(rows: list[list[Any]], sheet: str = "Data") -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
