"""What docs/attribution.md says of models, options and commands is what the code does."""

from __future__ import annotations

import re
import shlex

import pyarrow as pa
import pytest

from orchestration.attribution import attribute, credit, markov, reading, shapley, shapley_values
from orchestration.attribution.__main__ import _parser
from orchestration.lib.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "attribution.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (python -m orchestration\.attribution .*)$", TEXT, re.MULTILINE)
EXAMPLE = re.search(r"^    path,conversions,value,nulls\n(?:    .+\n)+", TEXT, re.MULTILINE)


def test_the_table_of_models_is_that_of_the_code():
    table = TEXT.split("## The models")[1].split("###")[0]
    models = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert tuple(models) == credit.MODELS + credit.OTHER_MODELS


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command):
    assert _parser().parse_args(shlex.split(command)[3:])


def test_the_example_is_a_table_of_paths(tmp_path):
    file = tmp_path / "paths.csv"
    file.write_text(re.sub("^    ", "", EXAMPLE[0], flags=re.MULTILINE), encoding="utf-8")
    found = attribute(file)
    assert sum(found.paths.conversions) == 8
    for stated in re.findall(r"^found\.(\w+)\.to_pandas\(\) +# (\w.*)$", TEXT, re.MULTILINE):
        table = getattr(found, stated[0])
        assert isinstance(table, pa.Table)
        assert stated[0] == "channel_weights" or stated[1].split(", ") == table.column_names


def test_defaults_are_those_of_the_code():
    options = credit.Options()
    assert "the first step 0.4, the last 0.4" in TEXT and options.position_weights == (0.4, 0.4)
    assert "`half_life` steps (1)" in TEXT and options.half_life == 1
    assert f"up to {shapley.MAX_PLAYERS} channels" in TEXT
    assert f"With up to {markov.DENSE_STATES:,} states" in TEXT
    assert f"at most {markov.LEFT_OVER:.0e}" in TEXT
    for names in reading.COLUMNS.values():
        assert all(f"`{name}`" in TEXT for name in names)
    for name in credit.DIRECT:
        assert f"`{name}`" in TEXT


def test_the_worked_game_is_right():
    call, result = re.search(r"(shapley_values\(\{.*\}\)) +# (\{.*\})", TEXT).groups()
    assert eval(call, {"shapley_values": shapley_values}) == eval(result)
