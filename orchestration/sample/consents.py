"""What contacts agreed to, by e-mail, phone and post, in Salesforce's shape."""

from __future__ import annotations

import duckdb

from orchestration.sample.parameters import Calendar, Parameters

# contact point, share of contacts who were asked about it, share of those who agreed
_OTHER_POINTS = (("Phone", 0.65, 0.75), ("MailingAddress", 0.50, 0.85))


def create(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create consent (one row per contact and point asked about) and sf_consent, its history.

    A refusal is an opt-out from the start: given_at is null.
    """
    withdrawn = params.rates["consent_withdrawn"]
    points = ", ".join(
        f"({number}, '{point}', {asked}, {agreed})"
        for number, (point, asked, agreed) in enumerate(_OTHER_POINTS, start=1)
    )
    con.execute(f"""
        create temp table consent as
        with email as (
            select contact_id, person_id, 0 as point_number, 'Email' as point, created_at,
                true as is_given, lead_source,
                case when chance(person_id, 'consent.withdrawn') < {withdrawn}
                    then created_at + to_seconds((86400 * (5 + 300 * chance(person_id,
                        'consent.until')))::bigint) end as ends_at
            from contact_known
            where chance(person_id, 'consent.missing') >= {params.rates["consent_missing"]}
        ),
        others as (
            select k.contact_id, k.person_id, v.point_number, v.point, k.created_at,
                chance(k.person_id, 'consent.agrees ' || v.point) < v.agreed as is_given,
                k.lead_source,
                case when chance(k.person_id, 'consent.withdrawn ' || v.point) < {withdrawn}
                    then k.created_at + to_seconds((86400 * (5 + 300 * chance(k.person_id,
                        'consent.until ' || v.point)))::bigint) end as ends_at
            from contact_known k, (values {points}) v(point_number, point, asked, agreed)
            where chance(k.person_id, 'consent.asked ' || v.point) < v.asked
        ),
        stated as (
            select * from email union all select * from others
        )
        select contact_id, person_id, point_number, point, lead_source,
            case when is_given then created_at end as given_at,
            case when is_given then ends_at else created_at end as withdrawn_at,
            case point_number when 0 then 0 else 40000000000 * point_number end as offset_id
        from stated;
        create temp view sf_consent as
        with steps as (
            select *, 0 as number, given_at as happened_at, 'OptIn' as status,
                given_at as valid_from, null::timestamp as valid_to, 0 as record
            from consent where given_at is not null
            union all select *, 1, withdrawn_at, 'OptIn', given_at, withdrawn_at, 0 from consent
                where given_at is not null and withdrawn_at is not null
            union all select *, 2, withdrawn_at, 'OptOut', withdrawn_at, null, 1 from consent
                where withdrawn_at is not null
        )
        select code('0ZY', offset_id + person_id * 2 + record, 12) || 'AAA' as id,
            contact_id as party_id, point as contact_point_type, status as privacy_consent_status,
            case lead_source when 'Loyalty' then 'Store' else 'Web' end as capture_source,
                valid_from as effective_from, valid_to as effective_to,
            happened_at as system_modstamp, happened_at as _at,
            offset_id * 2 + person_id * 4 + number as _id
        from steps where happened_at < timestamp '{calendar.end}' + interval 1 day
    """)
