"""Grain: kind of conversion, model that learns from all journeys, and channel.

What each model gives a channel of all conversions, and by which weights the channels of a path
share a conversion. Learnt anew from all journeys in every build.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def model(dbt: Any, session: Any) -> pa.Table:
    """dbt's Python model: a table of `orchestration.attribution.warehouse.SCHEMA`."""
    from orchestration.attribution.warehouse import channels_weighed

    dbt.config(materialized="table")
    rules = dbt.source("company", "attribution_rule")
    ((markov_order,),) = rules.project("markov_order").fetchall()
    return channels_weighed(dbt.ref("int_journey__paths_aggregated"), markov_order)
