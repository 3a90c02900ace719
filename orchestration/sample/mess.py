"""Faults that are planted in single files: a restated period, bad rows, a truncated archive.

Late and duplicated rows and changed columns are planted where the files are written (`files`,
`campaigns`); what distributors get wrong stands with them. Every fault is noted in planted_fault.
"""

from __future__ import annotations

import gzip

import duckdb

from orchestration.sample.files import PLAIN, Outbox

BAD_ROWS = (
    "999,2025-02-31,990017,10,1,0.5",
    "999,2025-03-01,990017,many,1,0.5",
    "999,2025-03-01,990017,10,1,-4.2",
    ",2025-03-01,990017,10,1,0.5",
)
"""A day that does not exist, a number in words, a negative cost, an ad without id."""


def plant(con: duckdb.DuckDBPyConnection, outbox: Outbox) -> None:
    """Plant the faults in files that exist as of the calendar's `until`."""
    periods = outbox.calendar.periods()
    number = outbox.middle_number - 1
    if (
        number >= 0
        and number + 1 < len(periods)
        and outbox.calendar.is_written(periods[number + 1].last_day)
    ):
        _restate(con, outbox, periods[number].name)
        _truncate(con, outbox, periods[number].name)
    if number >= 0 and outbox.calendar.is_written(periods[number].last_day):
        _append_bad_rows(con, outbox, periods[number].name)
    _note_changed_formats(con, outbox)
    _note_what_is_untidy(con)
    _note_what_blurs_people(con)


def _note_changed_formats(con: duckdb.DuckDBPyConnection, outbox: Outbox) -> None:
    periods = outbox.calendar.periods()
    middle = outbox.middle_number
    changes = [
        ("google_ads/ad_stats", middle, "cost_micros is named metrics_cost_micros from here on"),
        ("facebook_ads/basic_ad", middle, "one more column, quality_ranking, from here on"),
        ("facebook_ads/basic_ad", middle + 1, "spend with a decimal comma in this file"),
        ("campaign/campaign", 0, "Spanish house format: semicolon, decimal comma, dd/mm/yyyy"),
        ("campaign/contact", 0, "Spanish house format: semicolon, dd/mm/yyyy"),
    ]
    con.executemany(
        "insert into planted_fault values (?, 'changed_format', null, ?)",
        [(f"{table}_{periods[n].name}", text) for table, n, text in changes if n < len(periods)],
    )


def _note_what_is_untidy(con: duckdb.DuckDBPyConnection) -> None:
    """Count what is untidy over the whole history rather than in one file."""
    con.execute("""
        insert into planted_fault
        select 'ga4/events', 'bot_session', count(*), 'visits of a machine (HeadlessChrome)'
        from web_session where kind = 'bot'
        union all
        select 'ga4/events', 'passer_by_session', count(*), 'visits of people outside the world'
        from web_session where kind = 'passer_by'
        union all
        select 'ga4/events', 'no_analytics_consent', count(*), 'visits with a cookie of their own'
        from web_session where analytics_storage = 'No'
        union all
        select 'ga4/events', 'clock_skew', count(*), 'devices whose clock is up to 90 minutes off'
        from device where skew_seconds <> 0
        union all
        select 'ga4/events', 'shared_device', count(*), 'cookies of more than one person'
        from (select cookie from device group by cookie having count(distinct person_id) > 1)
        union all
        select 'shopify/order', 'test_order', (select count(*) from shopify_order where test),
            'orders of the shop itself'
        union all
        select 'salesforce/contact', 'shared_mailbox', count(*), 'e-mails of more than one person'
        from (select email from person where email is not null group by email having count(*) > 1)
        union all
        select 'salesforce/contact', 'merged_record', count(*), 'second records, merged later'
        from contact_version where number = 2
        union all
        select 'salesforce/contact', 'deleted_record', count(*), 'records deleted by the owner'
        from contact_version where number = 3
        union all
        select 'salesforce/lead', 'merged_record', count(*), 'leads captured twice, merged later'
        from lead_merge
        union all
        select 'salesforce/lead', 'generic_mailbox', count(distinct id),
            'leads with an info@ address'
        from sf_lead where starts_with(email, 'info@')
        union all
        select 'salesforce/contact_point_type_consent', 'missing_consent',
            (select count(*) from contact_known)
                - (select count(distinct contact_id) from consent where point = 'Email'),
            'contacts without a consent record for e-mail'
    """)


def _note_what_blurs_people(con: duckdb.DuckDBPyConnection) -> None:
    """Count what makes it hard to tell who a record is, over the whole history."""
    con.execute("""
        insert into planted_fault
        with kept as (
            select person_id, 'shopify' as system, 'shopify/customer' as file from person
                where shop_customer_id is not null
            union all select person_id, 'klaviyo', 'klaviyo/person' from person
                where klaviyo_id is not null
            union all select person_id, 'contact', 'salesforce/contact' from contact_known
            union all select distinct person_id, 'lead', 'salesforce/lead' from lead
            union all select person_id, 'loyalty', 'northmart/members' from person
                where loyalty_card_id is not null
        ),
        copies as (
            select k.file, n.* from kept k join noisy_person n on n.person_id = k.person_id
                and n.system = k.system
        )
        select file, 'swapped_names', count(*), 'given and family names in each other''s place'
        from copies where is_swapped group by file
        union all
        select file, 'wrong_birth_date', count(*), 'day and month swapped, or 1 January'
        from copies where is_birth_date_wrong and system = 'contact'
            and chance(copy_id, 'contact.birth') < 0.4 group by file
        union all
        select 'all', 'moved', count(*), 'people who moved; some systems keep the old address'
        from person_change where moves
        union all
        select 'all', 'new_mobile', count(mobile_2), 'people with a new mobile number'
        from person_change
        union all
        select 'all', 'new_email', count(email_3), 'people with a new e-mail address'
        from person_change
        union all
        select 'all', 'same_name_in_household', count(*), 'people named as their household''s head'
        from person where is_junior
        union all
        select 'northmart/members', 'family_card', count(*), 'people who use the card of another'
        from person where family_card_id is not null
        union all
        select 'salesforce/lead', 'switchboard', count(distinct id),
            'leads with the number of a company''s switchboard'
        from sf_lead where phone in (select switchboard from business)
        union all
        select 'salesforce/lead', 'company_name_varies', count(distinct id),
            'leads that spell their company otherwise than the company does'
        from sf_lead where company not in (select name from business)
        union all
        select 'shopify/order_discount_code', 'code_in_lower_case', count(*),
            'friends'' codes typed in lower case'
        from friend_code where code_typed <> code
    """)


def _restate(con: duckdb.DuckDBPyConnection, outbox: Outbox, period: str) -> None:
    """Google's numbers of a period come again, with clicks that were found invalid taken out."""
    first = outbox.folder / f"google_ads/ad_stats_{period}.csv"
    if not first.exists():
        return
    path = f"google_ads/ad_stats_{period}_v2.csv"
    con.execute(
        "create or replace temp table restated as select *, '' as _period, "
        f"row_number() over (order by date, ad_id, device) as _id from read_csv('{first}')"
    )
    con.execute("""
        update restated set clicks = clicks - 1, cost_micros = (cost_micros * 0.9)::bigint
        where clicks > 1 and chance(ad_id * 1000 + _id, 'restated') < 0.3
    """)
    con.execute("delete from written_total where file = ?", [f"google_ads/ad_stats_{period}.csv"])
    rows = outbox.copy(
        con,
        PLAIN.replace("{rows}", "select * from restated"),
        path,
        "csv",
        "google_ads",
        "ad_stats",
        period,
    )
    for measure in ("impressions", "clicks", "cost_micros"):
        con.execute(
            "insert into written_total "
            f"select 'google_ads', 'ad_stats', ?, '{measure}', sum({measure}) from restated",
            [path],
        )
    con.execute("insert into superseded_file values (?)", [f"google_ads/ad_stats_{period}.csv"])
    con.execute(
        "insert into planted_fault values "
        "(?, 'restated_period', ?, 'supersedes the file of the same period')",
        [path, rows],
    )


def _truncate(con: duckdb.DuckDBPyConnection, outbox: Outbox, period: str) -> None:
    """A second delivery of a period breaks off: it must be refused, and the first one stays."""
    first = outbox.folder / f"klaviyo/event_{period}.jsonl.gz"
    if not first.exists():
        return
    path = f"klaviyo/event_{period}_v2.jsonl.gz"
    whole = gzip.compress(gzip.decompress(first.read_bytes()), mtime=0)
    (outbox.folder / path).write_bytes(whole[: len(whole) * 2 // 3])
    con.execute(
        "insert into planted_fault values "
        "(?, 'truncated_file', 0, 'the archive ends early; refused as a whole')",
        [path],
    )


def _append_bad_rows(con: duckdb.DuckDBPyConnection, outbox: Outbox, period: str) -> None:
    path = f"facebook_ads/basic_ad_{period}.csv"
    target = outbox.folder / path
    if not target.exists():
        return
    with target.open("a", encoding="utf-8") as file:
        file.write("\n".join(BAD_ROWS) + "\n")
    con.execute(
        "update written_file set row_count = row_count + ? where file = ?", [len(BAD_ROWS), path]
    )
    con.execute(
        "insert into planted_fault values (?, 'bad_row', ?, "
        "'type_date, type_impressions, spend_not_negative, required_ad_id')",
        [path, len(BAD_ROWS)],
    )
