"""Spellings in which e-mails, names, companies, addresses and birth dates are compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from orchestration.identity.macros import create_macros, nicknames


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as spellings")
        create_macros(connection, "spellings.main")
        yield connection


def call(engine: duckdb.DuckDBPyConnection, macro: str, *arguments: Any) -> Any:
    """The macro's result, worked out for a column: constants would be folded."""
    names = [f"a{place}" for place in range(len(arguments))]
    values = ", ".join(f"?::{'date' if isinstance(a, date) else 'varchar'}" for a in arguments)
    return engine.execute(
        f"select spellings.main.{macro}({', '.join(names)}) "
        f"from (values ({values}), ({', '.join(['null'] * len(arguments))})) t({', '.join(names)}) "
        "limit 1",
        list(arguments),
    ).fetchall()[0][0]


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        (" Ana.Lopez+shop@GoogleMail.com ", "analopez@gmail.com"),
        ("mailto:<d@example.com>", "d@example.com"),
        ("Ana Gil <ana@x.com>", "ana@x.com"),
        ("a@x.com; b@y.com", "a@x.com"),
        ("a@x.com / b@y.com", "a@x.com"),
        ("ana@gmail.con", "ana@gmail.com"),
        ("ana@gmial.com", "ana@gmail.com"),
        ("pepe@hotnail.com", "pepe@hotmail.com"),
        ("ana@gmail,com", "ana@gmail.com"),
        ("ana@x.com.", "ana@x.com"),
        ("ana lopez @x.com", "analopez@x.com"),
        ("\uff21\uff2e\uff21\uff20x.com", "ana@x.com"),
        ("ana@hotmail.co.uk", "ana@hotmail.co.uk"),
        ("ana@ymail.com", "ana@ymail.com"),
        ("b+x@outlook.com", "b@outlook.com"),
        ("c+x@example.com", "c+x@example.com"),
        ("ana@example", None),
        ("@gmail.com", None),
        ("n/a", None),
        ("", None),
        (None, None),
    ],
)
def test_email(engine: duckdb.DuckDBPyConnection, sent: str | None, wanted: str | None) -> None:
    assert call(engine, "email_key", sent) == wanted


def test_a_mailbox_of_a_function_is_generic(engine: duckdb.DuckDBPyConnection) -> None:
    assert call(engine, "is_generic_mailbox", "info@x.com")
    assert call(engine, "is_generic_mailbox", "ventas2@x.com")
    assert not call(engine, "is_generic_mailbox", "infante@x.com")
    assert not call(engine, "is_generic_mailbox", "ana.info@x.com")


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        ("José María", "jose maria"),
        ("de la Cruz", "cruz"),
        ("van der Berg", "berg"),
        ("O'Brien", "obrien"),
        ("Mc Donald", "mcdonald"),
        ("García-López", "garcia lopez"),
        ("Gómez y Ruiz", "gomez ruiz"),
        ("Hdez. García", "hernandez garcia"),
        ("Mª Carmen", "maria carmen"),
        ("Fco. Javier", "francisco javier"),
        ("Dra. Ana Pérez Jr.", "ana perez"),
        ("Don", "don"),
        ("Del", "del"),
        ("E.", "e"),
        ("Łukasz Weiß", "lukasz weiss"),
        ("Иван", "иван"),
        ("  ", None),
        ("123", None),
        (None, None),
    ],
)
def test_name(engine: duckdb.DuckDBPyConnection, sent: str | None, wanted: str | None) -> None:
    assert call(engine, "name_key", sent) == wanted


@pytest.mark.parametrize(
    ("sent", "given", "family"),
    [
        ("Ana García Ruiz", "ana", "garcia ruiz"),
        ("GARCÍA RUIZ, Ana", "ana", "garcia ruiz"),
        ("DUPONT Jean", "jean", "dupont"),
        ("Ana María Gil", "ana maria", "gil"),
        ("Juan Carlos Pérez Gómez", "juan carlos", "perez gomez"),
        ("María del Carmen López", "maria carmen", "lopez"),
        ("Dr. John Q. Smith Jr.", "john q", "smith"),
        ("Ana", "ana", None),
    ],
)
def test_full_name(
    engine: duckdb.DuckDBPyConnection, sent: str, given: str, family: str | None
) -> None:
    assert call(engine, "full_name_given", sent) == given
    assert call(engine, "full_name_family", sent) == family


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("francisco", "fracnisco", True),
        ("f", "francisco", True),
        ("luis", "luisa", False),
        ("mario", "maria", False),
        ("alejandro", "alejandra", False),
        ("ana", "eva", False),
        ("jo", "john", False),
        ("", "ana", False),
    ],
)
def test_given_names_may_be_one(
    engine: duckdb.DuckDBPyConnection, one: str, other: str, wanted: bool
) -> None:
    assert call(engine, "is_same_given_name", one, other) is wanted
    assert call(engine, "is_same_given_name", other, one) is wanted


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("paco", "francisco", True),
        ("bob", "rob", True),
        ("peggy", "margaret", True),
        ("jose raul", "pepe", True),
        ("ana", "ana maria", True),
        ("jose raul", "jose miguel", False),
        ("juanjo", "juanma", False),
        ("maite", "majo", False),
        ("ana", "eva", False),
    ],
)
def test_one_name_is_a_short_form_of_the_other(
    engine: duckdb.DuckDBPyConnection, one: str, other: str, wanted: bool
) -> None:
    def forms(name: str) -> list[str]:
        first = name.split()[0]
        rows = engine.execute(
            "select full_name from spellings.nickname where short_name = ?", [first]
        )
        return [first, *(row[0] for row in rows.fetchall())]

    for a, b in ((one, other), (other, one)):
        found = engine.execute(
            "select spellings.is_short_given_name(?, ?, ?, ?)", [a, forms(a), b, forms(b)]
        ).fetchall()[0][0]
        assert found is wanted


def test_the_nicknames_are_a_table_of_the_engine(engine: duckdb.DuckDBPyConnection) -> None:
    stored = engine.execute("from spellings.main.nickname").fetchall()
    assert set(stored) == set(nicknames())
    assert len(stored) > 600
    assert all(
        word.isascii() and word.islower() and word.isalpha() for row in stored for word in row
    )


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        ("Acme, S.L.", "acme"),
        ("Smith & Co. Ltd", "smith"),
        ("Grupo Pérez S.A. de C.V.", "grupo perez"),
        ("Panadería y Bollería SA", "panaderia bolleria"),
        ("Panaderia & Bolleria S. A.", "panaderia bolleria"),
        ("The Foo and Bar GmbH", "foo bar"),
        ("A+B S. de R.L. de C.V.", "a b"),
        ("Acme Sp. z o.o.", "acme"),
        ("Müller GmbH & Co. KG", "muller"),
        ("S.L.", "sl"),
        ("", None),
    ],
)
def test_company(engine: duckdb.DuckDBPyConnection, sent: str, wanted: str | None) -> None:
    assert call(engine, "company_key", sent) == wanted


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        ("C/ Mayor, 5 2ºB", "mayor 5"),
        ("Calle Mayor 5", "mayor 5"),
        ("CALLE MAYOR Nº 5, piso 2", "mayor 5"),
        ("Avda. de la Paz nº 12, piso 3", "av paz 12"),
        ("Avenida La Paz 12", "av paz 12"),
        ("5 Main Street", "main st 5"),
        ("5 Main St., Apt 4", "main st 5"),
        ("123 5th Ave Apt 4", "5th av 123"),
        ("221B Baker Street", "baker st 221b"),
        ("Calle 45 # 12-34", "cl 45 12-34"),
        ("Cra 7 No 71-21", "cr 7 71-21"),
        ("Av. Insurgentes Sur 1602 int. 5", "av insurgentes sur 1602"),
        ("Main St", "main st"),
        ("", None),
    ],
)
def test_street(engine: duckdb.DuckDBPyConnection, sent: str, wanted: str | None) -> None:
    assert call(engine, "street_key", sent) == wanted


def test_postal_code(engine: duckdb.DuckDBPyConnection) -> None:
    sent = [" sw1a 1aa", "28001.0", "10001-1234", "E-28001", "00000", "n/a", ""]
    wanted = ["SW1A1AA", "28001", "10001", "28001", None, None, None]
    assert [call(engine, "postal_key", text) for text in sent] == wanted
    assert call(engine, "postal_key", "8001", "ES") == "08001"
    assert call(engine, "postal_key", "8001", "CH") == "8001"


@pytest.mark.parametrize(
    ("sent", "region", "wanted"),
    [
        ("1980-05-03", "ES", date(1980, 5, 3)),
        ("1980-05-03 00:00:00", "ES", date(1980, 5, 3)),
        ("19800503", "ES", date(1980, 5, 3)),
        ("03/05/1980", "ES", date(1980, 5, 3)),
        ("03/05/1980", "US", date(1980, 3, 5)),
        ("05/25/1980", "ES", date(1980, 5, 25)),
        ("3.5.1980", None, date(1980, 5, 3)),
        ("3 May 1980", None, date(1980, 5, 3)),
        (date(1980, 5, 3), None, date(1980, 5, 3)),
        ("1980-02-30", "ES", None),
        ("1900-01-01", "ES", None),
        ("1970-01-01", "ES", None),
        ("2999-01-01", "ES", None),
        ("soon", "ES", None),
    ],
)
def test_birth_date(
    engine: duckdb.DuckDBPyConnection, sent: Any, region: str | None, wanted: date | None
) -> None:
    assert call(engine, "birth_date", sent, region) == wanted
    if region is None and wanted:
        assert call(engine, "birth_digits", sent) == wanted.strftime("%Y%m%d")


def test_births_conflict_beyond_a_slip(engine: duckdb.DuckDBPyConnection) -> None:
    born = date(1980, 5, 3)
    assert not call(engine, "births_conflict", born, born)
    assert not call(engine, "births_conflict", born, date(1980, 3, 5))
    assert not call(engine, "births_conflict", born, date(1980, 5, 8))
    assert call(engine, "births_conflict", born, date(1982, 9, 14))
    assert call(engine, "births_conflict", born, date(2010, 5, 3))


def test_macros_stand_in_the_main_schema_unless_told(engine: duckdb.DuckDBPyConnection) -> None:
    with duckdb.connect() as connection:
        create_macros(connection)
        create_macros(connection)
        assert connection.execute(
            "select name_key('Ana'), phone_e164('600112233', 'ES')"
        ).fetchall() == [("ana", "+34600112233")]
