"""Journeys of any table of touches, by the rules that the warehouse's models follow.

`build_journeys` takes touches (who, when, through which channel, and what else is known) and makes
a table of journeys; `paths` of its result is what `orchestration.attribution` reads.
"""

from orchestration.journeys.build import DESCRIBED, Journeys, build_journeys
from orchestration.journeys.rules import JourneyError, JourneyRules

__all__ = ["DESCRIBED", "JourneyError", "JourneyRules", "Journeys", "build_journeys"]
