"""Every number that the sample company is made from, in one place.

Rates, shares and effects stand here and nowhere else, so that a test can compare what the
warehouse finds with what was put in. The calendar (which days, which files) stands here too.
Code that draws from these numbers does not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

BRANDS = ("Lumavera", "Oliandra")
COMPANY_NAME = "Casa Lumavera"
COMPANY_CURRENCY = "EUR"
COMPANY_TIME_ZONE = "Europe/Madrid"


@dataclass(frozen=True)
class FilePeriod:
    """What one file of a source is about: a month (name YYYY-MM) or a day (YYYY-MM-DD)."""

    name: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Calendar:
    """The days of the history and the files that it arrives in.

    Months are one file each, as after a historical backfill; the last `last_days` days are one
    file per day. The file of the month in which the daily files begin ends the day before them.
    """

    start: date
    end: date
    last_days: int = 7
    until: date | None = None

    @property
    def day_count(self) -> int:
        """Number of days, both ends included."""
        return (self.end - self.start).days + 1

    @property
    def first_daily(self) -> date:
        """The first day that has a file of its own."""
        return max(self.start, self.end - timedelta(days=self.last_days - 1))

    @property
    def months(self) -> tuple[date, ...]:
        """The first day of each month that the history touches."""
        month, months = self.start.replace(day=1), []
        while month <= self.end:
            months.append(month)
            month = (month + timedelta(days=32)).replace(day=1)
        return tuple(months)

    def periods(self) -> tuple[FilePeriod, ...]:
        """All files of the history in order, whatever `until` says."""
        monthly = []
        for month in self.months:
            next_month = (month + timedelta(days=32)).replace(day=1)
            first = max(month, self.start)
            last = min(next_month, self.first_daily, self.end + timedelta(days=1)) - timedelta(
                days=1
            )
            if first <= last:
                monthly.append(FilePeriod(f"{month:%Y-%m}", first, last))
        days = (self.end - self.first_daily).days + 1
        daily = [self.first_daily + timedelta(days=i) for i in range(days)]
        return (*monthly, *(FilePeriod(day.isoformat(), day, day) for day in daily))

    def is_written(self, last_day: date) -> bool:
        """Whether a file whose last day is this one exists already (option --until)."""
        return self.until is None or last_day <= self.until

    def written_periods(self) -> tuple[FilePeriod, ...]:
        """The files that exist as of `until`; all of them without it."""
        return tuple(period for period in self.periods() if self.is_written(period.last_day))


def calendar_for(end: date, days: int | None = None, until: date | None = None) -> Calendar:
    """The calendar of `days` days that end on `end`; 12 months without `days`."""
    if days is not None and days < 1:
        raise ValueError(f"The sample needs at least one day of history; --days says {days}.")
    if days is None:
        following = end + timedelta(days=1)
        day = 28 if (following.month, following.day) == (2, 29) else following.day
        start = following.replace(year=following.year - 1, day=day)
    else:
        start = end - timedelta(days=days - 1)
    return Calendar(start=start, end=end, until=until)


@dataclass(frozen=True)
class Market:
    """A country that the brand sells in; share is of people; rate is EUR per unit of currency."""

    code: str
    name: str
    share: float
    language: str
    time_zone: str
    currency: str
    rate: float
    dialling_code: str
    domain: str


MARKETS = (
    Market("ES", "Spain", 0.30, "es", "Europe/Madrid", "EUR", 1.0, "34", "es"),
    Market("MX", "Mexico", 0.25, "es", "America/Mexico_City", "MXN", 0.0465, "52", "com.mx"),
    Market("CO", "Colombia", 0.15, "es", "America/Bogota", "COP", 0.00022, "57", "com.co"),
    Market("US", "United States", 0.20, "en", "America/New_York", "USD", 0.92, "1", "com"),
    Market("GB", "United Kingdom", 0.10, "en", "Europe/London", "GBP", 1.17, "44", "co.uk"),
)


@dataclass(frozen=True)
class Channel:
    """A channel as the model uses it.

    weights: how often a touch in (awareness, consideration, intent) happens here;
    start_weight: how often a journey starts here, before online and offline are balanced;
    log_odds: what one or more touches of this channel in a journey add to the log odds of buying.
    """

    code: str
    is_online: bool
    weights: tuple[float, float, float]
    start_weight: float
    log_odds: float


CHANNELS = (
    Channel("paid_search", True, (0.10, 0.18, 0.22), 0.22, 0.45),
    Channel("organic_search", True, (0.16, 0.24, 0.16), 0.26, 0.25),
    Channel("paid_social", True, (0.24, 0.10, 0.04), 0.22, 0.15),
    Channel("organic_social", True, (0.10, 0.06, 0.03), 0.10, 0.10),
    Channel("display", True, (0.12, 0.05, 0.03), 0.08, 0.00),
    Channel("email", True, (0.02, 0.12, 0.15), 0.03, 0.60),
    Channel("referral", True, (0.06, 0.08, 0.05), 0.06, 0.20),
    Channel("direct", True, (0.02, 0.06, 0.16), 0.03, 0.10),
    Channel("social_message", True, (0.01, 0.03, 0.04), 0.00, 0.70),
    Channel("direct_mail", False, (0.05, 0.02, 0.02), 0.25, 0.30),
    Channel("store_visit", False, (0.10, 0.05, 0.09), 0.70, 0.35),
    Channel("phone", False, (0.02, 0.01, 0.01), 0.05, 0.50),
)

# Share of journeys that start online, and where the journeys that end in a purchase end
# (place -> share), by where they started. Published figures for comparison: 67 % and 95 %.
STARTS_ONLINE = 0.67
PLACES_BY_START = {
    "online": {"own_web": 0.18, "social_shop": 0.05, "e_tailer": 0.14, "store": 0.63},
    "offline": {"own_web": 0.06, "social_shop": 0.01, "e_tailer": 0.07, "store": 0.86},
}

# Message variants: what variant B adds to the log odds of a click or of buying over variant A.
VARIANT_LOG_ODDS = {"email": 0.35, "paid_social": 0.25, "paid_search": 0.0}

# Value segments: share of people, journeys a year, log odds of buying at rest, basket lines.
SEGMENTS = {
    "high": (0.10, 4.5, -0.35, 3.2),
    "medium": (0.40, 2.4, -0.90, 2.2),
    "low": (0.50, 1.2, -1.50, 1.6),
}


REFERRAL_LOG_ODDS = 1.2
"""What a friend's recommendation adds to the log odds of the journey that it falls into."""

FRIEND_PULL = 0.7
"""Share of recommended buyers who buy in the own web shop, if they come from the web at all."""

FRIEND_DISCOUNT = 0.10
"""What a friend's code takes off the first order in the own web shop."""

INTERESTS = ("baking", "skin care", "plant based", "hair", "family meals")


@dataclass(frozen=True)
class Parameters:
    """Scale, seed, noise and rates of one world; the defaults are the documented ones.

    noise: how untidy the records of people are: 1 as documented, 0 not at all, 2 as if each
    mishap had two chances to happen. It changes the rates in `NOISY_RATES` and nothing else.
    """

    scale: float
    seed: int
    noise: float = 1.0
    markets: tuple[Market, ...] = MARKETS
    channels: tuple[Channel, ...] = CHANNELS
    rates: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        """Work out the rates at this noise."""
        noisy = {name: self.struck(RATES[name]) for name in NOISY_RATES}
        object.__setattr__(self, "rates", RATES | noisy)

    def struck(self, share: float) -> float:
        """The share that a mishap strikes at this noise, where `share` is it at noise 1."""
        return share if self.noise == 1 else 1 - (1 - share) ** self.noise

    @property
    def person_count(self) -> int:
        """People of the world: one million times the scale, at least 50."""
        return max(50, round(1_000_000 * self.scale))


RATES: dict[str, float] = {
    # people
    "household_head": 0.46,
    "shares_household_mailbox": 0.12,
    "has_email": 0.93,
    "has_second_email": 0.35,
    "has_mobile": 0.94,
    "has_second_device": 0.55,
    "has_third_device": 0.20,
    "shared_device": 0.20,
    "clock_skewed_device": 0.02,
    "refuses_analytics": 0.08,
    "is_business_buyer": 0.06,
    "generic_business_mailbox": 0.12,
    "has_loyalty_card": 0.45,
    "shows_loyalty_card": 0.80,
    "has_shop_account": 0.40,
    "subscribes_newsletter": 0.42,
    "has_social_profile": 0.50,
    # journeys
    "stage_forward": 0.45,
    "stage_back": 0.14,
    "touches_mean": 4.2,
    "outbound_click": 0.10,
    "logged_in": 0.45,
    "store_check_in": 0.50,
    # shop
    "guest_checkout": 0.35,
    "refund": 0.06,
    "test_order": 0.01,
    # people who bring others
    "referred": 0.04,
    "comments_on_posts": 0.15,
    # noise in records
    "swapped_names": 0.005,
    "birth_date_swapped": 0.005,
    "birth_date_default": 0.005,
    "moves": 0.07,
    "changes_mobile": 0.05,
    "changes_email": 0.04,
    "junior_of_same_name": 0.005,
    "family_card_of_another": 0.10,
    "switchboard": 0.30,
    "company_name_varies": 0.50,
    "friend_code_lower_case": 0.10,
    "typo_name": 0.03,
    "typo_email": 0.01,
    "nickname": 0.12,
    "one_family_name": 0.30,
    "accents_lost": 0.25,
    "field_missing": 0.06,
    # leads and service
    "lead_accepted": 0.62,
    "lead_recaptured": 0.14,
    "lead_qualified": 0.55,
    "lead_skips_sql": 0.08,
    "lead_goes_back": 0.1,
    "lead_reopened": 0.15,
    "deal_reopened": 0.08,
    "opportunity_won": 0.38,
    "first_attempt_on_time": 0.82,
    "decision_on_time": 0.76,
    "assigned_on_time": 0.90,
    "case_per_person": 0.22,
    "case_response_on_time": 0.80,
    "case_handoff": 0.30,
    "case_second_handoff": 0.30,
    "case_repeat_same_topic": 0.25,
    "case_never_answered": 0.05,
    "case_on_hold": 0.06,
    "case_impatient": 0.12,
    "case_waits": 0.25,
    "case_reopened": 0.10,
    "thread_confirmed": 0.25,
    "thread_follow_up": 0.12,
    "thread_again": 0.05,
    "answer_contradiction": 0.08,
    "csat_answered": 0.35,
    "nps_answered": 0.06,
    "consent_missing": 0.10,
    "consent_withdrawn": 0.07,
    # planted mess
    "late_row": 0.008,
    "duplicate_row": 0.004,
    "bot_sessions": 0.03,
    "passer_by_sessions": 0.10,
    "contact_deleted": 0.01,
    "converted_contact_merged": 0.3,
    "contact_merged": 0.03,
    "lead_merged": 0.05,
}

NOISY_RATES = (
    "swapped_names",
    "birth_date_swapped",
    "birth_date_default",
    "moves",
    "changes_mobile",
    "changes_email",
    "junior_of_same_name",
    "family_card_of_another",
    "switchboard",
    "company_name_varies",
    "friend_code_lower_case",
    "typo_name",
    "typo_email",
    "nickname",
    "one_family_name",
    "accents_lost",
    "field_missing",
    "shares_household_mailbox",
    "shared_device",
    "generic_business_mailbox",
)
"""Rates that follow `Parameters.noise`: what makes it hard to tell who a record is."""
