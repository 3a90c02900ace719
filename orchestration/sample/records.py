"""What a system knows of a person: a copy with typos, lost accents, missing fields."""

from __future__ import annotations

import duckdb

from orchestration.sample.parameters import Parameters

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


def build(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """Create noisy_person: person x system. Needs person and person_change.

    `email_later`, `phone_e164_later` and `phone_national_later` hold from `changed_at` on; the
    macro at_time(moment, changed_at, before, later) chooses.
    """
    _create_macros(con)
    _create_copies(con, params)
    rates = params.rates
    con.execute(f"""
        create table noisy_person as
        with spelled as (
            select *, case when loses_accents then strip_accents(given) else given
                end as given_spelled,
                case when loses_accents then strip_accents(family) else family end as family_spelled
            from person_copy
        ),
        written as (
            select *,
                case when missing < {rates["field_missing"] / 2} then null
                    when style < 0.05 then upper(given_spelled) else given_spelled end as given_1,
                case when has_typo then left(family_spelled, 2) || right(family_spelled, -3)
                    when style < 0.05 then upper(family_spelled)
                    when style < 0.08 then family_spelled || ' ' else family_spelled
                    end as family_1,
                missing between {rates["field_missing"] / 2} and {rates["field_missing"]}
                    as lacks_mail,
                chance(copy_id, 'copy.mail typo') < {rates["typo_email"]} as has_mail_typo,
                chance(copy_id, 'copy.swapped') < {rates["swapped_names"]}
                    and given_1 is not null as is_swapped
            from spelled
        )
        select person_id, system, copy_id, changed_at,
            case when is_swapped then family_1 else given_1 end as given_name,
            case when is_swapped then given_1 else family_1 end as family_name,
            case when not lacks_mail then mail_as_typed(mail, has_mail_typo, style) end as email,
            case when not lacks_mail then mail_as_typed(mail_later, has_mail_typo, style)
                end as email_later,
            case when not lacks_phone then '+' || dialling_code || number_kept end as phone_e164,
            case when not lacks_phone then '+' || dialling_code || number_later
                end as phone_e164_later,
            case when not lacks_phone then phone_as_typed(number_kept, dialling_code, style)
                end as phone_national,
            case when not lacks_phone then phone_as_typed(number_later, dialling_code, style)
                end as phone_national_later,
            birth_date_told, is_swapped, birth_date_told <> birth_date as is_birth_date_wrong
        from written;
        drop table person_copy
    """)


def _create_macros(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""
        create macro at_time(moment, changed_at, before, later) as
            case when moment >= changed_at then later else before end;
        create macro mail_as_typed(mail, has_typo, style) as
            case when has_typo then replace(mail, '@gmail.com', '@gmial.com')
                when style between 0.1 and 0.2 then upper(left(mail, 1)) || right(mail, -1)
                when style between 0.2 and 0.23 then upper(mail)
                when style between 0.23 and 0.26 then ' ' || mail else mail end;
        create macro phone_as_typed(digits, code, style) as
            case when style < 0.3 then digits
                when style < 0.5 then '+' || code || ' ' || left(digits, 3) || ' '
                    || right(digits, -3)
                when style < 0.65 then '00' || code || digits
                when style < 0.8 then left(digits, 3) || '-' || substr(digits, 4, 3) || '-'
                    || right(digits, -6)
                else '+' || code || digits end
    """)


def _create_copies(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """What a person tells a system, before it is typed."""
    rates = params.rates
    systems = ", ".join(
        f"({i}, '{name}', {params.struck(second)}, {params.struck(phone)})"
        for i, (name, second, phone) in enumerate(_SYSTEMS)
    )
    style = f"chance(copy_id, 'copy.style') / {params.noise}" if params.noise else "1.0"
    con.execute(f"""
        create temp table person_copy as
        with copies as (
            select p.*, c.changed_at, c.mobile_2, c.email_3, v.system, v.second_share, v.no_phone,
                p.person_id * 16 + v.number as copy_id,
                coalesce(p.mobile, p.landline) as number_kept,
                coalesce(c.mobile_2, number_kept) as number_later, s.dialling_code
            from person p join market_setting s on s.market = p.market
            join person_change c on c.person_id = p.person_id
            cross join (values {systems}) v(number, system, second_share, no_phone)
        )
        select *,
            case when chance(copy_id, 'copy.nickname') < {rates["nickname"]} then nickname
                else given_name end as given,
            case when family_name_2 is null or chance(copy_id,
                'copy.one name') < {rates["one_family_name"]}
                then family_name_1 else family_name_1 || ' ' || family_name_2 end as family,
            case when email is null or (email_2 is not null and chance(copy_id,
                'copy.second mail') < second_share)
                then email_2 else email end as mail,
            case when mail = email then coalesce(email_3, mail) else mail end as mail_later,
            chance(copy_id, 'copy.phone') < no_phone as lacks_phone,
            chance(copy_id, 'copy.typo') < {rates["typo_name"]} as has_typo,
            chance(copy_id, 'copy.accents') < {rates["accents_lost"]} as loses_accents,
            chance(copy_id, 'copy.missing') as missing, {style} as style,
            case when chance(copy_id, 'copy.birth swapped') < {rates["birth_date_swapped"]}
                    and day(birth_date) <= 12
                    then make_date(year(birth_date), day(birth_date), month(birth_date))
                when chance(copy_id, 'copy.birth default') < {rates["birth_date_default"]}
                    then make_date(year(birth_date), 1, 1)
                else birth_date end as birth_date_told
        from copies
    """)
