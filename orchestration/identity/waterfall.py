"""How a match weight adds up, field by field, and Splink's waterfall chart of it.

Belongs here: the parts of a weight that a run worked out, what the two records have in common
in each field, and the chart. Doesn't belong here: working out weights (see `model`).

The weights are those that decided: they are read from the run's results, never worked out
anew. The records are compared again only to name the level of agreement of each field.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from orchestration.identity import prepare, profiles
from orchestration.identity.evidence import Evidence
from orchestration.identity.macros import create_macros
from orchestration.identity.options import WEIGHTS, Options

NAMES = {
    "given": "given name",
    "family": "family name",
    "birth_date": "birth date",
    "email": "e-mail",
    "phone": "phone",
    "national_id": "national id",
    "address": "address",
    "gender": "gender",
    "company": "company",
    "other": "other fields",
}
"""What a person calls the comparisons."""

_PRIOR = "Prior"
_TOTAL = "Final score"  # Splink's chart knows the sum by this name.
_HEIGHT = 280
_SIDES = ("value_l", "value_r")
_TIPS = ("column_name", "label_for_charts", "log2_bayes_factor", "prob", "bayes_factor_description")


@dataclass(frozen=True)
class Bar:
    """A part of a match weight: log2 of how much likelier it makes one person than two.

    `kind` is prior, field, frequency (how common the shared value is), relatives (how well two
    people of one household or company explain the same) or total. `level` says how far the two
    records agree, where that is known.
    """

    name: str
    kind: str
    weight: float
    level: str | None = None


@dataclass(frozen=True)
class Level:
    """A level of agreement: its weight without the frequency of the value."""

    label: str
    weight: float
    has_frequency: bool


Pair = tuple[str, str]


def waterfalls(evidence: Evidence, pairs: Sequence[Pair]) -> dict[Pair, list[Bar]]:
    """The bars of each pair of records that the model weighed, in the order of the chart.

    `pairs` are (record_id, linked_record_id) as in table `link`; those that the model did not
    weigh are left out.
    """
    columns = {row[0] for row in evidence.connection.execute("describe link").fetchall()}
    fields = [f"{name}_weight" for name in (*WEIGHTS, "other", "relatives")]
    selected = ", ".join(name if name in columns else f"null as {name}" for name in fields)
    rows = evidence.connection.execute(
        f"""
        select record_id, linked_record_id, match_weight, {selected}
        from link
        where rule = 'model'
            and (record_id, linked_record_id) in (select unnest(?), unnest(?))
        """,
        [[one for one, _ in pairs], [other for _, other in pairs]],
    ).fetchall()
    levels = levels_of(evidence, [(row[0], row[1]) for row in rows])
    return {
        (row[0], row[1]): bars_of(
            evidence,
            row[2],
            dict(zip((*WEIGHTS, "other", "relatives"), row[3:], strict=True)),
            levels.get((row[0], row[1]), {}),
        )
        for row in rows
    }


def chart_spec() -> dict[str, Any]:
    """Splink's waterfall chart as a Vega-Lite specification; its data are `chart_records`."""
    from splink.internals.charts import WaterfallChart

    spec: dict[str, Any] = WaterfallChart([]).chart_spec
    # One chart, one pair: no slider to choose among several, and no title beyond the page's.
    spec["params"] = []
    spec["transform"] = [x for x in spec["transform"] if "record_number" not in str(x)]
    del spec["title"], spec["$schema"]
    spec["height"] = _HEIGHT
    # Names stand at the axis, where they have room; above the bars they would overlap.
    bars = spec["layer"][0]["layer"]
    spec["layer"][0]["layer"] = [
        layer
        for layer in bars
        if layer["encoding"].get("text", {}).get("field") not in ("column_name", *_SIDES)
    ]
    for layer in spec["layer"][0]["layer"]:
        axis = layer["encoding"].get("x", {}).get("axis", {})
        axis.pop("labelExpr", None)
        if axis:
            axis["title"] = None
        tips = layer["encoding"].get("tooltip", [])
        tips[:] = [tip for tip in tips if tip["field"] in _TIPS]
    return spec


def chart_records(bars: Sequence[Bar]) -> list[dict[str, Any]]:
    """The rows that Splink's chart draws."""
    return [
        {
            "column_name": bar.name,
            "label_for_charts": bar.level or "",
            "log2_bayes_factor": bar.weight,
            "bayes_factor": 2.0**bar.weight,
            "bayes_factor_description": _described(bar),
            "bar_sort_order": place,
        }
        for place, bar in enumerate(bars)
    ]


def probability(weight: float) -> float:
    """Probability that a match weight stands for."""
    return 1 / (1 + 2.0**-weight)


def _described(bar: Bar) -> str:
    if bar.kind == "total":
        return f"Probability of one person: {probability(bar.weight):.4f}"
    times = 2.0 ** abs(bar.weight)
    return f"{times:,.4g} times {'more' if bar.weight > 0 else 'less'} likely to be one person"


def bars_of(
    evidence: Evidence,
    match_weight: float,
    weights: dict[str, float | None],
    levels: dict[str, Level],
) -> list[Bar]:
    """The bars of one pair, from its weights by field (see `link`) and its levels."""
    known = {name: weight for name, weight in weights.items() if weight}
    prior = match_weight - sum(known.values())
    bars = [Bar(_PRIOR, "prior", prior, "two records taken at random")]
    for name in WEIGHTS:
        if name in known:
            bars += _field_bars(NAMES[name], known[name], levels.get(name))
    if "other" in known:
        bars += _other_bars(evidence, known["other"], levels)
    if "relatives" in known:
        level = "two people of one household or company explain it, too"
        bars.append(Bar("relatives?", "relatives", known["relatives"], level))
    return [*bars, Bar(_TOTAL, "total", match_weight)]


def _field_bars(name: str, weight: float, level: Level | None) -> list[Bar]:
    """A field's bar, and where its value's frequency counts, what that adds, as a bar."""
    if level is None:
        return [Bar(name, "field", weight)]
    frequency = weight - level.weight
    if not level.has_frequency or abs(frequency) < 0.005:
        return [Bar(name, "field", weight, level.label)]
    rarity = "a rare value" if frequency > 0 else "a common value"
    return [
        Bar(name, "field", level.weight, level.label),
        Bar(f"{name} rarity", "frequency", frequency, rarity),
    ]


def _other_bars(evidence: Evidence, weight: float, levels: dict[str, Level]) -> list[Bar]:
    """Bars of the fields whose weights the results hold as one sum."""
    rest = {name: level for name, level in levels.items() if name not in WEIGHTS and level.weight}
    if not rest:
        return [Bar(NAMES["other"], "field", weight)]
    bars = [
        Bar(_called(evidence, name), "field", level.weight, level.label)
        for name, level in rest.items()
    ]
    left = weight - sum(level.weight for level in rest.values())
    if abs(left) < 0.005:
        return bars
    return [*bars, Bar("other fields rarity", "frequency", left)]


def _called(evidence: Evidence, comparison: str) -> str:
    if comparison in NAMES:
        return NAMES[comparison]
    return evidence.other_columns[int(comparison.removeprefix("other_"))]


def levels_of(evidence: Evidence, pairs: list[Pair]) -> dict[Pair, dict[str, Level]]:
    """Level of agreement of each comparison that says anything, by comparison."""
    trained = evidence.model
    if not pairs or trained is None or not evidence.has_records:
        return {}
    with duckdb.connect() as connection:
        make_profiles(connection, evidence, pairs)
        present = {row[0] for row in connection.execute("describe profile").fetchall()}
        compared = trained.settings["comparisons"]
        cases = ", ".join(_case(comparison) for comparison in compared)
        sides = ", ".join(
            f"one.{name} as {name}_l, other.{name} as {name}_r" for name in sorted(present)
        )
        rows = connection.execute(f"""
            with side_by_side as (
                select wanted.one_id, wanted.other_id, {sides}
                from wanted
                inner join person as p on wanted.one_id = p.record_id
                inner join person as q on wanted.other_id = q.record_id
                inner join profile as one on p.record_no = one.profile_no
                inner join profile as other on q.record_no = other.profile_no
            )
            select one_id, other_id, {cases} from side_by_side
        """).fetchall()
    return {
        (row[0], row[1]): {
            comparison["output_column_name"]: _level(comparison, number)
            for comparison, number in zip(compared, row[2:], strict=True)
            if not comparison["comparison_levels"][number].get("is_null_level")
        }
        for row in rows
    }


def make_profiles(
    connection: duckdb.DuckDBPyConnection, evidence: Evidence, pairs: list[Pair]
) -> None:
    """Table `profile` as the model compared them: here, one for each record of the pairs."""
    options = Options(other_columns=evidence.other_columns)
    create_macros(connection)
    records = evidence.records(x for pair in pairs for x in pair)
    prepare.read_records(connection, records, options)
    prepare.prepare(connection, options)
    connection.execute(
        "create table settled as select record_no, record_no as group_no from person"
    )
    connection.execute("""
        create table carried (record_no bigint, kind varchar, value ubigint,
            is_generic boolean, has_conflict boolean, not_linked_reason varchar)
    """)
    profiles.make_profiles(connection, options)
    wanted = {"one_id": [one for one, _ in pairs], "other_id": [other for _, other in pairs]}
    connection.register("wanted", pa.table(wanted))


def _case(comparison: dict[str, Any]) -> str:
    """SQL of the place of the level that two records agree at."""
    conditions = [level["sql_condition"] for level in comparison["comparison_levels"]]
    whens = " ".join(
        f"when {condition} then {place}" for place, condition in enumerate(conditions[:-1])
    )
    return f"case {whens} else {len(conditions) - 1} end"


def _level(comparison: dict[str, Any], place: int) -> Level:
    level = comparison["comparison_levels"][place]
    return Level(
        level["label_for_charts"],
        math.log2(level["m_probability"] / level["u_probability"]),
        "tf_adjustment_column" in level,
    )
