"""One number: departments' own counts against the warehouse's, on the sample company and its truth.

Which leads of one person stand for each other is the warehouse's finding where nobody merged them:
the truth of single leads is compared for people with one lead, or with merged ones.
"""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from questions_asked import asked, rows

CAUSES = (
    "not_listed", "unknown_lead", "duplicate", "undated", "other_period", "deleted", "unmapped",
    "not_in_stage", "still_in_stage", "no_list", "late", "without_lead", "left_stage",
    "missing_in_report",
)  # fmt: skip


@pytest.fixture(scope="module")
def differences(marts: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The marts, with `told` and `truly`: what differs in the lists of qualified leads, and why."""
    marts.execute("""
        create or replace temp table lead_of_one as
        select record_id as lead_id,
            count(*) filter (merged_at is null) over (partition by person_id) = 1 as is_one_person
        from truth.lead;
        create or replace temp table told as
        select differences.department, cause, side_month_date as side_month,
            warehouse_month_date as true_month,
            coalesce(leads.lead_id, lead_reference) as item, coalesce(is_one_person, true) as is_one
        from marts.fct_count_difference as differences
        left join marts.fct_lead as leads using (lead_key)
        left join lead_of_one using (lead_id)
        where measure = 'mql' and basis = 'list';
        create or replace temp table truly as
        select department, cause, side_month, true_month, coalesce(record_id, reference) as item
        from truth.count_difference
        where is_one_person
    """)
    return marts


def test_every_difference_has_its_true_cause(differences: duckdb.DuckDBPyConnection) -> None:
    assert rows(differences, "select count(*) from truly") > [(10,)]
    planted = rows(differences, "select distinct department, cause from truly order by all")
    assert {("marketing", "late"), ("marketing", "other_period"), ("sales", "unknown_lead"),
            ("sales", "other_period"), ("sales", "still_in_stage")} <= set(planted)  # fmt: skip
    single = "select department, cause, side_month, true_month, item from told where is_one"
    assert not rows(differences, f"from truly except all ({single})")
    assert not rows(differences, f"({single}) except all from truly")


def test_counts_are_those_that_departments_state(marts: duckdb.DuckDBPyConnection) -> None:
    """A month that was sent anew counts once, as last told; a total holds without a list."""
    assert not rows(
        marts,
        """
        select * from truth.count_total as truly
        full join (
            from marts.count_reconciliation_monthly where basis = 'list'
        ) as told on truly.department = told.department and truly.measure = told.measure
            and truly.month = told.month_date
        where coalesce(truly.side_count, 0) <> coalesce(told.side_count, 0)
        """,
    )
    ((measures,),) = rows(marts, "select count(distinct measure) from truth.count_total")
    assert measures == 2


def test_causes_make_up_the_difference_exactly(marts: duckdb.DuckDBPyConnection) -> None:
    causes = " + ".join(f"{cause}_count" for cause in CAUSES)
    assert not rows(
        marts,
        f"from marts.count_reconciliation_monthly where side_count + {causes} <> warehouse_count",
    )
    held = rows(
        marts,
        """
        select month_date, warehouse_count from marts.count_reconciliation_monthly
        where department = 'marketing' and measure = 'mql' order by month_date
        """,
    )
    counted = dict(
        rows(
            marts,
            """
            select date_trunc('month', strptime(entered_date_key::varchar, '%Y%m%d'))::date,
                count(distinct lead_key)
            from marts.fct_lead_stage
            where stage = 'mql' and is_counted and stage_entry_number = 1
            group by all
            """,
        )
    )
    assert len(held) >= 10
    assert all(counted.get(month, 0) == count for month, count in held)
    assert all(isinstance(month, date) for month, _ in held)


def test_measures_without_lists_are_counted_by_rule(marts: duckdb.DuckDBPyConnection) -> None:
    """Marketing counts every record of the truth by the month of capture in UTC."""
    assert not rows(
        marts,
        """
        with truly as (
            select date_trunc('month', captured_at)::date as month_date, count(*) as row_count
            from truth.lead group by all
        )
        from truly full join (
            from marts.count_reconciliation_monthly
            where department = 'marketing' and measure = 'lead'
        ) as told using (month_date)
        where coalesce(row_count, 0) <> coalesce(side_count, 0)
        """,
    )


def test_q36_puts_both_sides_beside_the_warehouse(marts: duckdb.DuckDBPyConnection) -> None:
    told = asked(marts, "q36")
    counts = [row for row in told if row["subject"] == "count"]
    assert {row["measure"] for row in counts} >= {"mql", "won", "opportunity"}
    for row in counts:
        held = {
            department: (side, warehouse)
            for department, side, warehouse in rows(
                marts,
                f"""
                select department, side_count, warehouse_count
                from marts.count_reconciliation_monthly
                where measure = '{row["measure"]}' and month_date = date '{row["month_date"]}'
                """,
            )
        }
        assert row["warehouse_count"] in {warehouse for _, warehouse in held.values()}
        assert row["marketing_count"] == held.get("marketing", (None, None))[0]
        assert row["sales_count"] == held.get("sales", (None, None))[0]
    sources = [row for row in told if row["subject"] == "source"]
    assert {"salesforce", "shopify", "marketing_report"} <= {row["source_name"] for row in sources}
