"""Households, companies and communities on hand-worked people."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pytest

from orchestration.identity.groups import GroupOptions
from orchestration.identity.linking import link_customers

FIELDS = (
    "customer_key", "record_type", "family_name_key", "street_key", "postal_key", "phone",
    "email", "company_key",
)  # fmt: skip
Person = dict[str, object]


def person(key: int, **fields: object) -> Person:
    return {"customer_key": key, "record_type": "contact", **fields}


def connect(
    people: Iterable[Person], relations: Iterable[tuple[str, int, int]] = ()
) -> duckdb.DuckDBPyConnection:
    """Tables `person` and `relation`; the record of customer 7 is `r7`."""
    connection = duckdb.connect()
    connection.execute("""
        create table person (
            record_id varchar, customer_key bigint, record_type varchar, name_key varchar,
            family_name_key varchar, street_key varchar, postal_key varchar, city_key varchar,
            country varchar, phone varchar, email varchar, company_key varchar,
            created_at timestamp
        )
    """)
    for number, row in enumerate(people):
        values = [row.get(field) for field in FIELDS]
        connection.execute(
            f"insert into person (record_id, country, created_at, {', '.join(FIELDS)}) "
            f"values (?, 'ES', timestamp '2025-01-01' + interval {number} day, "
            f"{', '.join('?' * len(FIELDS))})",
            [f"r{row['customer_key']}", *values],
        )
    connection.execute(
        "create table relation (relation_type varchar, record_id varchar, "
        "linked_record_id varchar, related_at timestamp)"
    )
    for kind, one, other in relations:
        connection.execute(
            "insert into relation values (?, ?, ?, timestamp '2025-03-01')",
            [kind, f"r{one}", f"r{other}"],
        )
    return connection


def groups(connection: duckdb.DuckDBPyConnection, group_type: str) -> list[list[int]]:
    """Members of each group of a kind, in order."""
    rows = connection.execute(
        "select list(customer_key order by customer_key) as members from customer_group "
        "where group_type = ? group by group_key order by members",
        [group_type],
    ).fetchall()
    return [members for (members,) in rows]


def rules(connection: duckdb.DuckDBPyConnection, group_type: str) -> dict[int, str]:
    return dict(
        connection.execute(
            "select customer_key, rule from customer_group where group_type = ?", [group_type]
        ).fetchall()
    )


HOME = {"street_key": "calle mayor 5", "postal_key": "28001"}


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ({**HOME, "family_name_key": "gil sanz"}, {**HOME, "family_name_key": "roca gil"},
         "same_address_and_family_name"),
        ({**HOME, "family_name_key": "gil", "phone": "+341"},
         {**HOME, "family_name_key": "roca", "phone": "+341"}, "same_address_and_contact"),
        ({**HOME, "email": "casa@x.com"}, {**HOME, "email": "casa@x.com"},
         "same_address_and_contact"),
        ({"phone": "+341", "family_name_key": "gil"}, {"phone": "+341", "family_name_key": "gil"},
         "same_phone_and_family_name"),
        ({"email": "a@x.com", "family_name_key": "gil"},
         {"email": "a@x.com", "family_name_key": "gil"}, "same_email_and_family_name"),
        ({**HOME, "family_name_key": "gil"}, {**HOME, "family_name_key": "roca"}, None),
        ({"phone": "+341", "family_name_key": "gil"}, {"phone": "+341", "family_name_key": "roca"},
         None),
        ({"street_key": "calle mayor", "postal_key": "28001", "family_name_key": "gil"},
         {"street_key": "calle mayor", "postal_key": "28001", "family_name_key": "gil"}, None),
        ({**HOME, "family_name_key": "gil"},
         {**HOME, "postal_key": "08001", "family_name_key": "gil"}, None),
    ],
)  # fmt: skip
def test_two_are_a_household_by(one: Person, other: Person, rule: str | None) -> None:
    connection = connect([person(1, **one), person(2, **other)])
    link_customers(connection)
    assert set(rules(connection, "household").values()) == ({rule} if rule else set())
    links = connection.execute(
        "select customer_key, linked_customer_key, link_type, valid_from::date::varchar "
        "from customer_relation"
    ).fetchall()
    assert links == ([(1, 2, "household", "2025-01-02")] if rule else [])


def test_people_who_share_a_device_and_a_name_live_together() -> None:
    people = [person(1, family_name_key="gil"), person(2, family_name_key="gil"), person(3)]
    connection = connect(people, [("shared_device", 1, 2), ("shared_device", 1, 3)])
    link_customers(connection)
    assert groups(connection, "household") == [[1, 2]]


def test_a_block_of_flats_is_no_household() -> None:
    """Thirteen customers at one address: two bear a rare name; the others common ones."""
    names = ["garcia"] * 6 + ["ruiz"] * 5 + ["zubizarreta"] * 2
    elsewhere = [person(100 + n, family_name_key=f"name{n}") for n in range(400)]
    people = [person(n, **HOME, family_name_key=name) for n, name in enumerate(names)]
    connection = connect(people + elsewhere)
    link_customers(connection)
    assert groups(connection, "household") == [[11, 12]]


def test_an_office_is_no_household() -> None:
    """Colleagues by company name, by their account, and people who share the account's phone."""
    same = {"phone": "+341", "family_name_key": "gil"}
    by_name = [person(1, **same, company_key="acme"), person(2, **same, company_key="acme")]
    by_account = [person(3, **same), person(4, **same), person(5, record_type="account")]
    its_phone = [person(6, **same), person(7, **same), person(8, record_type="account", **same)]
    stated = [("company", 3, 5), ("company", 4, 5)]
    for people, relations in ((by_name, []), (by_account, stated), (its_phone, [])):
        connection = connect(people, relations)
        link_customers(connection)
        assert groups(connection, "household") == []


def test_a_chain_that_is_too_long_falls_back_on_its_strong_links() -> None:
    chain = [
        person(n, family_name_key="gil", email=f"{n // 2}@x.com", phone=f"+34{(n + 1) // 2}")
        for n in range(10)
    ]
    chain[0] |= HOME
    chain[1] |= HOME
    connection = connect(chain)
    report = link_customers(connection, GroupOptions(max_household=4))
    assert groups(connection, "household") == [[0, 1]]
    assert report.too_large == 1


def test_people_belong_to_their_company() -> None:
    """Stated, by name in the same country, by a domain that is one company's; and who doesn't."""
    people = [
        person(10, record_type="account", company_key="acme foods"),
        person(20, record_type="account", company_key="bolt"),
        person(30, record_type="account", company_key="twin"),
        person(31, record_type="account", company_key="twin"),
        person(1, email="a@acmefoods.com"),
        person(2, record_type="lead", company_key="acme foods"),
        person(3, email="c@acmefoods.com"),
        person(4, email="d@mail.net"),
        person(5, email="e@mail.net"),
        person(6, record_type="lead", company_key="twin"),
        person(7, email="g@isp.net"),
        person(8, email="h@isp.net"),
        person(9, company_key="na"),
        person(11, company_key="na"),
    ]
    stated = [("company", 1, 10), ("company", 4, 20), ("company", 7, 10), ("company", 8, 20)]
    connection = connect(people, stated)
    link_customers(connection, GroupOptions(free_mail_domains=("mail.net",)))
    found = rules(connection, "company")
    assert found == {
        1: "stated", 4: "stated", 7: "stated", 8: "stated", 10: "company", 20: "company",
        2: "same_company_name", 3: "same_email_domain",
    }  # fmt: skip
    assert groups(connection, "company") == [[1, 2, 3, 7, 10], [4, 8, 20]]
    linked = connection.execute(
        "select customer_key, linked_customer_key, confidence from customer_relation "
        "where link_type = 'company' and customer_key in (2, 3) order by 1"
    ).fetchall()
    assert linked == [(2, 10, 0.9), (3, 10, 0.8)]


def test_a_domain_of_several_companies_decides_nothing() -> None:
    people = [
        person(10, record_type="account", company_key="acme"),
        person(20, record_type="account", company_key="bolt"),
        *(person(n, email=f"{n}@hosting.com") for n in (1, 2, 3, 4)),
    ]
    connection = connect(people, [("company", 1, 10), ("company", 2, 20), ("company", 3, 10)])
    link_customers(connection)
    assert 4 not in rules(connection, "company")


def test_colleagues_of_a_company_that_is_no_customer_are_a_group() -> None:
    people = [person(n, record_type="lead", company_key="acme") for n in (1, 2)]
    connection = connect([*people, person(3, record_type="lead", company_key="solo")])
    link_customers(connection)
    assert groups(connection, "company") == [[1, 2]]
    assert connection.execute("select count(*) from customer_relation").fetchall() == [(0,)]


def test_relations_have_a_direction_where_they_mean_one() -> None:
    people = [person(1), person(2), person(3)]
    relations = [("referral", 2, 1), ("shared_interest", 3, 2), ("shared_interest", 2, 3)]
    connection = connect(people, relations)
    link_customers(connection)
    assert connection.execute(
        "select customer_key, linked_customer_key, link_type, evidence_count "
        "from customer_relation order by 3"
    ).fetchall() == [(2, 1, "referral", 1), (2, 3, "shared_interest", 2)]


def test_a_code_that_many_used_is_less_sure() -> None:
    people = [person(n) for n in range(5)]
    connection = connect(people, [("referral", 0, n) for n in range(1, 5)])
    link_customers(connection, GroupOptions(max_referrals=3))
    sure = connection.execute("select distinct confidence from customer_relation").fetchall()
    assert sure == [(0.5,)]


def test_two_cliques_with_one_bridge_are_two_communities() -> None:
    cliques = [range(6), range(10, 16)]
    people = [person(n) for clique in cliques for n in clique]
    links = [("referral", a, b) for clique in cliques for a in clique for b in clique if a < b]
    for _ in range(2):
        connection = connect(people, [*links, ("shared_interest", 5, 10)])
        link_customers(connection)
        assert groups(connection, "community") == [list(clique) for clique in cliques]


def test_a_household_alone_is_no_community() -> None:
    people = [person(n, **HOME, family_name_key="gil") for n in (1, 2, 3)]
    connection = connect([*people, person(4)], [("referral", 3, 4)])
    link_customers(connection)
    assert groups(connection, "community") == [[1, 2, 3, 4]]
    connection = connect(people)
    link_customers(connection)
    assert groups(connection, "community") == []


def test_a_group_keeps_its_key_when_most_members_stay() -> None:
    people = [person(n, **HOME, family_name_key="gil") for n in (1, 2, 3)]
    connection = connect(people)
    link_customers(connection)
    key = connection.execute("select distinct group_key from customer_group").fetchall()
    connection.execute("create table previous_group as from customer_group")
    connection.execute("delete from person where customer_key = 1")
    connection.execute(
        "insert into person (record_id, customer_key, record_type, country, family_name_key, "
        "street_key, postal_key) values ('r0', 0, 'contact', 'ES', 'gil', 'calle mayor 5', '28001')"
    )
    link_customers(connection)
    assert groups(connection, "household") == [[0, 2, 3]]
    assert connection.execute("select distinct group_key from customer_group").fetchall() == key
