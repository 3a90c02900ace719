"""The CRM's people in Salesforce's shape: employees, accounts, contacts (consents: `consents`)."""

from __future__ import annotations

import duckdb

from orchestration.sample import consents
from orchestration.sample.files import Outbox
from orchestration.sample.parameters import Calendar, Parameters


def create_macros(con: duckdb.DuckDBPyConnection) -> None:
    """work_mail(...): business address; event_campaign(...): trade show or webinar of a quarter."""
    con.execute("""
        create macro work_mail(person_id, given, family, domain) as
            left(ascii_of(given), 1) || '.' || replace(ascii_of(family), '''',
                '') || '.' || person_id || '@' || domain;
        create macro event_campaign(market, moment, kind) as
            code('701', (ascii(market) * 256 + ascii(right(market, 1)))::bigint * 100000
                + year(moment) % 100 * 100 + quarter(moment) * 10
                + case kind when 'Trade Show' then 1 else 2 end, 12) || 'AAA'
    """)


def build_contacts(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create contact_known: who has a contact record, since when, and who has two by mistake."""
    con.execute(f"""
        create macro user_code(number) as code('005', number, 12) || 'AAA';
        create table contact_known as
        with reasons as (
            select person_id, known_since as created_at, 'Loyalty' as lead_source,
                false as is_conversion from person
                where chance(person_id, 'contact.has') < 0.30
            union all select person_id, opened_at - interval 1 minute, 'Service', false
                from service_case
                where chance(person_id, 'contact.from case') < 0.5
            union all select person_id, opportunity_at, lead_source, true from lead
                where opportunity_at is not null
        )
        select person_id, code('003', person_id, 12) || 'AAA' as contact_id,
            min(created_at) as created_at,
            arg_min(lead_source, created_at) as lead_source,
            max(created_at) filter (where is_conversion) as converted_at,
            chance(person_id, 'contact.merged') < case
                when max(created_at) filter (where is_conversion) >= min(created_at)
                    + interval 20 day then {params.rates["converted_contact_merged"]}
                else {params.rates["contact_merged"]} end as has_duplicate,
            chance(person_id, 'contact.deleted') < {params.rates["contact_deleted"]} as
                is_deleted_later
        from reasons group by person_id;
        -- A second record that a lead was converted into is merged after that.
        create or replace table contact_known as
        select *, greatest(created_at + interval 20 day + to_seconds((86400 * 60
                * chance(person_id, 'contact.merged at'))::bigint),
            case when converted_at >= created_at + interval 20 day
                then converted_at + interval 10 day end) as merged_at
        from contact_known;
        create macro contact_at(person, happened_at) as (
            select case when has_duplicate and happened_at between created_at + interval 20 day
                    and merged_at then code('003', person_id + 1000000000, 12) || 'AAA'
                else contact_id end
            from contact_known where person_id = person)
    """)


def write(
    con: duckdb.DuckDBPyConnection, outbox: Outbox, params: Parameters, calendar: Calendar
) -> None:
    """Write user, account, contact and contact_point_type_consent."""
    _create_users_and_accounts(con, params, calendar)
    _create_contacts(con, params, calendar)
    consents.create(con, params, calendar)
    late, twice = params.rates["late_row"], params.rates["duplicate_row"]
    outbox.write(con, "sf_user", "salesforce", "user", "csv")
    outbox.write(con, "sf_account", "salesforce", "account", "csv")
    outbox.write(con, "sf_contact", "salesforce", "contact", "parquet", late, twice)
    outbox.write(con, "sf_consent", "salesforce", "contact_point_type_consent", "jsonl")


def _create_users_and_accounts(
    con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar
) -> None:
    varies = params.rates["company_name_varies"]
    con.execute(f"""
        create temp view sf_user as
        select user_id as id, name, email, department, title, manager_id,
            time_zone as time_zone_sid_key, market as country_code, true as is_active,
            timestamp '{calendar.start}' - interval 700 day as created_date,
                timestamp '{calendar.start}' - interval 700 day as system_modstamp,
            timestamp '{calendar.start}' as _at, employee_number as _id
        from employee
        union all
        select code('005', 0, 12) || 'AAA', 'Lead Router', 'router@lumavera.example', 'marketing',
            'Integration', null, 'Europe/Madrid', 'ES', true,
            timestamp '{calendar.start}' - interval 700 day, timestamp '{calendar.start}'
                - interval 700 day, timestamp '{calendar.start}', 0;
        create temp view account_known as
        select l.business_id, min(l.opportunity_at) as created_at,
            min(l.closed_at) filter (where l.is_won) as customer_since,
            arg_min(l.owner_number, l.opportunity_at) as owner_number
        from lead l where l.opportunity_at is not null group by l.business_id;
        create temp view sf_account as
        with versions as (
            select a.*, v.number, case when v.number = 0 then a.created_at else a.customer_since
                end as happened_at
            from account_known a, (values (0), (1)) v(number) where v.number = 0
                or a.customer_since is not null
        )
        select code('001', b.business_id, 12) || 'AAA' as id,
            case when chance(b.business_id, 'account.legal name') < {varies / 2} then b.legal_name
                else b.name end as name, case
            when v.number = 0 then 'Prospect' else 'Customer' end as type,
            b.industry, 'www.' || b.domain as website, b.switchboard as phone,
                b.city as billing_city,
            b.prefix || '01' as billing_postal_code, b.market as billing_country_code,
                user_code(v.owner_number) as owner_id,
            null::varchar as parent_id, null::varchar as master_record_id, false as is_deleted,
                v.created_at as created_date, v.happened_at as system_modstamp,
            v.happened_at as _at, b.business_id * 2 + v.number as _id
        from versions v join business b on b.business_id = v.business_id
    """)


def _create_contacts(
    con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar
) -> None:
    """Versions: created, changed, deleted; some second records are merged into the first."""
    end = f"timestamp '{calendar.end}' + interval 1 day"
    con.execute(f"""
        create temp table contact_version as
        with records as (
            select k.*, k.contact_id as record_code, 0 as copy from contact_known k
            union all
            select k.*, code('003', k.person_id + 1000000000, 12) || 'AAA', 1 from contact_known k
                where k.has_duplicate
        ),
        begun as (
            select r.*, case when copy = 1 then created_at + interval 20 day else created_at
                end as begins_at,
                merged_at,
                greatest(c.changed_at, created_at + interval 1 day) as changed_at,
                c.changed_at as life_changed_at, c.is_changed and c.tells_crm as tells_change
            from records r join person_change c using (person_id)
        ),
        versions as (
            select *, 0 as number, begins_at as happened_at, false as gone from begun
            union all select *, 1, changed_at, false from begun where copy = 0
                and (chance(person_id, 'contact.changes') < 0.1 or tells_change)
            union all select *, 2, merged_at + interval 1 second, true from begun where copy = 1
            union all select *, 3, changed_at + interval 30 day, true from begun where copy = 0
                and is_deleted_later and not has_duplicate
        )
        select *, begins_at >= life_changed_at or (number in (1, 3) and tells_change) as is_later
        from versions where happened_at < {end};
        create temp view sf_contact as
        select v.record_code as id,
            case when p.is_business_buyer and a.business_id is not null then code('001',
                a.business_id, 12) || 'AAA' end as account_id,
            case when v.copy = 1 then p.given_name else n.given_name end as first_name,
                coalesce(n.family_name, p.family_name_1) as last_name,
            case when v.copy = 1 then coalesce(case when v.is_later then c.email_3 end, p.email,
                p.email_2) when p.is_business_buyer
                and chance(p.person_id, 'contact.work mail') < 0.3 then work_mail(p.person_id,
                p.given_name, p.family_name_1, b.domain)
                when v.is_later then n.email_later else n.email end as email,
            case when v.copy = 1 then null when p.is_business_buyer and b.switchboard is not null
                then b.switchboard else p.landline end as phone, case
                when v.copy = 1 then case when v.is_later then coalesce(c.mobile_2, p.mobile)
                    else p.mobile end
                when v.is_later then n.phone_national_later else n.phone_national
                end as mobile_phone,
            case when chance(n.copy_id, 'contact.birth') < 0.4 then n.birth_date_told
                end as birthdate,
            null::varchar as title, v.lead_source,
            case when v.is_later then coalesce(c.street_2, p.street) else p.street
                end as mailing_street,
            case when v.is_later then coalesce(c.city_2, p.city) else p.city end as mailing_city,
            case when v.is_later then coalesce(c.postal_code_2, p.postal_code)
                else p.postal_code end as mailing_postal_code,
            p.market as mailing_country_code,
            case when chance(n.copy_id, 'contact.card') < 0.6
                then coalesce(p.loyalty_card_id, p.family_card_id) end as loyalty_card_c,
            case when chance(n.copy_id, 'contact.shop') < 0.5 then p.shop_customer_id
                end as shop_customer_id_c,
            chance(p.person_id, 'contact.opts out') < {params.rates["consent_withdrawn"]}
                and v.number = 1 as has_opted_out_of_email,
            user_code(employee_of(p.market, 'service', p.person_id)) as owner_id,
            case when v.number = 2 then v.contact_id end as master_record_id, v.gone as is_deleted,
                v.begins_at as created_date, v.happened_at as system_modstamp,
            v.happened_at as _at, (v.person_id * 2 + v.copy) * 4 + v.number as _id
        from contact_version v join person p on p.person_id = v.person_id
        join person_change c on c.person_id = v.person_id
        join noisy_person n on n.person_id = v.person_id and n.system = 'contact'
        left join business b on b.business_id = p.business_id
        left join account_known a on a.business_id = p.business_id
            and a.created_at <= v.happened_at
    """)
