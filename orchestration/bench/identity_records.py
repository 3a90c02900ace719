"""The records that systems keep of made-up people: what each writes down, and what goes wrong.

Belongs here: one statement, run by `identity_people` once its people exist.
"""

from __future__ import annotations

RECORDS = """
    create or replace temp table drawn as
    with counted as (
        select
            person_no,
            1 + len(list_filter([{shares}], lambda share: share < chance(person_no, 'records')))
                as records,
        from named
    ),
    numbered as (
        select
            person_no,
            person_no * 8 + unnest(range(records)) as draw_no,
        from counted
    ),
    system as (
        select
            *,
            sum(share) over (order by name rows unbounded preceding) as until,
            until - share as since,
        from (values {systems}) as systems(
            name, share, lacks_given, lacks_family, lacks_email, lacks_phone, lacks_birth,
            lacks_address, lacks_second, is_upper, is_ascii
        )
    ),
    kept as (
        from numbered order by draw_no limit {rows}
    )
    select
        kept.person_no,
        kept.draw_no as n,
        row_number() over (order by hash(xor(hash(draw_no), hash('order')))) as record_no,
        whole(draw_no, 'day', 0, 1800) as day,
        system.*,
    from kept
    inner join system
        on chance(kept.draw_no, 'system') >= system.since
        and chance(kept.draw_no, 'system') < system.until;

    create or replace temp table clean as
    select
        drawn.*,
        named.country,
        named.culture,
        named.given_name as given,
        case
            when named.marries and drawn.day < named.married_day then named.maiden_name
            else named.family_1
        end as family_1,
        named.family_2,
        named.birth_date,
        named.household_no,
        case
            when named.has_mailbox and chance(n, 'mailbox') < 0.5
                then slug(named.family_1) || '.family' || named.household_no || '@gmail.com'
            else mailbox.email
        end as email,
        case
            when named.has_landline and chance(n, 'landline') < 0.35
                then 30000000 + named.household_no
            when noisy(n, 'other phone', 0.08) then 15000000 + named.person_no
            else named.person_no
        end as phone_no,
        dwelling.* exclude (dwelling_no),
    from drawn
    inner join named using (person_no)
    inner join mailbox
        on drawn.person_no = mailbox.person_no
        and mailbox.version = case
            when noisy(n, 'third mailbox', 0.03) then 3
            when noisy(n, 'other mailbox', 0.14) then 2
            else 1
        end
    inner join dwelling
        on dwelling.dwelling_no = case
            when moves and day >= moving_day then 1000000000000 + drawn.person_no
            when household_moves and day >= moving_day then household_no * 2 + 1
            else household_no * 2
        end;

    create or replace temp table worded as
    select
        clean.* exclude (given, family_1, family_2),
        case
            when noisy(n, 'nickname', 0.08) and nickname.short is not null then nickname.short
            when noisy(n, 'first word', 0.25) then split_part(clean.given, ' ', 1)
            when noisy(n, 'initial', 0.02) then clean.given[1] || '.'
            when clean.culture <> 'spanish' and noisy(n, 'middle initial', 0.06)
                then clean.given || ' ' || capital(whole(n // 8, 'middle', 0, 26)) || '.'
            else clean.given
        end as given_said,
        case
            when noisy(n, 'given slip', 0.03) then slip(given_said, n, 'given')
            else given_said
        end as given_written,
        case
            when family_2 is null or chance(n, 'second surname') < lacks_second then family_1
            when noisy(n, 'hyphen', 0.03) then family_1 || '-' || family_2
            else family_1 || ' ' || family_2
        end as family_said,
        case
            when noisy(n, 'family slip', 0.03) then slip(family_said, n, 'family')
            else family_said
        end as family_written,
        case
            when noisy(n, 'title', 0.01) then pick(n, 'which title', ['Dr. ', 'Mr ', 'Sra. '])
            else ''
        end as title,
    from clean
    left join nickname on clean.culture = nickname.culture and clean.given = nickname.name;

    create or replace temp table written as
    select
        *,
        split_part(email, '@', 1) as local,
        split_part(email, '@', 2) as domain,
        case
            when noisy(n, 'no given', lacks_given) then null
            when noisy(n, 'swapped', 0.01) then family_written
            when noisy(n, 'in one', 0.01) then given_written || ' ' || family_written
            else title || given_written
        end as given_name,
        case
            when noisy(n, 'no family', lacks_family) then null
            when noisy(n, 'swapped', 0.01) then given_written
            when noisy(n, 'in one', 0.01) then null
            else family_written
        end as family_name,
        case
            when chance(n, 'no email') < lacks_email then null
            when noisy(n, 'no real email', 0.003)
                then pick(n, 'which email', ['no@email.com', 'test@test.com', 'none@none.com'])
            when noisy(n, 'email slip', 0.012) then slip(local, n, 'email') || '@' || domain
            when noisy(n, 'domain slip', 0.006) then local || '@' || slip(domain, n, 'domain')
            else email
        end as email_written,
        case country
            when 'ES' then '6' || lpad((phone_no * 48271 % 99999989)::varchar, 8, '0')
            when 'MX' then pick(phone_no % 15000000, 'area', ['55', '33', '81'])
                || lpad((phone_no * 48271 % 99999989)::varchar, 8, '0')
            when 'CO' then '3' || lpad((phone_no * 48271 % 999999937)::varchar, 9, '0')
            when 'US' then pick(phone_no % 15000000, 'area',
                    ['212', '310', '312', '713', '602', '215', '305', '404', '617', '206'])
                || lpad((2000000 + phone_no * 48271 % 7999993)::varchar, 7, '0')
            when 'GB' then '7' || lpad((phone_no * 48271 % 999999937)::varchar, 9, '0')
            else '15' || lpad((phone_no * 48271 % 999999937)::varchar, 9, '0')
        end as significant,
        case when noisy(n, 'phone slip', 0.015) then digit_slip(significant, n, 'phone')
            else significant end as number,
        case country when 'ES' then '34' when 'MX' then '52' when 'CO' then '57'
            when 'US' then '1' when 'GB' then '44' else '49' end as code_of_country,
        case when country in ('GB', 'DE') then '0' else '' end as trunk,
        case
            when noisy(n, 'no birth', lacks_birth) then null
            when noisy(n, 'placeholder birth', 0.008) then date '1970-01-01'
            when noisy(n, 'year only', 0.02) then date_trunc('year', birth_date)::date
            when noisy(n, 'day and month', 0.01) and day(birth_date) <= 12
                then make_date(year(birth_date), day(birth_date), month(birth_date))
            when noisy(n, 'birth slip', 0.012) then (birth_date + case
                when chance(n, 'which slip') < 0.4 then to_years(1)
                when chance(n, 'which slip') < 0.7 then to_days(1) else to_days(10) end)::date
            else birth_date
        end as birth_written,
        noisy(n, 'no address', lacks_address) as has_no_address,
        case
            when noisy(n, 'street slip', 0.03) then slip(street_name, n, 'street')
            else street_name
        end as street_said,
    from worded;

    create or replace table records as
    with texts as (
        select
            name || ':' || record_no as record_id,
            name as record_type,
            given_name,
            family_name,
            case when is_upper then upper(email_written) else email_written end as email,
            case
                when chance(n, 'no phone') < lacks_phone then null
                when noisy(n, 'no real phone', 0.004)
                    then pick(n, 'which phone', ['000000000', '123456789', '999999999'])
                when chance(n, 'phone form') < 0.40 then '+' || code_of_country || number
                when chance(n, 'phone form') < 0.70 then trunk || number
                when chance(n, 'phone form') < 0.80
                    then trunk || number[:3] || ' ' || number[4:6] || ' ' || number[7:]
                when chance(n, 'phone form') < 0.88
                    then '(' || trunk || number[:3] || ') ' || number[4:6] || '-' || number[7:]
                when chance(n, 'phone form') < 0.95
                    then '+' || code_of_country || ' ' || number[:3] || ' ' || number[4:]
                else '00' || code_of_country || number
            end as phone,
            birth_written as birth_date,
            case
                when has_no_address then null
                when culture = 'spanish'
                    then pick(n, 'street form', ['Calle ', 'Calle ', 'C/ ', 'C. ', ''])
                        || street_said || pick(n, 'house form', [' ', ', ', ' nº ']) || house
                        || case when has_flat and chance(n, 'flat') < 0.7
                            then ', ' || flat || pick(n, 'flat form', ['º ', ' ']) || door
                            else '' end
                when culture = 'german'
                    then street_said || pick(n, 'street form', ['straße', 'str.', 'strasse'])
                        || ' ' || house
                else house || ' ' || street_said
                    || pick(n, 'street form', [' Street', ' Street', ' St', ' St.', ' street'])
                    || case when has_flat and chance(n, 'flat') < 0.7
                        then pick(n, 'flat form', [', Apt ', ' #', ' apt ']) || flat || door
                        else '' end
            end as street,
            case
                when has_no_address or noisy(n, 'no code', 0.03) then null
                when noisy(n, 'code slip', 0.02) then digit_slip(postal_code, n, 'code')
                when country = 'GB' and chance(n, 'code form') < 0.15
                    then replace(postal_code, ' ', '')
                else postal_code
            end as postal_code,
            case
                when has_no_address then null
                when noisy(n, 'city slip', 0.02) then slip(city, n, 'city')
                else city
            end as city,
            country,
            timestamp '2021-01-01' + to_days(day::integer)
                + to_seconds(whole(n, 'second', 0, 86400)) as created_at,
            is_upper,
            is_ascii or noisy(n, 'no accents', 0.12) as has_no_accents,
        from written
    )
    select
        * exclude (is_upper, has_no_accents) replace (
            cased(given_name, is_upper, has_no_accents) as given_name,
            cased(family_name, is_upper, has_no_accents) as family_name,
            cased(street, is_upper, has_no_accents) as street,
            cased(city, is_upper, has_no_accents) as city
        ),
    from texts
    order by record_id;

    create or replace table truth as
    select name || ':' || record_no as record_id, person_no as cluster
    from drawn
    order by record_id;
"""
