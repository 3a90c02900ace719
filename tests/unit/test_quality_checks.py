"""Results of several batches as one result per check."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from data_quality.checks import CheckResult, combine

GOOD = CheckResult(
    "run", datetime(2025, 1, 1), "arrival", "shop/order", "rows_reconcile", "rows", "critical",
    True, 10, 0, "10 rows", "all rows are accounted for",
)


def test_a_check_failed_where_any_batch_failed() -> None:
    bad = replace(GOOD, success=False, rows_evaluated=5, rows_failed=1, observed_value="1 lost")
    for parts in ([GOOD, bad], [bad, GOOD]):
        (result,) = combine(parts)
        assert not result.success
        assert (result.rows_evaluated, result.rows_failed) == (15, 1)
        assert result.observed_value == "1 lost"


def test_the_worst_severity_holds() -> None:
    warned = replace(GOOD, success=False, severity="warning", observed_value="warned")
    failed = replace(GOOD, success=False, observed_value="failed")
    (result,) = combine([warned, failed])
    assert result.is_critical_failure


def test_checks_stay_apart() -> None:
    other = replace(GOOD, check_name="row_volume")
    assert combine([GOOD, other]) == [GOOD, other]
