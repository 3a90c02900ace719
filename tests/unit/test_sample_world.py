"""The sample company: a seed gives the same files, and the truth says what stands in them."""

from __future__ import annotations

import gzip
import hashlib
import math
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.lib.companies import load_company
from orchestration.lib.ingest import ingest_feed
from orchestration.lib.layouts import load_layouts
from orchestration.lib.reports import IngestReport
from orchestration.lib.settings import Settings
from orchestration.sample import chance, mess
from orchestration.sample.__main__ import main
from orchestration.sample.parameters import (
    NOISY_RATES,
    RATES,
    REFERRAL_LOG_ODDS,
    STARTS_ONLINE,
    VARIANT_LOG_ODDS,
    Parameters,
    calendar_for,
)
from orchestration.sample.world import generate

END = date(2025, 12, 31)
DAYS = 150
PARAMS = Parameters(scale=0.001, seed=11)
SENDERS = (
    "ga4",
    "google_ads",
    "facebook_ads",
    "klaviyo",
    "social",
    "campaign",
    "store_app",
    "shopify",
    "salesforce",
)


def make(
    out: Path, until: date | None = None, threads: int = 2, seed: int = 11, noise: float = 1.0
) -> Path:
    """A small world's files."""
    params = Parameters(scale=PARAMS.scale, seed=seed, noise=noise)
    generate(out, params, calendar_for(END, DAYS, until), threads=threads)
    return out


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inbox and truth of the whole history."""
    return make(tmp_path_factory.mktemp("world") / "inbox" / "sample")


@pytest.fixture(scope="module")
def tidy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same people, with records that nothing blurs."""
    return make(tmp_path_factory.mktemp("tidy") / "inbox" / "sample", noise=0)


@pytest.fixture(scope="module")
def reports(world: Path) -> dict[str, IngestReport]:
    """Every channel and CRM feed of the sample company, loaded."""
    settings = Settings.from_environment(
        {"CFS_DATA_DIR": str(world.parents[1]), "CFS_THREADS": "2"}
    )
    layouts = load_layouts()
    company = load_company(settings, layouts)
    return {
        feed.name: ingest_feed(settings, company, feed, layouts[feed.layout_name])
        for feed in company.feeds
        if feed.source in SENDERS
    }


def ask(world: Path, query: str) -> list[tuple[object, ...]]:
    """Result of a query in which `<name>` is a truth table."""
    con = duckdb.connect()
    for path in (world / "truth").glob("*.parquet"):
        query = query.replace(f"<{path.stem}>", f"'{path}'")
    return con.execute(query).fetchall()


def number(world: Path, query: str) -> float:
    """The only value of a query's result."""
    return float(str(ask(world, query)[0][0]))


def bronze(world: Path, layout: str, source: str) -> str:
    """The bronze files of a table, for a query."""
    name = layout.replace(".", "/")
    files = f"{world.parents[1]}/bronze/sample/{name}/{source}/*.parquet"
    return f"read_parquet('{files}', union_by_name=true)"


def hashes(folder: Path, with_truth: bool = True) -> dict[str, str]:
    """SHA-256 of every file by its path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (with_truth or "truth" not in path.parts)
    }


def test_same_seed_gives_the_same_bytes(world: Path, tmp_path: Path) -> None:
    assert hashes(make(tmp_path / "again", threads=1)) == hashes(world)


def test_another_seed_gives_other_people(world: Path, tmp_path: Path) -> None:
    other = hashes(make(tmp_path / "other", seed=12))
    assert other["truth/person.parquet"] != hashes(world)["truth/person.parquet"]


def test_until_leaves_earlier_files_as_they_will_be(world: Path, tmp_path: Path) -> None:
    until = END - timedelta(days=4)
    early = hashes(make(tmp_path / "early", until=until), with_truth=False)
    late = hashes(world, with_truth=False)
    assert early.items() <= late.items()
    missing = set(late) - set(early)
    assert {f"ga4/events_{until + timedelta(days=n)}.parquet" for n in range(1, 5)} <= missing
    assert f"ga4/events_{until}.parquet" in early


def test_rows_read_are_the_rows_written(world: Path, reports: dict[str, IngestReport]) -> None:
    written = dict(
        ask(
            world, "select source || '/' || source_table, value from <total> where measure = 'rows'"
        )
    )
    read = {
        name: sum(file.rows_read for file in report.files if file.status == "loaded")
        for name, report in reports.items()
    }
    assert read == {name: written[name] for name in read}


def test_every_row_lands_but_those_spoiled_on_purpose(reports: dict[str, IngestReport]) -> None:
    rejected = {
        name: {rule: rows for file in report.files for rule, rows in file.by_rule.items()}
        for name, report in reports.items()
    }
    others = {name: set(rules) - {"duplicate_key"} for name, rules in rejected.items()}
    assert others.pop("facebook_ads/basic_ad") == {
        "type_date",
        "type_impressions",
        "spend_not_negative",
        "required_ad_id",
    }
    assert all(not rules for rules in others.values()), others
    refused = [file.file for report in reports.values() for file in report.of_status("refused")]
    assert len(refused) == 1 and refused[0].endswith("_v2.jsonl.gz")


def test_restated_numbers_supersede(world: Path, reports: dict[str, IngestReport]) -> None:
    assert len(reports["google_ads/ad_stats"].of_status("superseded")) == 1
    clicks, cost = duckdb.sql(
        "select sum(clicks), sum(cost_micros) "
        f"from {bronze(world, 'google_ads.ad_stats', 'google_ads')}"
    ).fetchall()[0]
    truth = dict(ask(world, "select measure, value from <total> where source_table = 'ad_stats'"))
    assert (clicks, cost) == (truth["clicks"], truth["cost_micros"])


def test_decimal_commas_and_a_new_column_change_no_sum(
    world: Path, reports: dict[str, IngestReport]
) -> None:
    spend = duckdb.sql(
        f"select sum(spend) from {bronze(world, 'facebook_ads.basic_ad', 'facebook_ads')}"
    ).fetchall()[0][0]
    written = number(world, "select value from <total> where measure = 'spend'")
    assert spend == pytest.approx(written, abs=0.01)
    assert "columns_extra" in {f.kind for f in reports["facebook_ads/basic_ad"].findings}


def test_every_file_of_the_senders_belongs_to_a_feed(
    world: Path, reports: dict[str, IngestReport]
) -> None:
    seen = {Path(file.file).name for report in reports.values() for file in report.files}
    files = {path.name for sender in SENDERS for path in (world / sender).iterdir()}
    assert files <= seen


@pytest.mark.parametrize(
    ("layout", "source", "record"),
    [
        ("shopify.customer", "shopify", "'shopify.customer:' || id"),
        ("klaviyo.person", "klaviyo", "'klaviyo.person:' || id"),
        ("salesforce.contact", "salesforce", "'salesforce.contact:' || id"),
        ("salesforce.lead", "salesforce", "'salesforce.lead:' || id"),
        ("ga4.events", "ga4", "'ga4.device:' || user_pseudo_id"),
        ("social.message", "social", "'social.profile:' || platform || '/' || profile_id"),
    ],
)
def test_truth_knows_every_record(
    world: Path, reports: dict[str, IngestReport], layout: str, source: str, record: str
) -> None:
    files = bronze(world, layout, source)
    unknown = f"select count(*) from (select distinct {record} as r from {files}) where r not in"
    assert number(world, f"{unknown} (select record_id from <record>)") == 0
    assert number(world, "select count(*) - count(distinct record_id) from <record>") == 0


def test_crm_merges_and_deletions_are_in_the_files(
    world: Path, reports: dict[str, IngestReport]
) -> None:
    contacts = bronze(world, "salesforce.contact", "salesforce")
    merged = duckdb.sql(
        f"select distinct id, master_record_id from {contacts} where master_record_id is not null"
    ).fetchall()
    truth = ask(world, "select record_id, master_record_id from <contact_merge>")
    prefix = "salesforce.contact:"
    assert {(prefix + a, prefix + b) for a, b in merged} == set(truth) != set()
    assert duckdb.sql(
        f"select count(*) from {contacts} where is_deleted and master_record_id is null"
    ).fetchall()[0][0]


def test_orders_lines_and_refunds_hang_together(
    world: Path, reports: dict[str, IngestReport]
) -> None:
    order, line, refund = (
        bronze(world, f"shopify.{table}", "shopify")
        for table in ("order", "order_line", "order_line_refund")
    )
    assert (
        number(world, f"select count(*) from {line} where order_id not in (select id from {order})")
        == 0
    )
    assert (
        number(
            world,
            f"select count(*) from {refund} where order_line_id not in (select id from {line})",
        )
        == 0
    )
    assert number(world, f"select count(distinct id) from {order} where test") >= 1
    lines = number(world, f"select count(distinct id) from {line}")
    assert lines == number(world, "select count(*) from <sale_line> where order_id is not null")
    differing = f"""
        select count(*) from (select distinct id, subtotal_price from {order} where not test) o
        join (select order_id, sum(price * quantity - total_discount) as s from
            (select distinct id, order_id, price, quantity, total_discount from {line})
            group by 1) l
            on l.order_id = o.id where abs(l.s - o.subtotal_price) > 0.011
    """
    assert number(world, differing) == 0


def test_web_purchases_are_the_own_shops_orders(
    world: Path, reports: dict[str, IngestReport]
) -> None:
    events = bronze(world, "ga4.events", "ga4")
    names = f"""select count(distinct ecommerce.transaction_id) from {events}
        where event_name = 'purchase'"""
    bought = number(world, "select count(*) from <conversion> where place = 'own_web'")
    assert number(world, names) == bought > 20


def test_waits_are_business_time(world: Path) -> None:
    """What was drawn in business minutes lies between the instants, nights left out."""
    answered, matched, differing = ask(
        world,
        """
        select (select count(*) from <ticket> where first_response_at is not null), count(*),
            count(*) filter (abs(s.elapsed_minutes - t.response_minutes) > 0.02)
        from <ticket> t join <sla> s on s.subject_id = t.ticket_id
            and s.commitment_code = 'case_first_response' and s.ended_at is not null
        """,
    )[0]
    assert answered == matched != 0
    assert differing == 0


def test_first_answers_come_in_working_hours(world: Path) -> None:
    local = "timezone('America/New_York', timezone('UTC', first_response_at))"
    outside = f"""
        select count(*) from <ticket> where market = 'US' and first_response_at is not null and (
            isodow({local}) > 5 or {local}::time not between '09:00' and '17:30'
            or {local}::date = date '2025-12-25')
    """
    assert number(world, outside) == 0


def test_lead_stages_follow_each_other(world: Path) -> None:
    wrong = """
        select count(*) from <lead> where assigned_at < captured_at or mql_at < assigned_at
            or sal_at < mql_at or sql_at < sal_at or opportunity_at < sql_at
            or coalesce(won_at, lost_at) < opportunity_at or recycled_at < rejected_at
            or (sal_at is not null and rejected_at is not null)
    """
    assert number(world, wrong) == 0
    assert number(world, "select count(won_at) from <lead>") > 0


def near(share: float, expected: float, count: float, errors: float = 4) -> bool:
    """Whether a share of `count` draws is within some standard errors of what was put in."""
    return abs(share - expected) <= errors * math.sqrt(expected * (1 - expected) / count)


def test_rates_are_those_that_were_put_in(world: Path) -> None:
    online, journeys = ask(world, "select avg(starts_online::int), count(*) from <journey>")[0]
    assert near(float(str(online)), STARTS_ONLINE, float(str(journeys)))
    late = """select avg((elapsed_minutes <= target_minutes)::int), count(*) from <sla>
        where commitment_code = 'case_first_response' and status <> 'pending'"""
    on_time, cases = ask(world, late)[0]
    assert near(float(str(on_time)), RATES["case_response_on_time"], float(str(cases)))
    likely, sold = ask(
        world, "select avg(probability), avg((outcome = 'converted')::int) from <journey>"
    )[0]
    assert float(str(likely)) - 0.08 < float(str(sold)) < float(str(likely)) + 0.05


def test_effects_are_those_of_the_model(world: Path) -> None:
    effects = dict(ask(world, "select channel, incremental_conversions from <channel_effect>"))
    assert effects["display"] == 0
    assert float(str(effects["paid_search"])) > float(str(effects["organic_social"])) > 0
    variants = dict(ask(world, "select channel, log_odds from <variant_effect>"))
    assert variants == VARIANT_LOG_ODDS
    total, parts = ask(
        world,
        """select (select count(*) from <conversion>), (select count(*) from <journey>
           where outcome = 'converted')""",
    )[0]
    assert total == parts


def test_contradictions_are_found_by_their_definition(world: Path) -> None:
    pairs = """
        select count(*) from <answer> a join <answer> b using (person_id, topic)
        where b.answered_at > a.answered_at and b.answered_at <= a.answered_at + interval 30 day
            and a.answer_code <> b.answer_code
    """
    assert number(world, pairs) == number(world, "select count(*) from <answer_contradiction>") > 0
    later, share = ask(
        world,
        "select count(*), avg(is_planted::int) from <answer> where case_id in "
        "(select case_id from <ticket> where handoffs > 0)",
    )[0]
    assert 0 < float(str(share)) < 0.25 and float(str(later)) > 20


def test_waiting_costs_satisfaction(world: Path) -> None:
    by_wait = """
        select (t.response_minutes > 240) as waited, avg(s.score)
        from <survey> s join <ticket> t using (case_id)
        where s.survey_type = 'CSAT' and t.response_minutes is not null group by 1 order by 1
    """
    prompt, slow = (float(str(score)) for _, score in ask(world, by_wait))
    assert prompt > slow + 0.3


def test_people_share_mailboxes_and_devices(world: Path) -> None:
    shared = """select count(*) from (select email from <person> where email is not null
        group by 1 having count(*) > 1)"""
    assert number(world, shared) > 0
    devices = (
        """select count(*) from <record> where record_type = 'ga4.device' and person_id is null"""
    )
    assert number(world, devices) > 0


BLURS = (
    "swapped_names", "wrong_birth_date", "moved", "new_mobile", "new_email",
    "same_name_in_household", "family_card", "switchboard", "company_name_varies",
    "code_in_lower_case", "shared_mailbox", "generic_mailbox", "shared_device",
)  # fmt: skip


def blurs(world: Path) -> dict[str, float]:
    """What blurs people in a world, by kind."""
    found = ask(
        world,
        f"select kind, sum(rows) from <planted_fault> where kind in {BLURS} group by kind",
    )
    return {str(kind): float(str(rows)) for kind, rows in found}


def test_noise_zero_blurs_nobody(world: Path, tidy: Path) -> None:
    assert not any(blurs(tidy).values())
    rare = {"wrong_birth_date", "family_card", "code_in_lower_case"}
    assert {kind for kind, rows in blurs(world).items() if rows} >= set(BLURS) - rare


def test_without_noise_every_account_is_spelled_as_its_person_is(tidy: Path) -> None:
    differing = f"""
        select count(*) from read_csv('{tidy}/shopify/customer_2*.csv.gz', all_varchar = true) c
        join <person> p on p.shop_customer_id = c.id::bigint
        where c.first_name is distinct from p.given_name
            or c.last_name is distinct from concat_ws(' ', p.family_name_1, p.family_name_2)
            or c.email is distinct from coalesce(p.email, p.email_2)
    """
    assert number(tidy, differing) == 0


def test_noise_scales_rates_and_none_passes_one() -> None:
    assert Parameters(scale=1, seed=1).rates == RATES
    twice = Parameters(scale=1, seed=1, noise=2).rates
    wild = Parameters(scale=1, seed=1, noise=10).rates
    for name in RATES:
        if name in NOISY_RATES:
            assert RATES[name] < twice[name] <= 2 * RATES[name] and twice[name] < wild[name] < 1
        else:
            assert twice[name] == wild[name] == RATES[name]


def test_only_what_another_record_of_the_person_carries_identifies(
    world: Path, reports: dict[str, IngestReport]
) -> None:
    """Accounts and the guest orders with their e-mail: shared by nobody else, so identifiable."""
    carried = f"""
        select 'shopify.customer:' || id as record_id, lower(trim(email)) as mail
        from {bronze(world, "shopify.customer", "shopify")}
        union
        select 'shopify.order:' || id, lower(trim(email))
        from {bronze(world, "shopify.order", "shopify")} where not test
    """
    own = f"""
        select distinct c.record_id from ({carried}) c join <person> p
            on c.mail in (p.email, p.email_2, p.email_3) and not p.uses_household_mailbox
        join ({carried}) other on other.mail = c.mail and other.record_id <> c.record_id
    """
    assert number(world, f"select count(*) from ({own})") > 30
    marked = f"""select count(*) from <record> where record_id in ({own})
        and not is_identifiable"""
    assert number(world, marked) == 0
    strangers = "select count(*) from <record> where person_id is null and is_identifiable"
    assert number(world, strangers) == 0
    lonely = """
        select count(*) from <record> where is_identifiable and person_id in (
            select person_id from <record> group by 1 having count(*) = 1)
    """
    assert number(world, lonely) == 0
    silent = """
        select avg(is_identifiable::int) from <record>
        where record_type = 'ga4.device' and person_id is not null
    """
    assert 0.05 < number(world, silent) < 0.8


def test_friends_codes_name_who_referred(world: Path, reports: dict[str, IngestReport]) -> None:
    codes = bronze(world, "shopify.order_discount_code", "shopify")
    read = duckdb.sql(
        f"select distinct order_id, upper(code) from {codes} where code ilike 'friend-%'"
    ).fetchall()
    truth = ask(world, "select order_id, code from <referral> where order_id is not null")
    assert set(read) == set(truth) and len(truth) >= 5
    links = """
        select count(*) from <referral> r join <person> p on p.person_id = r.referrer_person_id
        join <customer_link> l on l.person_id = r.referrer_person_id
            and l.linked_person_id = r.person_id and l.link_type = 'referral'
        where r.code = 'FRIEND-' || p.shop_customer_id and r.person_id <> r.referrer_person_id
            and r.order_id is not null
    """
    assert number(world, links) == len(truth)
    earlier = """
        select count(*) from <referral> r join <sale_line> s on s.person_id = r.person_id
        where s.order_id is not null and s.purchased_at < r.used_at
    """
    assert number(world, earlier) == 0


def test_a_friends_word_adds_what_was_put_in(world: Path) -> None:
    odds = """
        select min(ln(probability / (1 - probability))
                - ln(probability_without / (1 - probability_without))),
            max(ln(probability / (1 - probability))
                - ln(probability_without / (1 - probability_without)))
        from <referral>
    """
    low, high = ask(world, odds)[0]
    assert (low, high) == (pytest.approx(REFERRAL_LOG_ODDS), pytest.approx(REFERRAL_LOG_ODDS))


def test_codes_are_part_of_what_lines_and_orders_discount(
    world: Path, reports: dict[str, IngestReport]
) -> None:
    order, line, code = (
        f"(select distinct on (id) * from {bronze(world, f'shopify.{table}', 'shopify')})"
        for table in ("order", "order_line", "order_discount_code")
    )
    code = code.replace("distinct on (id)", "distinct on (order_id, index)")
    differing = f"""
        select count(*) from {order} o
        join (select order_id, sum(total_discount) as amount from {line} group by 1) l
            on l.order_id = o.id
        left join (select order_id, sum(amount) as amount from {code} group by 1) c
            on c.order_id = o.id
        where abs(l.amount - o.total_discounts) > 0.006
            or abs(coalesce(c.amount, 0) - o.total_discounts) > 0.006
    """
    assert number(world, f"select count(*) from {code}") > 5
    assert number(world, differing) == 0


def test_conversions_are_worth_what_was_paid(world: Path) -> None:
    """Discounts are off in the truth's revenue, as they are in the shop's orders."""
    rates = ", ".join(f"('{m.currency}', {m.rate})" for m in PARAMS.markets)
    differing = f"""
        with paid as (
            select s.journey_id, sum(coalesce((s.quantity * s.unit_price_original
                - s.discount_original) * r.rate, s.quantity * s.unit_price_eur)) as eur
            from <sale_line> s left join (values {rates}) r(currency, rate)
                on r.currency = s.currency
            group by s.journey_id
        )
        select count(*) from <conversion> c join paid p on p.journey_id = c.journey_id
        where abs(c.revenue_eur - p.eur) > 0.006
    """
    discounted = "select count(*) from <sale_line> where discount_original > 0"
    assert number(world, discounted) > 10
    assert number(world, differing) == 0


def test_households_and_companies_have_their_people(world: Path) -> None:
    assert number(
        world, "select count(*) from <household_member> m join <person> p using (person_id) "
        "where p.household_id = m.household_id"
    ) == PARAMS.person_count  # fmt: skip
    assert number(world, "select sum(people) from <household>") == PARAMS.person_count
    employed = "select count(*) from <company_member> join <company> using (business_id)"
    assert number(world, employed) == number(world, "select count(business_id) from <person>") > 20
    namesakes = """
        select count(*), count(*) filter (
            p.birth_date = h.birth_date or p.given_name <> h.given_name
            or p.family_name_1 <> h.family_name_1)
        from <person> p join <person> h on h.person_id = p.household_id where p.is_junior
    """
    juniors, wrong = ask(world, namesakes)[0]
    assert float(str(juniors)) > 0 == wrong


def test_work_addresses_are_at_the_companys_domain(
    world: Path, reports: dict[str, IngestReport]
) -> None:
    leads = bronze(world, "salesforce.lead", "salesforce")
    at_work = f"""
        select count(*) filter (split_part(l.email, '@', 2) = c.domain), count(*) from {leads} l
        join <lead> t on t.record_id = 'salesforce.lead:' || l.id
        join <company> c on c.business_id = t.business_id where l.email like '%.example'
    """
    same, all_of_them = ask(world, at_work)[0]
    assert same == all_of_them != 0


def test_comments_below_posts_show_the_circles(
    world: Path, reports: dict[str, IngestReport]
) -> None:
    messages = bronze(world, "social.message", "social")
    strays = f"""
        with own as (
            select m.post_id, i.interest_group, count(distinct m.id) as comments
            from {messages} m join <interest_member> i
                on i.record_id = 'social.profile:' || m.platform || '/' || m.profile_id
            where m.post_id is not null group by all
        )
        select sum(comments) filter (comments < most) / sum(comments)
        from (select *, max(comments) over (partition by post_id) as most from own)
    """
    assert number(world, strays) < 0.35
    outside = f"select count(*) from {messages} where post_id is not null and kind <> 'comment'"
    assert number(world, outside) == 0


def test_consents_are_stated_by_point(world: Path, reports: dict[str, IngestReport]) -> None:
    files = bronze(world, "salesforce.contact_point_type_consent", "salesforce")
    stated = dict(
        duckdb.sql(
            f"select contact_point_type, count(distinct party_id) from {files} group by all"
        ).fetchall()
    )
    truth = dict(
        ask(world, "select contact_point_type, count(distinct record_id) from <consent> group by 1")
    )
    assert set(stated) == {"Email", "Phone", "MailingAddress"} == set(truth)
    assert all(stated[point] <= truth[point] for point in truth)
    refused = "select count(*) from <consent> where given_at is null and withdrawn_at is not null"
    assert number(world, refused) > 0


def test_malformed_file_is_a_broken_archive(world: Path) -> None:
    broken = next((world / "klaviyo").glob("event_*_v2.jsonl.gz"))
    with pytest.raises(EOFError):
        gzip.decompress(broken.read_bytes())
    assert (
        number(world, f"select count(*) from <planted_fault> where file = 'klaviyo/{broken.name}'")
        == 1
    )


def test_planted_bad_rows_are_counted(world: Path) -> None:
    rows = number(world, "select rows from <planted_fault> where kind = 'bad_row'")
    assert rows == len(mess.BAD_ROWS)


def test_draws_are_uniform_and_independent() -> None:
    con = chance.connect(3)
    mean, together, beside = con.execute(
        "select avg(chance(i, 'a')), corr(chance(i, 'a'), chance(i, 'b')), "
        "corr(chance(i, 'a'), chance(i + 1, 'a')) from range(100000) t(i)"
    ).fetchall()[0]
    assert mean == pytest.approx(0.5, abs=0.005)
    assert abs(together) < 0.015 and abs(beside) < 0.015


def test_weighted_list_has_each_name_as_often_as_its_weight() -> None:
    con = chance.connect(3)
    shares = con.execute(f"select list_count({chance.weighted_list({'a': 1, 'b': 3})})").fetchall()
    assert shares[0][0] == 1000
    drawn = con.execute(
        f"select avg((pick({chance.weighted_list({'a': 1, 'b': 3})}, chance(i, 'x')) = 'b')::int) "
        "from range(100000) t(i)"
    ).fetchall()[0][0]
    assert drawn == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize(
    ("end", "days"), [(END, None), (date(2024, 2, 28), None), (END, 5), (END, 40)]
)
def test_files_cover_each_day_once(end: date, days: int | None) -> None:
    calendar = calendar_for(end, days)
    covered = [
        period.first_day + timedelta(days=n)
        for period in calendar.periods()
        for n in range((period.last_day - period.first_day).days + 1)
    ]
    assert covered == [calendar.start + timedelta(days=n) for n in range(calendar.day_count)]
    assert len({period.name for period in calendar.periods()}) == len(calendar.periods())


def test_history_needs_a_day() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        calendar_for(END, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scale", "0"], "one million people"),
        (["--noise", "-1"], "1 is as documented"),
        (["--days", "0"], "at least one day"),
        (["--until", "2025-01-15"], "give 2025-01-31 or later"),
    ],
)
def test_command_line_says_what_is_wrong(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*arguments, "--out", str(tmp_path)])
    assert message in capsys.readouterr().err


def test_command_line_writes_a_short_history(tmp_path: Path) -> None:
    main(["--scale", "0.0001", "--days", "3", "--out", str(tmp_path), "--quiet"])
    assert {path.name for path in (tmp_path / "ga4").iterdir()} <= {
        f"events_2025-12-{day}.parquet" for day in (29, 30, 31)
    }
    assert (tmp_path / "truth" / "person.parquet").exists()
