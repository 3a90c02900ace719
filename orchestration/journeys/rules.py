"""Rules of journeys, with the defaults of company.yaml, and the errors of this package.

Belongs here: what a caller may decide. Doesn't belong here: what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass

STAGES = ("awareness", "consideration", "intent", "purchase", "service", "loyalty")
DAY = 86_400_000_000
MINUTE = 60_000_000
FOREVER_DAYS = 10_000_000


class JourneyError(ValueError):
    """Touches or rules that cannot be used; the message says what to do."""


@dataclass(frozen=True)
class JourneyRules:
    """When a journey begins, pauses, lapses and ends.

    lapse_days: a journey without a touch for longer than this has lapsed; service and loyalty
    within it after a conversion belong to the journey that it ended.
    stall_days: a longer pause is a stall. repeat_contact_days: a service touch through the same
    channel within it is a repeat contact. first_steps: channels of `path_first`.
    click_minutes: a click and the visit of the same campaign right after it are one contact.
    start_stages: stages whose touches may begin a journey; a conversion and a touch of unknown
    stage always may. conversion_in_path: a conversion is the last contact of its path, for tables
    that mark the last touch; else it is where the path ends. Days and minutes may be fractions;
    lapse_days may be infinite: then only conversions end a journey.
    """

    lapse_days: float = 30
    stall_days: float = 7
    repeat_contact_days: float = 7
    first_steps: int = 5
    click_minutes: float = 30
    start_stages: tuple[str, ...] = STAGES
    conversion_in_path: bool = False

    def __post_init__(self) -> None:
        """Refuse rules that cannot hold."""
        for name in ("lapse_days", "stall_days", "repeat_contact_days", "first_steps"):
            if not getattr(self, name) > 0:
                raise JourneyError(f"{name} is {getattr(self, name)}; give a number above 0.")
        if self.click_minutes < 0:
            raise JourneyError(f"click_minutes is {self.click_minutes}; give 0 or more.")
        unknown = sorted(set(self.start_stages) - set(STAGES))
        if unknown or not self.start_stages:
            raise JourneyError(
                f"start_stages are {list(self.start_stages)}; give some of {', '.join(STAGES)}."
            )

    @property
    def lapse_micros(self) -> int:
        """The lapse time in microseconds; an infinite one is longer than any history."""
        return round(min(self.lapse_days, FOREVER_DAYS) * DAY)

    @property
    def click_micros(self) -> int:
        """The most between a click and the visit that it opens, in microseconds."""
        return round(self.click_minutes * MINUTE)

    @property
    def starts(self) -> str:
        """Stages that may begin a journey as bits: 0 for an unknown one, 1 for awareness, ..."""
        return str(1 + sum(2 ** (1 + STAGES.index(stage)) for stage in set(self.start_stages)))

    def as_sql(self) -> str:
        """One row with the rules as the macros of journeys read them."""
        return (
            f"select {self.lapse_micros}::bigint as lapse_micros, "
            f"{self.click_micros}::bigint as click_micros, "
            f"{round(self.stall_days * DAY)}::bigint as stall_micros, "
            f"{round(self.repeat_contact_days * DAY)}::bigint as repeat_micros, "
            f"{self.first_steps}::bigint as first_steps, {self.starts}::bigint as start_stages"
        )
