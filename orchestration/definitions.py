"""Loads the definitions below `defs/`, nothing else."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Everything that Dagster knows of this project."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
