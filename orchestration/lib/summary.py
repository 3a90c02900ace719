"""What a person wants to know after a run: tables, checks, quarantine, totals, what next.

Reads the published file and the results of the gates; prints with rich.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
from rich.console import Console

from data_quality.checks import CheckResult
from data_quality.data_docs import docs_path
from data_quality.results import read_results
from orchestration.lib.publish import Version, current_version
from orchestration.lib.settings import PROJECT_ROOT, Settings

RECONCILES = "reconcile"
MOST_RULES = 12
MOST_STATUSES = 8
UNMAPPED = """
select system, record_kind, status, record_count, advice
from marts.lead_status_mapping
where is_unmapped
order by record_count desc, system, record_kind, status
"""
TABLE_COLUMNS = 3
TOTALS = """
select 'sales, ' || split_part(sale_id, ':', 1) as name, count(*) as row_count, currency_code,
    sum(net_amount_original) as amount
from marts.fct_sale_line group by all
union all
select 'sell-in', count(*), currency_code, sum(net_amount_original)
from marts.fct_sell_in group by all
union all
select 'sell-out', count(*), currency_code, sum(sales_amount_original)
from marts.fct_sell_out group by all
union all
select 'ad spend, ' || platform, count(*), currency_code, sum(spend_amount_original)
from marts.fct_ad_spend_daily group by all
union all
select 'leads', count(*), null, null from marts.fct_lead having count(*) > 0
union all
select 'tickets', count(*), null, null from marts.fct_ticket having count(*) > 0
order by 1, 3
"""


def print_summary(settings: Settings, success: bool, seconds: float) -> None:
    """Print the outcome of a run of the main job that took `seconds`."""
    console = Console(highlight=False, soft_wrap=True)
    version = current_version(settings)
    results = _last_run(settings)
    if version is not None and version.company == settings.company_name:
        _tables(console, version)
        _totals(console, settings, results)
        _quarantine(console, settings)
        _unmapped(console, settings)
    _checks(console, results)
    if success and version is not None:
        _next_steps(console, settings, version)
        console.print(f"\n[bold green]Done in {seconds:.0f} s.[/]")
        return
    console.print(
        f"\n[bold red]Not published (after {seconds:.0f} s).[/] What failed stands above."
    )
    if version is not None:
        console.print(f"Readers still see version {version.version}.")


def _last_run(settings: Settings) -> list[CheckResult]:
    """Results of the run that ended last."""
    results = read_results(settings)
    newest = max(results, key=lambda result: result.run_at, default=None)
    return [result for result in results if newest and result.run_id == newest.run_id]


def _tables(console: Console, version: Version) -> None:
    console.print(f"\n[bold]Published: {len(version.rows)} tables of company {version.company}[/]")
    items = [f"{name:<27}{rows:>10,}" for name, rows in sorted(version.rows.items())]
    height = -(-len(items) // TABLE_COLUMNS)
    for row in range(height):
        console.print("  " + "    ".join(items[row::height]))


def _totals(console: Console, settings: Settings, results: list[CheckResult]) -> None:
    reconciled = [r for r in results if RECONCILES in r.check_name and r.gate == "marts"]
    console.print("\n[bold]Totals[/]")
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        for name, rows, currency, amount in connection.execute(TOTALS).fetchall():
            money = f"{amount:>20,.2f} {currency}" if amount is not None else ""
            console.print(f"  {name:<28}{rows:>12,} rows{money}")
    agreeing = sum(result.success for result in reconciled)
    if reconciled:
        console.print(
            f"  {agreeing} of {len(reconciled)} reconciliations from source to mart agree"
        )
    for result in reconciled:
        if not result.success:
            console.print(f"  [red]differs[/]  {result.asset}: {result.description}")
            console.print(f"           {result.observed_value}")


def _checks(console: Console, results: list[CheckResult]) -> None:
    console.print("\n[bold]Checks[/]")
    for gate, title in (("arrival", "on what arrived"), ("marts", "on what is published")):
        of_gate = [r for r in results if r.gate == gate]
        if not of_gate:
            console.print(f"  {title}: none in this run")
            continue
        passed = sum(r.success for r in of_gate)
        console.print(f"  {title}: {passed:,} of {len(of_gate):,} passed")
        for result in [r for r in of_gate if r.is_critical_failure]:
            console.print(
                f"    [red]critical[/] {result.asset} {result.check_name}: {result.observed_value}"
            )
    notes = Counter(r.check_name for r in results if not r.success and not r.is_critical_failure)
    if notes:
        text = ", ".join(f"{name} ({count})" for name, count in notes.most_common())
        console.print(f"  notes, none of which stops a run: {text}")


def _quarantine(console: Console, settings: Settings) -> None:
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        rows = connection.execute(
            "select feed_name, rule_name, sum(rejected_rows), any_value(example_reason) "
            "from marts.quarantine_summary group by all order by 3 desc, 1, 2"
        ).fetchall()
    total = sum(row[2] for row in rows)
    console.print(f"\n[bold]Quarantine: {total:,} rows[/]")
    for feed, rule, count, reason in rows[:MOST_RULES]:
        console.print(f"  {count:>8,}  {feed}  {rule}: {reason}")
    if len(rows) > MOST_RULES:
        console.print(
            f"  and {len(rows) - MOST_RULES} more: select * from marts.quarantine_summary"
        )


def _unmapped(console: Console, settings: Settings) -> None:
    """Statuses of leads, deals and tickets that company.yaml does not explain."""
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables()").fetchall()
        if ("lead_status_mapping",) not in tables:
            return
        statuses = connection.execute(UNMAPPED).fetchall()
    if not statuses:
        return
    console.print(f"\n[bold]Statuses that company.yaml does not explain: {len(statuses)}[/]")
    for system, kind, status, count, advice in statuses[:MOST_STATUSES]:
        console.print(f"  {count:>8,}  {kind}s of {system}  {status!r}", markup=False)
        console.print(f"            {advice}", markup=False)
    if len(statuses) > MOST_STATUSES:
        console.print(
            f"  and {len(statuses) - MOST_STATUSES} more: select * from "
            "marts.lead_status_mapping where is_unmapped"
        )


def _next_steps(console: Console, settings: Settings, version: Version) -> None:
    console.print("\n[bold]What next[/]")
    steps = [
        ("query", f"duckdb -readonly {_short(settings.published_path)}   (schema marts)"),
        ("first questions", "README.md, 'What to ask first'"),
        ("parquet", f"{_short(settings.published_dir / 'parquet')}/*.parquet"),
        ("quality report", _short(docs_path(settings))),
        ("lineage, runs, checks", "make ui"),
    ]
    for name, text in steps:
        console.print(f"  {name + ':':<23}{text}")


def _short(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT) if path.is_relative_to(PROJECT_ROOT) else path)
