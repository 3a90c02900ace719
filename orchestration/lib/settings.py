"""Where things lie and which company is built: the settings, all from the environment.

Belongs here: every environment variable that the project reads, and every station's path.
Doesn't belong here: what a company's rules are (see `companies`), or how a station works.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]

ENVIRONMENT = {
    "CFS_DATA_DIR": "Folder of all stations (default: data below the project's root).",
    "CFS_COMPANY": "Folder in orchestration/defs/companies, or a path to one (default: sample).",
    "CFS_OPEN_DATA_DIR": "Folder of the open data sets that the open_data company reads.",
    "CFS_ENGINE": "Engine that runs the models (duckdb).",
    "CFS_POSTGRES_URL": "PostgreSQL in which the published tables stand as well (default: none).",
    "CFS_SECRET_KEY": "Key of the keyed hashes that stand for personal data (default: a file).",
    "CFS_SAMPLE_SCALE": "Size of the sample company; 1 = 1 million people (default: 0.002).",
    "CFS_SAMPLE_SEED": "Seed of the sample company (default: 1).",
    "CFS_SAMPLE_NOISE": "Mess in the sample company's records of people; 0 = none (default: 1).",
    "CFS_THREADS": "Threads of the engine (default: the processors of this machine).",
    "CFS_MEMORY_LIMIT": "Memory limit of the engine, such as 4GB (default: the engine's own).",
    "CFS_KEEP_VERSIONS": "How many published versions are kept for roll-back (default: 5).",
}


class SettingsError(ValueError):
    """A setting that cannot be used; the message names the variable and what to do."""


@dataclass(frozen=True)
class Settings:
    """Typed settings; see `ENVIRONMENT` for what each one means."""

    data_dir: Path
    company: str
    open_data_dir: Path | None
    engine: str
    postgres_url: str | None = field(repr=False)
    sample_scale: float
    sample_seed: int
    sample_noise: float
    threads: int
    memory_limit: str | None
    keep_versions: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from `environment` (default: the process's own)."""
        env = os.environ if environment is None else environment
        engine = env.get("CFS_ENGINE") or "duckdb"
        if engine != "duckdb":
            raise SettingsError(
                f"CFS_ENGINE={engine!r} is not an engine that this version runs; use duckdb."
            )
        open_data = env.get("CFS_OPEN_DATA_DIR")
        return cls(
            data_dir=Path(env.get("CFS_DATA_DIR") or PROJECT_ROOT / "data").resolve(),
            company=env.get("CFS_COMPANY") or "sample",
            open_data_dir=Path(open_data).resolve() if open_data else None,
            engine=engine,
            postgres_url=env.get("CFS_POSTGRES_URL") or None,
            sample_scale=_number(env, "CFS_SAMPLE_SCALE", 0.002),
            sample_seed=int(_number(env, "CFS_SAMPLE_SEED", 1)),
            sample_noise=_number(env, "CFS_SAMPLE_NOISE", 1.0),
            threads=int(_number(env, "CFS_THREADS", os.cpu_count() or 2)),
            memory_limit=env.get("CFS_MEMORY_LIMIT") or None,
            keep_versions=int(_number(env, "CFS_KEEP_VERSIONS", 5)),
        )

    @property
    def company_name(self) -> str:
        """Name of the company: the last part of its folder."""
        return Path(self.company).name

    def station(self, name: str) -> Path:
        """Folder of a company's station, such as landing or bronze."""
        return self.data_dir / name / self.company_name

    @property
    def manifest_path(self) -> Path:
        """SQLite database that records every file and load."""
        return self.station("landing") / "manifest.sqlite"

    @property
    def build_path(self) -> Path:
        """Warehouse file that the current run builds; dbt alone writes it."""
        return self.station("warehouse") / "build.duckdb"

    @property
    def warehouse_path(self) -> Path:
        """Last good warehouse: the build of the last run that was published."""
        return self.station("warehouse") / "warehouse.duckdb"

    @property
    def published_dir(self) -> Path:
        """Folder of the published file and its earlier versions."""
        return self.data_dir / "published"

    @property
    def published_path(self) -> Path:
        """The file that BI tools and analysts read."""
        return self.published_dir / "customer_full_stack.duckdb"


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise SettingsError(f"{name}={text!r} is not a number. {ENVIRONMENT[name]}") from None
    if value < 0:
        raise SettingsError(f"{name}={text!r} is below zero. {ENVIRONMENT[name]}")
    return value
