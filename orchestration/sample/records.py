"""What a system knows of a person: a copy with typos, lost accents, missing fields."""

from __future__ import annotations

import duckdb

from orchestration.sample.parameters import Calendar, Parameters

# system, share of people who gave their second e-mail address there, share of missing phones
_SYSTEMS = (
    ("shopify", 0.10, 0.25),
    ("order", 0.15, 0.10),
    ("klaviyo", 0.12, 0.75),
    ("contact", 0.15, 0.15),
    ("lead", 0.10, 0.10),
    ("social", 0.20, 0.80),
    ("case", 0.15, 0.40),
    ("loyalty", 0.15, 0.35),
)


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create noisy_person (person x system) and person_change (when a person's details changed)."""
    rates = params.rates
    systems = ", ".join(
        f"({i}, '{name}', {second}, {phone})" for i, (name, second, phone) in enumerate(_SYSTEMS)
    )
    con.execute(f"""
        create table person_change as
        select person_id, timestamp '{calendar.start}'
            + to_seconds((chance(person_id, 'person.changes') * {calendar.day_count}
                * 86400)::bigint) as changed_at
        from person;
        create table noisy_person as
        with copies as (
            select p.*, v.system, v.second_share, v.no_phone, p.person_id * 16
                + v.number as copy_id,
                coalesce(p.mobile, p.landline) as number_kept, s.dialling_code
            from person p join market_setting s on s.market = p.market
            cross join (values {systems}) v(number, system, second_share, no_phone)
        ),
        worded as (
            select *,
                case when chance(copy_id, 'copy.nickname') < {rates["nickname"]} then nickname
                    else given_name end as given,
                case when family_name_2 is null or chance(copy_id,
                    'copy.one name') < {rates["one_family_name"]}
                    then family_name_1 else family_name_1 || ' ' || family_name_2 end as family,
                case when email is null or (email_2 is not null and chance(copy_id,
                    'copy.second mail') < second_share)
                    then email_2 else email end as mail,
                chance(copy_id, 'copy.typo') < {rates["typo_name"]} as has_typo,
                chance(copy_id, 'copy.accents') < {rates["accents_lost"]} as loses_accents,
                chance(copy_id, 'copy.missing') as missing, chance(copy_id, 'copy.style') as style
            from copies
        ),
        spelled as (
            select *, case when loses_accents then strip_accents(given) else given
                end as given_spelled,
                case when loses_accents then strip_accents(family) else family end as family_spelled
            from worded
        )
        select person_id, system, copy_id,
            case when missing < {rates["field_missing"] / 2} then null
                when style < 0.05 then upper(given_spelled) else given_spelled end as given_name,
            case when has_typo then left(family_spelled, 2) || right(family_spelled, -3)
                when style < 0.05 then upper(family_spelled)
                when style < 0.08 then family_spelled || ' ' else family_spelled end as family_name,
            case when missing between {rates["field_missing"] / 2}
                and {rates["field_missing"]} then null
                when chance(copy_id, 'copy.mail typo') < {rates["typo_email"]} then replace(mail,
                    '@gmail.com', '@gmial.com')
                when style between 0.1 and 0.2 then upper(left(mail, 1)) || right(mail, -1)
                when style between 0.2 and 0.23 then upper(mail)
                when style between 0.23 and 0.26 then ' ' || mail else mail end as email,
            case when chance(copy_id, 'copy.phone') < no_phone then null else '+' || dialling_code
                || number_kept end as phone_e164,
            case when chance(copy_id, 'copy.phone') < no_phone then null
                when style < 0.3 then number_kept
                when style < 0.5 then '+' || dialling_code || ' ' || left(number_kept,
                    3) || ' ' || right(number_kept, -3)
                when style < 0.65 then '00' || dialling_code || number_kept
                when style < 0.8 then left(number_kept, 3) || '-' || substr(number_kept, 4,
                    3) || '-' || right(number_kept, -6)
                else '+' || dialling_code || number_kept end as phone_national
        from spelled
    """)
