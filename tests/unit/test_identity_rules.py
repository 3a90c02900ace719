"""Rules that link records by what they share, on cases worked out by hand.

All cases are resolved in one go: each has e-mail addresses, phones and ids of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from identity_world import by_rules, clusters, frame, rows_of

from orchestration.identity.resolve import Resolution


@dataclass(frozen=True)
class Case:
    """Records by letter, ids that they carry, and who is one person (`ab c`)."""

    people: str
    records: dict[str, dict[str, Any]]
    identifiers: list[tuple[str, str, str]] = field(default_factory=list)


def on_mailbox(names: dict[str, str], people: str, mailbox: str = "") -> Case:
    """Records `Given/Family` that all have one e-mail address; empty parts are missing."""
    records = {}
    for letter, name in names.items():
        given, _, family = name.partition("/")
        records[letter] = {"given_name": given, "family_name": family, "email": mailbox or "?"}
    return Case(people, records)


def on_phone(names: dict[str, str], people: str) -> Case:
    """Records `Given/Family` that all have one phone."""
    of_mailbox = on_mailbox(names, people).records
    return Case(people, {x: {**row, "email": None, "phone": "?"} for x, row in of_mailbox.items()})


def born(births: dict[str, str], people: str) -> Case:
    """Records of one name and e-mail address with these birth dates."""
    name = {"given_name": "Ana", "family_name": "Gil", "email": "?"}
    return Case(people, {x: {**name, "birth_date": birth} for x, birth in births.items()})


def switchboard(persons: int, orders: int, people: str) -> Case:
    """Records of one name on one phone, with e-mail addresses of their own."""
    letters = "abcdefghijklmnopqrstuvwxyz"[: persons + orders]
    return Case(
        people,
        {
            x: {
                "given_name": "Ana",
                "family_name": "Gil",
                "phone": "?",
                "email": f"{x}?",
                "record_type": "contact" if place < persons else "order",
            }
            for place, x in enumerate(letters)
        },
    )


def kinds(kind: str, types: dict[str, str], ids: dict[str, str], people: str) -> Case:
    """Records of these types that carry ids of one kind, written `id` or `id,id`."""
    carried = [(x, kind, value) for x, values in ids.items() for value in values.split(",")]
    return Case(people, {x: {"record_type": type_} for x, type_ in types.items()}, carried)


CASES = {
    "accents, capitals and a second surname": on_mailbox(
        {"a": "María/García López", "b": "MARIA/GARCIA", "c": "maria/garcía"}, "abc"
    ),
    "familiar form": on_mailbox({"a": "Pepe/Gil", "b": "José/Gil Ruiz"}, "ab"),
    "abbreviations": on_mailbox({"a": "Mª Carmen/Hdez.", "b": "María Carmen/Hernández"}, "ab"),
    "particles and titles": on_mailbox({"a": "Dra. Ana/de la Torre", "b": "Ana/Torre"}, "ab"),
    "slip in the given name": on_mailbox({"a": "Francisco/Gil", "b": "Fracnisco/Gil"}, "ab"),
    "slip in the family name": on_mailbox({"a": "Ana/Navarro", "b": "Ana/Navaro"}, "ab"),
    "initial": on_mailbox({"a": "F./Gil", "b": "Francisco/Gil"}, "ab"),
    "one of two given names": on_mailbox({"a": "José Raúl/Gil", "b": "José/Gil"}, "ab"),
    "second given name cut short": on_mailbox({"a": "José Raúl/Gil", "b": "José R./Gil"}, "ab"),
    "José Raúl and José Miguel": on_mailbox({"a": "José Raúl/Gil", "b": "José Miguel/Gil"}, "a b"),
    "given and family name swapped": on_mailbox({"a": "Ana/Gil", "b": "Gil/Ana"}, "ab"),
    "brother and sister": on_mailbox({"a": "Luis/Gil", "b": "Luisa/Gil"}, "a b"),
    "gender by the last letter": on_mailbox({"a": "Mario/Gil", "b": "Maria/Gil"}, "a b"),
    "another family": on_mailbox({"a": "Ana/Gil", "b": "Ana/Sanz"}, "a b"),
    "another second surname": on_mailbox({"a": "Ana/Ortiz Vega", "b": "Ana/Ortiz López"}, "a b"),
    "no name beside one name": on_mailbox({"a": "Ana/Gil", "b": "/"}, "ab"),
    "no given name beside one person": on_mailbox({"a": "Ana/Gil", "b": "/Gil"}, "ab"),
    "no name beside a couple": on_mailbox({"a": "Ana/Gil", "b": "Luis/Gil", "c": "/"}, "a b c"),
    "two without a name beside a couple": on_mailbox(
        {"a": "Ana/Gil", "b": "Luis/Gil", "c": "/", "d": "/"}, "a b c d"
    ),
    "couple": on_mailbox({"a": "Ana/Gil", "b": "Luis/Gil", "c": "Ana/Gil Paz"}, "ac b"),
    # Could be each of the two, so it is neither: it must not make them one. Several families,
    # since which name came first must not matter.
    **{
        f"no given name beside a couple {family}": on_mailbox(
            {"a": f"Luis/{family}", "b": f"/{family}", "c": f"Valentina/{family}"}, "a b c"
        )
        for family in ("Navarro", "Ruiz", "Paz", "Sanz", "Moreno")
    },
    "initial of two people": on_mailbox(
        {"a": "Luis/Gil", "b": "L./Gil", "c": "Laura/Gil"}, "a b c"
    ),
    "mailbox of a function": on_mailbox(
        {"a": "Ana/Gil", "b": "Ana/Gil", "c": "Luis/Paz", "d": "/", "e": "/"},
        "ab c d e",
        "info@acme.example",
    ),
    "mailbox of a function, one name": on_mailbox(
        {"a": "Ana/Gil", "b": "/", "c": "/"}, "a b c", "ventas@acme.example"
    ),
    "mailbox of a household": on_mailbox(
        {"a": "Ana/Gil", "b": "Ana/Gil", "c": "/"}, "ab c", "gil.familia@home.example"
    ),
    "spellings of an e-mail address": Case(
        "abc",
        {
            "a": {"email": "Ana.Ruiz.Spelled@gmail.com"},
            "b": {"email": "anaruizspelled+shop@googlemail.com"},
            "c": {"email": "<anaruizspelled@gmial.com>"},
        },
    ),
    "no e-mail address at all": Case("a b", {"a": {"email": "none"}, "b": {"email": "none"}}),
    "spellings of a phone": Case(
        "abc",
        {
            "a": {"phone": "+34 611 22 33 99"},
            "b": {"phone": "611223399"},
            "c": {"phone": "0034-611.223.399"},
        },
    ),
    "landline of a family": on_phone(
        {"a": "Ana/Gil", "b": "Luis/Gil", "c": "/Gil", "d": "Ana/Gil"}, "ad b c"
    ),
    "phone without a given name": on_phone({"a": "Ana/Gil", "b": "/Gil"}, "a b"),
    "phone of one person": on_phone({"a": "Ana/Gil", "b": "Anita/Gil Ruiz"}, "ab"),
    "phone and another e-mail, no name": Case(
        "ac b",
        {
            "a": {"given_name": "Ana", "family_name": "Gil", "phone": "?"},
            "b": {"phone": "?", "email": "b?", "record_type": "order"},
            "c": {"phone": "?", "record_type": "order"},
        },
    ),
    "switchboard": switchboard(11, 0, "a b c d e f g h i j k"),
    "ten people's records": switchboard(10, 0, "abcdefghij"),
    "orders are no people": switchboard(3, 9, "abcdefghijkl"),
    "father and son": born({"a": "1950-03-04", "b": "1981-11-25"}, "a b"),
    "slip in the birth date": born({"a": "1980-03-04", "b": "1980-03-05"}, "ab"),
    "day and month swapped": born({"a": "1980-03-04", "b": "1980-04-03"}, "ab"),
    "only the year is known": born({"a": "1980-10-24", "b": "1980-01-01"}, "ab"),
    "birth dates as texts": born({"a": "24/10/1980", "b": "1980-10-24", "c": "24 Oct 1980"}, "abc"),
    "31 February": born({"a": "1980-02-31", "b": "1955-07-19"}, "ab"),
    "born in one of two years": born({"a": "1950-03-04", "b": "1981-11-25", "c": ""}, "a b c"),
    "name, birth date and place": Case(
        "ab c d",
        {
            x: {"given_name": given, "family_name": "Placed", "birth_date": "24/10/1980"}
            | {"postal_code": postal}
            for x, given, postal in (
                ("a", "Ana", "28001"),
                ("b", "ANA", "28001"),
                ("c", "Eva", "28001"),
                ("d", "Ana", "08001"),
            )
        },
    ),
    "name and birth date, no place": Case(
        "a b",
        {
            x: {"given_name": "Ana", "family_name": "Unplaced", "birth_date": "1980-10-24"}
            for x in "ab"
        },
    ),
    "national id": Case(
        "ab", {"a": {"national_id": "12345678-Z"}, "b": {"national_id": "12345678z"}}
    ),
    "national id of two names": Case(
        "a b",
        {
            "a": {"national_id": "87654321X", "given_name": "Ana", "family_name": "Gil"},
            "b": {"national_id": "87654321X", "given_name": "Luis", "family_name": "Paz"},
        },
    ),
    "id of a contact, whatever the names": Case(
        "ab",
        {"a": {"given_name": "Ana"}, "b": {"given_name": "Luis"}},
        [("a", "crm_contact", "1"), ("b", "crm_contact", "1")],
    ),
    "id of an unheard-of kind": kinds(
        "ticket_account", {"a": "person", "b": "case"}, {"a": "1", "b": "1"}, "ab"
    ),
    "equal ids of two kinds": Case(
        "a b", {"a": {}, "b": {}}, [("a", "crm_contact", "1"), ("b", "crm_lead", "1")]
    ),
    "device with one account": kinds(
        "shop_customer", {"a": "shop_customer", "b": "device"}, {"a": "s1", "b": "s1"}, "ab"
    ),
    "device with two accounts": kinds(
        "shop_customer",
        {"a": "shop_customer", "b": "device", "c": "shop_customer"},
        {"a": "s2", "b": "s2,s3", "c": "s3"},
        "a b c",
    ),
    "loyalty card of one member": kinds(
        "loyalty_card", {"a": "loyalty_member", "b": "order"}, {"a": "k1", "b": "k1"}, "ab"
    ),
    "loyalty card with two members": kinds(
        "loyalty_card",
        {"a": "loyalty_member", "b": "loyalty_member", "c": "order"},
        {"a": "k2", "b": "k2", "c": "k2"},
        "a b c",
    ),
    "social profile with two owners": kinds(
        "social_profile",
        {"a": "social_profile", "b": "social_profile"},
        {"a": "p1", "b": "p1"},
        "a b",
    ),
    "chain": Case(
        "abc d",
        {
            "a": {"email": "?", "given_name": "Eva"},
            "b": {"email": "?", "given_name": "Eva", "phone": "?"},
            "c": {"given_name": "Eva", "phone": "?"},
            "d": {"given_name": "Eva", "email": "d?"},
        },
    ),
}


@pytest.fixture(scope="module")
def resolved() -> Resolution:
    """All cases in one table; `?` is an e-mail address or phone of the case."""
    records, identifiers = [], []
    for number, (name, case) in enumerate(CASES.items()):
        for letter, row in case.records.items():
            said = {key: value or None for key, value in row.items()}
            if said.get("email"):
                said["email"] = said["email"].replace("?", f"of.case{number}@example.org")
            if said.get("phone"):
                said["phone"] = said["phone"].replace("?", f"+346000{number:05}")
            records.append({"record_id": f"{name}/{letter}", **said})
        identifiers += [
            {
                "record_id": f"{name}/{letter}",
                "identifier_type": kind,
                "identifier_value": f"{number}:{value}",
            }
            for letter, kind, value in case.identifiers
        ]
    return by_rules(frame(records), identifiers=frame(identifiers))


@pytest.mark.parametrize("name", CASES)
def test_rule(resolved: Resolution, name: str) -> None:
    found = [
        "".join(record.rpartition("/")[2] for record in records)
        for records in clusters(resolved)
        if records[0].startswith(f"{name}/")
    ]
    assert sorted(found) == CASES[name].people.split()


def test_cases_dont_touch_each_other(resolved: Resolution) -> None:
    assert all(len({x.partition("/")[0] for x in ids}) == 1 for ids in clusters(resolved))


def test_a_link_says_its_rule_and_how_sure_it_is(resolved: Resolution) -> None:
    rows = rows_of(resolved, "cluster")
    found = {row["record_id"]: (row["rule"], row["confidence"]) for row in rows}
    assert found["familiar form/a"] == ("own_record", 1.0)
    assert found["familiar form/b"] == ("same_email", 0.95)
    assert found["phone of one person/b"] == ("same_phone", 0.85)
    assert found["name, birth date and place/b"] == ("same_name_and_birth_date", 0.94)
    assert found["national id/b"] == ("same_national_id", 0.97)
    assert found["id of a contact, whatever the names/b"] == ("same_crm_contact", 1.0)
    assert found["id of an unheard-of kind/b"] == ("same_ticket_account", 0.92)


def test_phones_are_read_by_the_records_country() -> None:
    rows = [
        {"record_id": "a", "phone": "611223344", "country": "ES"},
        {"record_id": "b", "phone": "+34611223344", "country": "US"},
        {"record_id": "c", "phone": "611223344", "country": "FR"},
    ]
    assert clusters(by_rules(frame(rows))) == {("a", "b"), ("c",)}


def test_how_many_people_may_share_an_identifier_is_an_option() -> None:
    rows = [{"record_id": x, "email": "one@example.org"} for x in "abc"]
    assert len(clusters(by_rules(frame(rows)))) == 1
    few = by_rules(frame(rows), options={"max_records_per_identifier": 2})
    assert len(clusters(few)) == 3
