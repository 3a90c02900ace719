"""Whom people work for: leads and contacts matched to the company that is a customer itself.

Belongs here: which person belongs to which company, and how sure that is.
Doesn't belong here: households, and whether two accounts are one company.
"""

from __future__ import annotations

import duckdb

from orchestration.identity.groups import GroupOptions, keep_group_keys

BY_NAME = 0.9
BY_DOMAIN = 0.8
COLLEAGUES = 0.7

# What people write who have no company.
NO_COMPANY = (
    "na", "none", "ninguna", "ninguno", "no", "particular", "private", "privado", "personal",
    "self", "self employed", "autonomo", "autonoma", "freelance", "freelancer", "test", "prueba",
    "home", "casa", "individual", "unknown", "desconocido", "company", "empresa", "x", "xx", "xxx",
    "student", "estudiante", "retired", "jubilado", "unemployed",
)  # fmt: skip
DOMAIN_SHARE = 0.3
"""Least share of a domain's people that must be known to work for the company."""


def companies(connection: duckdb.DuckDBPyConnection, options: GroupOptions | None = None) -> int:
    """Add companies to `customer_group`, and their people's links to `customer_relation`.

    Reads tables `person` (record_id, customer_key, record_type, company_key, country, email,
    created_at), where companies are the records of type `account`, and `customer_relation`,
    which has the relations that sources state. A person without a stated company belongs to the
    one of the same name in the same country, else to the one to which the e-mail domain belongs.
    A name that several companies bear, free-mail domains and domains of several companies decide
    nothing. People of one company name that is no customer are colleagues: a group without a
    link. Returns the number of groups.
    """
    options = options or GroupOptions()
    _write_names(connection)
    _match_names(connection)
    _match_domains(connection, options)
    connection.execute("""
        insert into customer_relation
        select customer_key, company, 'company', confidence, 1, since
        from employment
        where rule <> 'stated'
    """)
    return _add_groups(connection)


def _write_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Write `company_name`: names of customers, those that are companies apart."""
    placeholders = ", ".join(f"'{name}'" for name in NO_COMPANY)
    connection.execute(f"""
        create or replace temp table company_name as
        select
            customer_key,
            company_key,
            coalesce(country, '') as country,
            bool_or(record_type = 'account') as is_account,
            min(created_at) as since,
        from person
        where company_key is not null and company_key not in ({placeholders})
        group by all
    """)


def _match_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Write `employment` (customer_key, company, rule, confidence, since): stated, then by name."""
    connection.execute(f"""
        create or replace temp table employment as
        with account as (
            select distinct customer_key, company_key, country from company_name where is_account
        ),
        local as (
            select company_key, country, any_value(customer_key) as company
            from account group by all having count(distinct customer_key) = 1
        ),
        worldwide as (
            select company_key, any_value(customer_key) as company
            from account group by all having count(distinct customer_key) = 1
        ),
        stated as (
            select customer_key, linked_customer_key as company, confidence, valid_from as since
            from customer_relation
            where link_type = 'company'
        ),
        named as (
            select
                company_name.customer_key,
                -- Without a country the name decides where only one company in the world has it.
                coalesce(local.company, if(company_name.country = '', worldwide.company, null))
                    as company,
                min(company_name.since) as since,
            from company_name
            left join local using (company_key, country)
            left join worldwide using (company_key)
            where not company_name.is_account
                and company_name.customer_key not in (select customer_key from account)
                and company_name.customer_key not in (select customer_key from stated)
            group by all
        )
        select customer_key, company, 'stated' as rule, confidence, since from stated
        union all
        select customer_key, company, 'same_company_name', {BY_NAME}, since from named
        where company is not null
    """)


def _match_domains(connection: duckdb.DuckDBPyConnection, options: GroupOptions) -> None:
    """Add to `employment` the people whose e-mail domain is that of a company."""
    connection.execute("create or replace temp table free_mail (domain varchar)")
    if options.free_mail_domains:
        connection.executemany(
            "insert into free_mail values (lower(?))", [[d] for d in options.free_mail_domains]
        )
    connection.execute(f"""
        insert into employment
        with mailbox as (
            select
                customer_key,
                lower(split_part(email, '@', 2)) as domain,
                min(created_at) as since,
            from person
            where email is not null and record_type <> 'account'
            group by all
        ),
        working as (select * from mailbox anti join free_mail using (domain)),
        used as (
            select domain, count(distinct customer_key) as people from working group by domain
        ),
        known as (
            select
                working.domain,
                any_value(employment.company) as company,
                count(distinct employment.company) as companies,
                count(distinct working.customer_key) as people,
            from working inner join employment using (customer_key)
            group by working.domain
        ),
        owned as (
            select known.domain, known.company
            from known inner join used using (domain)
            left join company_name on known.company = company_name.customer_key
            where known.companies = 1
            group by known.domain, known.company, known.people, used.people
            having coalesce(bool_or(
                    length(company_name.company_key) > 3
                    and contains(
                        replace(known.domain, '-', ''), replace(company_name.company_key, ' ', '')
                    )
                ), false)
                or (known.people > 1 and known.people >= {DOMAIN_SHARE} * used.people)
        )
        select
            working.customer_key, owned.company, 'same_email_domain', {BY_DOMAIN},
            min(working.since),
        from working inner join owned using (domain)
        where working.customer_key not in (select customer_key from employment)
            and working.customer_key <> owned.company
        group by all
    """)


def _add_groups(connection: duckdb.DuckDBPyConnection) -> int:
    connection.execute(f"""
        create or replace temp table staff as
        select
            customer_key, cast(company as varchar) as employer, company as founder_key,
            rule, confidence, since,
        from employment
        union all
        select any_value(company), cast(company as varchar), company, 'company', 1.0, min(since)
        from employment
        group by company
        union all
        -- Colleagues whose company is no customer; a name of several companies is none of them.
        select
            customer_key, company_key || '|' || country, min(customer_key) over colleagues,
            'same_company_name', {COLLEAGUES}, since,
        from company_name
        anti join (from company_name where is_account) as account using (company_key, country)
        where customer_key not in (select customer_key from employment)
        window colleagues as (partition by company_key, country)
        qualify count(*) over colleagues > 1
    """)
    connection.execute("""
        create or replace temp table grouped as
        select distinct
            customer_key, employer, founder_key, dense_rank() over (order by employer) as group_no,
        from staff
    """)
    found = keep_group_keys(
        connection, "company", "select distinct group_no, founder_key from grouped"
    )
    connection.execute("""
        insert into customer_group
        select
            staff.customer_key,
            'company',
            keyed_group.group_key,
            list(staff.rule order by staff.confidence desc, staff.rule)[1],
            max(staff.confidence),
            min(staff.since),
        from staff
        inner join grouped using (customer_key, employer)
        inner join keyed_group using (group_no)
        group by all
    """)
    return found
