"""The line as a user runs it, in a folder of its own, and how long each of its steps took.

Belongs here: starting `python -m orchestration.run` in a process of its own, and reading the
seconds of its steps from Dagster's history.
Doesn't belong here: what is compared with what (see `parts`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.lib.settings import PROJECT_ROOT, Settings

BUILD_STEPS = ("dbt", "identity")
BUILD_STEPS_START = ("dbt_", "derived__")
GATE_STEP = "audit"


class BenchError(RuntimeError):
    """A measurement that could not be made; the message says why and where to look."""


@dataclass(frozen=True)
class LineRun:
    """One run of the main job: seconds of the whole process and of each step."""

    run_id: str
    seconds: float
    steps: Mapping[str, float]
    success: bool

    @property
    def build_seconds(self) -> float:
        """Seconds of the models, their tests and what Python derives between them."""
        return sum(s for key, s in self.steps.items() if is_build_step(key))

    @property
    def gate_seconds(self) -> float:
        """Seconds of gate 2, importing Great Expectations included where this run did that."""
        return self.steps.get(GATE_STEP, 0.0)

    @property
    def feed_seconds(self) -> float:
        """Seconds of all that comes before the build: feeds with gate 1, rules, manifest."""
        ended = (GATE_STEP, "published__customer_full_stack")
        rest = {k: s for k, s in self.steps.items() if k not in ended and not is_build_step(k)}
        return sum(rest.values())


def is_build_step(key: str) -> bool:
    """Whether a step belongs to the build: dbt's two, and who is who between them."""
    return key in BUILD_STEPS or key.startswith(BUILD_STEPS_START)


@dataclass(frozen=True)
class Place:
    """A folder in which the line runs apart from the user's own data."""

    folder: Path
    threads: int

    @property
    def inbox(self) -> Path:
        """Where the sample company's files lie."""
        return self.folder / "data" / "inbox" / "sample"

    @property
    def target(self) -> Path:
        """Folder of dbt's artifacts."""
        return self.folder / "target"

    def environment(self) -> dict[str, str]:
        """The process's environment with every path of the project inside this folder."""
        return os.environ | {
            "CFS_DATA_DIR": str(self.folder / "data"),
            "CFS_COMPANY": "sample",
            "CFS_THREADS": str(self.threads),
            "DAGSTER_HOME": str(self.folder / "data" / "dagster"),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }

    def settings(self) -> Settings:
        """Settings of what runs here."""
        return Settings.from_environment(self.environment())

    def run(self, *arguments: str, must_succeed: bool = True) -> LineRun:
        """Run the main job; its output is added to `runs.log` in the folder.

        A run that found nothing to do and started no job has no steps.
        """
        before = self._steps()[0]
        seconds, status = self.call("orchestration.run", *arguments)
        if status and must_succeed:
            raise BenchError(f"The main job failed; see the end of {self.folder / 'runs.log'}.")
        run_id, steps = self._steps()
        is_new = run_id != before
        return LineRun(run_id, seconds, steps if is_new else {}, status == 0)

    def call(self, module: str, *arguments: str) -> tuple[float, int]:
        """Run a module of the project in a process of its own; seconds and exit status."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "runs.log").open("a", encoding="utf-8") as log:
            print(f"$ python -m {module} {' '.join(arguments)}", file=log, flush=True)
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", module, *arguments],
                cwd=PROJECT_ROOT,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
            return time.perf_counter() - started, done.returncode

    def _steps(self) -> tuple[str, dict[str, float]]:
        """Id and seconds by step of the newest run, from Dagster's history; none: empty."""
        import dagster as dg

        home = self.environment()["DAGSTER_HOME"]
        if not (Path(home) / "dagster.yaml").exists():
            return "", {}
        os.environ["DAGSTER_HOME"] = home
        with dg.DagsterInstance.from_config(home) as instance:
            runs = instance.get_runs(limit=1)
            if not runs:
                return "", {}
            run_id = runs[0].run_id
            stats = instance.get_run_step_stats(run_id)
        steps: dict[str, float] = {}
        for step in stats:
            if step.start_time is not None and step.end_time is not None:
                steps[step.step_key] = step.end_time - step.start_time
        return run_id, steps
