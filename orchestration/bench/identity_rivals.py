"""Ways to work out who is who, each run on the same file in a process of its own.

Belongs here: `rules` (shared identifiers and names, connected components), `splink` (plain Splink
as its tutorial teaches it) and `ours`, each from a Parquet file of person records to one of
clusters. As a command (`python -m orchestration.bench.identity_rivals NAME RECORDS TARGET`) it
writes TARGET and prints seconds and peak memory as JSON.
Doesn't belong here: making the records, and judging the clusters (see `identity`).
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from orchestration.bench.memory import peak_bytes
from orchestration.lib import engine

MATCH_PROBABILITY = 0.95
TRAINING_PAIRS = 1e6

# What a careful analyst writes in an afternoon: values in lower case, digits of the phone without
# prefixes, and a shared value counts only while few records share it.
_RULES = """
    create temp table person as
    select
        record_id,
        row_number() over (order by record_id) - 1 as record_no,
        lower(trim(email)) as email,
        right(regexp_replace(phone, '[^0-9]', '', 'g'), 9) as phone,
        lower(strip_accents(trim(given_name))) as given_name,
        lower(strip_accents(trim(family_name))) as family_name,
        birth_date,
        postal_code,
        country,
    from read_parquet({records});

    create temp table tie as
    with keyed as (
        select record_no, 'email ' || email as key, 20 as most from person
        union all
        select record_no, 'phone ' || phone || ' ' || given_name, 20 from person
        where len(phone) = 9
        union all
        select
            record_no,
            concat_ws(' ', 'born', given_name, split_part(family_name, ' ', 1), birth_date),
            20,
        from person
        where given_name is not null and family_name is not null and birth_date is not null
            and day(birth_date) + month(birth_date) > 2
        union all
        select
            record_no,
            concat_ws(
                ' ', 'lives', given_name, split_part(family_name, ' ', 1), postal_code, country
            ),
            20,
        from person
        where given_name is not null and family_name is not null and postal_code is not null
    )
    select record_no, min(record_no) over (partition by key) as other_no
    from keyed
    where key is not null
    qualify count(*) over (partition by key) <= most;
"""


def rules(records: Path, target: Path, threads: int) -> None:
    """Same e-mail; same phone, birth date or postal code with the same name."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute(_RULES.format(records=engine.text(records)))
        ties = connection.execute("select record_no, other_no from tie").fetchnumpy()
        found = connection.execute("select count(*) from person").fetchall()[0][0]
        places = (np.asarray(ties["record_no"]), np.asarray(ties["other_no"]))
        graph = coo_array((np.ones(len(places[0]), dtype=np.int8), places), shape=(found, found))
        labels = connected_components(graph, directed=False)[1]
        connection.register("labelled", {"record_no": np.arange(found), "cluster": labels})
        _copy(
            connection,
            "select record_id, cluster from labelled inner join person using (record_no)",
            target,
        )


def splink(records: Path, target: Path, threads: int) -> None:
    """Plain Splink: its tutorial's comparisons, training and threshold, on lower-cased columns.

    The digits of the phone are compared too; placeholders, which its exploratory charts show, are
    left out; blocking is as tight as the tutorial advises for many records.
    """
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(_PERSON_FOR_SPLINK.format(records=engine.text(records)))
        api = DuckDBAPI(connection=connection)
        linker = Linker(api.register("person"), _settings(), log_level="ERROR")
        _train(linker)
        pairs = linker.inference.predict(threshold_match_probability=0.5)
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            pairs, threshold_match_probability=MATCH_PROBABILITY
        )
        _copy(
            connection,
            f"select record_id, cluster_id as cluster from {clusters.physical_name}",
            target,
        )


_PERSON_FOR_SPLINK = """
    create table person as
    select
        record_id,
        lower(given_name) as given_name,
        lower(family_name) as family_name,
        birth_date,
        case when count(*) over (partition by lower(email)) <= 50 then lower(email) end as email,
        right(regexp_replace(phone, '[^0-9]', '', 'g'), 9) as digits,
        case when count(*) over (partition by digits) <= 50 then digits end as phone,
        lower(postal_code) as postal_code,
        lower(city) as city,
    from read_parquet({records})
"""


def _train(linker: Any) -> None:
    from splink import block_on

    training = linker.training
    training.estimate_probability_two_random_records_match(
        [
            block_on("given_name", "family_name", "birth_date"),
            block_on("given_name", "family_name", "postal_code"),
            block_on("email"),
        ],
        recall=0.7,
    )
    training.estimate_u_using_random_sampling(max_pairs=TRAINING_PAIRS, seed=1)
    for blocking in (block_on("given_name", "family_name"), block_on("birth_date")):
        training.estimate_parameters_using_expectation_maximisation(
            blocking, max_pairs=TRAINING_PAIRS
        )


def _settings() -> Any:
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("family_name"),
            cl.DateOfBirthComparison("birth_date", input_is_string=False),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
            cl.ExactMatch("phone"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "family_name"),
            block_on("family_name", "birth_date"),
            block_on("given_name", "birth_date"),
            block_on("postal_code", "family_name"),
            block_on("postal_code", "given_name"),
            block_on("email"),
            block_on("phone"),
        ],
    )


def ours(records: Path, target: Path, threads: int) -> None:
    """The project's own resolution, as any user calls it."""
    from orchestration.identity.resolve import resolve_people

    with duckdb.connect(config={"threads": threads}) as connection:
        resolution = resolve_people(records, connection=connection)
        found = resolution.table("cluster")
        connection.register("found", found)
        _copy(connection, "select record_id, cluster_id as cluster from found", target)


def _copy(connection: duckdb.DuckDBPyConnection, select: str, target: Path) -> None:
    connection.execute(f"copy ({select}) to {engine.text(target)} (format parquet)")


RIVALS: dict[str, Callable[[Path, Path, int], None]] = {
    "rules": rules,
    "splink": splink,
    "ours": ours,
}


LIBRARIES = {
    "rules": ("scipy.sparse.csgraph",),
    "splink": ("splink.backends.duckdb", "splink.comparison_library"),
    "ours": (
        "splink.backends.duckdb",
        "splink.comparison_library",
        "orchestration.identity.resolve",
    ),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one of them; prints seconds without the imports, and the peak of memory in bytes."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.bench.identity_rivals")
    parser.add_argument("name", choices=RIVALS)
    parser.add_argument("records", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--threads", type=int, default=4)
    given = parser.parse_args(arguments)
    _import_all(given.name)
    started = time.perf_counter()
    RIVALS[given.name](given.records, given.target, given.threads)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes()}))
    return 0


def _import_all(name: str) -> None:
    """Libraries cost the same whatever the number of records: they are not what is measured."""
    for module in LIBRARIES[name]:
        importlib.import_module(module)


if __name__ == "__main__":
    sys.exit(main())
