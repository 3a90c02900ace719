"""Counting purchases, holding out, judging, and the command line: small tables by hand."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from orchestration.customer_value import CustomerValueError, evaluate, summarize
from orchestration.customer_value.__main__ import main

ROWS = [
    ("a", "1997-01-01", 10.0),
    ("a", "1997-01-01", 5.0),  # the same day: one purchase of 15
    ("a", "1997-01-15", 30.0),
    ("a", "1997-02-05", 20.0),
    ("a", "1997-03-20", 40.0),  # held out
    ("b", "1997-01-10", 7.0),
    ("b", "1997-02-01", -7.0),  # a return
    ("c", "1997-03-15", 99.0),  # first bought in the hold-out
    (None, "1997-01-02", 3.0),
]
TABLE = pd.DataFrame(ROWS, columns=["id", "day", "spent"])
UNTIL = {"observation_end": "1997-02-28", "holdout_end": "1997-03-31"}


def test_purchases_are_counted_once_a_day() -> None:
    found = summarize(TABLE, "id", "day", "spent", unit="day", **UNTIL)  # type: ignore[arg-type]
    one, two = found.customers.to_dict("records")
    assert (one["customer"], one["frequency"], one["recency"], one["age"]) == ("a", 2, 35, 58)
    assert one["monetary"] == 25  # of the repeat purchases
    assert (one["holdout_purchases"], one["holdout_amount"]) == (1, 40)
    assert (two["customer"], two["frequency"], two["recency"], two["age"]) == ("b", 0, 0, 49)
    assert np.isnan(two["monetary"])
    assert two["holdout_purchases"] == 0
    assert found.holdout == 31
    assert found.notes == (
        "1 of 9 transactions without a customer were left out.",
        "1 of 9 transactions below 0 were left out.",
    )


def test_first_purchases_count_in_values_when_asked_for() -> None:
    found = summarize(TABLE, "id", "day", "spent", with_first=True, observation_end="1997-02-28")
    assert found.customers["monetary"].tolist() == pytest.approx([65 / 3, 7])
    assert "holdout_purchases" not in found.customers


def test_times_are_in_the_unit_and_period_that_are_asked_for() -> None:
    weeks = summarize(TABLE, "id", "day", "spent", observation_end="1997-02-28").customers
    assert weeks["recency"].tolist() == pytest.approx([5, 0])
    assert weeks["age"].tolist() == pytest.approx([58 / 7, 7])
    months = summarize(
        TABLE, "id", "day", "spent", unit="month", counted_once_per="month", with_first=True
    ).customers
    one = months[months["customer"] == "a"].iloc[0]
    assert (one["frequency"], one["monetary"]) == (2, 35)  # 45, 20 and 40
    assert one["recency"] == pytest.approx(59 / 30.4375)


def test_any_table_gives_the_same(tmp_path: Path) -> None:
    frame = summarize(TABLE, "id", "day", "spent").customers
    file = tmp_path / "rows.csv"
    TABLE.assign(day=TABLE["day"].str.replace("-", "")).to_csv(file, index=False, sep=";")
    connection = duckdb.connect()
    relation = connection.from_df(TABLE.assign(day=pd.to_datetime(TABLE["day"])))
    rows = [dict(zip(TABLE.columns, row, strict=True)) for row in ROWS]
    columns = {name: [row[name] for row in rows] for name in TABLE.columns}
    for source in (file, relation, rows, columns):
        pd.testing.assert_frame_equal(summarize(source, "ID", "day", "spent").customers, frame)


def test_blank_amounts_count_as_nothing_and_are_told() -> None:
    found = summarize(TABLE.assign(spent=[None, *TABLE["spent"][1:]]), "id", "day", "spent")
    assert found.notes[-1] == "1 of 9 transactions without an amount count as 0."
    assert found.customers["frequency"].tolist()[0] == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"customer": "who"}, "no column who"),
        ({"observation_end": "soon"}, "write a day"),
        ({"observation_end": "1990-01-01"}, "Nobody bought"),
        ({"holdout_end": "1990-01-01"}, "not after"),
        ({"unit": "hour"}, "unit is 'hour'"),
        ({"date": "spent"}, "dates cannot be read"),
        ({"amount": "id"}, "amounts are no numbers"),
    ],
)
def test_what_cannot_be_read_is_told(change: dict[str, str], said: str) -> None:
    named = {"customer": "id", "date": "day", "amount": "spent"} | change
    with pytest.raises(CustomerValueError, match=said):
        summarize(TABLE, **named)  # type: ignore[arg-type]


def test_what_was_foretold_is_held_against_what_came() -> None:
    told, came = np.arange(20.0), np.array([0.0] * 10 + [1.0] * 8 + [6.0, 6.0])
    found = evaluate(told, came, frequency=np.repeat([0, 9], 10), age=np.full(20, 10), horizon=5)
    measures = found.measures.set_index("model")
    model, same, mean = (measures.loc[name] for name in ("model", "same_rate", "mean"))
    assert (model["foretold"], model["came"]) == (190, 20)
    assert model["top_tenth_share"] == 12 / 20
    assert model["mean_absolute_error"] == pytest.approx(np.abs(told - came).mean())
    assert model["root_mean_squared_error"] == pytest.approx(np.sqrt(((told - came) ** 2).mean()))
    assert model["rank_correlation"] == pytest.approx(
        pd.Series(told).corr(pd.Series(came), method="spearman")
    )
    assert same["foretold"] == 10 * 0.9 * 5
    assert same["top_tenth_share"] == pytest.approx(2 * came[10:].sum() / 10 / 20)  # equals share
    assert mean["foretold"] == pytest.approx(90 / 200 * 5 * 20)
    assert np.isnan(mean["rank_correlation"])
    assert found.by_frequency["frequency"].tolist() == [0, 7]
    assert found.by_frequency["came"].tolist() == [0, 2]


@pytest.fixture
def bought(tmp_path: Path) -> Path:
    random = np.random.default_rng(2)
    rate = random.gamma(0.8, 1 / 30, 400)
    rows = []
    for customer in range(400):
        day = random.uniform(0, 60)
        while day < 400:
            rows.append((customer, pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(day)), 10.5))
            if random.random() < 0.25:
                break
            day += random.exponential(1 / rate[customer])
    file = tmp_path / "bought.csv"
    pd.DataFrame(rows, columns=["id", "date", "sales"]).to_csv(file, index=False)
    return file


def test_command_line_values_customers(bought: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = bought.with_name("out.csv")
    given = [str(bought), "--customer", "id", "--amount", "sales", "--unit", "day"]
    ends = ["--end", "2024-09-30", "--holdout-end", "2024-12-31", "--horizon-days", "92"]
    assert main([*given, *ends, "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "BG/NBD: r " in told
    assert "held out until 2024-12-31" in told
    rows = pd.read_csv(out)
    assert len(rows) == 400
    assert rows["expected_purchases"].sum() == pytest.approx(
        rows["holdout_purchases"].sum(), rel=0.3
    )
    counted = ["--frequency", "frequency", "--recency", "recency", "--age", "age", "--unit", "day"]
    for model in ("bg_nbd", "mbg_nbd", "pareto_nbd"):
        again = out.with_name(f"{model}.parquet")
        asked = ["--model", model, "--horizon-days", "92", "--out", str(again)]
        assert main([str(out), *counted, *asked]) == 0
        values = pd.read_parquet(again)["expected_purchases"]
        if model == "bg_nbd":
            np.testing.assert_allclose(values, rows["expected_purchases"], rtol=1e-6)


def test_command_line_takes_customers_who_paid_nothing(
    bought: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = pd.read_csv(bought)
    free = rows[rows.groupby("id")["date"].transform("count") == 3]["id"].iloc[0]
    rows.loc[rows["id"] == free, "sales"] = 0.0
    rows.to_csv(bought, index=False)
    assert main([str(bought), "--customer", "ID", "--amount", "sales"]) == 0
    assert "1 customers whose purchases cost nothing" in capsys.readouterr().out


def test_command_line_says_what_is_wrong(bought: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(bought)]) == 2
    assert "no column customer" in capsys.readouterr().err
    assert main([str(bought), "--frequency", "id"]) == 2
    assert "--recency" in capsys.readouterr().err
    assert main([str(bought.with_name("none.csv"))]) == 2
    assert "There is no file" in capsys.readouterr().err
