"""Who the people are: persons, households, businesses, their addresses, devices and identifiers.

This is the truth about them. What a system recorded of them is written by the system's module.
"""

from __future__ import annotations

import duckdb

from orchestration.sample import names
from orchestration.sample.chance import sql_list, weighted_list
from orchestration.sample.parameters import SEGMENTS, Calendar, Parameters


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create market_setting, business, person and device."""
    _create_words(con, params)
    _create_businesses(con, params)
    _create_persons(con, params, calendar)
    _create_devices(con, params)


def _create_words(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    con.execute("""
        create table market_setting (market varchar, language varchar, currency varchar,
            rate double,
            dialling_code varchar, domain varchar, utc_offset_hours int, time_zone varchar,
            country varchar);
        create table given (language varchar, position int, name varchar, nickname varchar);
        create table family (language varchar, position int, name varchar);
        create table city (market varchar, position int, city varchar, region varchar,
            prefix varchar);
        create table mail_domain (market varchar, position int, domain varchar);
    """)
    offsets = {"ES": 1, "MX": -6, "CO": -5, "US": -5, "GB": 0}
    con.executemany(
        "insert into market_setting values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                m.code,
                m.language,
                m.currency,
                m.rate,
                m.dialling_code,
                m.domain,
                offsets[m.code],
                m.time_zone,
                m.name,
            )
            for m in params.markets
        ],
    )
    for language, given in names.GIVEN_NAMES.items():
        con.executemany(
            "insert into given values (?, ?, ?, ?)",
            [(language, i, name, names.NICKNAMES.get(name, name)) for i, name in enumerate(given)],
        )
        con.executemany(
            "insert into family values (?, ?, ?)",
            [(language, i, name) for i, name in enumerate(names.FAMILY_NAMES[language])],
        )
    for market, cities in names.CITIES.items():
        con.executemany(
            "insert into city values (?, ?, ?, ?, ?)",
            [(market, i, *c) for i, c in enumerate(cities)],
        )
        con.executemany(
            "insert into mail_domain values (?, ?, ?)",
            [(market, i, d) for i, d in enumerate(names.FREE_MAIL_DOMAINS[market])],
        )


def _create_businesses(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    count = max(12, round(params.person_count * params.rates["is_business_buyer"] / 1.6))
    markets = weighted_list({m.code: m.share for m in params.markets})
    kinds = {lang: sql_list([k for k, _ in kind]) for lang, kind in names.BUSINESS_KINDS.items()}
    industries = {
        lang: sql_list([i for _, i in kind]) for lang, kind in names.BUSINESS_KINDS.items()
    }
    legal_forms = " ".join(
        f"when '{market}' then {sql_list(forms)}" for market, forms in names.LEGAL_FORMS.items()
    )
    con.execute(f"""
        create table business as
        with base as (
            select i as business_id, pick({markets}, chance(i, 'business.market')) as market,
                pick({sql_list(names.BUSINESS_WORDS)}, chance(i, 'business.word')) as word
            from range(1, {count} + 1) t(i)
        )
        select b.business_id, b.market,
            case when s.language = 'es' then pick({kinds["es"]}, chance(b.business_id,
                'business.kind'))
                 else pick({kinds["en"]}, chance(b.business_id, 'business.kind')) end as kind,
            case when s.language = 'es' then pick({industries["es"]}, chance(b.business_id,
                'business.kind'))
                 else pick({industries["en"]}, chance(b.business_id, 'business.kind'))
                     end as industry,
            case when s.language = 'es' then kind || ' ' || b.word else b.word || ' ' || kind end
                || ' ' || b.business_id as name,
            ascii_of(b.word) || '-' || b.business_id || '.example' as domain,
            c.city, c.region, c.prefix,
            name || ' ' || pick(case b.market {legal_forms} end,
                chance(b.business_id, 'business.legal form')) as legal_name,
            case when chance(b.business_id, 'business.switchboard') < {params.rates["switchboard"]}
                then case b.market when 'ES' then '93' when 'MX' then '334' when 'CO' then '601'
                    when 'GB' then '161' else '646' end
                    || '2' || lpad((b.business_id * 104729 % 1000000)::varchar, 6, '0')
                end as switchboard
        from base b
        join market_setting s on s.market = b.market
        join city c on c.market = b.market
            and c.position = floor(chance(b.business_id, 'business.city')
                * (select count(*) from city x where x.market = b.market))::int
    """)


def _create_persons(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Persons in households: neighbours by id share address and mostly a family name."""
    rates = params.rates
    markets = weighted_list({m.code: m.share for m in params.markets})
    segments = weighted_list({name: values[0] for name, values in SEGMENTS.items()})
    family_count = len(names.FAMILY_NAMES["es"])
    con.execute("""
        create macro junior_birth_date(other, days_apart) as
            case when other + days_apart <= date '2007-12-31' then other + days_apart
                else other - days_apart end
    """)
    _create_slots(con)
    con.execute(f"""
        create temp table person_base as
        with heads as (
            select i as person_id, chance(i, 'person.head') < {rates["household_head"]}
                or i = 1 as is_head
            from range(1, {params.person_count} + 1) t(i)
        )
        select person_id, is_head, max(case when is_head then person_id end)
            over (order by person_id rows between unbounded preceding
                and current row) as household_id
        from heads;
        create temp table person_placed as
        select p.person_id, p.household_id, p.is_head,
            not p.is_head and chance(p.person_id, 'person.junior')
                < {rates["junior_of_same_name"]} as is_junior,
            case when is_junior then p.household_id else p.person_id end as named_after,
            pick({markets}, chance(p.household_id, 'household.market')) as market,
            pick({segments}, chance(p.person_id, 'person.segment')) as segment,
            chance(p.person_id, 'person.business') < {rates["is_business_buyer"]} as
                is_business_buyer,
            floor(chance(named_after, 'person.given') * 60)::int as given_position,
            floor(chance(case when chance(named_after, 'person.kin') < 0.7 then p.household_id
                else named_after + 500000000 end, 'person.family') * {family_count})::int as
                    family_position,
            floor(chance(p.person_id, 'person.family 2') * {family_count})::int as
                family_2_position,
            (p.person_id * 7368787 + {params.seed % 997}) % 100000000 as number,
            (p.household_id * 7368787 + {params.seed % 991}) % 10000000 as house_number
        from person_base p;
        create temp table person_drawn as
        select p.*, s.language, s.dialling_code,
            floor(chance(p.household_id, 'household.city') * n.cities)::int as city_position,
            floor(chance(p.person_id, 'person.mail') * 5)::int as mail_position,
            case when p.is_business_buyer then
                floor(chance(p.person_id, 'person.business id') * n.businesses)::bigint
            end as business_position
        from person_placed p
        join market_setting s on s.market = p.market
        join market_size n on n.market = p.market
    """)
    con.execute(f"""
        create table person as
        with named as (
            select p.*, g.name as given_name, g.nickname,
                f.name as family_name_1,
                f2.name as family_name_2, c.city, c.region, c.prefix, d.domain, b.business_id
            from person_drawn p
            join given g on g.language = p.language and g.position = p.given_position
            join family f on f.language = p.language and f.position = p.family_position
            left join second_family f2 on f2.language = p.language
                and f2.position = p.family_2_position
            join city c on c.market = p.market and c.position = p.city_position
            join mail_domain d on d.market = p.market and d.position = p.mail_position
            left join business_slot b on b.market = p.market and b.position = p.business_position
        ),
        mailed as (
            select *,
                replace(ascii_of(given_name) || '.' || ascii_of(family_name_1), '''', '')
                    || (number % 100000)::varchar || case when person_id > 90000 then
                        to_base(person_id // 90000, 36) else '' end as mail_name,
                not is_head and chance(person_id,
                    'person.shares mail') < {rates["shares_household_mailbox"]}
                    as uses_household_mailbox,
                case market when 'ES' then '6' when 'MX' then '55' when 'CO' then '31'
                    when 'GB' then '74' else '' end
                    as mobile_prefix
            from named
        )
        select person_id, household_id, market, language, segment, given_name, nickname,
            family_name_1, family_name_2,
            case when is_junior then junior_birth_date(
                    date '1942-01-01' + (chance(household_id, 'person.birth') * 23000)::int,
                    (6570 + 6000 * chance(person_id, 'person.years apart'))::int)
                else date '1942-01-01' + (chance(person_id, 'person.birth') * 23000)::int
                end as birth_date,
            case when uses_household_mailbox then 'familia' || house_number || '@gmail.com'
                 when chance(person_id, 'person.has mail') < {rates["has_email"]} then mail_name
                     || '@' || domain
            end as email,
            uses_household_mailbox,
            case when chance(person_id, 'person.second mail') < {rates["has_second_email"]}
                then replace(ascii_of(nickname), '''', '') || '_' || (number % 1000000)::varchar
                    || case when person_id > 900000 then 'x' else '' end || '@gmail.com'
                        end as email_2,
            case when chance(person_id, 'person.mobile') < {rates["has_mobile"]} then
                case market when 'US' then lpad((201 + person_id // 10000 % 790)::varchar, 3,
                    '0') || '55'
                        || lpad((person_id % 100000)::varchar, 5, '0')
                    else mobile_prefix || lpad(number::varchar, 8, '0') end end as mobile,
            case when chance(household_id, 'household.landline') < 0.3 then
                case market when 'ES' then '91' when 'MX' then '333' when 'CO' then '604'
                    when 'GB' then '207'
                    else '212' end || lpad(house_number::varchar, 7, '0') end as landline,
            city, region,
            case market when 'GB' then prefix || ' ' || (person_id % 9)::varchar || 'AB'
                when 'CO' then prefix || lpad((chance(household_id, 'household.post')
                    * 99)::int::varchar, 2, '0')
                else prefix || lpad((chance(household_id, 'household.post') * 99)::int::varchar, 2,
                    '0') end as postal_code,
            pick(case when language = 'es' then {sql_list(names.STREETS["es"])}
                else {sql_list(names.STREETS["en"])} end,
                chance(household_id, 'household.street')) || ' ' || (1
                    + household_id % 180)::varchar as street,
            is_business_buyer,
            business_id,
            case when chance(person_id, 'person.card') < {rates["has_loyalty_card"]}
                and market in ('US', 'GB')
                then '29' || lpad((person_id * 13 + 1000000007)::varchar, 11, '0')
                    end as loyalty_card_id,
            case when loyalty_card_id is null and not is_head and market in ('US', 'GB')
                and chance(household_id, 'person.card') < {rates["has_loyalty_card"]}
                and chance(person_id, 'person.family card') < {rates["family_card_of_another"]}
                then '29' || lpad((household_id * 13 + 1000000007)::varchar, 11, '0')
                    end as family_card_id,
            is_head, is_junior, number as number_drawn, mobile_prefix,
            case when chance(person_id, 'person.shop account') < {rates["has_shop_account"]}
                then 7000000000 + person_id * 17 end as shop_customer_id,
            case when chance(person_id, 'person.newsletter') < {rates["subscribes_newsletter"]}
                then code('K', person_id * 31 + 466560, 8) end as klaviyo_id,
            case when chance(person_id, 'person.social') < {rates["has_social_profile"]}
                then pick(['instagram', 'instagram', 'facebook', 'tiktok', 'whatsapp', 'x'],
                    chance(person_id, 'person.platform'))
                end as social_platform,
            code('u', person_id * 37 + 1679616, 7) as social_profile_id,
            timestamp '{calendar.start}' - to_seconds((chance(person_id, 'person.known since')
                * 86400 * 1400)::bigint)
                as known_since
        from mailed
    """)


def _create_slots(con: duckdb.DuckDBPyConnection) -> None:
    """Numbers to draw from: a market's businesses and cities, a language's second names."""
    con.execute("""
        create temp table business_slot as
        select business_id, market,
            row_number() over (partition by market order by business_id) - 1 as position
        from business;
        create temp table market_size as
        select s.market, (select count(*) from city c where c.market = s.market) as cities,
            (select count(*) from business b where b.market = s.market) as businesses
        from market_setting s;
        create temp table second_family as
        select language, position, name from family where language = 'es'
    """)


def _create_devices(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """One to three devices per person; some third devices are the household head's first one."""
    rates = params.rates
    con.execute(f"""
        create table device as
        with slots as (
            select person_id, household_id, market, slot
            from person, (values (1), (2), (3)) v(slot)
            where slot = 1 or (slot = 2 and chance(person_id,
                'device.second') < {rates["has_second_device"]})
                or (slot = 3 and chance(person_id, 'device.third') < {rates["has_third_device"]})
        ),
        numbered as (
            select *, person_id * 4 + slot as device_id,
                case when slot = 1 then pick(['mobile', 'mobile', 'mobile', 'desktop'],
                    chance(person_id, 'device.kind'))
                     when slot = 2 then pick(['desktop', 'desktop', 'mobile'], chance(person_id,
                         'device.kind 2'))
                     else 'tablet' end as category
            from slots
        )
        select device_id, person_id, market, slot, category,
            case when slot = 3 and household_id <> person_id and chance(device_id,
                'device.shared') < {rates["shared_device"]}
                then household_id * 4 + 1 else device_id end as cookie,
            (100000000 + hash(xor(hash(cookie), 77)) % 1900000000)::varchar || '.'
                || (1600000000 + cookie)::varchar as user_pseudo_id,
            case category when 'desktop' then pick(['Windows', 'Macintosh', 'Windows'],
                chance(device_id, 'device.os'))
                else pick(['Android', 'iOS'], chance(device_id, 'device.os'))
                    end as operating_system,
            case category when 'desktop' then pick(['Chrome', 'Edge', 'Firefox'], chance(device_id,
                'device.browser'))
                else pick(['Chrome', 'Safari'], chance(device_id, 'device.os')) end as browser,
            case when chance(device_id, 'device.skewed') < {rates["clock_skewed_device"]}
                then ((chance(device_id, 'device.skew') - 0.5) * 2 * 5400)::bigint else 0
                    end as skew_seconds,
            case when chance(device_id, 'device.consent') < {rates["refuses_analytics"]} then 'No'
                when chance(device_id, 'device.consent') < {rates["refuses_analytics"]}
                    + {rates["consent_missing"]}
                then null else 'Yes' end as analytics_storage
        from numbered
    """)
