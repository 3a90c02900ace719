"""What is measured, and against what: each part gives lines of one table.

Everything runs in a folder of its own, made anew, through the commands that users call; the
other side is plain DuckDB, or the same line with less to do.
"""

from __future__ import annotations

import filecmp
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from orchestration.bench import (
    attribution,
    by_hand,
    clock,
    identity,
    ingestion,
    journeys,
    quality,
    value,
)
from orchestration.bench.line import BenchError, LineRun, Place

END = date(2025, 12, 31)
MOST_BUILD_RATIO, MOST_FIXED = 1.25, 15.0
MOST_INCREMENT, MOST_GATE_SHARE, MOST_GATE_RATIO, MOST_EMPTY = 0.05, 0.10, 1.3, 10.0
BYTES_PER_SCALE = 60e9
SLOWEST = 10
INGESTED_ROWS = 2_000_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class Line:
    """One line of the table. Seconds or rows per second; `aim` is the most `value` may be."""

    what: str
    measured: str
    against: str
    value: float
    aim: float | None = None
    unit: str = "x"

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        return None if self.aim is None else self.value <= self.aim


@dataclass(frozen=True)
class Options:
    """How large, how often, on how many threads, and where; `rows` where a part has its own."""

    folder: Path
    scale: float
    seed: int
    threads: int
    rounds: int
    rows: int | None = None


class Session:
    """One company, generated once, and the runs that several parts look at."""

    def __init__(self, options: Options, say: Say) -> None:
        self.options, self.say = options, say
        self.place = Place(options.folder / "line", options.threads)
        self.numbers: dict[str, Any] = {}
        self._runs: dict[str, LineRun] = {}

    def all_but_last_day(self) -> LineRun:
        """The first run: everything that had arrived before the last day."""
        return self._once("first", self._first)

    def last_day(self) -> LineRun:
        """The run that loads the last day on top of it."""
        self.all_but_last_day()
        return self._once("increment", self._increment)

    def nothing_new(self) -> LineRun:
        """A run that finds nothing to do; the median of several."""
        self.last_day()
        return self._once("empty", self._empty)

    def full(self) -> LineRun:
        """All models built anew from bronze; the median of several."""
        self.last_day()
        return self._once("full", lambda: self._median("--full-refresh"))

    def fixed(self) -> LineRun:
        """The build of a company that has sent nothing: what a build costs whatever its size."""
        return self._once("fixed", self._without_files)

    def _once(self, name: str, work: Callable[[], LineRun]) -> LineRun:
        if name not in self._runs:
            self._runs[name] = work()
            run = self._runs[name]
            self.numbers[f"run_{name}"] = {
                "seconds": run.seconds,
                "build_seconds": run.build_seconds,
                "gate_seconds": run.gate_seconds,
                "feed_seconds": run.feed_seconds,
            }
            self.say(f"{name}: {run.seconds:.1f} s, of which build {run.build_seconds:.1f} s")
        return self._runs[name]

    def _first(self) -> LineRun:
        enough_disk(self.options)
        shutil.rmtree(self.place.folder, ignore_errors=True)
        self._generate(self.place.inbox, "--until", str(END - timedelta(days=1)))
        return self.place.run()

    def _increment(self) -> LineRun:
        whole = self.options.folder / "whole"
        shutil.rmtree(whole, ignore_errors=True)
        self._generate(whole)
        added = add_new_files(whole, self.place.inbox)
        shutil.rmtree(whole)
        self.say(f"last day: {added} files")
        return self.place.run()

    def _empty(self) -> LineRun:
        return self._median()

    def _median(self, *arguments: str) -> LineRun:
        runs = [self.place.run(*arguments) for _ in range(self.options.rounds)]
        return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]

    def _without_files(self) -> LineRun:
        place = Place(self.options.folder / "empty", self.options.threads)
        shutil.rmtree(place.folder, ignore_errors=True)
        place.inbox.mkdir(parents=True)
        return place.run(must_succeed=False)

    def _generate(self, folder: Path, *arguments: str) -> None:
        options = self.options
        self.say(f"generating the sample company, scale {options.scale:g} {' '.join(arguments)}")
        seconds, status = self.place.call(
            "orchestration.sample",
            *("--scale", str(options.scale), "--seed", str(options.seed), "--out", str(folder)),
            *("--end-date", str(END), "--threads", str(options.threads), *arguments),
        )
        if status:
            raise BenchError(f"No sample was made; see {self.place.folder / 'runs.log'}.")
        self.numbers.setdefault("sample_seconds", seconds)


def enough_disk(options: Options) -> None:
    """Raise BenchError unless there is room for the sample, twice, and all stations."""
    options.folder.mkdir(parents=True, exist_ok=True)
    free, need = shutil.disk_usage(options.folder).free, options.scale * BYTES_PER_SCALE
    if free < need:
        raise BenchError(
            f"{options.folder} has {free / 1e9:.0f} GB free, a bench at scale {options.scale:g} "
            f"wants {need / 1e9:.0f} GB. Name another folder with --folder, or a smaller --scale."
        )


def add_new_files(source: Path, target: Path) -> int:
    """Copy the files of `source` that `target` has not, or has otherwise; returns how many."""
    added = 0
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        there = target / path.relative_to(source)
        if not there.exists() or not filecmp.cmp(path, there, shallow=False):
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, there)
            added += 1
    return added


def build(session: Session) -> list[Line]:
    """The whole build against the same compiled SQL by hand."""
    run, fixed, hand = session.full(), session.fixed(), _hand(session)
    session.numbers["by_hand"] = {k: hand[k] for k in ("seconds", "by_kind")}
    slowest = sorted(hand["by_name"].items(), key=lambda item: -item[1])[:SLOWEST]
    session.numbers["by_hand"]["slowest"] = dict(slowest)
    ours, theirs, start = run.build_seconds, hand["seconds"], fixed.build_seconds
    by_hand_text = f"{theirs:.1f} s SQL by hand"
    allowed = MOST_BUILD_RATIO * theirs + MOST_FIXED
    return [
        Line("build", f"{ours:.1f} s", by_hand_text, ours / theirs),
        Line(
            "build without its fixed part",
            f"{ours - start:.1f} s",
            by_hand_text,
            (ours - start) / theirs,
            MOST_BUILD_RATIO,
        ),
        Line("fixed part of a build", f"{start:.1f} s", "no rows at all", start, MOST_FIXED, "s"),
        Line("build", f"{ours:.1f} s", f"1.25 x by hand + {MOST_FIXED:.0f} s", ours, allowed, "s"),
    ]


def _hand(session: Session) -> dict[str, Any]:
    place, run = session.place, session.full()
    calls = by_hand.statements(place.target, run.run_id)
    if sum(len(call) for call in calls) == 0:
        raise BenchError(f"dbt left no results of run {run.run_id} in {place.target}.")
    source, report = place.folder / "statements.json", place.folder / "by_hand.json"
    by_hand.save(calls, source)
    found = []
    for _ in range(session.options.rounds):
        database = place.folder / "hand" / "build.duckdb"
        arguments = (str(source), str(database), str(report))
        if place.call("orchestration.bench.by_hand", *arguments)[1]:
            raise BenchError(f"The SQL by hand failed; see {place.folder / 'runs.log'}.")
        found.append(json.loads(report.read_text(encoding="utf-8")))
        session.say(f"by hand: {found[-1]['seconds']:.1f} s")
    return sorted(found, key=lambda one: one["seconds"])[len(found) // 2]


def increment(session: Session) -> list[Line]:
    """The build of one more day against building all days anew."""
    day, full, fixed = session.last_day(), session.full(), session.fixed().build_seconds
    text = f"{full.build_seconds:.1f} s full build"
    net_day = max(0.0, day.build_seconds - fixed)
    net_full = max(0.001, full.build_seconds - fixed)
    return [
        Line(
            "one day more",
            f"{day.build_seconds:.1f} s",
            text,
            100 * day.build_seconds / full.build_seconds,
            100 * MOST_INCREMENT,
            "%",
        ),
        Line(
            "one day more, both without the fixed part",
            f"{net_day:.1f} s",
            f"{net_full:.1f} s",
            100 * net_day / net_full,
            100 * MOST_INCREMENT,
            "%",
        ),
    ]


def gates(session: Session) -> list[Line]:
    """Both gates against the same checks in plain SQL, and gate 2 as a share of the build."""
    full = session.full()
    marts = quality.marts_ratio(session.place.settings())
    arrival = quality.arrival_ratio()
    ready = quality.import_seconds()
    session.numbers["gates"] = {"marts": marts, "arrival": arrival, "import_seconds": ready}
    share = 100 * marts["gate_seconds"] / full.build_seconds
    step = 100 * full.gate_seconds / full.build_seconds
    build_text = f"{full.build_seconds:.1f} s build"
    return [
        _against_hand(f"gate 2, {marts['checks']} checks", marts),
        _against_hand(f"gate 1, {arrival['checks']} rules, 5 million rows", arrival),
        Line(
            "gate 2 of the build",
            f"{marts['gate_seconds']:.2f} s",
            build_text,
            share,
            100 * MOST_GATE_SHARE,
            "%",
        ),
        Line(
            "gate 2 as a step, with imports, report and events",
            f"{full.gate_seconds:.1f} s",
            build_text,
            step,
            None,
            "%",
        ),
    ]


def _against_hand(what: str, found: dict[str, Any]) -> Line:
    ours, theirs = found["gate_seconds"], found["hand_seconds"]
    return Line(what, f"{ours:.3f} s", f"{theirs:.3f} s by hand", ours / theirs, MOST_GATE_RATIO)


def empty(session: Session) -> list[Line]:
    """The whole process of a run that finds nothing new."""
    seconds = session.nothing_new().seconds
    return [Line("run with nothing new", f"{seconds:.1f} s", "", seconds, MOST_EMPTY, "s")]


def ingest(session: Session) -> list[Line]:
    """Loading a CSV through the line against DuckDB's reader and a Parquet file."""
    options = session.options
    rows = options.rows or INGESTED_ROWS
    folder = options.folder / "ingestion"
    shutil.rmtree(folder, ignore_errors=True)
    found = [ingestion.measure(folder, rows, options.threads) for _ in range(3)]
    ours = median(one.line_seconds for one in found)
    theirs = median(one.hand_seconds for one in found)
    session.numbers["ingestion"] = [asdict(one) for one in found]
    return [
        Line(
            f"CSV of {rows / 1e6:g} million rows to bronze",
            f"{rows / ours / 1e6:.2f} million rows/s",
            f"{rows / theirs / 1e6:.2f} million rows/s by hand",
            ours / theirs,
        ),
    ]


def people(session: Session) -> list[Line]:
    """Who is who in person records of known people, against Splink and rules by hand."""
    options = session.options
    lines = []
    for found in identity.measured(
        options.folder / "identity", options.rows, options.seed, options.threads, options.rounds
    ):
        outcomes = {name: outcome.as_dict() for name, outcome in found.outcomes.items()}
        session.numbers.setdefault("identity", {})[found.name] = outcomes
        session.say(found.name)
        lines += [Line(*one) for one in identity.comparisons(found)]
    return lines


def paths(session: Session) -> list[Line]:
    """Touchpoints to journeys, against SQL by hand of the same result."""
    options = session.options
    sets = []
    for found in journeys.measured(
        options.folder / "journeys", options.rows, options.seed, options.threads, options.rounds
    ):
        outcomes = {name: asdict(outcome) for name, outcome in found.outcomes.items()}
        session.numbers.setdefault("journeys", {})[found.name] = outcomes
        session.say(found.name)
        sets.append(found)
    lines = [line for found in sets for line in journeys.comparisons(found)]
    return [Line(*line) for line in lines + journeys.growth(sets)]


def credit(session: Session) -> list[Line]:
    """Attribution of the journeys' paths, against a package and against its definition."""
    options = session.options
    python, why_not = attribution.environment(options.folder / "channel_attribution")
    lines = []
    for chosen in attribution.sets(options.rows):
        found = attribution.measured(
            options.folder / "attribution",
            chosen,
            python,
            options.seed,
            options.threads,
            options.rounds,
        )
        session.numbers.setdefault("attribution", {})[chosen.name] = asdict(found)
        session.say(f"{chosen.name}, paths of {chosen.touches / 1e6:g} million touches")
        lines += [Line(*line) for line in attribution.comparisons(found, why_not)]
    return lines


def promises(session: Session) -> list[Line]:
    """Business time of a million clocks, against plain subtraction of instants."""
    options = session.options
    found = clock.measured(
        options.folder / "clock", options.rows, options.seed, options.threads, options.rounds
    )
    session.numbers["clock"] = asdict(found)
    return [Line(*line) for line in clock.comparisons(found)]


def worth(session: Session) -> list[Line]:
    """What a million customers are worth, against the plain fit over every one of them."""
    options = session.options
    found = value.measured(options.folder / "value", options.rows, options.seed, options.rounds)
    session.numbers["value"] = asdict(found)
    return [Line(*line) for line in value.comparisons(found)]


PARTS: dict[str, Callable[[Session], list[Line]]] = {
    "build": build,
    "increment": increment,
    "gates": gates,
    "empty": empty,
    "ingest": ingest,
    "identity": people,
    "journeys": paths,
    "attribution": credit,
    "clock": promises,
    "value": worth,
}
