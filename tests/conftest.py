"""Fixtures that several test modules share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.lib.settings import PROJECT_ROOT, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a data folder of the test's own."""
    return Settings.from_environment({"CFS_DATA_DIR": str(tmp_path / "data"), "CFS_THREADS": "2"})


@pytest.fixture(scope="session")
def open_data_dir() -> Path:
    """Folder of the open data; skips where it is absent."""
    folder = Path(os.environ.get("CFS_OPEN_DATA_DIR") or PROJECT_ROOT.parent / "shared" / "data")
    if not (folder / "online_retail").is_dir():
        pytest.skip(f"No open data in {folder}; set CFS_OPEN_DATA_DIR to run this test.")
    return folder.resolve()
