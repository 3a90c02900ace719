"""What goes in and what comes out: inputs, a steward's decisions, limits, trees of links."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from identity_world import by_rules, clusters, frame, partition, resolve, rows_of

from orchestration.identity.options import IdentityError, Options
from orchestration.identity.resolve import Resolution, resolve_people
from orchestration.identity.results import write_paths

PHONE = "+34611223344"
TWO = [{"record_id": x, "email": "one@example.org"} for x in "ab"] + [{"record_id": "c"}]


def decided(*decisions: str) -> pd.DataFrame:
    """Decisions written as `a must_link b`."""
    words = [line.split() for line in decisions]
    return frame({"decision": d, "record_id": a, "other_record_id": b} for a, d, b in words)


def carrying(**ids: str) -> pd.DataFrame:
    """Ids of contacts that records carry, by letter: `a="1", b="1 2"`."""
    return frame(
        {"record_id": x, "identifier_type": "crm_contact", "identifier_value": value}
        for x, values in ids.items()
        for value in values.split()
    )


def reasons(found: Resolution) -> list[tuple[str, str, str | None]]:
    """What is for review, sorted."""
    rows = rows_of(found, "review")
    return sorted((row["reason"], row["record_id"], row["linked_record_id"]) for row in rows)


# Inputs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["arrow", "csv.gz", "parquet", "relation", "own"])
def test_any_table_will_do(tmp_path: Path, kind: str) -> None:
    table = frame(TWO)
    records: Any = table
    connection = duckdb.connect()
    if kind == "arrow":
        records = pa.Table.from_pandas(table)
    elif kind.startswith("csv"):
        records = tmp_path / f"records.{kind}"
        table.to_csv(records, index=False)
    elif kind == "parquet":
        records = str(tmp_path / "records.parquet")
        table.to_parquet(records)
    elif kind in ("relation", "own"):
        owner = connection if kind == "own" else duckdb.connect()
        owner.register("given", table)
        owner.execute("create table mine as from given")
        records = owner.table("mine")
    assert clusters(resolve_people(records, connection=connection)) == {("a", "b"), ("c",)}


def test_a_table_of_the_connection_is_named() -> None:
    connection = duckdb.connect()
    connection.register("mine", frame(TWO))
    assert resolve_people("mine", connection=connection).customers == 2


@pytest.mark.parametrize(
    ("columns", "people"),
    [
        ({}, ["a", "b", "c"]),
        ({"email": ["x@example.org", "X@Example.org", None]}, ["ab", "c"]),
        ({"phone": ["+34611223344", None, "+34 611 22 33 44"]}, ["ac", "b"]),
        ({"national_id": ["1", "2", "1"]}, ["ac", "b"]),
        ({"full_name": ["Ana Gil Paz", "Gil Paz, Ana", "Luis Sanz"], "email": ["x@e.es"] * 3},
         ["ab", "c"]),
        ({"EMAIL": ["x@example.org", "x@example.org", None], "unheard_of": [1, 2, 3]}, ["ab", "c"]),
    ],
)  # fmt: skip
def test_every_column_but_the_id_is_optional(
    columns: dict[str, list[Any]], people: list[str]
) -> None:
    found = resolve(pd.DataFrame({"record_id": list("abc"), **columns}))
    assert partition(found) == people
    assert found.customers == len(people)


def test_a_full_name_says_what_the_parts_dont() -> None:
    rows = [
        {"record_id": "a", "full_name": "Ana Gil", "given_name": "Ana María"},
        {"record_id": "b", "full_name": "Gil Paz", "family_name": "Sanz"},
        {"record_id": "c", "full_name": "Luis Gil Paz"},
    ]
    found = by_rules(frame(rows))
    names = found.connection.execute("select given, family from person order by record_id")
    assert names.fetchall() == [("ana maria", "gil"), ("gil", "sanz"), ("luis", "gil paz")]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (pd.DataFrame({"id": ["a"]}), "no column record_id, only id"),
        (pd.DataFrame({"record_id": ["a", "a"]}), "unique: 2 records have 1 ids"),
        (pd.DataFrame({"record_id": ["a", None]}), "must be filled"),
        ("nowhere.parquet", "nowhere.parquet does not exist"),
        ("nowhere", "neither a table of the connection nor the path"),
        ([{"record_id": "a"}], "A list is no table"),
    ],
)
def test_records_that_cannot_be_read_say_why(records: Any, message: str) -> None:
    with pytest.raises(IdentityError, match=message):
        resolve_people(records)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"decisions": decided("a maybe b")}, "must_link or cannot_link, not maybe"),
        ({"decisions": frame(TWO)}, "decisions lacks decision, other_record_id"),
        ({"identifiers": frame(TWO)}, "identifiers lacks identifier_type, identifier_value"),
        ({"options": Options(other_columns=("shoe_size",))}, "lack shoe_size, named in other"),
    ],
)
def test_other_input_that_is_wrong_says_why(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(IdentityError, match=message):
        resolve_people(frame(TWO), **arguments)


@pytest.mark.parametrize(
    ("rows", "content"),
    [(0, "null"), (1, "different"), (2, "constant"), (2, "different")]
    + [(10, content) for content in ("null", "constant", "different")],
)
def test_thin_data_are_resolved(rows: int, content: str) -> None:
    columns = ("given_name", "family_name", "email", "phone", "birth_date", "city", "gender")
    values = {
        "constant": lambda column, _: "1980-10-24" if column == "birth_date" else "constant",
        "null": lambda *_: None,
        "different": lambda column, n: f"{'abcdefghij'[n] * 5}",
    }[content]
    ids = [str(n) for n in range(rows)]
    table = pd.DataFrame(
        {"record_id": ids, **{c: [values(c, n) for n in range(rows)] for c in columns}}
    ).astype("string")
    found = resolve(table)
    # Equal name, birth date and place make one person; nothing else does here.
    assert found.customers == (min(rows, 1) if content == "constant" else rows)
    assert sorted(row["record_id"] for row in rows_of(found, "cluster")) == ids
    assert rows_of(found, "review") == []


# Decisions ----------------------------------------------------------------------------------------


def test_must_link_ties_what_nothing_else_does() -> None:
    rows = [
        {"record_id": "a", "given_name": "Ana", "birth_date": "1980-10-24"},
        {"record_id": "b", "given_name": "Luis", "birth_date": "1955-07-19"},
        {"record_id": "c", "given_name": "Eva"},
    ]
    found = by_rules(frame(rows), decisions=decided("b must_link a"))
    assert partition(found) == ["ab", "c"]
    b = rows_of(found, "cluster")
    assert [x["rule"] for x in b if x["record_id"] == "b"] == ["must_link"]
    assert reasons(found) == []


def test_cannot_link_holds_against_an_exact_email() -> None:
    found = by_rules(frame(TWO), decisions=decided("b cannot_link a"))
    assert partition(found) == ["a", "b", "c"]
    assert [row["status"] for row in rows_of(found, "link")] == ["cannot_link"]
    assert reasons(found) == []


def test_cannot_link_holds_against_must_link() -> None:
    both = decided("a must_link b", "b cannot_link a")
    assert partition(by_rules(frame(TWO), decisions=both)) == ["a", "b", "c"]


def test_who_is_set_apart_takes_along_who_hangs_on_it() -> None:
    rows = [
        {"record_id": "a", "email": "one@example.org", "given_name": "Ana"},
        {"record_id": "b", "email": "one@example.org", "given_name": "Ana", "phone": PHONE},
        {"record_id": "c", "email": "two@example.org", "given_name": "Ana", "phone": PHONE},
        {"record_id": "d", "email": "two@example.org", "given_name": "Ana"},
    ]
    assert partition(by_rules(frame(rows))) == ["abcd"]
    found = by_rules(frame(rows), decisions=decided("a cannot_link d"))
    assert partition(found) == ["ab", "cd"]
    cut = [row for row in rows_of(found, "link") if row["status"] == "cannot_link"]
    assert [(row["record_id"], row["linked_record_id"]) for row in cut] == [("b", "c")]


def test_the_middle_of_a_star_may_go_its_own_way() -> None:
    # All have one address, so links go by the first record; it leaves and the others stay.
    rows = [{"record_id": x, "email": "one@example.org"} for x in "abcd"]
    apart = decided("a cannot_link b", "a cannot_link c", "a cannot_link d")
    assert partition(by_rules(frame(rows), decisions=apart)) == ["a", "bcd"]
    pair = decided("a cannot_link b")
    found = by_rules(frame(rows), decisions=pair, identifiers=carrying(b="1", c="1"))
    assert partition(found) in (["ad", "bc"], ["a", "bcd"])


def test_a_decision_on_an_unknown_record_goes_to_review() -> None:
    found = by_rules(frame(TWO), decisions=decided("a cannot_link gone", "lost must_link c"))
    assert partition(found) == ["ab", "c"]
    assert reasons(found) == [
        ("unknown_record_in_decision", "a", "gone"),
        ("unknown_record_in_decision", "lost", "c"),
    ]


# Limits -------------------------------------------------------------------------------------------


def test_birth_dates_that_disagree_cut_the_weakest_link() -> None:
    rows = [
        {"record_id": "a", "email": "one@example.org", "birth_date": "1980-10-24"},
        {"record_id": "b", "email": "two@example.org", "birth_date": "1955-07-19"},
        {"record_id": "c", "email": "one@example.org", "given_name": "Ana", "phone": PHONE},
        {"record_id": "d", "email": "two@example.org", "given_name": "Ana", "phone": PHONE},
    ]
    found = by_rules(frame(rows))
    assert partition(found) == ["ac", "bd"]
    # Once each, though the limit is met before the model and after it.
    assert reasons(found) == [("contradiction", "c", "d")]
    links = [(r["record_id"], r["linked_record_id"], r["status"]) for r in rows_of(found, "link")]
    assert sorted(links) == [("a", "c", "used"), ("b", "d", "used"), ("c", "d", "contradiction")]
    assert found.contested == 1


def test_a_surer_identifier_holds_where_birth_dates_disagree() -> None:
    rows = [
        {"record_id": "a", "phone": PHONE, "given_name": "Ana", "birth_date": "1980-10-24"},
        {"record_id": "b", "given_name": "Ana", "birth_date": "1955-07-19"},
        {"record_id": "c", "phone": PHONE, "given_name": "Ana"},
    ]
    assert partition(by_rules(frame(rows), identifiers=carrying(b="1", c="1"))) == ["a", "bc"]
    assert partition(by_rules(frame(rows))) == ["ac", "b"]


def test_a_customer_has_so_many_records() -> None:
    rows = [
        {"record_id": x, "email": f"{x}@example.org", "phone": f"+3461122334{n}"}
        for n, x in enumerate("abcde")
    ]
    chain = carrying(a="1", b="1 2", c="2 3", d="3 4", e="4")
    assert partition(by_rules(frame(rows), identifiers=chain)) == ["abcde"]
    for limit, reason in (
        ("max_cluster_records", "too_large"),
        ("max_cluster_emails", "too_diverse"),
        ("max_cluster_phones", "too_diverse"),
    ):
        found = by_rules(frame(rows), identifiers=chain, options={limit: 3})
        assert max(len(people) for people in partition(found)) == 3
        assert {each[0] for each in reasons(found)} == {reason}


def test_what_somebody_did_is_not_counted_as_who_it_is() -> None:
    rows = [{"record_id": x, "email": "one@example.org", "record_type": "order"} for x in "abcde"]
    assert partition(by_rules(frame(rows), options={"max_cluster_records": 3})) == ["abcde"]
    everybody = {"max_cluster_records": 3, "impersonal_types": (), "device_types": ()}
    assert partition(by_rules(frame(rows), options=everybody)) != ["abcde"]


# Trees --------------------------------------------------------------------------------------------


def test_a_customers_records_hang_on_its_strongest_links() -> None:
    rows = [
        {"record_id": "a", "created_at": "2025-01-01", "phone": PHONE},
        {"record_id": "b", "created_at": "2025-01-05", "phone": PHONE},
        {"record_id": "c", "created_at": "2025-01-09"},
        {"record_id": "d", "created_at": "2025-01-02"},
    ]
    named = [{**row, "given_name": "Ana"} for row in rows]
    found = by_rules(frame(reversed(named)), identifiers=carrying(b="1", c="1"))
    write_paths(found.connection)
    paths = dict(
        found.connection.execute(
            "select record_id, link_path from path inner join person using (record_no)"
        ).fetchall()
    )
    assert paths == {"a": "a", "b": "a > b", "c": "a > b > c", "d": "d"}
    row = {each["record_id"]: each for each in rows_of(found, "cluster")}
    assert [row[x]["link_depth"] for x in "abcd"] == [0, 1, 2, 0]
    assert [row[x]["linked_record_id"] for x in "abcd"] == [None, "a", "b", None]
    rules = ["own_record", "same_phone", "same_crm_contact", "own_record"]
    assert [row[x]["rule"] for x in "abcd"] == rules
    assert [str(row[x]["linked_at"])[:10] for x in "abcd"] == [
        "2025-01-01", "2025-01-05", "2025-01-09", "2025-01-02"
    ]  # fmt: skip


def test_a_weaker_link_is_no_branch() -> None:
    # a and b share a phone, but hang together by the surer links of c.
    rows = [
        {"record_id": "a", "given_name": "Ana", "phone": PHONE, "email": "one@example.org"},
        {"record_id": "b", "given_name": "Ana", "phone": PHONE},
        {"record_id": "c", "given_name": "Ana", "email": "one@example.org"},
    ]
    found = by_rules(frame(rows), identifiers=carrying(b="1", c="1"))
    hangs = {row["record_id"]: row["linked_record_id"] for row in rows_of(found, "cluster")}
    assert hangs == {"a": None, "c": "a", "b": "c"}
    assert len(rows_of(found, "link")) == 3


def test_the_stronger_of_two_ties_is_the_one_that_counts() -> None:
    rows = [
        {"record_id": x, "email": "one@example.org", "phone": PHONE, "given_name": "Ana"}
        for x in "ab"
    ]
    found = by_rules(frame(rows), identifiers=carrying(a="1", b="1"))
    assert [row["rule"] for row in rows_of(found, "cluster") if row["link_depth"]] == [
        "same_crm_contact"
    ]
    rules = sorted(row["rule"] for row in rows_of(found, "link"))
    assert rules == ["same_crm_contact", "same_email", "same_phone"]
