"""Feeds of a company whose folder lies outside this project (CFS_COMPANY is a path)."""

from pathlib import Path

import dagster as dg

from orchestration import project
from orchestration.components.feed import feed_asset


@dg.definitions
def external_company() -> dg.Definitions:
    """Assets of an outside company; none when the company is one of this project's."""
    company = project.company()
    if company.folder is None or Path(__file__).parent in company.folder.parents:
        return dg.Definitions()
    return dg.Definitions(assets=[feed_asset(feed) for feed in company.feeds])
