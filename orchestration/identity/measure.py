"""How good a resolution is: pairs and B-cubed against a known truth.

Belongs here: scores of one partition of records against another, as a whole and per group.
Doesn't belong here: making either of them, or deciding what is good enough.

Everything is counted in the contingency table of both partitions, never by listing pairs, so a
million records take a second and a cluster of a million records is no trouble.
Pairs: Menestrina, Whang, Garcia-Molina, "Evaluating entity resolution results" (2010). B-cubed:
Bagga and Baldwin, "Algorithms for scoring coreference chains" (1998); Amigo et al. (2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.lib import engine

CLUSTER_COLUMNS = ("cluster", "cluster_id", "customer_key", "person_id")


class MeasureError(ValueError):
    """The tables cannot be compared; the message says what is wrong with which."""


@dataclass(frozen=True)
class Scores:
    """How well predicted clusters agree with the truth.

    Pairs are unordered pairs of records in one cluster. Where `Scores` are those of a group, a
    pair with one record in the group counts half, so that the groups' pairs sum to the whole's.
    `unresolved_records` have a true cluster and no predicted one; each counts as standing alone.
    """

    records: int
    true_clusters: int
    predicted_clusters: int
    largest_cluster: int
    unresolved_records: int
    true_pairs: float
    predicted_pairs: float
    correct_pairs: float
    bcubed_precision: float
    bcubed_recall: float

    @property
    def false_pairs(self) -> float:
        """Pairs that were put together and are two people."""
        return self.predicted_pairs - self.correct_pairs

    @property
    def missed_pairs(self) -> float:
        """Pairs of one person that were not put together."""
        return self.true_pairs - self.correct_pairs

    @property
    def precision(self) -> float:
        """Share of the predicted pairs that are right; 1 when none was predicted."""
        return self.correct_pairs / self.predicted_pairs if self.predicted_pairs else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found; 1 when there are none."""
        return self.correct_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall of pairs; 1 when there is no pair on any side."""
        pairs = self.true_pairs + self.predicted_pairs
        return 2 * self.correct_pairs / pairs if pairs else 1.0

    @property
    def bcubed_f1(self) -> float:
        """Harmonic mean of B-cubed precision and recall."""
        both = self.bcubed_precision + self.bcubed_recall
        return 2 * self.bcubed_precision * self.bcubed_recall / both

    def as_dict(self) -> dict[str, float]:
        """Counts and ratios by name, for reports."""
        names = (*self.__dataclass_fields__, "false_pairs", "missed_pairs")
        return {name: getattr(self, name) for name in (*names, *_RATIOS)}


_RATIOS = ("precision", "recall", "f1", "bcubed_f1")

_QUERY = """
    with labelled as (
        select
            {grouped} as group_name,
            hash(truth.{true_column}) as true_cluster,
            predicted.{predicted_column} is null as is_unresolved,
            case
                when predicted.{predicted_column} is null then hash(truth.record_id)
                else hash(predicted.{predicted_column})
            end as predicted_cluster,
        from {truth} as truth
        left join {predicted} as predicted using (record_id)
        {join}
        where truth.{true_column} is not null
    ),
    cell as (
        select
            group_name,
            true_cluster,
            is_unresolved,
            predicted_cluster,
            count(*) as records,
        from labelled
        group by all
    ),
    sized as (
        select
            *,
            sum(records) over (
                partition by true_cluster, is_unresolved, predicted_cluster
            )::double as shared,
            sum(records) over (partition by true_cluster)::double as truly,
            sum(records) over (
                partition by is_unresolved, predicted_cluster
            )::double as together,
        from cell
    )
    select
        group_name,
        sum(records)::bigint,
        count(distinct true_cluster),
        count(distinct (is_unresolved, predicted_cluster)),
        max(together)::bigint,
        coalesce(sum(records) filter (where is_unresolved), 0)::bigint,
        sum(records * (truly - 1)) / 2,
        sum(records * (together - 1)) / 2,
        sum(records * (shared - 1)) / 2,
        sum(records * shared / together) / sum(records),
        sum(records * shared / truly) / sum(records),
    from sized
    group by group_name
    order by group_name
"""


def measure(
    connection: duckdb.DuckDBPyConnection, predicted: str | Path, truth: str | Path
) -> Scores:
    """Compare two partitions of records.

    Each is the name of a table or view of `connection`, or the path of a Parquet or CSV file, with
    `record_id` and `cluster` (also `cluster_id`, `customer_key` or `person_id`), one row per
    record. Only records with a true cluster count; one that `predicted` lacks stands alone.
    Raises MeasureError when a record stands in a table twice, or no record is known to both.
    """
    return _scores(connection, predicted, truth, None)[None]


def measure_by(
    connection: duckdb.DuckDBPyConnection,
    predicted: str | Path,
    truth: str | Path,
    groups: str | Path,
) -> dict[str, Scores]:
    """The same per group of records, such as the system that each came from.

    `groups` has `record_id` and `group_name`, one row per record. Each record of the group is
    judged with its whole clusters, whichever group the other records belong to.
    """
    found = _scores(connection, predicted, truth, groups)
    return {name: scores for name, scores in found.items() if name is not None}


def _scores(
    connection: duckdb.DuckDBPyConnection,
    predicted: str | Path,
    truth: str | Path,
    groups: str | Path | None,
) -> dict[str | None, Scores]:
    grouped = "null::varchar"
    join = ""
    if groups is not None:
        relation = _relation(connection, groups, ("group_name",))[0]
        _judge_unique(connection, groups, relation)
        grouped = "groups.group_name::varchar"
        join = f"left join {relation} as groups using (record_id)"
    of_predicted, predicted_column = _relation(connection, predicted, CLUSTER_COLUMNS)
    of_truth, true_column = _relation(connection, truth, CLUSTER_COLUMNS)
    _judge_unique(connection, predicted, of_predicted)
    _judge_unique(connection, truth, of_truth)
    query = _QUERY.format(
        grouped=grouped,
        join=join,
        truth=of_truth,
        true_column=true_column,
        predicted=of_predicted,
        predicted_column=predicted_column,
    )
    rows = connection.execute(query).fetchall()
    if sum(row[1] for row in rows) == sum(row[5] for row in rows):
        raise MeasureError(f"{predicted} and {truth} have no record in common: nothing to measure.")
    return {row[0]: Scores(*row[1:]) for row in rows}


def _relation(
    connection: duckdb.DuckDBPyConnection, source: str | Path, columns: Sequence[str]
) -> tuple[str, str]:
    """What stands after `from`, and the first of `columns` that it has."""
    relation = str(source)
    if Path(relation).suffix in (".parquet", ".csv"):
        relation = engine.text(relation)
    try:
        names = connection.sql(f"select * from {relation} limit 0").columns
    except duckdb.Error as error:
        raise MeasureError(f"{source} cannot be read: {error}") from error
    found = [name for name in columns if name in names]
    if "record_id" not in names or not found:
        wanted = " or ".join(columns)
        raise MeasureError(f"{source} needs columns record_id and {wanted}; it has {names}.")
    return relation, found[0]


def _judge_unique(connection: duckdb.DuckDBPyConnection, source: str | Path, relation: str) -> None:
    twice = connection.execute(
        f"select record_id from {relation} group by record_id having count(*) > 1 limit 1"
    ).fetchone()
    if twice is not None:
        raise MeasureError(f"{source} has record {twice[0]!r} more than once; keep one row of it.")


def as_text(scores: Scores) -> str:
    """One line for a terminal."""
    return (
        f"F1 {scores.f1:.4f} (precision {scores.precision:.4f}, recall {scores.recall:.4f}), "
        f"B-cubed F1 {scores.bcubed_f1:.4f} (precision {scores.bcubed_precision:.4f}, "
        f"recall {scores.bcubed_recall:.4f}), {scores.records:,} records, "
        f"{scores.true_clusters:,} true and {scores.predicted_clusters:,} predicted clusters, "
        f"{scores.false_pairs:,.0f} false and {scores.missed_pairs:,.0f} missed pairs"
    )
