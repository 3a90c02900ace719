"""The probabilistic part: what a Splink model knows, and the scores that it gives.

Belongs here: a trained model on disk, and the score of candidate pairs. Doesn't belong here:
learning (see `learning`), levels of comparison (`comparisons`), what is compared (`profiles`),
candidate pairs (`blocking`), and what becomes of the links (`clusters`).

Fellegi and Sunter (1969): the match weight of a pair is log2 of how much likelier its levels of
agreement are among true pairs (m) than among random ones (u), plus that of the prior odds.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.identity import comparisons as fields


@dataclass
class TrainedModel:
    """Settings of a trained Splink model, without frequencies of terms, which are tables.

    `columns` are those of `profile` that the model compares; `prior` is the probability that two
    random profiles are one person, `relatives` that they are of one household or company, and
    `of_relatives` the share of each level (best first) among the latter, per comparison.
    """

    settings: dict[str, Any]
    columns: list[str]
    prior: float
    relatives: float
    of_relatives: dict[str, list[float]]

    def save(self, path: Path) -> None:
        """Write the model as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> TrainedModel:
        """Read a model that `save` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def score(
    connection: duckdb.DuckDBPyConnection, model: TrainedModel, least_probability: float
) -> None:
    """Create table `scored`: candidate pairs of at least this probability, and why.

    Expects `profile` and `candidate`. Columns: one_no, other_no, match_weight (log2, with the
    prior), probability, and the weight of each comparison.
    """
    changed = {
        "probability_two_random_records_match": model.prior,
        "retain_matching_columns": True,
    }
    linker = new_linker(connection, model.settings | changed)
    _register_frequencies(connection, linker, model)
    register_pairs(connection, linker, "select one_no, other_no from candidate")
    found = linker.inference.predict(
        threshold_match_probability=least_probability, warning_mode="never"
    )
    names = [c["output_column_name"] for c in model.settings["comparisons"]]
    present = {row[0] for row in connection.execute(f"describe {found.physical_name}").fetchall()}
    adjusted = {
        name: f"mw_tf_adj_{name}" if f"mw_tf_adj_{name}" in present else "0" for name in names
    }
    parts = ", ".join(f"mw_{name} + {adjusted[name]} as {name}_weight" for name in names)
    connection.execute(f"""
        create table scored as
        with weighed as (
            select *, match_weight - log2(1 + power(2.0, {_kinship(model, adjusted)})) as weight
            from {found.physical_name}
        )
        select profile_no_l as one_no, profile_no_r as other_no, weight as match_weight,
            1 / (1 + power(2.0, -weight)) as probability, {parts},
            weight - match_weight as relatives_weight,
            {"" if "birth_date" in names else "0::double as birth_date_weight,"}
        from weighed
        where weight >= {math.log2(least_probability / (1 - least_probability))}
    """)


def _register_frequencies(
    connection: duckdb.DuckDBPyConnection, linker: Any, model: TrainedModel
) -> None:
    """Let Splink know how common each value is, as kept in table `frequency` (field, value, share).

    The share is that of strangers who have a value that one person has: the person's own profiles
    don't count. A value that stands in one profile only is common to no pair. A value keeps the
    share that it had when it was first seen with this model, so that a score holds as long as
    the two profiles do.
    """
    connection.execute(
        "create table if not exists frequency (field varchar, value varchar, share double)"
    )
    profiles = connection.execute("select count(*) from profile").fetchall()[0][0]
    of_one_person = 1 + model.prior * max(profiles - 1, 0)
    compared = {
        level["tf_adjustment_column"]: level["u_probability"]
        for comparison in model.settings["comparisons"]
        for level in levels_of(comparison)
        if "tf_adjustment_column" in level
    }
    for column, usual in sorted(compared.items()):
        connection.execute(f"""
            insert into frequency
            with total as (select count({column}) / {of_one_person} as persons from profile),
            counted as (
                select {column} as value, count(*) / {of_one_person} as persons
                from profile
                where {column} is not null
                group by {column}
                having count(*) > 1
            )
            select '{column}', value,
                greatest(counted.persons - 1, 0) / total.persons
                + least(1 / total.persons, {usual})
            from counted
            cross join total
            anti join (from frequency where field = '{column}') as known using (value)
        """)
        connection.execute(f"""
            create or replace table frequency_of_{column} as
            select value as {column}, share as tf_{column} from frequency where field = '{column}'
        """)
        linker.table_management.register_term_frequency_lookup(
            linker._db_api.register(f"frequency_of_{column}"), column
        )


def _kinship(model: TrainedModel, adjusted: dict[str, str]) -> str:
    """SQL of how much likelier a pair is of relatives than of strangers, as log2."""
    if model.relatives <= 0:
        return "-1000"
    terms = [str(math.log2(model.relatives / (1 - model.relatives)))]
    for comparison in model.settings["comparisons"]:
        name, levels = comparison["output_column_name"], levels_of(comparison)
        shares = model.of_relatives[name]
        cases = " ".join(
            f"when {len(levels) - 1 - position} then "
            f"{math.log2(share / level['u_probability']):.6f}"
            for position, (level, share) in enumerate(zip(levels, shares, strict=True))
        )
        frequency = f" + {adjusted[name]}" if name in fields.SHARED_BY_RELATIVES else ""
        terms.append(f"case gamma_{name} {cases} else 0 end{frequency}")
    return " + ".join(terms)


def register_pairs(connection: duckdb.DuckDBPyConnection, linker: Any, select: str) -> None:
    """Let Splink compare these pairs (one_no, other_no) and no others."""
    connection.execute(f"""
        create or replace table pair_to_score as
        select '0' as match_key, one_no as join_key_l, other_no as join_key_r from ({select})
    """)
    linker.table_management.register_blocked_pairs_for_predict(
        linker._db_api.register("pair_to_score")
    )


def new_linker(connection: duckdb.DuckDBPyConnection, settings: dict[str, Any]) -> Any:
    """A Splink linker over table `profile`; Splink is imported when it is needed."""
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    database = DuckDBAPI(connection)
    return Linker(database.register("profile"), settings, validate_settings=False, log_level=None)


def levels_of(comparison: dict[str, Any]) -> list[dict[str, Any]]:
    """Levels of agreement of a comparison, best first; that of unknown values is none."""
    return [x for x in comparison["comparison_levels"] if not x.get("is_null_level")]
