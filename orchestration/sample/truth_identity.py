"""Who is who, in truth: persons, the records that are theirs, and who belongs with whom.

Tests of identity resolution read these tables. What people did stands in `truth`.
"""

from __future__ import annotations

import duckdb

from orchestration.sample.parameters import INTERESTS, REFERRAL_LOG_ODDS


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Create the truth tables of persons, records, memberships and links."""
    _people(con)
    con.execute(_OWNERS)
    _carried(con)
    _records(con)
    _memberships(con)
    _links(con)


def _people(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("""
        create view truth_person as
        select p.person_id, p.household_id, p.market, p.segment, p.given_name, p.nickname,
            p.family_name_1, p.family_name_2, p.birth_date, p.email, p.email_2, c.email_3,
            case when p.business_id is not null then work_mail(p.person_id, p.given_name,
                p.family_name_1, b.domain) end as work_email,
            p.uses_household_mailbox, p.mobile, c.mobile_2, p.landline, p.city, p.region,
            p.postal_code, p.street, p.business_id, p.loyalty_card_id, p.family_card_id,
            p.shop_customer_id, p.klaviyo_id, p.social_platform, p.social_profile_id,
            p.is_head, p.is_junior, case when c.is_changed then c.changed_at end as changed_at,
            c.city_2, c.postal_code_2, c.street_2
        from person p join person_change c on c.person_id = p.person_id
        left join business b on b.business_id = p.business_id;
        create view truth_household as
        select household_id, market, count(*) as people from person group by all;
        create view truth_contact_merge as
        select 'salesforce.contact:' || record_code as record_id, 'salesforce.contact:'
            || contact_id as master_record_id, person_id,
            happened_at as merged_at
        from contact_version where number = 2
    """)


def _carried(con: duckdb.DuckDBPyConnection) -> None:
    """Create carried: what each record carries that could tell whose it is.

    E-mails and phones in one spelling, ids of other records, and a name with a place or a birth
    date (the person's own name: a typo or nickname still tells).
    """
    con.execute("""
        create macro plain_mail(mail) as 'email:' || lower(trim(mail));
        create macro plain_phone(phone) as
            'phone:' || right(regexp_replace(phone, '[^0-9]', '', 'g'), 9);
        create temp table contacted as
        select 'shopify.customer:' || id as record_id, plain_mail(email) as email,
            plain_phone(phone) as phone, first_name as given, last_name as family,
            default_address_zip as place
        from shopify_customer
        union all
        select 'shopify.order:' || id, plain_mail(email), plain_phone(billing_address_phone),
            null, null, null
        from shopify_order where not test
        union all
        select 'klaviyo.person:' || id, plain_mail(email), plain_phone(phone_number), first_name,
            last_name, zip
        from klaviyo_person
        union all
        select 'salesforce.contact:' || id, plain_mail(email), plain_phone(mobile_phone),
            first_name, last_name, mailing_postal_code
        from sf_contact
        union all
        select 'salesforce.contact:' || id, null, plain_phone(phone), first_name, last_name,
            birthdate::varchar
        from sf_contact
        union all
        select 'salesforce.lead:' || id, plain_mail(email), plain_phone(mobile_phone), null, null,
            null
        from sf_lead
        union all
        select 'salesforce.lead:' || id, null, plain_phone(phone), null, null, null from sf_lead
        union all
        select 'social.profile:' || platform || '/' || profile_id, plain_mail(email),
            plain_phone(phone), null, null, null
        from social_message
        union all
        select 'distributor.loyalty_member:' || distributor_code || '/' || card_id,
            plain_mail(email), plain_phone(phone), given_name, family_name, postal_code
        from loyalty_member;
        create temp table carried as
        select record_id, email as token from contacted where email is not null
        union all select record_id, phone from contacted where phone is not null
        union all
        select c.record_id, 'name:' || ascii_of(p.given_name) || ' ' || ascii_of(p.family_name_1)
            || ' ' || c.place
        from contacted c join record_owner o on o.record_id = c.record_id
        join person p on p.person_id = o.person_id
        where c.given is not null and c.family is not null and c.place is not null
        union all select 'shopify.customer:' || id, 'shop:' || id from shopify_customer
        union all
        select 'shopify.order:' || id, 'shop:' || customer_id from shopify_order
        where customer_id is not null
        union all select 'shopify.order:' || id, 'order:' || id from shopify_order where not test
        union all
        select 'ga4.device:' || s.user_pseudo_id, 'order:' || o.order_id
        from web_session s join shop_order o on o.journey_id = s.order_journey_id
        union all
        select 'ga4.device:' || user_pseudo_id, 'shop:' || user_id from web_session
        where user_id is not null
        union all
        select 'ga4.device:' || user_pseudo_id, 'device:' || user_pseudo_id from web_session
        where kind = 'lead'
        union all
        select 'salesforce.lead:' || id, 'device:' || web_client_id_c from sf_lead
        where web_client_id_c is not null
        union all
        select 'salesforce.lead:' || id, 'contact:' || converted_contact_id from sf_lead
        where converted_contact_id is not null
        union all
        select 'salesforce.lead:' || id, 'lead:' || coalesce(master_record_id, id) from sf_lead
        union all
        select 'salesforce.contact:' || id, 'contact:' || coalesce(master_record_id, id)
        from sf_contact
        union all
        select 'salesforce.contact:' || id, 'card:' || loyalty_card_c from sf_contact
        where loyalty_card_c is not null
        union all
        select 'salesforce.contact:' || id, 'shop:' || shop_customer_id_c from sf_contact
        where shop_customer_id_c is not null
        union all
        select 'salesforce.contact:' || contact_id, 'profile:' || social_profile_id_c from sf_case
        where contact_id is not null and social_profile_id_c is not null
        union all
        select distinct 'social.profile:' || platform || '/' || profile_id,
            'profile:' || platform || '/' || profile_id
        from social_message
        union all
        select 'distributor.loyalty_member:' || distributor_code || '/' || card_id,
            'card:' || card_id
        from loyalty_member
    """)


_OWNERS = """
    create temp table record_owner as
    select 'shopify.customer:' || shop_customer_id as record_id, person_id,
        'shopify.customer' as record_type
    from person where shop_customer_id is not null
    union all select 'shopify.order:' || order_id, person_id, 'shopify.order' from shop_order
    union all select 'klaviyo.person:' || klaviyo_id, person_id, 'klaviyo.person' from person
        where klaviyo_id is not null
    union all
    select 'ga4.device:' || user_pseudo_id, case when count(distinct person_id) = 1
        and count(person_id) = count(*) then any_value(person_id) end, 'ga4.device'
    from web_session group by user_pseudo_id
    union all
    select 'social.profile:' || p.social_platform || '/' || p.social_profile_id,
        p.person_id, 'social.profile'
    from person p where p.social_platform is not null and p.person_id in (
        select person_id from touch where channel = 'social_message'
        union select person_id from social_comment)
    union all select distinct 'salesforce.contact:' || record_code, person_id,
        'salesforce.contact' from contact_version
    union all select 'salesforce.lead:' || lead_code(lead_id), person_id, 'salesforce.lead'
        from lead
    union all select 'distributor.loyalty_member:' || distributor_code || '/' || card_id,
        person_id, 'distributor.loyalty_member' from loyalty_member
"""
"""Each source record once, with the person that it is; null for strangers and machines."""


def _records(con: duckdb.DuckDBPyConnection) -> None:
    """Whose each record is, and whether anyone could tell.

    A record is identifiable where it carries something that another record of the same person
    carries and no record of anyone else.
    """
    con.execute("""
        create temp table telling as
        select c.token
        from (select distinct record_id, token from carried) c
        join record_owner o on o.record_id = c.record_id
        where o.person_id is not null
        group by c.token having count(distinct o.person_id) = 1 and count(*) > 1;
        create view truth_record as
        select o.record_id, o.person_id, o.record_type,
            o.person_id is not null and o.record_id in (
                select c.record_id from carried c join telling t on t.token = c.token
            ) as is_identifiable
        from record_owner o
    """)


def _memberships(con: duckdb.DuckDBPyConnection) -> None:
    """Households and companies with their people; is_recorded: a record shows the membership."""
    con.execute("""
        create view truth_household_member as
        with shown as (
            select o.person_id from record_owner o join carried c on c.record_id = o.record_id
            join person p on p.person_id = o.person_id
            where c.token = plain_phone(p.landline)
                or (p.uses_household_mailbox and c.token = plain_mail(p.email))
            union
            select person_id from contact_version
        )
        select p.household_id, p.person_id, p.is_head, s.person_id is not null as is_recorded
        from person p left join shown s on s.person_id = p.person_id;
        create view truth_company as
        select b.business_id, b.market, b.name, b.legal_name, b.domain, b.switchboard,
            case when a.business_id is not null then 'salesforce.account:' || code('001',
                b.business_id, 12) || 'AAA' end as record_id
        from business b left join account_known a on a.business_id = b.business_id;
        create view truth_company_member as
        with shown as (
            select person_id from lead
            union
            select v.person_id from contact_version v
            join person p on p.person_id = v.person_id
            join account_known a on a.business_id = p.business_id and a.created_at <= v.happened_at
        )
        select p.business_id, p.person_id, s.person_id is not null as is_recorded
        from person p left join shown s on s.person_id = p.person_id
        where p.business_id is not null
    """)


def _links(con: duckdb.DuckDBPyConnection) -> None:
    """Who brought whom, with what it brought; who shares an interest and talks below one post."""
    interests = ", ".join(f"({number}, '{name}')" for number, name in enumerate(INTERESTS))
    con.execute(f"""
        create view truth_referral as
        select r.person_id, r.referrer_person_id, r.code, j.journey_id, j.outcome, j.probability,
            1 / (1 + exp(-(j.log_odds - {REFERRAL_LOG_ODDS}))) as probability_without,
            o.order_id, f.code_typed, f.used_at
        from referral r join journey j on j.person_id = r.person_id and j.is_referred
        left join friend_code f on f.journey_id = j.journey_id
        left join shop_order o on o.journey_id = f.journey_id;
        create view truth_customer_link as
        select 'referral' as link_type, referrer_person_id as person_id,
            person_id as linked_person_id, used_at as linked_at
        from friend_code;
        create view truth_interest_member as
        with posted as (
            select 'social.profile:' || platform || '/' || profile_id as record_id,
                count(distinct post_id) as posts, count(*) as comments
            from (select distinct id, platform, profile_id, post_id from social_message
                where post_id is not null)
            group by 1
        )
        select i.interest_group, v.name as interest, i.social_platform as platform, i.language,
            i.person_id, p.record_id, p.posts,
            p.comments
        from person_interest i join (values {interests}) v(number, name) on v.number = i.interest
        join record_owner o on o.person_id = i.person_id and o.record_type = 'social.profile'
        join posted p on p.record_id = o.record_id
    """)
