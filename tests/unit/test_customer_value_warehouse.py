"""What the warehouse expects of customers: models, plain rates, and what was known when."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.customer_value import BgNbd, fit_bg_nbd, fit_gamma_gamma, lifetime_value
from orchestration.customer_value.lifetime import per_month
from orchestration.customer_value.warehouse import (
    EVALUATED,
    SCHEMA,
    WEIGHT_DAYS,
    evaluated,
    foretold,
)

JANUARY, FEBRUARY = "2025-01-01", "2025-02-01"
RULES = {
    "model": "bg_nbd",
    "horizon_months": 6,
    "discount_pct_year": 12.0,
    "holdout_days": 90,
    "min_customers": 50,
    "max_customers": 1_000_000,
}


def customers(number: int, seed: int = 1) -> pd.DataFrame:
    """Customers of one month who behave as BG/NBD says, in whole days."""
    random = np.random.default_rng(seed)
    rate, leaves = random.gamma(0.8, 1 / 40, number), random.beta(0.9, 2.5, number)
    age = random.integers(60, 365, number)
    x, last = np.zeros(number, dtype=int), np.zeros(number, dtype=int)
    for one in range(number):
        day = 0.0
        while (day := day + random.exponential(1 / rate[one])) < age[one]:
            if int(day) > last[one]:
                x[one] += 1
                last[one] = int(day)
            if random.random() < leaves[one]:
                break
    spend = random.gamma(6, 1 / random.gamma(4, 1 / 15, number)) * (x + 1)
    return pd.DataFrame(
        {
            "customer_key": np.arange(number),
            "month_start_date": pd.Timestamp(JANUARY),
            "purchase_kind": "own_shop",
            "frequency": x,
            "recency_days": last,
            "age_days": age,
            "net_amount_to_date": spend.round(2),
        }
    )


def told(
    known: pd.DataFrame,
    fitted: tuple[str, ...] = (JANUARY, FEBRUARY),
    covered: bool = True,
    **rules: object,
) -> pd.DataFrame:
    connection = duckdb.connect()
    days = pd.to_datetime(pd.Series([JANUARY, FEBRUARY]))
    is_fitted = days.isin(pd.to_datetime(list(fitted))) & covered
    flags = {"month_start_date": days, "is_covered": covered, "is_fitted": is_fitted}
    months = pd.concat(
        pd.DataFrame(flags | {"purchase_kind": kind}) for kind in ("own_shop", "won_deal")
    )
    dated = {"month_start_date": "month_start_date::date as month_start_date"}

    def relation(frame: pd.DataFrame) -> duckdb.DuckDBPyRelation:
        made = connection.from_df(frame)
        return made.project(", ".join(dated.get(name, name) for name in made.columns))

    table = foretold(relation(known), relation(months), relation(pd.DataFrame([RULES | rules])))
    assert table.schema == SCHEMA
    return table.to_pandas()


def test_a_month_is_foretold_by_its_own_fit() -> None:
    known = customers(3_000)
    found = told(known)
    assert (found["value_model"] == "bg_nbd").all()
    assert found["customer_count"].sum() == 3_000
    x, tx, t = (known[name] for name in ("frequency", "recency_days", "age_days"))
    model = fit_bg_nbd(x, tx, t)
    row = found.iloc[len(found) // 2]
    of = (row["frequency"], row["recency_days"], row["age_days"])
    assert row["r"] == pytest.approx(model.r, rel=1e-6)
    assert row["alpha_standard_error"] == pytest.approx(model.standard_errors[1], rel=1e-4)
    assert row["expected_orders_holdout"] == pytest.approx(
        model.expected_purchases(90.0, *of)[0], rel=1e-6
    )
    assert row["churn_risk"] == pytest.approx(model.probability_of_none(90.0, *of)[0], rel=1e-6)
    assert row["probability_alive"] == pytest.approx(model.probability_alive(*of)[0], rel=1e-6)
    worth = lifetime_value(
        model, *of, 1.0, horizon_months=6, discount_rate=per_month(12), unit="day"
    )
    assert row["discounted_orders"] == pytest.approx(worth[0], rel=1e-6)
    spend = fit_gamma_gamma(x + 1, known["net_amount_to_date"] / (x + 1))
    assert row["spend_model"] == "gamma_gamma"
    assert row["v"] == pytest.approx(spend.v, rel=1e-5)


def test_other_months_and_kinds_change_nothing() -> None:
    known = customers(1_000)
    others = [
        customers(500, 2).assign(month_start_date=pd.Timestamp(FEBRUARY)),
        customers(300, 3).assign(purchase_kind="won_deal"),
        known.head(9).assign(frequency=-1, recency_days=None, age_days=None),
    ]
    both = told(pd.concat([*others, known.sample(frac=1, random_state=4)], ignore_index=True))
    mine = (both["month_start_date"].astype(str) == JANUARY) & (both["purchase_kind"] == "own_shop")
    pd.testing.assert_frame_equal(both[mine].reset_index(drop=True), told(known))
    assert set(both["purchase_kind"]) == {"own_shop", "won_deal"}


def test_modified_model_lets_people_leave_after_the_first_purchase() -> None:
    found = told(customers(2_000), model="mbg_nbd")
    assert (found["value_model"] == "mbg_nbd").all()
    assert found.loc[found["frequency"] == 0, "probability_alive"].max() < 1


@pytest.mark.parametrize("why", ["few came back", "old month"])
def test_the_plain_rate_takes_the_place_of_a_model(why: str) -> None:
    known = customers(400)
    found = told(known, min_customers=10_000) if why == "few came back" else told(known, ())
    assert set(found["value_model"]) == {"shrunken_rate"}
    assert set(found["spend_model"]) == {"shrunken_mean"}
    mean = known["frequency"].sum() / known["age_days"].sum()
    row = found[found["frequency"] > 0].iloc[0]
    rate = (row["frequency"] + WEIGHT_DAYS * mean) / (row["age_days"] + WEIGHT_DAYS)
    assert row["expected_orders_holdout"] == pytest.approx(rate * 90)
    assert row["expected_orders_12_months"] == pytest.approx(rate * 365.25)
    assert np.isnan(row["probability_alive"])
    assert 0 < row["churn_risk"] < 1
    per_purchase = known["net_amount_to_date"].sum() / (known["frequency"] + 1).sum()
    assert (row["p"], row["q"], row["v"]) == (1, 2, pytest.approx(per_purchase))


def test_nothing_is_expected_where_nobody_came_back() -> None:
    known = customers(50).assign(frequency=0, recency_days=0, net_amount_to_date=0.0)
    found = told(known)
    assert set(found["value_model"]) == {"none"}
    assert set(found["spend_model"]) == {"none"}
    assert found["expected_orders_12_months"].isna().all()


def test_nothing_is_expected_of_a_source_that_fell_silent() -> None:
    found = told(customers(400), covered=False)
    assert set(found["value_model"]) == {"none"}
    assert found["churn_risk"].isna().all()
    assert "more than 90 days" in found["notes"].iloc[0]


def test_no_customers_make_no_rows() -> None:
    assert told(customers(5).head(0)).empty
    empty = duckdb.sql(
        "select date '2025-01-01' as month_start_date, 'sale' as purchase_kind, "
        "'bg_nbd' as value_model, 1 as customer_key where false"
    )
    assert evaluated(empty).schema == EVALUATED


def test_foretold_and_came_are_compared_for_each_way() -> None:
    tested = pd.DataFrame(
        {
            "month_start_date": pd.Timestamp(JANUARY),
            "purchase_kind": "own_shop",
            "value_model": "bg_nbd",
            "customer_key": range(4),
            "model_orders": [0.0, 1, 2, 3],
            "same_rate_orders": [0.0, 0, 0, 4],
            "mean_orders": 1.0,
            "model_amount": [0.0, 10, 20, 30],
            "same_rate_amount": [0.0, 0, 0, 40],
            "mean_amount": [None, None, None, None],
            "came_orders": [0, 1, 1, 4],
            "came_amount": [0.0, 10, 10, 40],
        }
    ).astype({"mean_amount": float})
    rows = evaluated(duckdb.from_df(tested)).to_pandas()
    assert len(rows) == 5  # no mean of amounts is known
    model = rows[(rows["measure"] == "orders") & (rows["forecast"] == "model")].iloc[0]
    assert (model["foretold"], model["came"], model["customer_count"]) == (6, 6, 4)
    assert model["mean_absolute_error"] == 0.5
    assert model["top_tenth_share"] == pytest.approx(4 / 6)


def test_a_model_of_nobody_leaving_is_still_told() -> None:
    assert BgNbd(1, 100, 1e-6, 1e4).expected_purchases(90.0, 3, 200.0, 300.0) == pytest.approx(
        90 * 4 / 400, rel=1e-4
    )
