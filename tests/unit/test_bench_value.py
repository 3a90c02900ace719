"""The bench of customer value at tiny size: both ways come to the same."""

import json
from pathlib import Path

import pandas as pd
import pytest

from orchestration.bench import value
from orchestration.bench.__main__ import main
from orchestration.bench.value_by_hand import measure


def test_both_ways_count_learn_and_foretell_alike(tmp_path: Path):
    file = tmp_path / "purchases.parquet"
    purchases = value.write_purchases(file, 5_000, seed=2)
    assert purchases == len(pd.read_parquet(file)) > 6_000
    ours, by_hand = (measure(who, file, 1) for who in value.WAYS)
    for name, found in ours["parameters"].items():
        assert found == pytest.approx(by_hand["parameters"][name], rel=1e-3)
        assert found == pytest.approx(value.PLANTED[name], rel=0.5)
    assert ours["foretold"] == pytest.approx(by_hand["foretold"], rel=1e-5)


def test_the_part_writes_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CFS_DATA_DIR", str(tmp_path / "data"))
    folder = str(tmp_path / "work")
    assert main(["value", "--rows", "3000", "--rounds", "1", "--folder", folder]) == 0
    report = json.loads((tmp_path / "data" / "bench" / "scale_0.1.json").read_text())
    assert [line["what"] for line in report["lines"]][:3] == [
        "value: count", "value: learn", "value: foretell",
    ]  # fmt: skip
    assert report["numbers"]["value"]["customers"] == 3000
    assert not (tmp_path / "work" / "value").exists()
