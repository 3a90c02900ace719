"""A headless Chromium of the tests' own, cut off from every network."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from debian import installed
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--window-size=1200,1400",
)


@contextmanager
def running() -> Iterator[webdriver.Chrome]:
    """Start Chromium, stop it after; skips where none can be installed."""
    chromium, driver = installed(find_programs, "Chromium", "chromium", "chromium-driver")
    folder = tempfile.mkdtemp(prefix="cfs_chromium_")
    options = webdriver.ChromeOptions()
    options.binary_location = str(chromium)
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(str(driver)))
    try:
        yield browser
    finally:
        browser.quit()
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> tuple[Path, Path] | None:
    """Chromium and its driver, which must be of one version."""
    names = (("chromium", "chromium-browser"), ("chromedriver",))
    found = [next(filter(None, map(shutil.which, each)), None) for each in names]
    return (Path(found[0]), Path(found[1])) if found[0] and found[1] else None
