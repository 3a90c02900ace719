"""Command line: python -m orchestration.sample --scale 0.002 --seed 1 --out DIR."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from orchestration.sample.parameters import Parameters, calendar_for
from orchestration.sample.world import generate


def main(arguments: list[str] | None = None) -> None:
    """Generate the sample company's source files and the truth behind them."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.sample", description=main.__doc__
    )
    parser.add_argument(
        "--scale", type=float, default=0.002, help="1 = one million people (default 0.002)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same rows (default 1)"
    )
    parser.add_argument(
        "--noise",
        type=float,
        default=1.0,
        help="mess in the records of people: 0 none, 1 as documented, 2 twice (default 1)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for the files; truth goes to its truth/"
    )
    parser.add_argument(
        "--days", type=int, help="length of the history in days (default 12 months)"
    )
    parser.add_argument(
        "--end-date", type=date.fromisoformat, default=date(2025, 12, 31), help="its last day"
    )
    parser.add_argument(
        "--until", type=date.fromisoformat, help="write only files that end on this day or before"
    )
    parser.add_argument("--threads", type=int, default=2, help="threads of the engine (default 2)")
    parser.add_argument("--memory", default="6GB", help="memory of the engine (default 6GB)")
    parser.add_argument("--quiet", action="store_true")
    given = parser.parse_args(arguments)
    if not 0 < given.scale <= 20:
        parser.error(f"--scale {given.scale} is not between 0 and 20; 1 is one million people")
    if not 0 <= given.noise <= 10:
        parser.error(f"--noise {given.noise} is not between 0 and 10; 1 is as documented")
    params = Parameters(scale=given.scale, seed=given.seed, noise=given.noise)
    try:
        calendar = calendar_for(given.end_date, given.days, given.until)
    except ValueError as error:
        parser.error(str(error))
    if not calendar.written_periods():
        first = calendar.periods()[0].last_day
        parser.error(f"--until {given.until} is before the first file ends; give {first} or later")
    say = (lambda text: None) if given.quiet else (lambda text: print(text, flush=True))
    counts = generate(given.out, params, calendar, say, given.threads, given.memory)
    for name, rows in counts.items():
        say(f"{rows:>12,}  {name}")


if __name__ == "__main__":
    main()
