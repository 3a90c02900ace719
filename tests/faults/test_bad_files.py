"""Bad input at the door of ingestion: a named error for the file, and good rows go on."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ingest_line import Line, layout_of, rule_of

from orchestration.lib.bronze import export_manifest
from orchestration.lib.feeds import FeedError
from orchestration.lib.landing import InboxError
from orchestration.lib.settings import Settings
from orchestration.lib.unpack import Limits

HEAD = "sale_id,sold_on,amount,note\n"
GOOD = HEAD + "1,2025-01-01,10.5,a\n2,2025-01-02,20,b\n"


def _zip(members: dict[str, bytes], **flags: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _parquet(tmp_path: Path) -> bytes:
    path = tmp_path / "made.parquet"
    duckdb.sql("select 1 as sale_id, '2025-01-01' as sold_on").write_parquet(str(path))
    return path.read_bytes()


PACKED = gzip.compress((HEAD + "1,2025-01-01,1,x\n" * 5000).encode())

BAD: dict[str, tuple[Any, str, str]] = {
    "empty": (b"", "file_empty", "no bytes"),
    "only blanks": (b"\n \n", "file_no_header", "names no columns"),
    "only a header": (HEAD, "file_no_rows", "nothing stands below"),
    "wrong encoding": (
        (HEAD + "1,2025-01-01,1,ok\n2,2025-01-01,1,Peñíscola\n").encode("cp1252"),
        "file_encoding",
        "line 3",
    ),
    "utf-16 as utf-8": (GOOD.encode("utf-16-le"), "file_binary", "utf-16"),
    "NUL byte": (GOOD.encode() + b"3,2025-01-01,1,x\0y\n", "file_binary", "line 4"),
    "truncated gzip": (PACKED[:-20], "file_truncated", "ends in the middle"),
    "damaged gzip": (PACKED[:60] + b"\0\0\0" + PACKED[63:], "file_damaged", "damaged"),
    "wrong checksum": (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "file_damaged", "damaged"),
    "empty gzip": (gzip.compress(b""), "file_empty", "nothing in it"),
    "zip that climbs": (_zip({"../../evil.csv": GOOD.encode()}), "file_climbs", "leads out"),
    "zip with a root": (_zip({"/etc/evil.csv": GOOD.encode()}), "file_climbs", "leads out"),
    "zip of two": (_zip({"a.csv": b"x", "b.csv": b"y"}), "file_members", "holds 2 files"),
    "zip of none": (_zip({}), "file_members", "holds 0 files"),
    "truncated zip": (_zip({"a.csv": GOOD.encode()})[:-30], "file_damaged", "not a whole zip"),
    "workbook as text": (_zip({"[Content_Types].xml": b"x"}), "file_format", "Office"),
    "a web page": (b"<!DOCTYPE html>\n<html>error</html>", "file_format", "a web page"),
    "a packed web page": (gzip.compress(b"<html>error</html>"), "file_format", "a web page"),
    "a PDF": (b"%PDF-1.7\n" + bytes(range(256)), "file_format", "a PDF"),
    "binary junk": (random.Random(1).randbytes(5000), "file_", ""),
    "duplicate header": (
        "sale_id,sold_on,Note,note\n1,2025-01-01,a,b\n",
        "file_duplicate_header",
        "'Note', 'note'",
    ),
    "missing column": ("sale_id,day\n1,2025-01-01\n", "file_missing_column", "sold_on"),
    "other delimiter": (GOOD.replace(",", ";"), "file_missing_column", "sale_id;sold_on"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_and_the_others_go_on(settings: Settings, case: str) -> None:
    content, rule, words = BAD[case]
    line = Line(settings)
    line.send("before.csv", HEAD + "7,2025-01-07,7,x\n")
    line.send("bad.csv", content)
    line.send("after.csv", HEAD + "8,2025-01-08,8,x\n")
    report = line.run()
    found_rule, message = rule_of(report)
    assert found_rule.startswith(rule)
    assert words in message
    assert "bad.csv" in message, "the message names the file"
    assert [row[0] for row in sorted(line.bronze("sale_id"))] == [7, 8]
    ((file, quarantined, reason),) = line.quarantine("_file, rule, reason")
    assert (file.endswith("__bad.csv"), quarantined, reason) == (True, found_rule, message)
    landed = settings.station("landing") / "till" / "sale" / file
    assert landed.read_bytes() == (content.encode() if isinstance(content, str) else content)
    export_manifest(settings)
    loads = settings.station("bronze") / "_manifest" / "load.parquet"
    with duckdb.connect() as connection:
        status = connection.execute(
            f"select status, rows_read from '{loads}' where file_name = 'bad.csv'"
        ).fetchall()
    assert status == [("refused", 0)]
    assert line.run().is_empty, "a refused file is not read again and again"


@pytest.mark.parametrize(
    ("kind", "content", "rule"),
    [
        ("parquet", GOOD.encode(), "file_format"),
        ("parquet", b"PAR1" + bytes(200) + b"PAR1", "file_damaged"),
        ("excel", GOOD.encode(), "file_format"),
        ("excel", _zip({"a.txt": b"x"}), "file_damaged"),
        ("jsonl", GOOD.encode(), "file_format"),
        ("jsonl", b'[{"sale_id": 1}]', "file_format"),
        ("jsonl", b"\n\n", "file_empty"),
        ("jsonl", b'{"sale": 1}\n', "file_missing_column"),
        ("csv", None, "file_format"),
    ],
)
def test_a_file_that_is_not_what_the_feed_says(
    settings: Settings, tmp_path: Path, kind: str, content: bytes | None, rule: str
) -> None:
    line = Line(settings, format={"type": kind})
    line.send("bad.bin", content if content is not None else _parquet(tmp_path))
    assert rule_of(line.run())[0] == rule


def test_a_parquet_file_without_rows(settings: Settings, tmp_path: Path) -> None:
    line = Line(settings, format={"type": "parquet"})
    path = line.inbox / "none.parquet"
    duckdb.sql("select 1 as sale_id, date '2025-01-01' as sold_on limit 0").write_parquet(str(path))
    assert rule_of(line.run())[0] == "file_no_rows"


@pytest.mark.parametrize("pack", ["gzip", "zip"])
@pytest.mark.parametrize("limit", [Limits(max_bytes=1 << 20), Limits(max_ratio=20)])
def test_a_bomb_is_not_unpacked(settings: Settings, pack: str, limit: Limits) -> None:
    zeros = b"0" * (40 << 20)
    line = Line(settings)
    line.send("bomb", gzip.compress(zeros) if pack == "gzip" else _zip({"a.csv": zeros}))
    rule, message = rule_of(line.run(limits=limit))
    assert rule == "file_bomb"
    assert "unpacks to more than" in message
    assert not (settings.station("landing") / ".work" / "till__sale").exists()


def test_a_workbook_bomb_is_not_opened(settings: Settings) -> None:
    line = Line(settings, format={"type": "excel"})
    line.send("bomb.xlsx", _zip({"xl/worksheets/sheet1.xml": b" " * (40 << 20)}))
    assert rule_of(line.run())[0] == "file_bomb"


def test_lines_that_cannot_be_parsed_go_to_quarantine_with_their_text(settings: Settings) -> None:
    line = Line(settings)
    line.send(
        "a.csv",
        HEAD + "1,2025-01-01,1,a\n2,2025-01-01\n3,2025-01-01,1,b,c\n4,2025-01-01,1,d\n"
        '5,"2025-01-01" x,1,e\n6,2025-01-01,1,"f\ng"\n',
    )
    report = line.run()
    assert (report.rows_read, report.rows_loaded, report.rows_rejected) == (6, 3, 3)
    assert line.bronze("sale_id, _row, note") == [(1, 1, "a"), (4, 4, "d"), (6, 6, "f\ng")]
    rows = line.quarantine("_row, rule, row")
    assert [(row, rule) for row, rule, _ in rows] == [
        (2, "row_unparsable"),
        (3, "row_unparsable"),
        (5, "row_unparsable"),
    ]
    assert json.loads(rows[1][2])["_text"] == "3,2025-01-01,1,b,c"


def test_a_quote_that_never_closes_costs_one_line_only(settings: Settings) -> None:
    line = Line(settings)
    good = "".join(f"{n},2025-01-01,1,x\n" for n in range(10, 40_000))
    line.send(
        "a.csv",
        HEAD
        + '1,2025-01-01,1,"two\nlines"\n2,2025-01-01,1,"never closed\n'
        + good
        + '3,2025-01-01,1,"also not\n4,2025-01-01\n',
    )
    line.send("b.csv", GOOD)
    report = line.run()
    assert report.rows_loaded == 39_990 + 1 + 2
    assert line.bronze("_row, note")[0] == (1, "two\nlines")
    rows = line.quarantine("_row, row")
    assert [row for row, _ in rows] == [2, 39_993, 39_994]
    assert json.loads(rows[0][1])["_text"] == '2,2025-01-01,1,"never closed'


def test_absurd_dates_are_rejected(settings: Settings) -> None:
    line = Line(settings)
    days = ["0001-01-01", "1899-12-31", "1900-01-01", "2199-12-31", "9999-12-31", "infinity"]
    line.send("a.csv", HEAD + "".join(f"{n},{day},1,x\n" for n, day in enumerate(days)))
    line.run()
    assert [row[0] for row in line.bronze("sale_id")] == [2, 3]
    assert {rule for _, rule in line.quarantine()} == {"implausible_sold_on"}


def test_a_link_out_of_the_inbox_is_not_followed(settings: Settings, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(GOOD)
    line = Line(settings, files="**/*.csv")
    (line.inbox / "link.csv").symlink_to(secret)
    (line.inbox / "folder").symlink_to(tmp_path)
    line.send("good.csv", GOOD)
    report = line.run()
    assert rule_of(report)[0] == "file_climbs"
    assert report.files_loaded == 1
    assert not list(settings.station("landing").rglob("*secret*"))
    assert not list(settings.station("landing").rglob("*link.csv"))
    assert line.run().is_empty


@pytest.mark.parametrize("pattern", ["../x.csv", "/etc/passwd", "a/../../x", "C:\\x.csv", ""])
def test_a_pattern_out_of_the_inbox_is_refused(settings: Settings, pattern: str) -> None:
    with pytest.raises(FeedError, match=r"till\.yaml.*files"):
        Line(settings, files=pattern).run()


def test_a_missing_inbox_is_named(settings: Settings) -> None:
    line = Line(settings)
    line.inbox.rmdir()
    with pytest.raises(InboxError, match="inbox"):
        line.run()


def test_an_expression_over_a_column_that_the_file_lacks(settings: Settings) -> None:
    line = Line(settings, values={"amount": '"Net" :: double'})
    line.send("a.csv", GOOD)
    rule, message = rule_of(line.run())
    assert rule == "file_expression"
    assert "Net" in message


def test_file_names_with_quotes_and_sql(settings: Settings) -> None:
    line = Line(settings)
    name = "it's; drop table x -- [*?].csv"
    line.send(name, GOOD)
    line.send("a*.csv", HEAD + "5,2025-01-01,1,x\n")
    line.send("ab.csv", HEAD + "6,2025-01-01,1,x\n")
    line.send("n" * 250 + ".csv", HEAD + "7,2025-01-01,1,x\n")
    assert line.run().rows_loaded == 5
    found = dict(line.bronze("sale_id, _period"))
    assert (found[1], found[5]) == (name, "a*.csv")


def test_a_file_lost_from_landing_is_named(settings: Settings) -> None:
    line = Line(settings)
    line.send("a.csv", GOOD)
    line.run(judge=lambda *_: ["no"])
    (landed,) = (settings.station("landing") / "till" / "sale").glob("*__a.csv")
    landed.unlink()
    assert rule_of(line.run())[0] == "file_lost"


@pytest.mark.parametrize("seed", range(6))
def test_rows_read_are_rows_in_bronze_and_in_quarantine(settings: Settings, seed: int) -> None:
    """Whatever the lines hold: none is lost, none is made up."""
    draw = random.Random(seed)
    parts = [
        "1",
        "2025-01-01",
        "9.5",
        "",
        "x",
        "0001-01-01",
        "1e400",
        '"a b"',
        "ñ",
        " ",
        "-3",
        "é\t",
    ]
    sent = 0
    line = Line(settings, layout_of(version=None), where="coalesce(note, '') <> 'x'")
    for file in range(4):
        lines = []
        for _ in range(draw.randrange(1, 400)):
            width = draw.choice([4, 4, 4, 4, 4, 3, 5])
            cells = [str(draw.randrange(9000)), "2025-01-01", *draw.choices(parts, k=3)]
            for place in range(2):
                if draw.random() < 0.1:
                    cells[place] = draw.choice(parts)
            lines.append(",".join(cells[:width]))
        sent += len(lines)
        line.send(f"{file}.csv", HEAD + "\n".join(lines) + "\n")
    report = line.run()
    assert report.rows_read == sent
    assert len(line.bronze()) == report.rows_loaded
    assert len(line.quarantine()) == report.rows_rejected
    assert report.rows_read == (report.rows_loaded + report.rows_rejected + report.rows_not_of_feed)
    for rows in (line.bronze("_file, _row"), line.quarantine("_file, _row")):
        assert len(rows) == len(set(rows)), "every row has its own number"
    assert not set(line.bronze("_file, _row")) & set(line.quarantine("_file, _row"))
