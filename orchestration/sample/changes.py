"""What changes in people's lives during the history: where they live, their mobile, their e-mail.

Only the truth of it belongs here; which system hears of a change stands in the system's module.
"""

from __future__ import annotations

import duckdb

from orchestration.sample import names
from orchestration.sample.chance import sql_list
from orchestration.sample.parameters import Calendar, Parameters

TELLS = 0.7
"""Share of systems that a person tells of a change; the others keep what they had."""


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create person_change: one row per person, with one moment and what changed at it.

    Its columns for what comes after the change (mobile_2, email_3, city_2, postal_code_2,
    street_2) are null where a thing stays as it is.
    """
    rates = params.rates
    con.execute(f"""
        create table person_change as
        with decided as (
            select person_id, market, language, given_name, family_name_1, number_drawn, mobile,
                mobile_prefix, email, uses_household_mailbox, city,
                timestamp '{calendar.start}' + to_seconds((chance(person_id, 'person.changes')
                    * {calendar.day_count} * 86400)::bigint) as changed_at,
                chance(person_id, 'person.moves') < {rates["moves"]} as moves,
                chance(person_id, 'person.new mobile') < {rates["changes_mobile"]} as
                    changes_mobile,
                chance(person_id, 'person.new mail') < {rates["changes_email"]} as changes_email
            from person
        ),
        placed as (
            select d.*, c.city as new_city, c.prefix as new_prefix
            from decided d
            left join market_size n on n.market = d.market and d.moves
            left join city c on c.market = d.market
                and c.position = floor(chance(d.person_id, 'person.new city') * n.cities)::int
        )
        select person_id, changed_at, moves,
            case when mobile is not null and changes_mobile then
                case market when 'US' then lpad((201 + person_id // 10000 % 790)::varchar, 3, '0')
                        || '56' || lpad((person_id % 100000)::varchar, 5, '0')
                    else mobile_prefix || lpad(((number_drawn + 50000000) % 100000000)::varchar,
                        8, '0') end end as mobile_2,
            case when email is not null and not uses_household_mailbox and changes_email
                then replace(ascii_of(family_name_1) || '.' || ascii_of(given_name), '''', '')
                    || '.' || to_base(person_id, 36) || '@outlook.com' end as email_3,
            new_city as city_2,
            new_prefix || case market when 'GB' then ' ' || ((person_id + 4) % 9)::varchar || 'XY'
                else lpad((chance(person_id, 'person.new post') * 99)::int::varchar, 2, '0')
                end as postal_code_2,
            case when moves then pick(case when language = 'es'
                then {sql_list(names.STREETS["es"])} else {sql_list(names.STREETS["en"])} end,
                chance(person_id, 'person.new street')) || ' '
                || (200 + person_id % 90)::varchar end as street_2,
            moves or mobile_2 is not null or email_3 is not null as is_changed,
            chance(person_id, 'person.tells the shop') < {TELLS} as tells_shop,
            chance(person_id, 'person.tells the CRM') < {TELLS} as tells_crm,
            chance(person_id, 'person.tells the newsletter') < {TELLS} as tells_newsletter
        from placed
    """)
