"""The main job from a terminal: `python -m orchestration.run`, which `make run` calls.

Generates the sample company where that is the one to build and it is not there yet, runs the
job `everything` through Dagster with its progress on the terminal, and prints what a person
wants to know at the end.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.lib.companies import CompanyError
from orchestration.lib.feeds import FeedError
from orchestration.lib.landing import InboxError
from orchestration.lib.settings import PROJECT_ROOT, Settings, SettingsError

if TYPE_CHECKING:
    from dagster import DagsterInstance

LOGGERS_TO_QUIET = ("dagster", "dbt", "great_expectations", "alembic")


def main(arguments: list[str] | None = None) -> int:
    """Run the main job; returns the exit status, 0 when the marts were published."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.run", description=__doc__)
    parser.add_argument("--from", dest="start", metavar="DAY", help="backfill from this day on")
    parser.add_argument("--to", dest="end", metavar="DAY", help="backfill to this day")
    parser.add_argument(
        "--full-refresh", action="store_true", help="build the warehouse anew from bronze"
    )
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        parser.exit(2, f"{error}\n")
    if bool(options.start) != bool(options.end):
        parser.exit(2, "A backfill needs both --from and --to.\n")
    instance_home(settings)
    make_sample(settings)
    if options.full_refresh:
        forget_warehouse(settings)
    success = True
    try:
        work = bool(options.start) or has_work(settings)
    except (CompanyError, FeedError, InboxError) as error:
        parser.exit(2, f"{error}\n")
    if work:
        success = run_job(options.start, options.end)
    else:
        print("Nothing new: no file, no rule and no model has changed since the last run.")

    from orchestration.lib.summary import print_summary

    print_summary(settings, success, time.monotonic() - started)
    return 0 if success else 1


def forget_warehouse(settings: Settings) -> None:
    """Let this run build all anew, once no other run builds."""
    from orchestration.lib.build import lock_path
    from orchestration.lib.locks import take_turn

    take_turn(lock_path(settings), lambda holder: print(f"Waiting for {holder} to end ..."))
    settings.warehouse_path.unlink(missing_ok=True)


def has_work(settings: Settings) -> bool:
    """Whether a run would load, build or publish anything."""
    from orchestration.lib.arrivals import is_anything_new
    from orchestration.lib.build import is_up_to_date
    from orchestration.lib.companies import load_company
    from orchestration.lib.rules_tables import write_rules

    company = load_company(settings)
    write_rules(settings, company)
    return is_anything_new(settings, company) or not is_up_to_date(settings)


def instance_home(settings: Settings) -> Path:
    """Make Dagster's home in the data folder, unless DAGSTER_HOME names another."""
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(settings.data_dir / "dagster")))
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(PROJECT_ROOT / "orchestration" / "dagster.yaml", home / "dagster.yaml")
    return home


def make_sample(settings: Settings) -> None:
    """Generate the sample company's files once, while dbt reads the models in a process of its own.

    What dbt finds wrong is told when the definitions are loaded, which ask it again.
    """
    inbox = settings.data_dir / "inbox" / "sample"
    if settings.company != "sample" or inbox.exists():
        return
    from orchestration.lib.dbt_manifest import manifest_path, prepare_manifest
    from orchestration.sample.__main__ import main as generate

    chosen = {
        "scale": settings.sample_scale,
        "seed": settings.sample_seed,
        "noise": settings.sample_noise,
    }
    told = ", ".join(f"{name} {value:g}" for name, value in chosen.items())
    print(f"Generating the sample company ({told}) ...", flush=True)
    beside = inbox.with_name(f".sample.{os.getpid()}")
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(prepare_manifest, manifest_path(settings))
        options = [text for name, value in chosen.items() for text in (f"--{name}", str(value))]
        generate([*options, "--out", str(beside)])
    os.replace(beside, inbox)


def run_job(start: str | None = None, end: str | None = None) -> bool:
    """Run the job `everything` in this process; returns whether all of it succeeded.

    Progress goes to the terminal; what dbt and others print goes to $DAGSTER_HOME/last_run.log.
    """
    _quiet()
    from orchestration.definitions import defs

    tags = {}
    if start and end:
        tags = {
            "dagster/asset_partition_range_start": start,
            "dagster/asset_partition_range_end": end,
        }
    job = defs().resolve_job_def("everything")
    log = Path(os.environ["DAGSTER_HOME"]) / "last_run.log"
    with log.open("w", encoding="utf-8") as file, redirect_stdout(file), redirect_stderr(file):
        result = job.execute_in_process(
            run_config={"loggers": {"progress": {}}},
            instance=open_instance(),
            tags=tags,
            raise_on_error=False,
        )
    return result.success


def open_instance() -> DagsterInstance:
    """Dagster's record of runs. The first run makes its tables, which two at once can't do."""
    import dagster as dg

    from orchestration.lib.locks import end_turn, take_turn

    turn = Path(os.environ["DAGSTER_HOME"]) / "instance.lock"
    take_turn(turn)
    try:
        return dg.DagsterInstance.get()
    finally:
        end_turn(turn)


def _quiet() -> None:
    warnings.filterwarnings("ignore")
    for name in LOGGERS_TO_QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


if __name__ == "__main__":
    sys.exit(main())
