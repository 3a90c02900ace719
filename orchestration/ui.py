"""Starts Dagster's user interface on the same settings as the main job: `make ui`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from orchestration.lib.settings import PROJECT_ROOT, Settings
from orchestration.run import instance_home


def main() -> None:
    """Replace this process by `dg dev`, with Dagster's home in the data folder."""
    instance_home(Settings.from_environment())
    dg = Path(sys.executable).with_name("dg")
    os.chdir(PROJECT_ROOT)
    os.execv(dg, [str(dg), "dev", *sys.argv[1:]])


if __name__ == "__main__":
    main()
