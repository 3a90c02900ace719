"""How much Great Expectations costs: the gates against the same checks by hand in SQL.

Both sides run on the same DuckDB connection or file, warm, several times in turn; the medians
count. Importing Great Expectations costs seconds once per process and is reported apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import duckdb

from data_quality.checks import Run
from data_quality.engine import QUERY, ROWS, Expected, Judge
from data_quality.marts import checks_as_sql, judge_marts
from orchestration.lib.settings import Settings

RULES = 10
ROUNDS = 5


def arrival_ratio(
    rows: int = 5_000_000, rules: int = RULES, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Gate 1 on a batch of `rows` rows with `rules` row rules. Keys: seconds, ratio."""
    passes = [
        f"coalesce(not list_has_any(_failed_rules, ['rule_{number}']), true)"
        for number in range(rules)
    ]
    expected = [Expected(f"rule_{n}", ROWS, {"passes": p}, "warning") for n, p in enumerate(passes)]
    counted = ", ".join(f"count(*) filter (where not ({one}))" for one in passes)
    with duckdb.connect() as connection:
        connection.execute(
            "create table arriving as select range as id, case when range % 1000 = 0 "
            "then ['rule_1'] else []::varchar[] end as _failed_rules from range(?)",
            [rows],
        )

        def by_gate() -> None:
            with Judge(connection) as judge:
                judge.run("select * from arriving where len(_failed_rules) > 0", expected)

        def by_hand() -> None:
            connection.execute("select count(*) from arriving").fetchall()
            marked = "arriving where len(_failed_rules) > 0"
            connection.execute(f"select {counted} from {marked}").fetchall()

        return {"gate": "arrival", "rows": rows, "checks": rules} | _compare(
            by_gate, by_hand, rounds
        )


def marts_ratio(settings: Settings, rounds: int = ROUNDS) -> dict[str, Any]:
    """Gate 2 on the build of `settings` (or its last good warehouse). Keys: seconds, ratio."""
    database = settings.build_path if settings.build_path.exists() else settings.warehouse_path
    checks = checks_as_sql(settings, Run.now("bench"), database)

    def by_gate() -> None:
        judge_marts(settings, Run.now("bench"), {}, database=database)

    def by_hand() -> None:
        with checks.opened() as connection:
            for mart, of_mart in checks.by_mart.items():
                filters = [
                    f"count(*) filter (where not coalesce(({check.kwargs['passes']}), false))"
                    for check in of_mart
                    if check.expectation_type == ROWS
                ]
                columns = ", ".join(["count(*)", *filters])
                connection.execute(f"select {columns} from marts.{mart}").fetchall()
                for check in of_mart:
                    if check.expectation_type == QUERY:
                        query = check.kwargs["query"]
                        connection.execute(f"select count(*) from (\n{query}\n)").fetchall()

    number = sum(len(of_mart) for of_mart in checks.by_mart.values())
    return {"gate": "marts", "checks": number} | _compare(by_gate, by_hand, rounds)


def import_seconds() -> float:
    """Seconds that Great Expectations takes to be ready, once per process."""
    started = time.perf_counter()
    with duckdb.connect() as connection, Judge(connection):
        pass
    return time.perf_counter() - started


def _compare(
    by_gate: Callable[[], None], by_hand: Callable[[], None], rounds: int
) -> dict[str, Any]:
    """Median seconds of both, run in turn after a warm-up, and their ratio."""
    by_gate()
    by_hand()
    seconds: dict[str, list[float]] = {"gate_seconds": [], "hand_seconds": []}
    for _ in range(rounds):
        for name, work in (("gate_seconds", by_gate), ("hand_seconds", by_hand)):
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    medians = {name: median(found) for name, found in seconds.items()}
    return medians | {"ratio": medians["gate_seconds"] / medians["hand_seconds"]}
