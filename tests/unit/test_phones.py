"""Phones as E.164: the SQL against the library that it is made from, and what it adds."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult

from orchestration.identity.phones import phone_macros

KINDS = (
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
    PhoneNumberType.PREMIUM_RATE,
)
Case = tuple[str, str | None]


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as phones")
        for statement in phone_macros("phones.main"):
            connection.execute(statement)
        yield connection


def by_sql(
    engine: duckdb.DuckDBPyConnection, cases: list[Case]
) -> list[tuple[str | None, bool | None]]:
    engine.execute("create or replace temp table sent (place integer, x varchar, region varchar)")
    engine.executemany(
        "insert into sent values (?, ?, ?)", [(i, *case) for i, case in enumerate(cases)]
    )
    return engine.execute(
        "select e164, phones.main.is_valid_phone(e164) from "
        "(select place, phones.main.phone_e164(x, region) as e164 from sent) order by place"
    ).fetchall()


def by_library(text: str, region: str | None) -> tuple[str | None, bool | None]:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None, None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None, None
    return (
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.is_valid_number(number),
    )


def allowed(text: str, region: str | None) -> list[tuple[str | None, bool | None]]:
    """The library's reading; where a region dials out otherwise, 00 may stand for a plus too."""
    readings = [by_library(text, region)]
    if text.startswith("00"):
        readings.append(by_library(f"+{text[2:]}", region))
    return readings


def is_left_out_on_purpose(e164: str | None) -> bool:
    digits = (e164 or "")[1:]
    return len(digits) < 8 or "1234567" in digits or any(d * 7 in digits for d in "0123456789")


def is_minor(region: str | None) -> bool:
    code = phonenumbers.country_code_for_region(region or "")
    return region not in (None, phonenumbers.region_code_for_country_code(code))


def written(number: phonenumbers.PhoneNumber) -> set[str]:
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return {
        national,
        international,
        e164,
        phonenumbers.format_number(number, PhoneNumberFormat.RFC3966),
        phonenumbers.national_significant_number(number),
        "00" + e164[1:],
        "00 " + international[1:],
        e164[1:],
        f"Tel: {international}",
        f"  {national.replace(' ', '.')} ",
        f"{international} ext. 12",
        f"{e164};ext=7",
        f"({international[: international.find(' ')]}){international[international.find(' ') :]}",
        national.translate({ord("0") + i: 0xFF10 + i for i in range(10)}),
    }


def cases_of(region: str) -> set[Case]:
    cases: set[Case] = set()
    for kind in KINDS:
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            cases |= {(text, region) for text in written(number)}
            e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            cases |= {(e164, None), (e164, "ES"), ("011" + e164[1:], "US"), (e164, "QQ")}
            # Neighbours of a real number: a digit more, a digit fewer, another last digit.
            national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
            cases |= {
                (national + "5", region),
                (national[:-1], region),
                (national[:-1] + "8", region),
            }
    return cases


def test_every_region_reads_as_the_library_does(engine: duckdb.DuckDBPyConnection) -> None:
    cases = sorted(
        (case for region in phonenumbers.SUPPORTED_REGIONS for case in cases_of(region)),
        key=lambda case: (case[0], case[1] or ""),
    )
    differing = []
    compared = 0
    for case, found in zip(cases, by_sql(engine, cases), strict=True):
        wanted = allowed(*case)
        if found[0] is None and is_left_out_on_purpose(wanted[0][0]):
            continue
        compared += 1
        # Where 00 is no prefix, and where a number is too short for an island but not for its
        # mainland, the library makes something of it that is no number of any country.
        is_nonsense = (case[0].startswith("00") or is_minor(case[1])) and not (
            found[1] or wanted[0][1]
        )
        if found not in wanted and not is_nonsense:
            differing.append((case, found, wanted))
    assert compared > 10_000
    assert differing == []


@pytest.mark.parametrize(
    ("sent", "region", "wanted"),
    [
        ("600 11 22 33", "ES", "+34600112233"),
        ("600112233", " es ", "+34600112233"),
        ("600112233", None, None),
        ("600112233", "", None),
        ("600112233", "ZZ", None),
        ("0034 600112233", None, "+34600112233"),
        ("+34 600112233", "not a market", "+34600112233"),
        ("+34 34 600112233", "MX", "+34600112233"),
        ("(+34) 600-112-233", "MX", "+34600112233"),
        ("+0034600112233", "ES", "+34600112233"),
        ("600112233.0", "ES", "+34600112233"),
        ("600 112 233 / 911 223 344", "ES", "+34600112233"),
        ("600112233;911223344", "ES", "+34600112233"),
        ("030/1255667", "DE", "+49301255667"),
        ("600112233 (casa)", "ES", "+34600112233"),
        ("móvil: 600 11 22 33", "ES", "+34600112233"),
        ("tel:600-112-233;phone-context=+34", "US", "+34600112233"),
        ("91 555 12 12 extensión 3", "ES", "+34915551212"),
        ("020 7946 0000", "UK", "+442079460000"),
        ("+44 (0)20 7946 0000", "ES", "+442079460000"),
        ("+34 (0)600112233", "ES", "+34600112233"),
        ("+39 (0)6 6982 1455", "ES", "+390669821455"),
        ("5215598765432", "MX", "+525598765432"),
        ("+52 1 55 9876 5432", "US", "+525598765432"),
        ("044 55 9876 5432", "MX", "+525598765432"),
        ("01 55 9876 5432", "MX", "+525598765432"),
        ("011 15 2345-9876", "AR", "+5491123459876"),
        ("0 15 11 96123 9876", "BR", "+5511961239876"),
        ("555-0123", "US", None),
        ("999999999", "ES", None),
        ("55 1234 5678", "MX", None),
        ("123", "DE", None),
        ("+999 123 456", "ES", None),
        ("n/a", "ES", None),
        ("-", "ES", None),
        ("", "ES", None),
        (None, "ES", None),
    ],
)
def test_what_people_type_is_read(
    engine: duckdb.DuckDBPyConnection, sent: str | None, region: str | None, wanted: str | None
) -> None:
    assert by_sql(engine, [(sent, region)])[0][0] == wanted


def test_possible_is_not_valid(engine: duckdb.DuckDBPyConnection) -> None:
    assert by_sql(engine, [("+34600112233", None), ("+34500112233", None)]) == [
        ("+34600112233", True),
        ("+34500112233", False),
    ]
