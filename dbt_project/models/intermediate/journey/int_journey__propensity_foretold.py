"""Grain: profile and cut-off day, for the days that test the model and for the last day.

Learns from past days what follows what is known, and foretells with it; rebuilt whole.
"""


def model(dbt, session):
    from orchestration.propensity.warehouse import foretold

    dbt.config(materialized="table")
    return foretold(
        dbt.ref("int_journey__propensity_features"),
        dbt.ref("int_journey__cutoff_days"),
        dbt.source("company", "in_market"),
    )
