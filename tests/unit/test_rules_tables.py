"""Company rules as tables: calendars, clocks and validity."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from orchestration.lib.calendar_rules import WEEK_DAYS, Calendar
from orchestration.lib.calendars import open_intervals
from orchestration.lib.companies import Company, CompanyError
from orchestration.lib.rules_tables import TABLES, rule_rows, write_rules
from orchestration.lib.settings import Settings

SPAIN = {
    "code": "ES",
    "name": "Spain",
    "time_zone": "Europe/Madrid",
    "currency": "EUR",
    "language": "es",
    "dialling_code": 34,
    "holidays": "ES-MD",
    "working_hours": {
        "mon": ["16:00-19:00", "09:00-14:00"],
        "tue": ["09:00-14:00"],
        "sun": ["00:00-24:00"],
    },
    "aliases": ["España", "spain"],
}


def company_of(**changes: Any) -> Company:
    body = {
        "name": "acme",
        "title": "Acme",
        "currency": "EUR",
        "time_zone": "Europe/Madrid",
        "start_date": date(2025, 1, 1),
        "end_date": date(2025, 12, 31),
        "inbox": "in",
        "markets": [SPAIN],
    }
    return Company(**{**body, **changes})


def hours_rows(company: Company) -> list[dict[str, Any]]:
    """Open intervals of the markets."""
    return [r for r in rule_rows(company)["business_hours"] if r["market_code"] != "always"]


def hours_of(company: Company) -> dict[date, list[dict[str, Any]]]:
    found: dict[date, list[dict[str, Any]]] = {}
    for row in hours_rows(company):
        found.setdefault(row["work_date"], []).append(row)
    return found


def test_every_table_exists_for_every_company(settings: Settings) -> None:
    company = company_of(markets=[])
    written = write_rules(settings, company)
    assert {path.stem for path in written} == set(TABLES)
    with duckdb.connect() as connection:
        for path in written:
            described = connection.execute(f"describe from '{path}'").fetchall()
            assert {row[0]: row[1] for row in described} == TABLES[path.stem]


def test_only_what_changed_is_written(settings: Settings) -> None:
    write_rules(settings, company_of())
    assert write_rules(settings, company_of()) == []
    changed = write_rules(settings, company_of(own_brands=["Acme"]))
    assert [path.stem for path in changed] == ["own_brand"]


def test_hours_are_utc_on_both_sides_of_the_change_of_clocks() -> None:
    hours = hours_of(company_of())
    winter, summer = hours[date(2025, 3, 24)], hours[date(2025, 3, 31)]
    assert [row["opens_at"] for row in winter] == [
        datetime(2025, 3, 24, 8),
        datetime(2025, 3, 24, 15),
    ]
    assert [row["opens_at"] for row in summer] == [
        datetime(2025, 3, 31, 7),
        datetime(2025, 3, 31, 14),
    ]


def test_a_day_on_which_clocks_change_has_the_hours_that_really_pass() -> None:
    rows = hours_rows(company_of())
    for row, following in pairwise(rows):
        assert following["opens_at"] >= row["closes_at"]
    (spring,) = hours_of(company_of())[date(2025, 3, 30)]
    assert spring["closes_at"] - spring["opens_at"] == datetime(2025, 1, 1, 23) - datetime(
        2025, 1, 1
    )


def test_holidays_of_the_country_and_the_region_are_closed() -> None:
    company = company_of()
    days = {row["holiday_date"] for row in rule_rows(company)["holiday"]}
    assert {date(2025, 1, 6), date(2025, 5, 2), date(2025, 12, 8)} <= days
    assert date(2025, 1, 6) not in hours_of(company), "a Monday, but Epiphany"
    assert date(2025, 1, 13) in hours_of(company)


def intervals(calendar: dict[str, Any], first: date, last: date) -> list[tuple[str, str]]:
    """Open intervals in local time, without the first and last, which have no length."""
    model = Calendar(**{"time_zone": "Europe/Madrid", **calendar})
    zone = ZoneInfo(model.time_zone)
    found = [
        tuple(at.replace(tzinfo=UTC).astimezone(zone).strftime("%a %d %H:%M") for at in row[1:])
        for row in open_intervals(model, first, last)
    ]
    assert all(a == b for a, b in (found[0], found[-1]))
    return found[1:-1]


def test_days_of_their_own_overrule_yearly_ones_holidays_half_days_and_the_week() -> None:
    calendar = {
        "working_hours": {day: ["09:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
        "holidays": {
            "country": "CN",
            "dates": ["03-03", date(2025, 3, 7)],
            "half_days": ["09:00-13:00"],
        },
        "days": [
            {"date": date(2025, 3, 3), "hours": ["10:00-11:00"]},
            {"date": "03-03", "hours": ["12:00-14:00"]},
            {"date": "03-04", "hours": ["12:00-14:00"]},
            {"date": "03-08", "hours": ["12:00-14:00"]},
            {"date": date(2025, 3, 9), "hours": ["08:00-09:00", "22:00-24:00"]},
            {"date": date(2025, 3, 10), "hours": ["00:00-02:00"]},
        ],
    }
    # Monday 3: its own hours, not those of every year nor the listed holiday. Tuesday 4: those of
    # every year. Friday 7: a listed holiday. Saturday 8: not opened by a day of every year.
    # Sunday 9: opened by its date; what follows without a gap is one interval.
    assert intervals(calendar, date(2025, 3, 3), date(2025, 3, 10)) == [
        ("Mon 03 10:00", "Mon 03 11:00"),
        ("Tue 04 12:00", "Tue 04 14:00"),
        ("Wed 05 09:00", "Wed 05 18:00"),
        ("Thu 06 09:00", "Thu 06 18:00"),
        ("Sun 09 08:00", "Sun 09 09:00"),
        ("Sun 09 22:00", "Mon 10 02:00"),
    ]
    # 1 June, Children's Day, is a half day there; a Wednesday in 2022.
    june = date(2022, 6, 1), date(2022, 6, 1)
    assert intervals(calendar, *june) == [("Wed 01 09:00", "Wed 01 13:00")]
    assert intervals({**calendar, "holidays": "CN"}, *june) == [("Wed 01 09:00", "Wed 01 18:00")]


def test_nights_belong_to_the_day_on_which_they_begin() -> None:
    calendar = {
        "working_hours": {day: ["22:00-06:00"] for day in ("mon", "tue", "wed", "thu")},
        "holidays": [date(2025, 6, 3)],
    }
    assert intervals(calendar, date(2025, 6, 3), date(2025, 6, 5)) == [
        ("Tue 03 00:00", "Tue 03 06:00"),  # Monday's, from when the calendar is known
        ("Wed 04 22:00", "Thu 05 06:00"),
        ("Thu 05 22:00", "Fri 06 00:00"),
    ]
    with pytest.raises(ValueError, match="mon and tue: the intervals of working_hours overlap"):
        intervals(
            {"working_hours": {"mon": ["22:00-06:00"], "tue": ["05:59-07:00"]}},
            date(2025, 6, 3), date(2025, 6, 5),
        )  # fmt: skip


def test_times_that_clocks_skip_or_show_twice() -> None:
    def minutes(zone: str, day: date, *hours: str) -> int:
        model = Calendar(time_zone=zone, working_hours=dict.fromkeys(WEEK_DAYS, hours))
        found = [(b - a).total_seconds() / 60 for _, a, b in open_intervals(model, day, day)]
        return int(sum(found))

    spring, autumn = date(2025, 3, 30), date(2025, 10, 26)
    # 02:00 is followed by 03:00: of 02:30 to 03:30 half an hour is left, of 02:15 to 02:45 nothing.
    assert minutes("Europe/Madrid", spring, "02:30-03:30") == 30
    assert minutes("Europe/Madrid", spring, "02:15-02:45") == 0
    assert minutes("Europe/Madrid", spring, "00:00-02:30", "02:30-24:00") == 23 * 60
    # 03:00 is followed by 02:00: an interval begins and ends when its times are first shown.
    assert minutes("Europe/Madrid", autumn, "02:15-02:45") == 30
    assert minutes("Europe/Madrid", autumn, "02:30-03:30") == 120
    assert minutes("Europe/Madrid", autumn, "00:00-02:30", "02:30-24:00") == 25 * 60
    # Lord Howe Island moves by half an hour, Samoa skipped all of 30 December 2011.
    assert minutes("Australia/Lord_Howe", date(2025, 10, 5), "00:00-24:00") == 23 * 60 + 30
    assert minutes("Pacific/Apia", date(2011, 12, 30), "09:00-17:00") == 0
    assert minutes("Pacific/Apia", date(2011, 12, 31), "09:00-17:00") == 8 * 60


def test_calendars_say_from_and_until_when_they_are_known() -> None:
    first, *_, last = hours_rows(company_of())
    assert first["opens_at"] == first["closes_at"] == datetime(2009, 12, 31, 23)
    assert last["opens_at"] == last["closes_at"] == datetime(2030, 12, 31, 23)
    longer = company_of(calendar_start_date=date(2001, 1, 1))
    assert hours_rows(longer)[0]["opens_at"] == datetime(2000, 12, 31, 23)
    with pytest.raises(ValueError, match="calendar_start_date is after start_date"):
        company_of(calendar_start_date=date(2025, 1, 2))


def test_a_calendar_that_is_unknown_is_named() -> None:
    with pytest.raises(CompanyError, match=r"markets\.ES\.holidays"):
        rule_rows(company_of(markets=[{**SPAIN, "holidays": "XX"}]))


def test_aliases_are_lower_case_and_of_one_market() -> None:
    aliases = rule_rows(company_of())["market_alias"]
    assert {row["alias"] for row in aliases} == {"es", "spain", "españa"}
    other = {**SPAIN, "code": "MX", "name": "Mexico", "aliases": ["spain"]}
    with pytest.raises(CompanyError, match=r"spain.*ES and MX"):
        rule_rows(company_of(markets=[SPAIN, other]))


def test_rates_and_relations_hold_until_the_next_begins() -> None:
    company = company_of(
        fx=[
            {"currency": "USD", "valid_from": "2025-06-01", "rate": 0.9},
            {"currency": "USD", "valid_from": "2025-01-01", "rate": 0.95},
        ],
        distributors=[
            {
                "code": "d",
                "name": "D",
                "type": "retailer",
                "country": "ES",
                "relations": [
                    {"relation": "ally", "valid_from": "2024-01-01"},
                    {"relation": "own_label_rival", "valid_from": "2025-03-01"},
                ],
            }
        ],
    )
    rows = rule_rows(company)
    forever = date(9999, 12, 31)
    assert [tuple(row.values()) for row in rows["fx_rate"]] == [
        ("EUR", date(1900, 1, 1), forever, 1.0),
        ("USD", date(2025, 1, 1), date(2025, 6, 1), 0.95),
        ("USD", date(2025, 6, 1), forever, 0.9),
    ]
    assert [(row["relation"], row["valid_to"]) for row in rows["distributor"]] == [
        ("ally", date(2025, 3, 1)),
        ("own_label_rival", forever),
    ]


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("4006381333931", True),
        ("4006381333932", False),
        ("036000291452", True),
        ("96385074", True),
        ("96385075", False),
        ("10012345678902", True),
        ("614141000036", True),
        ("0000000000000", False),
        ("400638133393", False),
        ("4006381333 31", False),
        ("123", False),
    ],
)
def test_check_digits(settings: Settings, code: str, valid: bool) -> None:
    from orchestration.lib.engine import open_connection

    with open_connection(settings, settings.data_dir / "spill") as connection:
        row = connection.execute("select gtin_is_valid(?), gtin_is_valid(null)", [code]).fetchone()
    assert row == (valid, None)


def trust_of(company: Company, field: str) -> dict[str, int]:
    rows = rule_rows(company)["survivorship"]
    return {row["record_type"]: row["trust"] for row in rows if row["field"] == field}


def test_a_company_says_whom_it_believes() -> None:
    identity = {"survivorship": {"phone": ["order", "lead"], "address": "newest"}}
    company = company_of(identity=identity)
    phone, email = trust_of(company, "phone"), trust_of(company, "email")
    assert sorted(phone, key=phone.__getitem__, reverse=True)[:4] == [
        "order", "lead", "account", "contact",
    ]  # fmt: skip
    assert email["contact"] > email["shop_customer"] > email["lead"] > email["device"] > 0
    assert set(trust_of(company, "address").values()) == {0}


def test_rules_of_survivorship_that_mean_nothing_are_refused() -> None:
    for survivorship in ({"e-mail": "newest"}, {"email": ["crm"]}, {"email": ["lead", "lead"]}):
        with pytest.raises(ValueError):
            company_of(identity={"survivorship": survivorship})
    for code in ("FRIEND-.*", "FRIEND-("):
        with pytest.raises(ValueError, match="FRIEND"):
            company_of(identity={"referral_code": code})


def test_conversions_and_start_stages_have_defaults_that_a_company_may_change() -> None:
    rows = rule_rows(company_of())
    assert [tuple(row.values()) for row in rows["conversion_rule"]] == [
        ("sale", True, None),
        ("won_deal", True, None),
        ("lead", False, None),
        ("qualified_lead", False, None),
    ]
    assert len(rows["journey_start_stage"]) == 6
    changed = rule_rows(
        company_of(
            journeys={
                "stall_days": 3,
                "start_stages": ["intent"],
                "conversions": [{"type": "lead", "ends_journey": True, "lookback_days": 90}],
            }
        )
    )
    assert [tuple(row.values()) for row in changed["conversion_rule"]] == [("lead", True, 90)]
    assert changed["journey_start_stage"] == [{"stage": "intent"}]
    assert changed["company"][0]["journey_stall_days"] == 3


@pytest.mark.parametrize(
    ("journeys", "message"),
    [
        (
            {"conversions": [{"type": "qualified_lead", "ends_journey": True}]},
            "cannot end a journey",
        ),
        ({"conversions": [{"type": "sale"}, {"type": "sale"}]}, "stands twice"),
        ({"start_stages": ["intent", "intent"]}, "stands twice"),
        ({"start_stages": []}, "at least 1"),
    ],
)
def test_journey_rules_that_cannot_hold_are_errors(journeys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        company_of(journeys=journeys)


def test_rules_of_attribution_have_defaults_and_limits() -> None:
    (rule,) = rule_rows(company_of())["attribution_rule"]
    assert rule == {
        "first_weight": 0.4, "last_weight": 0.4, "half_life_days": 7.0, "markov_order": 1,
    }  # fmt: skip
    weights = {"first": 0.3, "last": 0.5}
    (rule,) = rule_rows(company_of(attribution={"position_weights": weights}))["attribution_rule"]
    assert (rule["first_weight"], rule["last_weight"]) == (0.3, 0.5)
    with pytest.raises(ValueError, match="first and last sum to"):
        company_of(attribution={"position_weights": {"first": 0.7, "last": 0.5}})
    with pytest.raises(ValueError, match="markov_order"):
        company_of(attribution={"markov_order": 4})


def test_a_campaign_has_one_target_per_metric_and_start() -> None:
    target = {
        "campaign": "google_ads:1", "metric": "clicks", "target": 100,
        "start_date": date(2025, 3, 1), "end_date": date(2025, 3, 31),
    }  # fmt: skip
    (row,) = rule_rows(company_of(campaign_targets=[target]))["campaign_target"]
    assert (row["campaign_code"], row["metric"], row["target"]) == ("google_ads:1", "clicks", 100)
    with pytest.raises(ValueError, match="campaign_targets"):
        company_of(campaign_targets=[target, target])
    with pytest.raises(ValueError, match="end_date is before start_date"):
        company_of(campaign_targets=[target | {"end_date": date(2025, 2, 1)}])


def test_kinds_of_contact_are_built_in_changed_and_added() -> None:
    plain = {row["touchpoint_type"]: row for row in rule_rows(company_of())["touchpoint_type"]}
    assert plain["email_sent"]["initiated_by"] == "company"
    assert not plain["email_sent"]["is_engagement"]
    assert {row["defined_by"] for row in plain.values()} == {"project"}
    company = company_of(
        touchpoint_types=[
            {"type": "email_sent", "is_engagement": True, "stage": "awareness"},
            {"type": "tasting", "name": "Tasting", "intent": "try", "department": "sales"},
        ]
    )
    found = {row["touchpoint_type"]: row for row in rule_rows(company)["touchpoint_type"]}
    changed = {"is_engagement": True, "default_stage": "awareness", "defined_by": "company"}
    assert found["email_sent"] == plain["email_sent"] | changed
    assert found["tasting"] == {
        "touchpoint_type": "tasting",
        "touchpoint_type_name": "Tasting",
        "description": "Added by the company",
        "department": "sales",
        "default_intent": "try",
        "default_stage": None,
        "initiated_by": "person",
        "is_engagement": True,
        "defined_by": "company",
    }
    others = plain.keys() - {"email_sent"}
    assert {kind: found[kind] for kind in others} == {kind: plain[kind] for kind in others}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"touchpoint_types": [{"type": "tasting"}, {"type": "tasting"}]}, "stands twice"),
        ({"touchpoint_types": [{"type": "Tasting"}]}, "pattern"),
        ({"touchpoint_types": [{"type": "chat", "stage": "dreaming"}]}, "awareness"),
        ({"sessions": {"machine_browsers": "(bot"}}, "regular expression"),
        ({"sessions": {"machine_min_events": 1}}, "greater than 1"),
    ],
)
def test_rules_of_touchpoints_that_cannot_hold_are_errors(
    body: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        company_of(**body)
