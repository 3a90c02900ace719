"""Who is who: any table of person records in, customers out, each link with its reason.

Belongs here: the order of the steps, and the tables that callers read. Doesn't belong here: what
a step does (`prepare`, `rules`, `blocking`, `model`, `clusters`), keys that last over runs
(`keys`), and where the warehouse keeps the results (`warehouse`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.identity import blocking, clusters, model, prepare, rules
from orchestration.identity.learning import train
from orchestration.identity.macros import create_macros
from orchestration.identity.memory import Memory
from orchestration.identity.options import IdentityError, Options
from orchestration.identity.profiles import is_enough, make_profiles
from orchestration.identity.results import write_clusters, write_links, write_review
from orchestration.lib import engine

_IDENTIFIER = {
    "record_id": "varchar",
    "identifier_type": "varchar",
    "identifier_value": "varchar",
    "first_seen_at": "timestamp",
    "is_generic": "boolean",
}
_DECISION = {"decision": "varchar", "record_id": "varchar", "other_record_id": "varchar"}


@dataclass(frozen=True)
class Resolution:
    """Customers of a table of person records, in tables of `connection`.

    cluster: record_id, cluster_id, rule, confidence, match_weight, linked_record_id, link_depth,
        linked_at. A record hangs on `linked_record_id` in the tree of its customer's strongest
        links; on none when it is the oldest.
    link: record_id, linked_record_id, rule, match_weight, probability, the weight of each field,
        linked_at and status (used, grey_zone, contradiction, unsupported, too_large,
        too_diverse, cannot_link).
    review: reason, record_id, linked_record_id, match_weight, detail: what a person should
        look at.
    """

    connection: duckdb.DuckDBPyConnection
    records: int
    customers: int
    contested: int
    candidates: int
    scored: int
    is_incremental: bool
    model: model.TrainedModel | None

    def table(self, name: str) -> pa.Table:
        """The rows of `cluster`, `link` or `review`."""
        return self.connection.execute(f"from {name}").to_arrow_table()


def resolve_people(
    records: Any,
    *,
    identifiers: Any = None,
    decisions: Any = None,
    options: Options | None = None,
    memory: Path | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
    progress: Callable[[str], None] | None = None,
) -> Resolution:
    """Find out which records are of one person.

    Args:
        records: path of a CSV or Parquet file, data frame, Arrow table, DuckDB relation or name
            of a table in `connection`. Column record_id identifies a record; all others are
            optional: given_name, family_name, full_name, email, phone, birth_date, national_id,
            street, house_number, postal_code, city, region, country (ISO alpha-2), gender,
            company_name, record_type, created_at.
        identifiers: rows record_id, identifier_type, identifier_value[, first_seen_at,
            is_generic] of what ties records together beside e-mail and phone: a loyalty card,
            a login, a former e-mail address.
        decisions: rows decision (must_link, cannot_link), record_id, other_record_id.
        options: see `Options`.
        memory: folder that keeps the model and the scores between runs. With one, only pairs
            with a new or changed record are scored.
        connection: an in-memory DuckDB connection to work in; a new one without it.
        progress: is told what is done, step by step, in words for a person who waits.

    Raises:
        IdentityError: the input lacks what is needed; the message says what to do.
    """
    options = options or Options()
    connection = connection or duckdb.connect()
    say = progress or (lambda text: None)
    if connection.execute("from duckdb_tables() where table_name = 'membership'").fetchall():
        raise IdentityError(
            "This connection holds a resolution already. Give each resolution its own connection."
        )
    create_macros(connection)
    prepare.read_records(connection, records, options)
    prepare.read_pairs(connection, identifiers, "identifier", _IDENTIFIER)
    prepare.read_pairs(connection, decisions, "decision", _DECISION)
    say(f"{engine.number(connection, 'select count(*) from record'):,} records read")
    prepare.prepare(connection, options)
    say("spellings made comparable")
    _read_decisions(connection)
    rules.link_by_rules(connection, options)
    clusters.cluster_links(connection, _RULE_EDGES, "settled", options)
    groups = engine.number(connection, "select count(distinct group_no) from settled")
    say(f"rules leave {groups:,} groups of records")
    trained, candidates, is_known = None, 0, False
    if options.use_model:
        trained, candidates, is_known = _score_by_model(connection, options, memory)
    if trained is None:
        connection.execute(_NO_SCORES)
    found = engine.number(connection, "select count(*) from scored")
    say(f"model compared {candidates:,} pairs; {found:,} may be one person")
    threshold = options.match_probability
    if trained is not None:
        clusters.refuse_unsupported(connection, threshold)
    # What the rules contest is contested again, in the customers that the model completes.
    contested = clusters.cluster_links(
        connection, f"{_RULE_EDGES} union all {_model_edges(threshold)}", "membership", options
    )
    write_links(connection, threshold)
    write_clusters(connection)
    write_review(connection)
    say("customers formed")
    return Resolution(
        connection,
        records=engine.number(connection, "select count(*) from person"),
        customers=engine.number(connection, "select count(distinct group_no) from membership"),
        contested=contested,
        candidates=candidates,
        scored=found,
        is_incremental=is_known,
        model=trained,
    )


# A tie is a star: each record hangs on the first one. Rules are stronger than the model.
_RULE_EDGES = """
    select one_no, other_no, max(strength) as strength, bool_or(is_sure) as is_sure,
        false as is_weighed,
    from rule_link group by one_no, other_no
"""

WEIGHS_MORE_THAN_A_DATE = 12.0
"""Match weight (log2) that two birth dates which disagree don't stand against: both were weighed,
and the rest says four thousand to one that it is one person."""

_NO_SCORES = """
    create table scored as
    select null::bigint as one_no, null::bigint as other_no, null::double as match_weight,
        null::double as probability, null::double as birth_date_weight
    limit 0
"""


def _model_edges(threshold: float) -> str:
    return (
        "select one_no, other_no, least(match_weight, 25) as strength, false as is_sure, "
        "birth_date_weight > 0 or (birth_date_weight <> 0 and match_weight >= "
        f"{WEIGHS_MORE_THAN_A_DATE}) as is_weighed "
        "from scored anti join refused using (one_no, other_no) "
        f"where probability >= {threshold}"
    )


def _read_decisions(connection: duckdb.DuckDBPyConnection) -> None:
    """Tables `must_link`, `cannot_link` (record numbers) and `refused`, which starts empty."""
    unknown = connection.execute(
        "select distinct decision from decision where decision not in ('must_link', 'cannot_link')"
    ).fetchall()
    if unknown:
        raise IdentityError(
            "A decision is must_link or cannot_link, not "
            f"{', '.join(str(row[0]) for row in unknown)}."
        )
    for kind in ("must_link", "cannot_link"):
        connection.execute(f"""
            create table {kind} as
            select distinct least(one.record_no, other.record_no) as one_no,
                greatest(one.record_no, other.record_no) as other_no,
            from decision
            inner join person as one on decision.record_id = one.record_id
            inner join person as other on decision.other_record_id = other.record_id
            where decision.decision = '{kind}' and one.record_no <> other.record_no
        """)
    connection.execute("create table refused (one_no bigint, other_no bigint, reason varchar)")


def _score_by_model(
    connection: duckdb.DuckDBPyConnection, options: Options, folder: Path | None
) -> tuple[model.TrainedModel | None, int, bool]:
    """Create table `scored`; return the model, how many pairs it compared, and whether scores
    of an earlier run still held."""
    profiles = make_profiles(connection, options)
    columns = prepare.filled_columns(connection, options)
    if profiles < 2 or not is_enough(columns, prepare.other_names(options)):
        return None, 0, False
    memory = Memory(folder) if folder else None
    others = prepare.other_names(options)
    known = memory.recall(connection, columns, profiles, options) if memory else None
    candidates = blocking.block_pairs(
        connection, columns, others, blocking.budget(profiles, options), only_new=known is not None
    )
    trained = known or train(connection, columns, others)
    model.score(connection, trained, options.review_probability)
    if memory:
        memory.keep(connection, trained, None if known else profiles, options)
    kept = engine.number(connection, "select count(*) from profile where not is_new")
    return trained, candidates, kept > 0
