"""Learning the model from the records themselves, without a labelled pair.

Belongs here: how often true pairs, relatives and strangers agree in each field, and how common
they are. Doesn't belong here: scores (see `model`), and levels of agreement (`comparisons`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from orchestration.identity import comparisons as fields
from orchestration.identity.model import TrainedModel, levels_of, new_linker, register_pairs
from orchestration.lib import engine

STEADYING_PAIRS = 40.0
"""True pairs that the usual shares of a level count for beside those learnt."""

LEAST_U = 1e-7
_RANDOM_PAIRS = 40_000
_TRAINING_PAIRS = 30_000
_ROUNDS = 40


def train(
    connection: duckdb.DuckDBPyConnection, columns: set[str], others: list[str]
) -> TrainedModel:
    """Learn a model from `profile` and `candidate`; where they are thin, usual shares stand in.

    u comes from random pairs, m and the prior from expectation maximisation over all pairs at
    once: candidates may be true, pairs that the rules settled are, and the rest are not.
    (Splink's own sessions learn field by field within a block; on small or narrow tables they
    wander off.) Splink compares the pairs; equal patterns of agreement are counted once, so that
    a round takes no time.
    """
    compared = fields.comparisons(columns, others)
    usual = [np.array(fields.usual_m(comparison)) for comparison in compared]
    settings = _settings(compared)
    patterns = _patterns(connection, settings)
    shares = _random_shares(connection, patterns, settings)
    shares = [
        np.maximum(share, [level.get("least_u", 0.0) for level in levels_of(comparison)])
        for share, comparison in zip(shares, compared, strict=True)
    ]
    names = [comparison["output_column_name"] for comparison in settings["comparisons"]]
    learnt = _expectation_maximisation(patterns, shares, usual, names)
    for comparison, of_m, of_u in zip(settings["comparisons"], learnt.m, learnt.u, strict=True):
        for level, level_m, level_u in zip(levels_of(comparison), of_m, of_u, strict=True):
            level["m_probability"], level["u_probability"] = float(level_m), float(level_u)
    of_relatives = {name: r.tolist() for name, r in zip(names, learnt.r, strict=True)}
    return TrainedModel(settings, sorted(columns), learnt.prior, learnt.relatives, of_relatives)


@dataclass(frozen=True)
class _Patterns:
    """Patterns of agreement: level of each comparison (-1 unknown), and how many pairs have it.

    `gammas` is (patterns, comparisons); `candidates`, `settled` and `random` are pairs per
    pattern: those that may be true, those that the rules settled, and a sample of any two
    profiles; `all_pairs` is the number of pairs of profiles.
    """

    gammas: np.ndarray
    candidates: np.ndarray
    settled: np.ndarray
    random: np.ndarray
    all_pairs: float


def _patterns(connection: duckdb.DuckDBPyConnection, settings: dict[str, Any]) -> _Patterns:
    """Let Splink compare a sample of candidates, of settled and of random pairs."""
    profiles = engine.number(connection, "select count(*) from profile")
    candidates = engine.number(connection, "select count(*) from candidate")
    settled = engine.number(
        connection,
        """
        select coalesce(sum(n * (n - 1) / 2), 0)::bigint
        from (select count(*) as n from profile group by group_no)
    """,
    )
    share = min(1.0, _TRAINING_PAIRS / max(candidates, 1))
    settled_share = min(1.0, _TRAINING_PAIRS / 2 / max(settled, 1))
    random_pairs = min(_RANDOM_PAIRS, 20 * profiles)
    connection.execute(f"""
        create or replace temp table training_pair as
        with placed as (
            select profile_no, row_number() over (order by profile_no) - 1 as place from profile
        )
        select one_no, other_no, 'candidate' as origin from candidate
        where hash(one_no, other_no) % 1000000 < {1_000_000 * share}
        union
        select one.profile_no, other.profile_no, 'settled'
        from profile as one inner join profile as other using (group_no)
        where one.profile_no < other.profile_no
            and hash(one.group_no) % 1000000 < {1_000_000 * settled_share}
        union
        select least(one.profile_no, other.profile_no),
            greatest(one.profile_no, other.profile_no), 'random'
        from range({random_pairs}) as drawn(number)
        inner join placed as one on hash(number) % {profiles} = one.place
        inner join placed as other on hash(hash(number) + 1) % {profiles} = other.place
        where one.profile_no <> other.profile_no
    """)
    names = [comparison["output_column_name"] for comparison in settings["comparisons"]]
    linker = new_linker(
        connection, _without_frequencies(settings) | {"retain_matching_columns": True}
    )
    register_pairs(connection, linker, "select distinct one_no, other_no from training_pair")
    found = linker.inference.predict(warning_mode="never").physical_name
    gammas = ", ".join(f"gamma_{name}" for name in names)
    origins = ", ".join(
        f"count(*) filter (where origin = '{origin}')::double as {origin}"
        for origin in ("candidate", "settled", "random")
    )
    rows = connection.execute(f"""
        select {gammas},
            {origins},
        from {found}
        inner join training_pair on profile_no_l = one_no and profile_no_r = other_no
        group by {gammas}
        order by {gammas}
    """).fetchnumpy()
    pairs = {x: np.asarray(rows[x], float) for x in ("candidate", "settled", "random")}
    sampled = float(pairs["settled"].sum())
    return _Patterns(
        gammas=np.stack([np.asarray(rows[f"gamma_{name}"], int) for name in names], axis=1),
        candidates=pairs["candidate"] / share,
        settled=pairs["settled"] * (settled / sampled if sampled else 0),
        random=pairs["random"],
        all_pairs=max(1.0, profiles * (profiles - 1) / 2),
    )


def _random_shares(
    connection: duckdb.DuckDBPyConnection, patterns: _Patterns, settings: dict[str, Any]
) -> list[np.ndarray]:
    """Share of random pairs at each level, best first; a level never seen has half a pair.

    How many pairs have the same value of a column is counted, not sampled.
    """
    shares = []
    for position, comparison in enumerate(settings["comparisons"]):
        levels = levels_of(comparison)
        gamma = patterns.gammas[:, position]
        known = gamma >= 0
        counts = np.bincount(gamma[known], patterns.random[known], len(levels))[::-1]
        pairs = max(counts.sum(), 1.0)
        share = np.maximum(counts, 0.5) / pairs
        column = fields.SAME_COLUMN.get(comparison["output_column_name"])
        if column:
            share[0] = _share_of_same(connection, column)
        shares.append(share / share.sum())
    return shares


def _share_of_same(connection: duckdb.DuckDBPyConnection, column: str) -> float:
    pairs, same = connection.execute(f"""
        select sum(n) * (sum(n) - 1) / 2, greatest(sum(n * (n - 1) / 2), 0.5)
        from (select count(*)::double as n from profile where {column} is not null
            group by {column})
    """).fetchall()[0]
    return float(same / max(pairs or 1, 1))


@dataclass(frozen=True)
class _Learnt:
    """Shares of each level (best first), per comparison: among pairs that are one person (m),
    relatives (r) and strangers (u); and how common the first two are among all pairs."""

    m: list[np.ndarray]
    r: list[np.ndarray]
    u: list[np.ndarray]
    prior: float
    relatives: float


def _expectation_maximisation(
    patterns: _Patterns, shares: list[np.ndarray], usual: list[np.ndarray], names: list[str]
) -> _Learnt:
    """Learn what true pairs, relatives and strangers look like from patterns of agreement.

    `shares` are the levels' shares among random pairs, a few of which are true: u is what
    remains when those are taken out. People of one household or company share what strangers
    don't, too: as a class of their own they are not mistaken for one person.
    """
    # Level numbers count down to 0 (different): position in the list of levels.
    positions = [
        np.where(patterns.gammas[:, i] < 0, -1, len(shares[i]) - 1 - patterns.gammas[:, i])
        for i in range(len(shares))
    ]
    m = [share.copy() for share in usual]
    shared = np.array([fields.SHARED_BY_RELATIVES.get(name, -1.0) for name in names])
    learns = shared >= 0
    shared = np.where(learns, shared, [fields.RARELY_SHARED.get(name, 0.0) for name in names])
    prior = (patterns.settled.sum() + 0.1 * min(patterns.candidates.sum(), 10) + 0.5) / (
        patterns.all_pairs
    )
    relatives = prior / 2 if learns.any() and "given" in names else 0.0
    for _ in range(_ROUNDS):
        u = [
            np.maximum((share - prior * of_m) / (1 - prior), np.maximum(share * 0.01, LEAST_U))
            for share, of_m in zip(shares, m, strict=True)
        ]
        r = _of_relatives(shared, m, u)
        one = prior * np.exp(_weights(positions, m, u))
        kin = relatives * np.exp(_weights(positions, r, u))
        total = one + kin + 1 - prior - relatives
        true = patterns.candidates * one / total + patterns.settled
        related = patterns.candidates * kin / total
        before, prior = prior, float(min(0.5, max(true.sum(), 0.5) / patterns.all_pairs))
        relatives = float(min(0.5, related.sum() / patterns.all_pairs))
        m = [
            _bounded(_shares_of(position, true, share), fields.MOST_DIFFERENT.get(name, 1.0))
            for name, position, share in zip(names, positions, usual, strict=True)
        ]
        shared = np.where(
            learns,
            [_share_shared(*x, related) for x in zip(positions, shared, m, u, strict=True)],
            shared,
        )
        if abs(prior - before) < 1e-5 * prior:
            break
    return _Learnt(m, _of_relatives(shared, m, u), u, prior, relatives)


def _of_relatives(shared: np.ndarray, m: list[np.ndarray], u: list[np.ndarray]) -> list[np.ndarray]:
    """Shares of the levels among relatives: of one person where they share a field, or strangers'.

    `shared` is how often they share each field.
    """
    return [
        share * of_m + (1 - share) * of_u / of_u.sum()
        for share, of_m, of_u in zip(shared, m, u, strict=True)
    ]


def _share_shared(
    position: np.ndarray, share: float, of_m: np.ndarray, of_u: np.ndarray, related: np.ndarray
) -> float:
    """How often relatives share a field, by the levels at which they agree in it."""
    known = position >= 0
    likely = share * of_m / (share * of_m + (1 - share) * of_u)
    pairs = related[known].sum() + STEADYING_PAIRS
    return float(
        ((likely[position[known]] * related[known]).sum() + share * STEADYING_PAIRS) / pairs
    )


def _weights(
    positions: list[np.ndarray], of_class: list[np.ndarray], u: list[np.ndarray]
) -> np.ndarray:
    """Natural log of the Bayes factor of each pattern for a class against strangers."""
    weights = np.zeros(len(positions[0]))
    for position, shares, of_u in zip(positions, of_class, u, strict=True):
        weights += np.where(position < 0, 0.0, np.log(shares / of_u)[position])
    return np.clip(weights, -200, 200)


def _bounded(shares: np.ndarray, most_different: float) -> np.ndarray:
    """The shares with that of the last level (different) at most `most_different`."""
    if shares[-1] <= most_different:
        return shares
    rest = shares[:-1] * (1 - most_different) / shares[:-1].sum()
    return np.append(rest, most_different)


def _shares_of(position: np.ndarray, pairs: np.ndarray, usual: np.ndarray) -> np.ndarray:
    known = position >= 0
    counts = np.bincount(position[known], pairs[known], len(usual))
    return (counts + usual * STEADYING_PAIRS) / (counts.sum() + STEADYING_PAIRS)


def _settings(compared: list[dict[str, Any]]) -> dict[str, Any]:
    cleaned = [
        {
            **comparison,
            "comparison_levels": [
                {key: value for key, value in level.items() if key not in ("usual_m", "least_u")}
                for level in comparison["comparison_levels"]
            ],
        }
        for comparison in compared
    ]
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "profile_no",
        "comparisons": cleaned,
        "blocking_rules_to_generate_predictions": ["l.profile_no = r.profile_no"],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,
    }


def _without_frequencies(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings without term frequencies, which only scores need."""
    return settings | {
        "comparisons": [
            comparison
            | {
                "comparison_levels": [
                    {key: value for key, value in level.items() if not key.startswith("tf_")}
                    for level in comparison["comparison_levels"]
                ]
            }
            for comparison in settings["comparisons"]
        ]
    }
