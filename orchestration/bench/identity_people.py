"""Person records with a known truth: who is measured with them, and how dirty they are.

Belongs here: made-up households, their people, and the records that six systems keep of them,
with the errors that such records have. Everything is drawn from hashes, so a seed gives the same
records on any number of threads.
Doesn't belong here: the words (see `identity_names`), and what is measured (see `identity`).

Noise 1 is what a company's systems look like, 0.5 a tidy company, 2 a neglected one.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.bench import identity_names
from orchestration.lib import engine

# Share of people by their number of records, 1 to 8.
RECORDS_OF_A_PERSON = (0.36, 0.27, 0.16, 0.10, 0.05, 0.03, 0.02, 0.01)
PERSONS_PER_NUMBER = 1000

# System, share of the records, chance that it lacks: given name, family name, e-mail, phone, birth
# date, address, second surname; whether it writes in capitals, whether without accents.
SYSTEMS = """
    ('web_shop', 0.28, 0.01, 0.02, 0.00, 0.35, 0.85, 0.15, 0.45, false, false),
    ('newsletter', 0.14, 0.35, 0.55, 0.00, 0.95, 0.90, 0.97, 0.80, false, false),
    ('crm', 0.16, 0.02, 0.01, 0.15, 0.20, 0.70, 0.35, 0.25, false, false),
    ('loyalty', 0.20, 0.02, 0.02, 0.40, 0.15, 0.10, 0.20, 0.20, true, true),
    ('marketplace', 0.14, 0.01, 0.01, 0.90, 0.45, 1.00, 0.02, 0.40, false, true),
    ('service_desk', 0.08, 0.10, 0.15, 0.45, 0.30, 0.90, 0.85, 0.60, false, false)
"""

_MACROS = """
    create or replace macro chance(number, what) as
        (hash(xor(xor(hash(number::bigint), hash(what)), {seed}::ubigint)) >> 11)
        / 9007199254740992.0;
    create or replace macro noisy(number, what, share) as
        chance(number, what) < least(0.95, share * {noise});
    create or replace macro pick(number, what, options) as
        options[1 + floor(chance(number, what) * len(options))::integer];
    create or replace macro whole(number, what, least_one, beyond) as
        (least_one + floor(chance(number, what) * (beyond - least_one)))::bigint;
    -- Zipf-like: rank 1 to size, each about as much rarer as its rank is higher.
    create or replace macro rank_of(number, what, size) as
        least(size, 1 + floor(6 * pow((size + 6) / 6.0, chance(number, what)) - 6)::integer);
    create or replace macro slug(words) as
        regexp_replace(lower(strip_accents(words)), '[^a-z]', '', 'g');
    create or replace macro slip_at(words, place, kind, letter) as left(words, place - 1) || case
        when kind < 0.25 then words[place + 1:]
        when kind < 0.50 then words[place] || words[place:]
        when kind < 0.75 then chr((97 + floor(letter * 26))::integer) || words[place + 1:]
        else coalesce(words[place + 1], '') || words[place] || words[place + 2:]
    end;
    -- One slip of the finger: a letter left out, doubled, changed, or two of them swapped.
    create or replace macro slip(words, number, what) as case
        when len(words) < 3 then words
        else slip_at(words, 2 + floor(chance(number, what || ' place') * (len(words) - 2))::integer,
            chance(number, what || ' kind'), chance(number, what || ' letter'))
    end;
    create or replace macro overlay_digit(digits, place, digit) as
        left(digits, place - 1) || digit || digits[place + 1:];
    create or replace macro capital(number) as chr((65 + number % 26)::integer);
    create or replace macro without(words, has_none) as
        case when has_none then strip_accents(words) else words end;
    create or replace macro cased(words, is_upper, has_no_accents) as
        case when is_upper then upper(without(words, has_no_accents))
            else without(words, has_no_accents) end;
    create or replace macro digit_slip(digits, number, what) as
        overlay_digit(digits, 1 + floor(chance(number, what) * len(digits))::integer,
            floor(chance(number, what || ' digit') * 10)::integer::varchar);
"""

_PEOPLE = """
    create or replace temp table housed as
    select
        range as person_no,
        sum(case when range = 0 or chance(range, 'household') < 0.78 then 1 else 0 end)
            over (order by range rows unbounded preceding)::bigint as household_no,
    from range({persons});

    create or replace temp table placed as
    select
        *,
        row_number() over (partition by household_no order by person_no) as place,
        min(person_no) over (partition by household_no) as first_no,
        count(*) over (partition by household_no) as people,
        pick(household_no, 'country',
            ['ES', 'ES', 'ES', 'ES', 'ES', 'MX', 'MX', 'MX', 'MX', 'CO',
             'US', 'US', 'US', 'US', 'US', 'GB', 'GB', 'GB', 'DE', 'DE']) as country,
        case when country in ('ES', 'MX', 'CO') then 'spanish'
            when country = 'DE' then 'german' else 'english' end as culture,
        place = 3 and chance(household_no, 'junior') < 0.06 as is_junior,
        place = 4 and chance(household_no, 'twins') < 0.06 as is_twin,
        case when is_junior then first_no else person_no end as name_no,
        case when is_twin then person_no - 1 else person_no end as birth_no,
        case
            when place = 2
                then case when chance(first_no, 'sex') < 0.5 then 'male' else 'female' end
            else case when chance(name_no, 'sex') < 0.5 then 'female' else 'male' end
        end as sex,
    from housed;

    create or replace temp table person as
    select
        placed.*,
        rank_of(name_no, 'given', given_size.size) as given_rank,
        -- Parents bear names a and b; Spanish children one of each, others that of the first.
        rank_of(household_no, 'family a', family_size.size) as rank_a,
        rank_of(household_no, 'family b', family_size.size) as rank_b,
        rank_of(person_no, 'family own', family_size.size) as rank_own,
        place = 2 and culture <> 'spanish' and noisy(person_no, 'marries', 0.3) as marries,
        whole(person_no, 'married day', 0, 1800) as married_day,
        noisy(person_no, 'moves', 0.12) as moves,
        noisy(household_no, 'household moves', 0.10) as household_moves,
        whole(household_no, 'moving day', 0, 1800) as moving_day,
        people > 1 and noisy(household_no, 'mailbox', 0.06) as has_mailbox,
        people > 1 and chance(household_no, 'landline') < 0.25 as has_landline,
        date '1938-01-01' + case
            when place > 2 then whole(birth_no, 'born', 365 * 30, 365 * 68)
            when people > 2 then whole(birth_no, 'born', 0, 365 * 32)
            else whole(birth_no, 'born', 0, 365 * 67)
        end::integer as birth_date,
    from placed
    inner join (
        select culture, max(rank) as size from family_name group by culture
    ) as family_size using (culture)
    inner join (
        select culture, sex, max(rank) as size from given_name group by culture, sex
    ) as given_size using (culture, sex);

    create or replace temp table named as
    select
        person.*,
        given.name as given_name,
        case
            when person.culture <> 'spanish' then a.name
            when person.place = 2 then b.name
            else a.name
        end as family_1,
        case
            when person.culture <> 'spanish' then null
            when person.place > 2 then b.name
            else own.name
        end as family_2,
        case when person.marries then own.name end as maiden_name,
    from person
    inner join given_name as given
        on person.culture = given.culture and person.sex = given.sex
        and person.given_rank = given.rank
    inner join family_name as a on person.culture = a.culture and person.rank_a = a.rank
    inner join family_name as b on person.culture = b.culture and person.rank_b = b.rank
    inner join family_name as own on person.culture = own.culture and person.rank_own = own.rank;
"""

_CONTACTS = """
    -- Each person has three addresses of e-mail in a life; no two people have the same one.
    create or replace temp table mailbox as
    select
        person_no,
        version,
        case when taken = 1 then local else local || taken end || '@' || domain as email,
    from (
        select
            person_no,
            version,
            case pick(person_no * 3 + version, 'local', [1, 1, 1, 2, 2, 3, 4, 4, 5])
                when 1 then given || '.' || family
                when 2 then given[1] || family
                when 3 then given || family || right(year(birth_date)::varchar, 2)
                when 4 then given || whole(person_no * 3 + version, 'mailbox', 1, 999)
                else family || '_' || given
            end as local,
            case
                when version = 2 then pick(person_no, 'firm', ['alta', 'blue', 'iber', 'nova',
                    'north', 'sol', 'terra', 'uni', 'vita', 'west']) || pick(person_no, 'trade', [
                    'bank', 'build', 'care', 'food', 'lab', 'law', 'media', 'port', 'tech', 'tours'
                    ]) || pick(person_no, 'top level', ['.com', '.net', '.eu'])
                else pick(person_no * 3 + version, 'domain', ['gmail.com', 'gmail.com',
                    'gmail.com', 'gmail.com', 'hotmail.com', 'hotmail.com', 'yahoo.com',
                    'outlook.com', 'icloud.com', case country when 'ES' then 'telefonica.net'
                    when 'DE' then 'gmx.de' when 'GB' then 'btinternet.com' else 'live.com' end])
            end as domain,
            row_number() over (partition by local, domain order by person_no, version) as taken,
        from (
            select *, slug(split_part(given_name, ' ', 1)) as given, slug(family_1) as family
            from named
        ) as slugged
        cross join range(1, 4) as versions(version)
    );

    create or replace temp table dwelling as
    with needed as (
        select household_no * 2 as dwelling_no, any_value(country) as country
        from named group by household_no
        union all
        select household_no * 2 + 1, any_value(country)
        from named where household_moves group by household_no
        union all
        select 1000000000000 + person_no, country from named where moves
    ),
    drawn as (
        select
            *,
            rank_of(dwelling_no, 'city', 60) as rank,
            rank_of(dwelling_no, 'street', 600) as street_rank,
            whole(dwelling_no, 'district', 0, 9) as district,
            1 + floor(pow(chance(dwelling_no, 'house'), 2) * 180)::integer as house,
            case when country in ('ES', 'MX', 'CO') then 'spanish'
                when country = 'DE' then 'german' else 'english' end as culture,
        from needed
    )
    select
        drawn.dwelling_no,
        city.name as city,
        family_name.name as street_name,
        house,
        chance(dwelling_no, 'flat') < 0.4 as has_flat,
        whole(dwelling_no, 'floor', 1, 9) as flat,
        pick(dwelling_no, 'door', ['A', 'B', 'C', 'D']) as door,
        (10000 + hash(country || rank || '/' || district) % 89999)::varchar as code,
        case country
            when 'GB' then capital(rank) || capital(rank * 7)
                || (1 + district)::varchar || ' ' || (1 + street_rank % 9)::varchar
                || capital(street_rank) || capital(house)
            when 'CO' then code || '0'
            else code
        end as postal_code,
    from drawn
    inner join city using (country, rank)
    inner join family_name
        on drawn.culture = family_name.culture and drawn.street_rank = family_name.rank;
"""


def generate(
    connection: duckdb.DuckDBPyConnection, rows: int, noise: float = 1.0, seed: int = 1
) -> None:
    """Write tables `records` and `truth` (record_id, cluster) of `rows` person records."""
    from orchestration.bench.identity_records import RECORDS

    connection.execute(_MACROS.format(noise=float(noise), seed=int(seed)))
    _write_words(connection)
    mean = sum(n * share for n, share in enumerate(RECORDS_OF_A_PERSON, 1))
    persons = int(rows / mean * 1.05) + 100
    connection.execute(_PEOPLE.format(persons=persons))
    connection.execute(_CONTACTS)
    shares = ", ".join(
        f"{sum(RECORDS_OF_A_PERSON[:n]):.4f}" for n in range(1, len(RECORDS_OF_A_PERSON))
    )
    connection.execute(RECORDS.format(shares=shares, rows=int(rows), systems=SYSTEMS))


def write_files(folder: Path, rows: int, noise: float, seed: int, threads: int) -> None:
    """Write `records.parquet` and `truth.parquet` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": threads}) as connection:
        generate(connection, rows, noise, seed)
        for name in ("records", "truth"):
            path = engine.text(folder / f"{name}.parquet")
            connection.execute(f"copy (from {name} order by record_id) to {path}")


def _write_words(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the word lists as tables given_name, family_name, nickname, city."""
    tables = {
        "given_name": (("culture", "sex", "rank", "name"), identity_names.given_names()),
        "family_name": (("culture", "rank", "name"), identity_names.family_names()),
        "nickname": (("culture", "name", "short"), identity_names.nicknames()),
        "city": (("country", "rank", "name"), identity_names.cities()),
    }
    for table, (columns, rows) in tables.items():
        values = list(zip(*rows, strict=True))
        lists = ", ".join(f"unnest(${n}) as {name}" for n, name in enumerate(columns, 1))
        connection.execute(
            f"create or replace temp table {table} as select {lists}", [list(v) for v in values]
        )
