"""Business time of any table, by the macros that the warehouse's clocks run on.

`run_clocks` reads a table of starts and ends (tickets, leads, orders) against calendars and says
how long each took in business time, when it was due, and whether it was met. `business_minutes`
and `add_business_time` do the same for single instants.
"""

from orchestration.business_clock.calendars import read_calendars
from orchestration.business_clock.clocks import run_clocks
from orchestration.business_clock.errors import ClockError
from orchestration.business_clock.instants import add_business_time, business_minutes
from orchestration.lib.calendar_rules import Calendar

__all__ = [
    "Calendar",
    "ClockError",
    "add_business_time",
    "business_minutes",
    "read_calendars",
    "run_clocks",
]
