"""Why a record belongs: explanations, the review queue, decisions, and the command line."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.identity import decisions as steward
from orchestration.identity.__main__ import main
from orchestration.identity.decisions import COLUMNS, Decision, decide, read_decisions
from orchestration.identity.evidence import Evidence, open_folder, open_warehouse
from orchestration.identity.explain import explain
from orchestration.identity.options import IdentityError
from orchestration.identity.pages import explanation_page, review_page
from orchestration.identity.pairs import compare
from orchestration.identity.review import queue
from orchestration.identity.waterfall import probability, waterfalls
from orchestration.identity.wording import as_text, comparison_text
from orchestration.lib.settings import Settings

GIVEN = ("Lucía", "Martín", "Valeria", "Hugo", "Paula", "Daniel", "Emma", "Pablo", "Carla", "Leo")
FAMILY = ("García", "Fernández", "López", "Sánchez", "Pérez", "Gómez", "Ruiz", "Díaz", "Moreno")
CITIES = ("Madrid", "Sevilla", "Bilbao", "Cádiz")
HEADER = "record_id,given_name,family_name,email,birth_date,city,club"
EVIL = '<img src=x onerror="window.hacked=1">'


def people() -> list[str]:
    """Records of ninety people, twice each: by the same e-mail address, or by a slip of the pen."""
    lines = []
    for number in range(90):
        given, family = GIVEN[number % 10], FAMILY[number // 10]
        born = f"{1950 + number % 45}-{1 + number % 12:02}-{1 + number % 28:02}"
        city, mail = CITIES[number % 4], f"p{number}@example.com"
        club = f"club {number % 7}"
        lines.append(f"a{number},{given},{family},{mail},{born},{city},{club}")
        if number % 3 == 0:
            lines.append(f"b{number},{given},{family},{mail},,{city},")
        elif number % 3 == 1:
            lines.append(f"b{number},{given}a,{family},,{born},{city},{club}")
        else:
            lines.append(f"b{number},{given},{family},,,{city},")
    lines.append(f'x1,"{EVIL.replace(chr(34), chr(34) * 2)}",Ruiz,,,Cádiz,')
    return lines


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of `resolve` on made-up people."""
    here = tmp_path_factory.mktemp("resolved")
    (here / "people.csv").write_text("\n".join([HEADER, *people()]) + "\n", encoding="utf-8")
    arguments = ["resolve", str(here / "people.csv"), "--out", str(here / "out")]
    assert main([*arguments, "--country", "es", "--other-columns", "club"]) == 0
    return here


@pytest.fixture
def evidence(folder: Path) -> Evidence:
    return open_folder(folder / "out")


def test_bars_add_up_to_the_weight_that_decided(evidence: Evidence):
    rows = evidence.connection.execute(
        "select record_id, linked_record_id, match_weight from link where rule = 'model'"
    ).fetchall()
    assert len(rows) > 20
    bars = waterfalls(evidence, [row[:2] for row in rows])
    assert evidence.model is not None
    prior = math.log2(evidence.model.prior / (1 - evidence.model.prior))
    for one, other, weight in rows:
        prior_bar, *parts, total = bars[one, other]
        assert (prior_bar.kind, total.kind) == ("prior", "total")
        assert prior_bar.weight == pytest.approx(prior)
        assert prior_bar.weight + sum(bar.weight for bar in parts) == pytest.approx(weight)
        assert total.weight == weight


def test_levels_named_are_those_that_were_weighed(evidence: Evidence):
    """A level is found by comparing the records again: its weight must be the one on record."""
    assert evidence.model is not None
    weight_of = {
        (comparison["output_column_name"].replace("_", " "), level["label_for_charts"]): math.log2(
            level["m_probability"] / level["u_probability"]
        )
        for comparison in evidence.model.settings["comparisons"]
        for level in comparison["comparison_levels"]
        if not level.get("is_null_level")
    }
    pairs = evidence.connection.execute(
        "select record_id, linked_record_id from link where rule = 'model'"
    ).fetchall()
    seen = set()
    for found in waterfalls(evidence, pairs).values():
        for bar in found:
            name = {"given name": "given", "family name": "family"}.get(bar.name, bar.name)
            if bar.kind == "field" and (name, bar.level) in weight_of:
                assert bar.weight == pytest.approx(weight_of[name, bar.level], abs=0.01), bar
                seen.add((name, bar.level))
    assert {("given", "same"), ("given", "a typing slip"), ("birth date", "same")} <= seen


def test_further_columns_go_by_their_own_name(evidence: Evidence):
    bars = waterfalls(evidence, [pair_of(evidence, "a1", "b1")])
    assert "club" in {bar.name for found in bars.values() for bar in found}


def test_each_record_hangs_on_another_and_leads_to_the_oldest(evidence: Evidence):
    found = explain(evidence, "b0")
    assert found.asked == "b0"
    oldest, other = found.records
    assert (oldest.record_id, oldest.link, oldest.path) == ("a0", None, ("a0",))
    assert other.link is not None
    assert (other.link.rule, other.link.confidence) == ("same_email", 0.95)
    assert other.path == ("a0", "b0")
    text = as_text(found)
    assert "* b0" in text and "same e-mail address (confidence 0.95" in text
    assert "path: a0 > b0" in text


def test_a_link_of_the_model_is_explained_by_field(evidence: Evidence):
    found = explain(evidence, "b1")
    link = found.records[1].link
    assert link is not None and link.rule == "model" and found.weakest == link
    text = as_text(found)
    assert f"probability {probability(link.match_weight or 0):.3f}" in text
    assert "given name: a typing slip" in text


def test_values_are_shown_only_when_asked_for(evidence: Evidence):
    found, open_found = explain(evidence, "b0"), explain(evidence, "b0", show_values=True)
    for said in (as_text(found), explanation_page(found)):
        assert "p0@example.com" not in said and "Lucía" not in said
    for said in (as_text(open_found), explanation_page(open_found)):
        assert "p0@example.com" in said and "Lucía" in said
    cases, total = queue(evidence)
    assert "example.com" not in review_page(cases, total, "acme", "list.csv")


def test_values_cannot_break_out_of_the_page(evidence: Evidence):
    page = explanation_page(explain(evidence, "x1", show_values=True))
    assert "&lt;img src=x" in page and "<img" not in page


def test_unknown_names_are_met_with_near_ones(evidence: Evidence):
    with pytest.raises(IdentityError, match=r"no customer or record 'A8'. Did you mean a8, a80"):
        explain(evidence, "A8")


def test_a_page_loads_nothing(evidence: Evidence):
    page = explanation_page(explain(evidence, "b1"))
    assert "default-src 'none'" in page
    head = page[: page.index("<body>")]
    assert "<link" not in head and "@import" not in head and "src=" not in page[: len(head) + 2000]


# Two records.


def test_a_pair_is_weighed_as_in_the_run(evidence: Evidence):
    rows = evidence.connection.execute(
        "select record_id, linked_record_id, match_weight from link where rule = 'model' "
        "order by hash(record_id) limit 8"
    ).fetchall()
    for one, other, weight in rows:
        found = compare(evidence, one, other)
        assert found.bars[-1].weight == pytest.approx(weight, abs=1e-6)
        assert [link.match_weight for link in found.links if link.rule == "model"] == [weight]


def test_two_strangers_are_told_apart(evidence: Evidence):
    found = compare(evidence, "a0", "a1")
    assert found.one_key != found.other_key and found.links == ()
    assert found.bars[-1].weight < -5
    text = comparison_text(found)
    assert "no rule and no weight ties them" in text and "given name: different" in text


def test_two_records_of_one_customer_show_their_paths(evidence: Evidence):
    text = comparison_text(compare(evidence, "b0", "a0"))
    assert text.startswith("b0 and a0 are customer ")
    assert "b0: a0 > b0" in text and "same e-mail address (confidence 0.95): used" in text


def test_a_pair_needs_two_records(evidence: Evidence):
    with pytest.raises(IdentityError, match="name two"):
        compare(evidence, "a0", "a0")
    key = explain(evidence, "a1").customer_key
    with pytest.raises(IdentityError, match=f"{key} is a customer; to compare, name a record_id"):
        compare(evidence, "a0", str(key))
    with pytest.raises(IdentityError, match="no customer or record 'zz'"):
        compare(evidence, "a0", "zz")


def test_without_a_model_the_links_are_shown(tmp_path: Path):
    links = [("a", "b", "same_phone", None, "contradiction")]
    found = compare(results(tmp_path / "r", links, [("a", 1), ("b", 2)]), "b", "a")
    text = comparison_text(found)
    assert "same phone (confidence 0.90): link cut: the birth dates disagree" in text
    assert "No model was kept" in text


# The queue.


def results(folder: Path, links: list[tuple], cluster: list[tuple], extra: str = "") -> Evidence:
    """Results made by hand: cluster (record, customer), link (one, other, rule, weight, status)."""
    folder.mkdir(parents=True)
    connection = duckdb.connect()
    connection.execute("create table c (record_id varchar, customer_key bigint)")
    connection.executemany("insert into c values (?, ?)", cluster)
    connection.execute(
        "create table l (record_id varchar, linked_record_id varchar, rule varchar, "
        "match_weight double, status varchar)"
    )
    connection.executemany("insert into l values (?, ?, ?, ?, ?)", links)
    tables = {
        "cluster": "select record_id, customer_key as cluster_id, 'own_record' as rule, "
        "1.0::double as confidence, null::double as match_weight, "
        "null::varchar as linked_record_id, 0 as link_depth, null::timestamp as linked_at from c",
        "link": "select *, 0.9::double as confidence, null::timestamp as linked_at, "
        "match_weight + 14 as given_weight, -14.0::double as family_weight from l",
        "review": "select status as reason, record_id, linked_record_id, match_weight, "
        f"'because' as detail from l where status <> 'used' {extra}",
    }
    for name, select in tables.items():
        connection.execute(f"copy ({select}) to '{folder / name}.parquet'")
    return open_folder(folder)


def test_mistakes_then_contradictions_then_the_least_sure(tmp_path: Path):
    cluster = [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5), ("f", 6)]
    links = [
        ("a", "b", "model", 1.5, "grey_zone"),
        ("c", "d", "model", -0.1, "grey_zone"),
        ("e", "f", "model", -1.9, "grey_zone"),
        ("a", "f", "same_phone", None, "contradiction"),
    ]
    gone = "union all select 'unknown_record_in_decision', 'a', 'zz', null, 'no such record'"
    cases, total = queue(results(tmp_path / "r", links, cluster, gone))
    assert total == 5
    assert [(case.one.record_id, case.other.record_id) for case in cases] == [
        ("a", "zz"),
        ("a", "f"),
        ("c", "d"),
        ("a", "b"),
        ("e", "f"),
    ]
    assert cases[1].rule == "same_phone" and cases[0].other.customer_key is None
    assert [bar.kind for bar in cases[2].bars] == ["prior", "field", "field", "total"]


def test_two_customers_are_one_case(tmp_path: Path):
    cluster = [("a", 1), ("b", 1), ("c", 2), ("d", 2), ("e", 3)]
    links = [
        ("a", "c", "model", 0.2, "grey_zone"),
        ("d", "b", "model", 0.9, "grey_zone"),
        ("a", "e", "model", 0.5, "grey_zone"),
    ]
    cases, total = queue(results(tmp_path / "r", links, cluster), top=1)
    assert (total, len(cases)) == (2, 1)
    all_cases, _ = queue(results(tmp_path / "again", links, cluster))
    of_both = next(case for case in all_cases if case.other.record_id != "e")
    assert (of_both.one.record_id, of_both.further_pairs) == ("d", 1)
    assert of_both.one.customer_records == 2


def test_what_the_rest_of_a_customer_says_is_shown(tmp_path: Path):
    cluster = [("a", 1), ("b", 1), ("c", 2)]
    links = [("a", "c", "model", 0.2, "contradiction")]
    results(tmp_path / "r", links, cluster)
    records = tmp_path / "records.csv"
    records.write_text(
        "record_id,given_name,birth_date\na,Ana,\nb,ANA,1980-01-01\nc,Ana,1999-01-01\n"
    )
    cases, total = queue(open_folder(tmp_path / "r", records), show_values=True)
    assert cases[0].one.values == {"given_name": "Ana"}
    assert cases[0].one.of_customer == {"birth_date": ["1980-01-01"]}
    page = review_page(cases, total, "", "list.csv")
    assert "<tr class='differs'><td>birth_date</td>" in page
    assert "<tr class='differs'><td>given_name</td>" not in page


# The steward's list.

DECISION = Decision("acme", "must_link", "a1", "a2", "Ana", "2026-01-02", "same house, same name")


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    file = tmp_path / "decisions.csv"
    file.write_text(",".join(COLUMNS), encoding="utf-8")
    return file


def test_a_decision_is_added_below_the_last_line(evidence: Evidence, list_file: Path):
    decide(evidence, DECISION, list_file)
    other = replace(DECISION, decision="cannot_link", other_record_id="a3", reason='"no"')
    decide(evidence, other, list_file)
    assert read_decisions(list_file) == [DECISION, other]
    assert list_file.read_text().count("\n") == 3


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"other_record_id": "nobody"}, "no record 'nobody'"),
        ({"other_record_id": "a1"}, "name two"),
        ({"reason": " "}, "needs reason"),
        ({"decided_by": ""}, "needs decided_by"),
        ({"decision": "maybe"}, "must_link or cannot_link, not 'maybe'"),
    ],
)
def test_a_decision_that_says_too_little_is_refused(
    evidence: Evidence, list_file: Path, changed: dict, message: str
):
    with pytest.raises(IdentityError, match=message):
        decide(evidence, replace(DECISION, **changed), list_file)
    assert read_decisions(list_file) == []


def test_two_records_are_decided_once(evidence: Evidence, list_file: Path):
    decide(evidence, replace(DECISION, company="other"), list_file)
    decide(evidence, DECISION, list_file)
    turned = replace(DECISION, decision="cannot_link", record_id="a2", other_record_id="a1")
    with pytest.raises(IdentityError, match=r"Ana decided must_link .* delete the line"):
        decide(evidence, turned, list_file)


def test_the_shipped_list_has_the_columns():
    assert isinstance(read_decisions(steward.DECISIONS_FILE), list)


def test_a_decided_case_is_settled_in_the_next_run(folder: Path, tmp_path: Path):
    cases, _ = queue(open_folder(folder / "out"))
    case = next(case for case in cases if case.reason == "grey_zone")
    one, other = case.one.record_id, case.other.record_id
    table = tmp_path / "list.csv"
    line = replace(DECISION, record_id=one, other_record_id=other).as_line()
    table.write_text(f"{','.join(COLUMNS)}\n{line}\n")
    again = tmp_path / "again"
    arguments = ["resolve", str(folder / "people.csv"), "--out", str(again)]
    assert main([*arguments, "--decisions", str(table), "--country", "es"]) == 0
    found = explain(open_folder(again), other)
    assert one in {record.record_id for record in found.records}
    assert "a data steward decided that they are one person" in as_text(found)


# The warehouse.


def warehouse(settings: Settings, folder: Path, value: str) -> None:
    """A run's results in `folder`: two records, of which one was merged in from customer 7."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    tables = {
        "customer_cluster": "select * from (values ('crm.lead:1', 1, null, 0, 'own_record'), "
        "('crm.lead:2', 1, 'crm.lead:1', 1, 'same_email')) t(record_id, customer_key, "
        "linked_record_id, link_depth, rule)",
        "customer_link": "select 'crm.lead:1' as record_id, 'crm.lead:2' as linked_record_id, "
        "'same_email' as rule, 'used' as status, 0.95::double as confidence, "
        "null::double as match_weight, timestamp '2025-02-03' as linked_at",
        "customer_review": "select 'x' as reason, '' as record_id, '' as linked_record_id, "
        "null::double as match_weight, '' as detail limit 0",
        "customer_change": "select timestamp '2026-01-02 03:04' as changed_at, "
        "'crm.lead:2' as record_id, 7 as previous_customer_key, 1 as customer_key, "
        "'merged' as change",
    }
    extra = ", 0.95::double as confidence, null::double as match_weight, null as linked_at"
    for name, select in tables.items():
        more = extra if name == "customer_cluster" else ""
        query = f"select *{more} from ({select})"
        connection.execute(f"copy ({query}) to '{folder / name}.parquet'")
    for database in (settings.build_path, settings.warehouse_path):
        database.parent.mkdir(parents=True, exist_ok=True)
        database.unlink(missing_ok=True)
        with duckdb.connect(str(database)) as build:
            build.execute("create schema intermediate")
            build.execute(f"""
                create table intermediate.int_customer__person_records as
                select 'crm.lead:1' as record_id, 'lead' as record_type,
                    timestamp '2025-01-01' as created_at, '{value}' as given_name,
                    'Ruiz' as family_name, null as company_name, null::date as birth_date,
                    null as email_normalised, null as phone_normalised, null as street,
                    null as postal_code, null as city, 'ES' as market_code
            """)


def test_a_customer_that_was_merged_away_is_found(settings: Settings):
    warehouse(settings, settings.warehouse_path.with_name("derived"), "Ana")
    found = explain(open_warehouse(settings), "7", show_values=True)
    assert found.customer_key == 1
    text = as_text(found)
    assert "Customer 7 is no more; its records are now of 1." in text
    assert "2026-01-02 03:04 crm.lead:2: customer 7 merged into 1" in text
    assert "given_name: Ana" in text


def test_the_last_good_run_is_asked_unless_told_otherwise(settings: Settings):
    with pytest.raises(IdentityError, match="Run `make run` first"):
        open_warehouse(settings)
    warehouse(settings, settings.station("derived"), "Ana")
    assert len(explain(open_warehouse(settings), "1").records) == 2
    good = settings.warehouse_path.with_name("derived")
    warehouse(settings, good, "Ana")
    cluster = good / "customer_cluster.parquet"
    duckdb.execute(
        f"copy (from '{cluster}' where link_depth = 0) to '{cluster}.new' (format parquet)"
    )
    Path(f"{cluster}.new").replace(cluster)
    assert len(explain(open_warehouse(settings), "1").records) == 1
    assert len(explain(open_warehouse(settings, candidate=True), "1").records) == 2


def test_values_of_a_missing_warehouse_file_are_refused(settings: Settings):
    warehouse(settings, settings.station("derived"), "Ana")
    settings.build_path.unlink()
    with pytest.raises(IdentityError, match="records cannot be read now"):
        explain(open_warehouse(settings), "1", show_values=True)


# The command line.


def test_resolve_says_what_it_does(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    assert main(["resolve", str(folder / "people.csv"), "--out", str(tmp_path / "o")]) == 0
    printed = capsys.readouterr().out
    for said in ("181 records read", "rules leave", "model compared", "cases for review. Results"):
        assert said in printed
    assert {x.name for x in (tmp_path / "o").iterdir()} == {
        "cluster.parquet",
        "link.parquet",
        "review.parquet",
        "model.json",
        "frequency.parquet",
        "resolution.json",
    }


def test_explain_and_review_write_pages(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    source = ["--folder", str(folder / "out")]
    assert main(["explain", "b1", *source]) == 0
    assert "path: a1 > b1" in capsys.readouterr().out
    assert main(["explain", "b1", *source, "--against", "a2"]) == 0
    assert "no rule and no weight ties them" in capsys.readouterr().out
    page = tmp_path / "page.html"
    assert main(["explain", "b1", *source, "--html", str(page), "--show-values"]) == 0
    assert "It holds personal data" in capsys.readouterr().out
    assert "p1@example.com" in page.read_text(encoding="utf-8")
    assert main(["review", *source, "--html", str(page), "--top", "3"]) == 0
    assert page.read_text(encoding="utf-8").count("<article") == 3


def test_decide_writes_the_list(
    settings: Settings,
    list_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
):
    warehouse(settings, settings.station("derived"), "Ana")
    monkeypatch.setenv("CFS_DATA_DIR", str(settings.data_dir))
    monkeypatch.setattr(steward, "DECISIONS_FILE", list_file)
    given = [
        "decide",
        "cannot_link",
        "crm.lead:1",
        "crm.lead:2",
        "--by",
        "Ana",
        "--because",
        "a, b",
    ]
    assert main(given) == 0
    row = next(csv.DictReader(io.StringIO(list_file.read_text())))
    assert (row["company"], row["decision"], row["reason"]) == ("sample", "cannot_link", "a, b")
    assert row["decided_on"] == steward.today()
    assert main(given) == 2
    assert "delete the line" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resolve", "none.csv", "--out", "o"], "There is no file none.csv"),
        (["resolve", "{people}", "--out", "o", "--match-probability", "1.5"], "between 0.2"),
        (["resolve", "{people}", "--out", "o", "--other-columns", "shoe"], "lack shoe"),
        (["explain", "1", "--folder", "nowhere"], "Write them with"),
        (["explain", "1", "--records", "{people}"], "--records goes with --folder"),
        (["review", "--folder", "{out}", "--top", "0"], "--top 0"),
        (["explain", "a1", "--folder", "{out}", "--against", "a2", "--html", "x"], "leave out"),
        (["explain", "a1", "--folder", "{out}", "--records", "gone.csv"], "with --records"),
    ],
)
def test_errors_say_what_to_do(
    folder: Path,
    tmp_path: Path,
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
):
    monkeypatch.chdir(tmp_path)
    places = {"people": folder / "people.csv", "out": folder / "out"}
    assert main([x.format(**places) for x in arguments]) == 2
    assert message in capsys.readouterr().err


def pair_of(evidence: Evidence, one: str, other: str) -> tuple[str, str]:
    """The pair as table `link` has it."""
    row = evidence.connection.execute(
        "select record_id, linked_record_id from link where rule = 'model' "
        "and list_sort([record_id, linked_record_id]) = list_sort([?, ?])",
        [one, other],
    ).fetchone()
    assert row is not None
    return row
