"""The identity step of the warehouse: from the build file to Parquet files that dbt reads.

Belongs here: where person records come from and where results go, customer keys that last, and
the report on what changed. Doesn't belong here: which records are one person (see `resolve`),
and what is known of a customer (see `dim_customer`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.identity.groups import GroupOptions, GroupReport
from orchestration.identity.keys import KeyChanges, assign_customer_keys, surrogate_of
from orchestration.identity.linking import link_customers
from orchestration.identity.options import MEMORY_FOLDER, WEIGHTS, IdentityError, Options
from orchestration.identity.resolve import Resolution, resolve_people
from orchestration.identity.results import write_paths
from orchestration.lib import engine
from orchestration.lib.tables import write_parquet

MODEL_VERSION = "splink-1"
"""Goes with every result; raise it when the rules or comparisons change what they find."""

_LOGS = ("customer_change", "customer_resolution")

_INPUTS = {
    "record_input": """
        select record_id, record_type, created_at, given_name, family_name, company_name,
            birth_date, email_normalised as email, phone_normalised as phone, street,
            postal_code, city, market_code as country
        from build.intermediate.int_customer__person_records
    """,
    "identifier_input": """
        select record_id, identifier_type, identifier_value, first_seen_at, is_generic
        from build.intermediate.int_customer__identifiers_collected
    """,
    "relation": """
        select relation_type, record_id, linked_record_id, related_at
        from build.intermediate.int_customer__record_relations
    """,
    "decision_input": """
        select decision, record_id, other_record_id
        from build.seeds.customer_link_decisions
        where coalesce(company, '') in ('', {company})
    """,
}


@dataclass(frozen=True)
class ResolutionReport:
    """What one run of the identity step found and changed; one row of `customer_resolution`.

    `merged_keys` and `split_keys` count customer keys of the last good run; `moved_records`
    records that belong to another customer than then, in percent of those known then.
    """

    resolved_at: datetime
    model_version: str
    is_incremental: bool
    records: int
    customers: int
    linked_records: int
    largest_cluster: int
    new_customers: int
    merged_keys: int
    split_keys: int
    moved_records: int
    moved_records_pct: float
    scored_pairs: int
    review_cases: int
    contradicting_clusters: int
    broken_up_clusters: int
    households: int
    companies: int
    communities: int


def resolve_customers(
    build_path: Path,
    folder: Path,
    good: Path,
    company: str,
    options: Options | None = None,
    groups: GroupOptions | None = None,
) -> ResolutionReport:
    """Resolve the person records of the build file; write the tables of `derived_tables`.

    Reads `build_path` read-only, so dbt must have closed it. `good` is the folder with the
    results of the last good run, whose customer keys and history are kept; it may not exist.
    """
    with duckdb.connect() as connection:
        _read_build(connection, build_path, company)
        found = resolve_people(
            "record_input",
            identifiers="identifier_input",
            decisions="decision_input",
            options=options,
            memory=folder / MEMORY_FOLDER,
            connection=connection,
        )
        previous = good / "customer_cluster.parquet"
        changes = assign_customer_keys(connection, previous if previous.exists() else None)
        write_paths(connection)
        connection.execute("""
            create table keyed as
            select record_id, customer_key
            from cluster inner join customer on cluster.cluster_id = customer.group_no
        """)
        _write_results(connection, folder)
        grouped = _group(connection, good, groups or GroupOptions())
        for table in ("customer_relation", "customer_group"):
            write_parquet(connection, f"from {table}", folder / f"{table}.parquet")
        report = _report(connection, found, changes, grouped)
        _extend_logs(connection, folder, good, report)
        return report


def _read_build(connection: duckdb.DuckDBPyConnection, build_path: Path, company: str) -> None:
    if not build_path.exists():
        raise IdentityError(
            f"{build_path} does not exist. Build the model int_customer__person_records first."
        )
    connection.execute(f"attach {engine.text(build_path)} as build (read_only)")
    try:
        for name, select in _INPUTS.items():
            query = select.format(company=engine.text(company))
            connection.execute(f"create table {name} as {query}")
    except duckdb.CatalogException as error:
        raise IdentityError(
            f"{build_path} lacks a model of the identity step ({error}). Run dbt with --select "
            "+int_customer__identifiers_collected +int_customer__record_relations "
            "customer_link_decisions first."
        ) from error
    connection.execute("detach build")


def _write_results(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    version = f"'{MODEL_VERSION}' as model_version"
    write_parquet(
        connection,
        f"""
        select cluster.record_id, customer.customer_key, cluster.rule, cluster.confidence,
            cluster.linked_at::timestamp as linked_at, {version}, cluster.linked_record_id,
            cluster.match_weight, cluster.link_depth, path.link_path,
        from cluster
        inner join customer on cluster.cluster_id = customer.group_no
        inner join path using (record_no)
        order by cluster.record_no
        """,
        folder / "customer_cluster.parquet",
    )
    weights = ", ".join(f"{name}_weight" for name in WEIGHTS)
    write_parquet(
        connection,
        f"""
        select record_id, linked_record_id, rule, confidence, match_weight, probability,
            {weights}, other_weight, relatives_weight, status,
            linked_at::timestamp as linked_at, {version},
        from link
        order by record_id, linked_record_id, rule
        """,
        folder / "customer_link.parquet",
    )
    write_parquet(
        connection,
        f"""
        select
            {surrogate_of("concat_ws('|', reason, review.record_id, linked_record_id)")}
                as review_key,
            reason, review.record_id, linked_record_id,
            one.customer_key, other.customer_key as linked_customer_key, match_weight, detail,
        from (
            select reason, record_id, linked_record_id, max(match_weight) as match_weight,
                any_value(detail) as detail,
            from review group by all
        ) as review
        left join keyed as one on review.record_id = one.record_id
        left join keyed as other on review.linked_record_id = other.record_id
        order by match_weight desc nulls last, review_key
        """,
        folder / "customer_review.parquet",
    )


def _group(connection: duckdb.DuckDBPyConnection, good: Path, options: GroupOptions) -> GroupReport:
    """Households, companies and communities of the customers; keys of groups last."""
    previous = good / "customer_group.parquet"
    if previous.exists():
        connection.execute(
            "create table previous_group as select customer_key, group_type, group_key "
            f"from read_parquet({engine.text(previous)})"
        )
    connection.execute("alter table person rename to compared_person")
    connection.execute("""
        create table person as
        select record_id, keyed.customer_key, record_type, given as name_key,
            family as family_name_key, street as street_key, house_number, postal as postal_key,
            city as city_key, country, phone, email, company as company_key, created_at,
        from compared_person inner join keyed using (record_id)
    """)
    return link_customers(connection, options)


def _report(
    connection: duckdb.DuckDBPyConnection,
    found: Resolution,
    changes: KeyChanges,
    grouped: GroupReport,
) -> ResolutionReport:
    linked, largest, moved, known, cases, contradicting, broken = connection.execute("""
        select
            (select count(*) from membership
                where group_no in (
                    select group_no from membership group by group_no having count(*) > 1
                )),
            (select coalesce(max(n), 0)
                from (select count(*) as n from membership group by group_no)),
            (select count(*) from moved_record),
            (select count(*) from previous inner join compared_person using (record_id)),
            (select count(*) from review),
            (select count(distinct cluster_id) from cluster
                where record_id in (select record_id from link where status = 'contradiction')),
            (select count(distinct cluster_id) from cluster
                where record_id in (
                    select record_id from link where status in ('too_large', 'too_diverse')
                )),
    """).fetchall()[0]
    return ResolutionReport(
        resolved_at=datetime.now(UTC).replace(tzinfo=None),
        model_version=MODEL_VERSION,
        is_incremental=found.is_incremental,
        records=found.records,
        customers=found.customers,
        linked_records=linked,
        largest_cluster=largest,
        new_customers=changes.new_customers,
        merged_keys=changes.merged_keys,
        split_keys=changes.split_keys,
        moved_records=moved,
        moved_records_pct=100.0 * moved / known if known else 0.0,
        scored_pairs=found.candidates,
        review_cases=cases,
        contradicting_clusters=contradicting,
        broken_up_clusters=broken,
        households=grouped.households,
        companies=grouped.companies,
        communities=grouped.communities,
    )


def _extend_logs(
    connection: duckdb.DuckDBPyConnection, folder: Path, good: Path, report: ResolutionReport
) -> None:
    """The history of the last good run, and this run's part of it."""
    values = ", ".join(f"{_literal(value)} as {name}" for name, value in asdict(report).items())
    added = {
        "customer_change": f"""
            select {_literal(report.resolved_at)} as changed_at, record_id,
                previous_customer_key, customer_key, change
            from moved_record
        """,
        "customer_resolution": f"select {values}",
    }
    for table in _LOGS:
        earlier = good / f"{table}.parquet"
        before = (
            f"from read_parquet({engine.text(earlier)}) union all by name "
            if earlier.exists()
            else ""
        )
        write_parquet(connection, before + added[table], folder / f"{table}.parquet")


def _literal(value: object) -> str:
    if isinstance(value, datetime):
        return f"timestamp '{value}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value}::bigint"
    return engine.text(value) if isinstance(value, str) else f"{value}::double"
