"""Who is who, worked out between two layers of models."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from orchestration import project
from orchestration.identity.groups import GroupOptions
from orchestration.identity.options import Options
from orchestration.identity.warehouse import resolve_customers
from orchestration.lib.build import good_derived
from orchestration.lib.companies import Company

TABLES = {
    "customer_cluster": "The customer of each person record, with the link that it hangs on.",
    "customer_link": "What speaks for two records being one customer, and what became of it.",
    "customer_review": "Cases for a data steward: doubtful pairs, and links that were cut.",
    "customer_relation": "Links between customers: household, company, referral, interest, device.",
    "customer_group": "Households, companies and communities, with their members.",
    "customer_change": "History of records that went from one customer to another.",
    "customer_resolution": "What each published run found and changed.",
}
INPUTS = (
    ["intermediate", "int_customer__person_records"],
    ["intermediate", "int_customer__identifiers_collected"],
    ["intermediate", "int_customer__record_relations"],
    ["seeds", "customer_link_decisions"],
)


@dg.definitions
def identity() -> dg.Definitions:
    """Assets [derived, customer_…], written by one step."""

    @dg.multi_asset(
        name="identity",
        specs=[
            dg.AssetSpec(
                ["derived", table],
                deps=[dg.AssetKey(key) for key in INPUTS],
                group_name="customer",
                owners=["team:customer-data"],
                kinds={"python", "parquet"},
                description=description,
            )
            for table, description in TABLES.items()
        ],
        pool=project.WAREHOUSE_POOL,
    )
    def resolve_identities(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        settings, company = project.settings(), project.company()
        report = resolve_customers(
            settings.build_path,
            settings.station("derived"),
            good_derived(settings),
            company.name,
            options_of(company),
            groups_of(company),
        )
        context.log.info(
            f"identity: {report.records:,} records are {report.customers:,} customers; "
            f"{report.moved_records:,} moved, {report.review_cases:,} for review"
        )
        numbers = {name: dg.MetadataValue.text(str(x)) for name, x in asdict(report).items()}
        yield from (
            dg.MaterializeResult(
                ["derived", table], metadata=numbers if table == "customer_resolution" else None
            )
            for table in TABLES
        )

    return dg.Definitions(assets=[resolve_identities])


def options_of(company: Company) -> Options:
    """What the company says of how records are linked."""
    rules = company.identity
    return Options(
        match_probability=rules.match_probability,
        max_records_per_identifier=rules.max_records_per_identifier,
        max_cluster_records=rules.max_customer_records,
    )


def groups_of(company: Company) -> GroupOptions:
    """What the company says of how customers are grouped."""
    return GroupOptions(free_mail_domains=company.identity.free_mail_domains)
