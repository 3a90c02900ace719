"""Person records as they are compared: names, addresses and numbers in one spelling.

Belongs here: reading any table of person records into table `person`, and `profile`, the
distinct things that the records say. Doesn't belong here: what makes two records one person.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from orchestration.identity.options import TEXT_COLUMNS, IdentityError, Options
from orchestration.lib import engine

COMPARED = (
    "given",
    "family",
    "birth_digits",
    "email",
    "phone",
    "national_id",
    "street",
    "house_number",
    "postal",
    "city",
    "region",
    "gender",
    "company",
)
"""Columns of `person` that two records are compared by."""

_FILES = (".csv", ".csv.gz", ".parquet")


def read_records(connection: duckdb.DuckDBPyConnection, records: Any, options: Options) -> None:
    """Create table `record` from a path (CSV, Parquet), data frame, Arrow table or relation.

    Columns that are not there are null; rows count once per record_id.

    Raises:
        IdentityError: there is no record_id, or it is null or not unique.
    """
    view = _as_view(connection, records, "record_input")
    present = {row[0].lower() for row in connection.execute(f"describe {view}").fetchall()}
    if "record_id" not in present:
        raise IdentityError(
            f"The records have no column record_id, only {', '.join(sorted(present))}. "
            "Rename the column that identifies a record."
        )
    missing = [name for name in options.other_columns if name.lower() not in present]
    if missing:
        raise IdentityError(f"The records lack {', '.join(missing)}, named in other_columns.")
    texts = [
        f"nullif(trim(cast({name} as varchar)), '') as {name}"
        if name in present
        else f"cast(null as varchar) as {name}"
        for name in TEXT_COLUMNS
    ]
    others = [
        f"nullif(trim(cast({engine.name(name)} as varchar)), '') as other_{number}"
        for number, name in enumerate(options.other_columns)
    ]
    country = texts[TEXT_COLUMNS.index("country")].removesuffix(" as country")
    texts[TEXT_COLUMNS.index("country")] = (
        f"upper(coalesce({country}, {engine.text(options.default_country)})) as country"
    )
    created = "try_cast(created_at as timestamp)" if "created_at" in present else "null::timestamp"
    rows, ids = connection.execute(
        f"select count(*), count(distinct record_id) from {view}"
    ).fetchall()[0]
    if rows != ids:
        raise IdentityError(
            f"record_id must be filled and unique: {rows:,} records have {ids:,} ids."
        )
    # Numbered apart: sorting whole rows takes twice the time.
    connection.execute(f"""
        create or replace temp table record_number as
        select record_id, row_number() over (order by {created} nulls last, record_id) - 1
            as record_no,
        from {view}
    """)
    connection.execute(f"""
        create table record as
        select
            record_number.record_no,
            cast(record_id as varchar) as record_id,
            {created} as created_at,
            {", ".join(texts + others)},
        from {view} as sent
        inner join record_number using (record_id)
    """)


def read_pairs(
    connection: duckdb.DuckDBPyConnection, table: Any, name: str, columns: dict[str, str]
) -> None:
    """Create table `name` with `columns` (name: type) from `table`; empty when that is None.

    Raises:
        IdentityError: a column is missing.
    """
    if table is None:
        fields = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"create table {name} ({fields})")
        return
    view = _as_view(connection, table, f"{name}_input")
    present = {row[0].lower() for row in connection.execute(f"describe {view}").fetchall()}
    optional = {"first_seen_at", "is_generic"}
    missing = set(columns) - present - optional
    if missing:
        raise IdentityError(f"The table of {name}s lacks {', '.join(sorted(missing))}.")
    select = ", ".join(
        f"cast({column if column in present else 'null'} as {kind}) as {column}"
        for column, kind in columns.items()
    )
    connection.execute(f"create table {name} as select {select} from {view}")


def prepare(connection: duckdb.DuckDBPyConnection, options: Options) -> None:
    """Create table `person`: one row per record, in the spelling that is compared."""
    spellings = {
        "given_name": "given_name_key(value)",
        "family_name": "family_name_key(value)",
        "full_name": "full_name_parts(value)",
        "email": "email_key(value)",
        "phone": "phone_e164(value, country)",
        "birth_date": "birth_digits(value, region := country)",
        "street": "street_key(value)",
        "postal_code": "postal_key(value, region := country)",
        "city": "name_key(value)",
        "company_name": "company_key(value)",
    }
    for column, spelling in spellings.items():
        # Each distinct text is worked on once: most texts stand in several records.
        connection.execute(f"""
            create or replace temp table spelled_{column} as
            select value, country, {spelling} as spelled
            from (
                select distinct {column} as value, coalesce(country, '') as country from record
                where {column} is not null
            )
        """)
    _create_forms(connection)
    joins = "\n".join(
        f"left join spelled_{column} on record.{column} = spelled_{column}.value "
        f"and coalesce(record.country, '') = spelled_{column}.country"
        for column in spellings
    )
    others = "".join(
        f"lower(record.other_{number}) as other_{number}, "
        for number in range(len(options.other_columns))
    )
    connection.execute(f"""
        create table person as
        select
            record.record_no,
            record.record_id,
            coalesce(record.record_type, 'person') as record_type,
            record.created_at,
            record.country,
            form.given,
            form.forms as given_forms,
            form.bits as given_bits,
            family_form.family,
            family_form.bits as family_bits,
            try_strptime(spelled_birth_date.spelled, '%Y%m%d')::date as birth_date,
            spelled_birth_date.spelled as birth_digits,
            spelled_email.spelled as email,
            spelled_phone.spelled as phone,
            upper(regexp_replace(record.national_id, '[^0-9A-Za-z]', '', 'g')) as national_id,
            spelled_street.spelled as street,
            lower(record.house_number) as house_number,
            spelled_postal_code.spelled as postal,
            spelled_city.spelled as city,
            lower(record.region) as region,
            lower(left(record.gender, 1)) as gender,
            spelled_company_name.spelled as company,
            {others}
        from record
        {joins}
        -- A full name says what the parts don't.
        left join form
            on coalesce(spelled_given_name.spelled, spelled_full_name.spelled[1]) = form.given
        left join family_form
            on coalesce(spelled_family_name.spelled, spelled_full_name.spelled[2])
                = family_form.family
    """)


def _create_forms(connection: duckdb.DuckDBPyConnection) -> None:
    """Tables of what a name goes by: full forms of a short given name, and bits of the words.

    Names without a bit in common have no word or form in common: a quick test before slow ones.
    """
    bits = (
        "list_aggregate(list_transform({}, lambda word: 1::bigint << (hash(word) % 62)::integer), "
        "'bit_or')"
    )
    connection.execute(f"""
        create temp table form as
        with formed as (
            select spelled as given,
                list_distinct([split_part(spelled, ' ', 1)] || coalesce(
                    list(nickname.full_name) filter (where nickname.full_name is not null), []
                )) as forms,
            from (
                select spelled from spelled_given_name where spelled is not null
                union
                select spelled[1] from spelled_full_name where spelled[1] is not null
            )
            left join nickname on split_part(spelled, ' ', 1) = nickname.short_name
            group by spelled
        )
        select *, {bits.format("forms || string_split(given, ' ')")} as bits from formed
    """)
    connection.execute(f"""
        create temp table family_form as
        select spelled as family, {bits.format("string_split(spelled, ' ')")} as bits
        from (
            select spelled from spelled_family_name where spelled is not null
            union
            select spelled[2] from spelled_full_name where spelled[2] is not null
        )
    """)


def filled_columns(connection: duckdb.DuckDBPyConnection, options: Options) -> set[str]:
    """Columns of `person` that say anything: more than one value, in a hundredth of the rows."""
    names = [*COMPARED, *other_names(options)]
    counts = ", ".join(f"count({name}), approx_count_distinct({name})" for name in names)
    row = connection.execute(f"select count(*), {counts} from person").fetchall()[0]
    rows, numbers = row[0], row[1:]
    return {
        name
        for position, name in enumerate(names)
        if numbers[2 * position] * 100 >= rows and numbers[2 * position + 1] > 1
    }


def other_names(options: Options) -> list[str]:
    """Names in `person` of the caller's further columns."""
    return [f"other_{number}" for number in range(len(options.other_columns))]


def _as_view(connection: duckdb.DuckDBPyConnection, table: Any, name: str) -> str:
    """A name under which `table` can be selected from."""
    if isinstance(table, (str, Path)) and str(table).endswith(_FILES):
        if not Path(table).exists():
            raise IdentityError(f"{table} does not exist.")
        reader = "read_parquet" if str(table).endswith(".parquet") else "read_csv"
        kind = "" if reader == "read_parquet" else ", all_varchar = true"
        connection.execute(
            f"create or replace temp view {name} as "
            f"select * from {reader}({engine.text(table)}{kind})"
        )
        return name
    if isinstance(table, (str, Path)):
        return _known_table(connection, str(table))
    try:
        # A relation may be of this very connection, so its rows are taken out first.
        is_relation = isinstance(table, duckdb.DuckDBPyRelation)
        connection.register(name, table.to_arrow_table() if is_relation else table)
    except duckdb.InvalidInputException as error:
        raise IdentityError(
            f"A {type(table).__name__} is no table that can be read. Give the path of a CSV or "
            "Parquet file, a data frame, an Arrow table or a DuckDB relation."
        ) from error
    return name


def _known_table(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    try:
        connection.execute(f"select * from {table} limit 0")
    except (duckdb.CatalogException, duckdb.ParserException) as error:
        raise IdentityError(
            f"{table} is neither a table of the connection nor the path of a file "
            f"({', '.join(_FILES)})."
        ) from error
    return table
