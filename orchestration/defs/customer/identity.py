"""Which person record belongs to which customer, worked out between two layers of models."""

from dataclasses import asdict

import dagster as dg

from orchestration import project
from orchestration.lib.build import derived_clusters, good_clusters
from orchestration.lib.identity import cluster_customers

CLUSTER_KEY = dg.AssetKey(["derived", "customer_cluster"])


@dg.definitions
def identity() -> dg.Definitions:
    """Asset [derived, customer_cluster]."""

    @dg.asset(
        key=CLUSTER_KEY,
        deps=[
            dg.AssetKey(["intermediate", "int_customer__record_identifiers"]),
            dg.AssetKey(["intermediate", "int_customer__person_records"]),
        ],
        group_name="customer",
        owners=["team:customer-data"],
        kinds={"python", "parquet"},
        description="Customers as connected components of person records that share an identifier.",
        pool=project.WAREHOUSE_POOL,
    )
    def customer_cluster(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        settings = project.settings()
        report = cluster_customers(
            settings.build_path, derived_clusters(settings), good_clusters(settings)
        )
        numbers = asdict(report)
        counted = f"{report.records:,} records are {report.customers:,} customers"
        context.log.info(f"derived/customer_cluster: {counted}")
        return dg.MaterializeResult(metadata=numbers)

    return dg.Definitions(assets=[customer_cluster])
