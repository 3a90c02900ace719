"""Made-up touchpoints of a year, of as many people as it takes to have about ten of each.

Belongs here: who met the company when, where and how, written as DuckDB writes it fastest. A few
people have thousands of touches and many have three; touches come in bursts, so that journeys are
several touches long; a click is followed by the visit that it opens; some touches of a person
fall on one instant; some arrive days late.
Doesn't belong here: what becomes of them (see `journeys`).
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.lib import engine

TOUCHES_OF_A_PERSON = 10
CHANNELS = 12
BEGIN = datetime(2025, 1, 1)
DAYS = 365
COLUMNS = (
    "touch_id",
    "person",
    "occurred_at",
    "channel",
    "stage",
    "campaign",
    "is_click",
    "is_visit",
    "is_conversion",
)
BEFORE, DAY = "before.parquet", "day.parquet"
GENERATOR_MEMORY = "8GB"

# Two touches of a pair, most often a click and the visit that it opens, have `unit` in common and
# so the person, the burst and the second. People of a low number have many touches (their number
# falls with the square root), and a burst for each eight of them.
_TOUCHES = """
    with pairs as (
        select
            range as touch_id,
            case when {pair_draw} < 0.06 then 1 + range % 2 else 0 end as place_in_pair,
            case when {pair_draw} < 0.07 then range // 2 else -1 - range end as unit,
        from range({rows})
    ),

    people as (
        select
            *,
            floor({people} * power({person_draw}, 2))::bigint as person_number,
            0.5 * {touches_of_a_person} / sqrt((person_number + 0.5) / {people}) as expected,
            floor({burst_draw} * (1 + floor(expected / 8)))::bigint as burst,
        from pairs
    ),

    timed as (
        select
            *,
            (
                1000000 * (
                    floor({begin_draw} * {days} * 86400) + floor(-ln({after_draw}) * 5 * 86400)
                    + case when place_in_pair = 2 then floor({opened_draw} * 40) else 0 end
                )::bigint
                + (
                    case when touch_id // 4 % 3 > 0 then floor({instant_draw} * 1000000) else 0 end
                )::bigint
            ) % ({days} * 86400000000) as microseconds,
            place_in_pair = 0 and {kind_draw} < 0.05 as is_conversion,
            case when {late_draw} < 0.02 then 1 + floor({delay_draw} * 4) else 0 end as days_late,
        from people
    )

    select
        touch_id,
        printf('%016x', hash(person_number + {seed})) as person,
        make_timestamp({begin} + microseconds) as occurred_at,
        case
            when place_in_pair > 0 then 'email'
            else 'channel_' || lpad(
                (1 + floor(({channels} - 1) * power({channel_draw}, 2)))::int::varchar, 3, '0'
            )
        end as channel,
        case
            when place_in_pair > 0 then 'consideration'
            when is_conversion then 'purchase'
            when {stage_draw} < 0.02 then null
            else [
                'awareness', 'awareness', 'awareness', 'consideration', 'consideration',
                'consideration', 'intent', 'intent', 'service', 'loyalty'
            ][1 + floor(10 * {stage_draw})::int]
        end as stage,
        case when place_in_pair > 0 then 'campaign_' || (hash(unit) % 200)::varchar end as campaign,
        place_in_pair = 1 as is_click,
        place_in_pair = 2 or (place_in_pair = 0 and {kind_draw} > 0.5) as is_visit,
        is_conversion,
        least(microseconds // 86400000000 + days_late, {days} - 1) as arrived_on_day,
    from timed
"""


def query(rows: int, seed: int, channels: int = CHANNELS) -> str:
    """A query of `rows` touches: COLUMNS, and on which day of the year each arrived, from 0."""
    draws = (
        ("pair_draw", "range // 2"),
        ("person_draw", "unit"),
        ("burst_draw", "unit"),
        ("begin_draw", "person_number * 1000003 + burst"),
        ("after_draw", "unit"),
        ("opened_draw", "unit"),
        ("instant_draw", "touch_id"),
        ("kind_draw", "touch_id"),
        ("late_draw", "touch_id"),
        ("delay_draw", "touch_id"),
        ("channel_draw", "touch_id"),
        ("stage_draw", "touch_id"),
    )
    return _TOUCHES.format(
        rows=rows,
        people=max(1, rows // TOUCHES_OF_A_PERSON),
        touches_of_a_person=TOUCHES_OF_A_PERSON,
        channels=channels,
        days=DAYS,
        seed=seed,
        begin=int((BEGIN - datetime(1970, 1, 1)).total_seconds()) * 1_000_000,
        **{name: _draw(of, seed * 100 + n) for n, (name, of) in enumerate(draws)},
    )


def _draw(of: str, salt: int) -> str:
    """A number between 0 and 1, of its own for each salt: hashing twice keeps salts apart."""
    return f"((hash(hash({of}) + {salt})::double + 1) / 18446744073709551616)"


def write_files(
    folder: Path, rows: int, seed: int, threads: int, channels: int = CHANNELS
) -> tuple[Path, Path]:
    """Write what arrived before the year's last day and what on it; the two files.

    Both are in the order of arrival by days, as a store of touchpoints has them.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = folder / BEFORE, folder / DAY
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": GENERATOR_MEMORY,
        "temp_directory": str(folder / "temp"),
    }
    with duckdb.connect(config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        for file, compared in zip(files, ("<", "="), strict=True):
            connection.execute(
                f"""
                copy (
                    select {", ".join(COLUMNS)}
                    from ({query(rows, seed, channels)})
                    where arrived_on_day {compared} {DAYS - 1}
                    order by arrived_on_day, touch_id
                ) to {engine.text(file)} (format parquet)
                """
            )
    return files
