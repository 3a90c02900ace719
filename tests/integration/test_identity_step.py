"""The identity step on build files made by hand: what lasts from one run to the next."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.identity.warehouse import ResolutionReport, resolve_customers
from orchestration.lib.derived_tables import DERIVED

COLUMNS = (
    "record_id", "record_type", "created_at", "given_name", "family_name", "company_name",
    "birth_date", "email_normalised", "phone_normalised", "street", "postal_code", "city",
    "market_code", "is_deleted",
)  # fmt: skip


class Step:
    """Runs of the step, each on the records that are there then; every one is published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = 0

    def run(
        self, *records: tuple[str, str], decisions: list[tuple[str, str, str]] | None = None
    ) -> ResolutionReport:
        """Resolve records (id, e-mail address); the first is the oldest."""
        self.runs += 1
        build = self.folder / f"build{self.runs}.duckdb"
        with duckdb.connect(str(build)) as connection:
            listed = ", ".join(f"null::varchar as {name}" for name in COLUMNS[6:])
            connection.execute(f"""
                create schema intermediate;
                create schema seeds;
                create table intermediate.int_customer__person_records as
                select null::varchar as record_id, 'contact' as record_type,
                    null::timestamp as created_at, null::varchar as given_name,
                    null::varchar as family_name, null::varchar as company_name, {listed}
                limit 0;
                create table intermediate.int_customer__identifiers_collected (
                    record_id varchar, identifier_type varchar, identifier_value varchar,
                    first_seen_at timestamp, is_generic boolean
                );
                create table intermediate.int_customer__record_relations (
                    relation_type varchar, record_id varchar, linked_record_id varchar,
                    related_at timestamp
                );
                create table seeds.customer_link_decisions (
                    company varchar, decision varchar, record_id varchar, other_record_id varchar
                );
            """)
            for age, (record, email) in enumerate(records):
                connection.execute(
                    "insert into intermediate.int_customer__person_records by name select "
                    "? as record_id, 'contact' as record_type, ? as email_normalised, "
                    "timestamp '2025-01-01' + to_days(?) as created_at",
                    [record, email, age],
                )
            for decision in decisions or []:
                connection.execute(
                    "insert into seeds.customer_link_decisions values ('acme', ?, ?, ?)",
                    list(decision),
                )
        return resolve_customers(build, self.output, self.previous, "acme")

    @property
    def output(self) -> Path:
        return self.folder / f"run{self.runs}"

    @property
    def previous(self) -> Path:
        return self.folder / f"run{self.runs - 1}"

    def table(self, name: str, columns: str = "*") -> list[tuple]:
        path = self.output / f"{name}.parquet"
        with duckdb.connect() as connection:
            return connection.execute(f"select {columns} from '{path}' order by all").fetchall()

    def keys(self) -> dict[str, int]:
        return dict(self.table("customer_cluster", "record_id, customer_key"))


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(tmp_path)


ANN, ANN_TOO, BOB = ("ann", "ann@a.example"), ("ann too", "ann@a.example"), ("bob", "bob@b.example")


def test_a_company_without_records_has_a_report(step: Step) -> None:
    report = step.run()
    assert (report.records, report.customers, report.moved_records_pct) == (0, 0, 0.0)
    for table in DERIVED:
        assert len(step.table(table)) == (1 if table == "customer_resolution" else 0)


def test_a_record_that_is_no_longer_sent_leaves_no_trace(step: Step) -> None:
    """Its customer keeps the key; nothing hangs on what is gone, and nothing has moved."""
    step.run(ANN, ANN_TOO, BOB)
    before = step.keys()
    assert before["ann"] == before["ann too"] != before["bob"]
    report = step.run(ANN_TOO, BOB)
    assert step.keys() == {record: before[record] for record in ("ann too", "bob")}
    assert step.table("customer_change") == []
    assert (report.moved_records, report.new_customers) == (0, 0)
    assert step.table("customer_cluster", "linked_record_id, link_path") == [
        (None, "ann too"),
        (None, "bob"),
    ]
    assert step.table("customer_link") == []


def test_a_key_never_comes_to_mean_another_person(step: Step) -> None:
    """A key is made of its oldest record: when that comes back as somebody else's, it is taken."""
    step.run(ANN, ANN_TOO)
    before = step.keys()
    step.run(ANN_TOO)
    step.run(("ann", "someone@else.example"), ANN_TOO)
    after = step.keys()
    assert after["ann too"] == before["ann"]
    assert after["ann"] not in before.values()


def test_a_decision_parts_and_its_end_joins(step: Step) -> None:
    """The part that is parted a second time goes by the key that it had the first time."""
    step.run(ANN, ANN_TOO, BOB)
    before = step.keys()
    parted = [("cannot_link", "ann", "ann too")]
    step.run(ANN, ANN_TOO, BOB, decisions=parted)
    apart = step.keys()
    assert apart["ann"] == before["ann"] and apart["ann too"] not in before.values()
    step.run(ANN, ANN_TOO, BOB)
    assert step.keys() == before
    step.run(ANN, ANN_TOO, BOB, decisions=parted)
    assert step.keys() == apart
    assert sorted(row[-1] for row in step.table("customer_change")) == ["merged", "split", "split"]
    assert len(step.table("customer_resolution")) == 4


def test_decisions_of_another_company_do_not_count(step: Step) -> None:
    step.run(ANN, ANN_TOO, decisions=[("cannot_link", "ann", "ann too")])
    assert len(set(step.keys().values())) == 2
    build = step.folder / "build1.duckdb"
    report = resolve_customers(build, step.folder / "other", step.folder / "none", "other_company")
    assert report.customers == 1


def test_a_decision_about_an_unknown_record_waits_for_a_person(step: Step) -> None:
    step.run(ANN, BOB, decisions=[("must_link", "ann", "nobody")])
    assert len(set(step.keys().values())) == 2
    reviews = step.table("customer_review", "reason, record_id, linked_record_id")
    assert reviews == [("unknown_record_in_decision", "ann", "nobody")]


def test_parting_is_stronger_than_joining(step: Step) -> None:
    """Over-merging is worse than splitting, also where two rows of the list contradict."""
    both = [("must_link", "ann", "bob"), ("cannot_link", "bob", "ann")]
    step.run(ANN, BOB, decisions=both)
    assert len(set(step.keys().values())) == 2
    step.run(ANN, BOB, decisions=both[:1])
    assert len(set(step.keys().values())) == 1
