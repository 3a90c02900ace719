"""Odds learnt from made-up profiles whose true odds are known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.propensity.encoding import CATEGORIES, COUNTS, DAYS, learn_encoding
from orchestration.propensity.model import learn
from orchestration.propensity.warehouse import SCHEMA, STAGES, foretold, learn_all

PER_DAY = 2000
LAST = date(2025, 12, 31)
ROLES = {"is_current": [0], "is_held_out": [1, 2], "trains_current": [1, 2, 3, 4]}
ROLES["trains_backtest"] = [3, 4, 5, 6]


def cutoffs() -> pd.DataFrame:
    """Day 0, two days that test, and days that are learnt from."""
    numbers = range(7)
    days = [LAST - timedelta(days=0 if n == 0 else 23 + 7 * n) for n in numbers]
    frame = pd.DataFrame({"cutoff_number": numbers, "cutoff_date": days})
    frame["horizon_end_date"] = [day + timedelta(days=30) for day in days]
    for role, held in ROLES.items():
        frame[role] = frame["cutoff_number"].isin(held)
    return frame


def features(seed: int = 1, steps: float = 0.3) -> pd.DataFrame:
    """Profiles whose odds of buying rise with recent intent, if they are identified."""
    chance = np.random.default_rng(seed)
    rows = PER_DAY * 7
    frame = pd.DataFrame(
        {
            "cutoff_number": np.repeat(np.arange(7), PER_DAY),
            "profile_key": np.tile(np.arange(PER_DAY), 7),
            "is_identified": chance.integers(0, 2, rows),
        }
    )
    frame["customer_key"] = frame["profile_key"]
    frame["cutoff_date"] = frame["cutoff_number"].map(
        dict(zip(cutoffs()["cutoff_number"], cutoffs()["cutoff_date"], strict=True))
    )
    for name in COUNTS:
        frame[name] = chance.poisson(0.5, rows)
    for name in DAYS:
        days = chance.integers(0, 20, rows).astype(float)
        frame[name] = pd.array(np.where(chance.random(rows) < 0.5, np.nan, days)).astype("Int32")
    for name, values in zip(
        CATEGORIES, (["in_market", "not_in_market"], ["ES"], ["mobile"]), strict=True
    ):
        frame[name] = chance.choice(values, rows)
    recent = (frame["intent_days"].fillna(999) < 7).to_numpy(dtype=float)
    odds = -3 + 2.5 * recent * frame["is_identified"] + 0.5 * (frame["steps_week"] >= 1)
    frame["truth"] = 1 / (1 + np.exp(-odds))
    frame["is_converted"] = chance.random(rows) < frame["truth"]
    acts = frame["is_converted"] | (chance.random(rows) < steps)
    stage = np.where(recent == 1, "intent", chance.choice(["awareness", "consideration"], rows))
    frame["next_stage"] = np.where(acts, stage, "none")
    return frame


def told(frame: pd.DataFrame, min_conversions: int = 50, threads: int = 2) -> pd.DataFrame:
    """What the step of the warehouse foretells for these features."""
    with duckdb.connect() as connection:
        connection.execute(f"set threads = {threads}")
        connection.register("given_features", frame)
        connection.register("given_cutoffs", cutoffs())
        connection.execute("create table features as from given_features")
        connection.execute("create table cutoffs as from given_cutoffs")
        rules = connection.sql(f"select {min_conversions} as min_conversions")
        reader = foretold(connection.table("features"), connection.table("cutoffs"), rules)
        return reader.read_all().to_pandas()


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    return features()


@pytest.fixture(scope="module")
def odds(known: pd.DataFrame) -> pd.DataFrame:
    return told(known).merge(known[["cutoff_number", "profile_key", "truth"]])


def auc(probability: Any, outcome: Any) -> float:
    ranks = pd.Series(probability).rank().to_numpy()
    hits = np.asarray(outcome, dtype=bool)
    return float(
        (ranks[hits].sum() - hits.sum() * (hits.sum() + 1) / 2) / (hits.sum() * (~hits).sum())
    )


def top_tenth_lift(probability: Any, outcome: Any) -> float:
    order = np.argsort(-np.asarray(probability), kind="stable")
    return float(np.mean(np.asarray(outcome)[order[: len(order) // 10]]) / np.mean(outcome))


def test_odds_come_near_the_true_ones(odds: pd.DataFrame) -> None:
    held_out = odds[odds["cutoff_number"] > 0]
    assert len(held_out) == 2 * PER_DAY
    assert np.corrcoef(held_out["purchase_probability"], held_out["truth"])[0, 1] > 0.85
    assert held_out["purchase_probability"].sum() == pytest.approx(held_out["truth"].sum(), rel=0.1)
    assert top_tenth_lift(held_out["purchase_probability"], held_out["is_converted"]) > 2
    for low, high in ((0, 0.1), (0.1, 0.5), (0.5, 1)):
        part = held_out[held_out["truth"].between(low, high)]
        if len(part) > 100:
            assert part["purchase_probability"].mean() == pytest.approx(
                part["truth"].mean(), abs=0.08
            )


def test_shuffled_outcomes_lift_nothing(known: pd.DataFrame) -> None:
    """The fault to be found: a model that learnt from outcomes of others tells nobody apart."""
    shuffled = known.copy()
    is_past = shuffled["cutoff_number"] > 2
    outcomes = ["is_converted", "next_stage"]
    shuffled.loc[is_past, outcomes] = (
        shuffled.loc[is_past, outcomes].sample(frac=1, random_state=5).to_numpy()
    )
    shuffled["is_converted"] = shuffled["is_converted"].astype(bool)
    held_out = told(shuffled).query("cutoff_number > 0")
    assert 0.4 < auc(held_out["purchase_probability"], held_out["is_converted"]) < 0.6
    assert 0.6 < top_tenth_lift(held_out["purchase_probability"], held_out["is_converted"]) < 1.4


def test_stages_sum_to_any_step(odds: pd.DataFrame) -> None:
    stages = odds[[f"next_{stage}_probability" for stage in STAGES]]
    assert np.allclose(stages.sum(axis=1), odds["next_step_probability"], atol=1e-5)
    assert (odds["next_loyalty_probability"] == 0).all(), "nobody was seen there"
    assert set(odds["expected_stage"]) <= {"awareness", "consideration", "intent"}
    seen = (odds["next_stage"] != "none")[odds["cutoff_number"] > 0]
    assert odds["next_step_probability"][odds["cutoff_number"] > 0].sum() == pytest.approx(
        seen.sum(), rel=0.1
    )


def test_the_test_learns_nothing_of_the_days_it_tests(
    known: pd.DataFrame, odds: pd.DataFrame
) -> None:
    """What comes on the days of the test, and features of the last day, change no tested odds."""
    changed = known.copy()
    newest = changed["cutoff_number"] <= 2
    changed.loc[newest, "is_converted"] = ~changed.loc[newest, "is_converted"].astype(bool)
    changed["is_converted"] = changed["is_converted"].astype(bool)
    again = told(changed)
    tested, before = (frame.query("cutoff_number > 0") for frame in (again, odds))
    assert (
        tested["purchase_probability"].to_numpy() == before["purchase_probability"].to_numpy()
    ).all()
    assert again["model_version"].nunique() == 2
    last, was = (frame.query("cutoff_number == 0") for frame in (again, odds))
    assert (last["purchase_probability"].to_numpy() != was["purchase_probability"].to_numpy()).any()
    assert set(before["trained_until_date"]) == {LAST - timedelta(days=23 + 21 - 30)}


def test_neither_threads_nor_order_matter(known: pd.DataFrame, odds: pd.DataFrame) -> None:
    again = told(known.sample(frac=1, random_state=3), threads=1)
    keys = ["cutoff_number", "profile_key"]
    columns = [name for name in SCHEMA.names if name not in keys]
    one = again.sort_values(keys).reset_index(drop=True)[columns]
    other = odds.sort_values(keys).reset_index(drop=True)[columns]
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_thin_data_give_shares_by_state(known: pd.DataFrame) -> None:
    """The share of those in the same state, drawn to that of all by the weight of 200 rows."""
    found = told(known, min_conversions=10**6).query("cutoff_number == 0")
    assert set(found["purchase_method"]) == {"base_rate"}
    assert set(found["stage_method"]) == {"base_rate"}
    learnt = known[known["cutoff_number"].isin(ROLES["trains_current"])]
    whole = learnt["is_converted"].mean()
    same = learnt[(learnt["market_state"] == "in_market") & (learnt["is_identified"] == 1)]
    expected = (same["is_converted"].sum() + 200 * whole) / (len(same) + 200)
    mine = known.query("cutoff_number == 0 and market_state == 'in_market' and is_identified == 1")
    got = found.merge(mine[["profile_key"]])["purchase_probability"]
    assert np.allclose(got, round(expected, 6))
    assert found["drivers"].isna().all()


def test_a_state_never_seen_gets_the_share_of_all(known: pd.DataFrame) -> None:
    odd = known.copy()
    odd.loc[odd["cutoff_number"] == 0, "market_state"] = "just_bought"
    found = told(odd, min_conversions=10**6).query("cutoff_number == 0")
    learnt = known[known["cutoff_number"].isin(ROLES["trains_current"])]
    assert np.allclose(found["purchase_probability"], round(learnt["is_converted"].mean(), 6))


@pytest.mark.parametrize("held", ["nothing", "the last day", "nobody acts"])
def test_little_or_nothing_to_learn_from(known: pd.DataFrame, held: str) -> None:
    part = known.copy()
    if held == "nothing":
        part = part.head(0)
    elif held == "the last day":
        part = part[part["cutoff_number"] == 0]
    else:
        part["is_converted"] = False
        part["next_stage"] = "none"
    found = told(part)
    last = found[found["cutoff_number"] == 0]
    assert len(last) == (0 if held == "nothing" else PER_DAY)
    if held == "the last day":
        assert set(last["purchase_method"]) == {"none"}
        assert last["purchase_probability"].isna().all()
        assert last["expected_stage"].isna().all()
    if held == "nobody acts":
        assert (last["purchase_probability"] == 0).all()
        assert (last["next_step_probability"] == 0).all()
        assert set(last["stage_method"]) == {"none"}


def test_drivers_name_what_raises_the_odds(known: pd.DataFrame, odds: pd.DataFrame) -> None:
    rows = odds.merge(known[["cutoff_number", "profile_key", "intent_days", "is_identified"]])
    hot = rows[(rows["intent_days"].fillna(999) < 7) & (rows["is_identified"] == 1)]
    assert len(hot) > 20
    assert hot["drivers"].str.startswith("intent_days").mean() > 0.9


def test_two_outcomes_by_name_are_learnt_like_one(known: pd.DataFrame) -> None:
    rows = known.query("cutoff_number > 2").reset_index(drop=True)
    is_bought = rows["is_converted"].to_numpy(dtype=bool)
    flags = learn_encoding(rows).encode(rows)
    named = learn(rows, flags, np.where(is_bought, "yes", "no").astype(object), 50)
    plain = learn(rows, flags, is_bought, 50)
    matrix = flags.astype(float)
    both, one = named.probabilities(rows, matrix), plain.probabilities(rows, matrix)
    assert named.classes == ("no", "yes")
    assert np.allclose(both.sum(axis=1), 1)
    assert np.allclose(both[:, 1], one[:, 0])


def test_rare_values_of_a_category_have_no_column(known: pd.DataFrame) -> None:
    rows = known.copy()
    rows.loc[:10, "market_code"] = "GB"
    assert learn_encoding(rows).levels["market_code"] == ("ES",)


def test_customers_are_counted_not_rows(known: pd.DataFrame) -> None:
    """One customer who converts in every row is one customer."""
    rows = known.assign(customer_key=7)
    days = cutoffs()
    learnt = learn_all(rows, days[days["trains_current"]], 2)
    assert learnt.purchase.method == "base_rate"
