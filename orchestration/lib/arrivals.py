"""Which files have arrived since the last load, over all feeds of a company."""

from __future__ import annotations

from orchestration.lib.companies import Company
from orchestration.lib.landing import Found, find_files
from orchestration.lib.manifest import Manifest
from orchestration.lib.settings import Settings


def is_anything_new(settings: Settings, company: Company) -> bool:
    """Whether a file arrived or waits for the gate."""
    with Manifest(settings.manifest_path) as manifest:
        for feed in company.feeds:
            if manifest.files(feed.source, feed.table, "pending"):
                return True
    return bool(new_files(settings, company))


def new_files(settings: Settings, company: Company) -> list[Found]:
    """Files in the inbox that the manifest doesn't know, in the order of the feeds."""
    new: list[Found] = []
    with Manifest(settings.manifest_path) as manifest:
        for feed in company.feeds:
            known = manifest.known(feed.source, feed.table)
            for found in find_files(feed, company.inbox_path(settings)):
                if (found.relative, found.size, found.mtime_ns) not in known:
                    new.append(found)
    return new
