"""Tables of paths in every form, and what is said of those that do not serve."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from orchestration.attribution import MODELS, AttributionError, attribute
from orchestration.attribution.__main__ import main
from orchestration.attribution.credit import OTHER_MODELS, UNATTRIBUTED

PATHS = ["a > b", "b", None, " > ", "c >a> b "]
NUMBERS = {"conversions": [1.5, 2, 3, 4, 0], "value": [9, -4, 1, 2, 0], "nulls": [1, 0, 7, 0, 2]}


def owed(found, model, column="conversions"):
    return {
        row["channel"]: row[column]
        for row in found.credit.to_pylist()
        if row["attribution_model"] == model
    }


def forms(tmp_path):
    table = pa.table({"path": PATHS, **NUMBERS})
    connection = duckdb.connect()
    connection.register("held", table)
    connection.execute(f"copy held to '{tmp_path}/paths.csv' (header)")
    connection.execute(f"copy held to '{tmp_path}/paths.parquet'")
    lists = [None if path is None else [s.strip() for s in path.split(">")] for path in PATHS]
    frame = table.to_pandas()
    return {
        "relation": connection.sql("from held"),
        "lists": connection.sql(
            "select * replace (string_split(path, '>') as path, "
            "conversions::decimal(9, 3) as conversions, value::decimal(18, 4) as value) from held"
        ),
        "frame": frame,
        "objects": frame.astype({"path": object}),
        "categories": frame.astype({"path": "category"}),
        "arrow": table,
        "columns": {"path": lists, **NUMBERS},
        "rows": table.to_pylist(),
        "csv": tmp_path / "paths.csv",
        "parquet": str(tmp_path / "paths.parquet"),
    }


@pytest.mark.parametrize(
    "form",
    ["relation", "lists", "frame", "objects", "categories", "columns", "rows", "csv", "parquet"],
)
def test_every_form_of_a_table_gives_the_same(tmp_path, form):
    held = forms(tmp_path)
    expected = attribute(held["arrow"])
    found = attribute(held[form])
    for model in MODELS:
        assert owed(found, model) == pytest.approx(owed(expected, model), rel=1e-12)
        assert owed(found, model, "value") == pytest.approx(owed(expected, model, "value"))
    assert owed(found, "linear") == pytest.approx({"a": 0.75, "b": 2.75, "c": 0, UNATTRIBUTED: 7})


@pytest.mark.parametrize("model", MODELS + OTHER_MODELS)
def test_every_model_owes_all_and_shows_what_it_cannot_place(model):
    draw = np.random.default_rng(8)
    paths = [
        {
            "path": list(draw.choice(list("abcdef"), draw.integers(0, 6))),
            "conversions": float(draw.integers(0, 4)) / 3,
            "value": float(draw.integers(0, 90)) / 7,
            "nulls": float(draw.integers(0, 3)),
        }
        for _ in range(300)
    ]
    found = attribute(paths, model)
    for column in ("conversions", "value"):
        total = sum(row[column] for row in paths)
        assert sum(owed(found, model, column).values()) == pytest.approx(total, rel=1e-9)
        empty = sum(row[column] for row in paths if not len(row["path"]))
        assert owed(found, model, column)[UNATTRIBUTED] == pytest.approx(empty)
    assert "paths without a channel" in found.notes[-1]


def test_value_without_a_journey_is_owed_to_none():
    found = attribute({"path": ["a", "b"], "conversions": [1, 0], "value": [0, 5]}, "markov")
    assert owed(found, "markov", "value") == {"a": 5.0, "b": 0.0}
    found = attribute({"path": ["a"], "conversions": [0], "value": [5]}, ["markov", "linear"])
    assert owed(found, "markov", "value") == {"a": 0.0, UNATTRIBUTED: 5.0}
    assert owed(found, "linear", "value") == {"a": 5.0}


@pytest.mark.parametrize(
    ("path", "separator"),
    [
        ("a>b>a", ">"),
        ("a > b > a", ">"),
        ("a>b>a", " > "),
        ("a | b|a", "|"),
        ("a b a", " "),
        ("a->b->a", "->"),
        (" a ,b, a ", ","),
    ],
)
def test_separators_with_or_without_blanks(path, separator):
    found = attribute({"path": [path], "conversions": [3]}, "linear", separator=separator)
    assert owed(found, "linear") == {"a": 2.0, "b": 1.0}


def test_one_path_may_be_spelled_unlike_the_others():
    paths = ["a > b"] * 200 + ["a>b", "a >b> b"]
    found = attribute({"path": paths, "conversions": [1] * 202}, "last_touch")
    assert owed(found, "last_touch") == {"a": 0.0, "b": 202.0}


def test_an_empty_path_is_shown_even_if_nothing_is_owed_to_it():
    found = attribute({"path": ["a", ""], "conversions": [1, 0], "nulls": [0, 3]}, "linear")
    assert owed(found, "linear") == {"a": 1.0, UNATTRIBUTED: 0.0}


def test_channels_may_be_called_anything():
    names = ["(start)", "(null)", "(conversion)", UNATTRIBUTED, "Ä 'x' \"y\""]
    found = attribute({"path": [names, []], "conversions": [5, 1], "nulls": [2, 0]})
    assert [row for row in found.credit.to_pylist() if row["attribution_model"] == "linear"] == [
        {
            "attribution_model": "linear",
            "channel": name,
            "is_attributed": True,
            "conversions": 1.0,
            "value": None,
        }
        for name in sorted(names)
    ] + [
        {
            "attribution_model": "linear",
            "channel": UNATTRIBUTED,
            "is_attributed": False,
            "conversions": 1.0,
            "value": None,
        }
    ]
    kinds = {(row["from_kind"], row["to_kind"]) for row in found.transitions.to_pylist()}
    assert kinds == {
        ("start", "channel"),
        ("channel", "channel"),
        ("channel", "conversion"),
        ("channel", "null"),
    }


def test_columns_are_found_by_the_names_of_other_packages():
    table = {
        "path": ["a"],
        "total_conversions": [2],
        "total_conversion_value": [7.5],
        "total_null": [1],
    }
    found = attribute(table)
    assert (owed(found, "markov"), owed(found, "markov", "value")) == ({"a": 2.0}, {"a": 7.5})
    assert found.paths.has_nulls
    named = {"Route": ["a"], "n": [2], "Eur": [1], "lost": [4]}
    found = attribute(named, path="route", conversions="n", value="Eur", nulls="lost")
    assert found.paths.weights.tolist() == [6.0]


def test_rows_that_are_journeys():
    table = {"path": ["a > b", "b", "a"], "converted": [True, False, False]}
    found = attribute(table, "markov", conversions="converted", each_row_is_a_journey=True)
    aggregated = {"path": table["path"], "conversions": [1, 0, 0], "nulls": [0, 1, 1]}
    assert found.credit == attribute(aggregated, "markov").credit
    unsaid = attribute(table, "markov", conversions="converted")
    assert unsaid.notes[0].endswith("If each row is a journey, say so (each_row_is_a_journey).")
    with pytest.raises(AttributionError, match="row 1: conversions is above 1"):
        attribute({"path": ["a"], "conversions": [2]}, each_row_is_a_journey=True)


def test_blanks_are_counted():
    found = attribute(
        pd.DataFrame({"path": ["a > > b", "a"], "conversions": ["1", " "], "nulls": [np.nan, 2]}),
        "linear",
    )
    assert owed(found, "linear") == {"a": 0.5, "b": 0.5}
    assert found.notes == (
        "1 blank conversions count as 0.",
        "1 blank nulls count as 0.",
        "1 steps without a channel are left out.",
    )


def test_no_line_of_a_file_is_skipped(tmp_path):
    file = tmp_path / "paths.csv"
    file.write_text('path;conversions\n#hash;1\n\n"a > ""b""";2\n', encoding="utf-8")
    assert owed(attribute(file, "linear"), "linear") == {"#hash": 1.0, '"b"': 1.0, "a": 1.0}


def test_decimal_amounts_stay_exact():
    """0.29 is no whole number of cents as a fraction, and three of them are no 0.87."""
    value = pa.array([Decimal("0.29")] * 3, pa.decimal128(20, 2))
    table = pa.table({"path": ["a", "a", "a"], "conversions": [1, 1, 1], "value": value})
    assert owed(attribute(table, "first_touch"), "first_touch", "value") == {"a": 0.87}
    assert 0.29 * 100 * 3 / 100 != 0.87


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ({"path": ["a"]}, {}, "no column conversions or total_conversions"),
        ({"path": ["a"], "n": [1]}, {"conversions": "m"}, "no column m for the conversions"),
        ({"path": ["a", "b"], "conversions": [1, -1]}, {}, "row 2: conversions is negative"),
        ({"path": ["a", "b"], "conversions": ["1", "x"]}, {}, "row 2: conversions is not a number"),
        ({"path": ["a"], "conversions": ["nan"]}, {}, "row 1: conversions is not a number"),
        (
            {"path": ["a", "b", "c"], "conversions": [1, 2, 3], "nulls": [1, -2, -3]},
            {},
            "row 2 and 1 further rows: nulls is negative",
        ),
        ({"path": ["a"], "conversions": [1], "value": [np.inf]}, {}, "value is not a number"),
        ({"path": ["a"], "conversions": [1]}, {"models": ["best"]}, "no model best"),
        ({"path": ["a"], "conversions": [1]}, {"position_weights": (0.7, 0.4)}, "at most 1"),
        ({"path": ["a"], "conversions": [1]}, {"half_life": 0}, "give one above 0"),
        ({"path": ["a"], "conversions": [1]}, {"markov_order": 0}, "give 1, 2 or 3"),
        ({"path": ["a"], "conversions": [1]}, {"separator": ""}, "separator between channels"),
        ({"path": ["a"], "conversions": [1]}, {"max_players": 30}, "give 2 to 20"),
        (7, {}, "cannot be read from int"),
        ("nowhere.csv", {}, "There is no file nowhere.csv"),
    ],
)
def test_what_does_not_serve_is_refused_with_a_reason(table, options, message):
    with pytest.raises(AttributionError, match=message):
        attribute(table, **options)


def test_the_command_writes_credit_and_prints_it(tmp_path, capsys):
    held = forms(tmp_path)["csv"]
    out, moves = tmp_path / "credit.csv", tmp_path / "moves.parquet"
    arguments = [str(held), "--out", str(out), "--transitions", str(moves), "--markov-order", "2"]
    assert main(arguments) == 0
    expected = attribute(held, markov_order=2)
    written = pd.read_csv(out)
    assert written["conversions"].tolist() == pytest.approx(
        expected.credit.column("conversions").to_pylist()
    )
    assert len(pd.read_parquet(moves)) == expected.transitions.num_rows
    printed = capsys.readouterr().out
    assert "Conversions by channel" in printed and "Value by channel" in printed
    assert "2 paths without a channel, with 7 conversions" in printed


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("path,conversions\na,1\nb,-1\n", [], "paths.csv, row 2: conversions is negative"),
        ("path,conversions,nulls\na,1,few\n", [], "paths.csv, row 1: nulls is not a number"),
        ("path,n\na,1\n", [], "has no column conversions"),
        ('path,conversions\n"a,1\n', [], "cannot be read"),
        ("path,conversions\na,1\nb,2,3\n", [], "cannot be read"),
        ("path,conversions\na,1\n", ["--models", "best"], "There is no model best"),
        ("path,conversions\na,1\n", ["--out", "credit.xls"], "ends with .csv or .parquet"),
    ],
)
def test_the_command_says_what_is_wrong_and_fails(tmp_path, capsys, text, arguments, message):
    file = tmp_path / "paths.csv"
    file.write_text(text, encoding="utf-8")
    assert main([str(file), *arguments]) == 2
    assert message in capsys.readouterr().err
