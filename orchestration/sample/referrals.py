"""Who brings whom: friends' codes of the own web shop, and people who talk below the same posts.

The truth of both belongs here, and the codes that orders carry. How a recommendation weighs in a
journey stands in `journeys`.
"""

from __future__ import annotations

import duckdb

from orchestration.sample.parameters import FRIEND_DISCOUNT, INTERESTS, Calendar, Parameters

_CIRCLE = 5000
"""People (by id) who are near enough to meet below the same post."""

_PLATFORMS = "['instagram', 'facebook', 'tiktok', 'x']"
"""Platforms on which one comments below a post."""


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create referral, person_interest and social_comment. Needs person."""
    _refer(con, params)
    _interest(con, params, calendar)


def _refer(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """A share of people is recommended the shop by an account holder of its market, near by id."""
    con.execute(f"""
        create table referral as
        with invited as (
            select person_id, market from person
            where chance(person_id, 'person.referred') < {params.rates["referred"]}
        ),
        referrers as (
            select p.person_id, p.market, p.shop_customer_id,
                row_number() over (partition by p.market order by p.person_id) - 1 as position
            from person p anti join invited i on i.person_id = p.person_id
            where p.shop_customer_id is not null and p.segment <> 'low'
        ),
        counted as (
            select market, count(*) as referrers from referrers group by market
        ),
        placed as (
            select i.person_id, i.market, coalesce(r.position, 0)
                + floor(9 * chance(i.person_id, 'person.referred by'))::int as position
            from invited i asof left join referrers r
                on r.market = i.market and i.person_id >= r.person_id
        )
        select p.person_id, r.person_id as referrer_person_id, r.shop_customer_id,
            'FRIEND-' || r.shop_customer_id as code
        from placed p join counted c on c.market = p.market
        join referrers r on r.market = p.market and r.position = p.position % c.referrers
    """)


def _interest(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """People with a profile care for one thing; some of them comment on the brand's posts of it.

    A circle (interest_group) is people of a platform, language and interest who see the same
    posts: one a quarter. One comment in ten stands below a post of another interest.
    """
    con.execute(f"""
        create macro post_below(interest_group, moment, id) as
            code('P', (case when chance(id, 'comment.strays') < 0.1
                then interest_group // 8 * 8 + (interest_group % 8 + 1 + floor({len(INTERESTS) - 1}
                    * chance(id, 'comment.other'))::int) % {len(INTERESTS)}
                else interest_group end) * 1024
                + year(moment) % 100 * 8 + quarter(moment), 10);
        create table person_interest as
        select person_id, language, social_platform, floor(chance(person_id, 'person.interest')
            * {len(INTERESTS)})::int as interest,
            (((person_id // {_CIRCLE}) * 8 + list_position({_PLATFORMS}, social_platform)) * 2
                + (language = 'en')::int) * 8 + interest as interest_group
        from person where list_contains({_PLATFORMS}, social_platform);
        create table social_comment as
        with counted as (
            select person_id, least(6, 1 + floor(1.5 * wait(person_id, 'comments.count'))::int)
                as comments
            from person_interest
            where chance(person_id, 'comments.has') < {params.rates["comments_on_posts"]}
        ),
        spread as (
            select person_id, person_id * 8 + unnest(range(1, comments + 1)) as comment_id
            from counted
        )
        select comment_id, person_id, date_trunc('second', timestamp '{calendar.start}'
            + to_seconds((chance(comment_id, 'comment.day') * {calendar.day_count}
                * 86400)::bigint)) as created_at
        from spread
    """)


def create_codes(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """Create friend_code: journeys whose order carries a friend's code.

    A code holds for the first order of a person in the own shop. Needs journey and referral.
    """
    con.execute(f"""
        create table friend_code as
        with bought as (
            select journey_id, person_id, place, is_referred, converted_at,
                row_number() over (partition by person_id order by converted_at, journey_id) as rank
            from journey where place in ('own_web', 'social_shop')
        )
        select b.journey_id, b.person_id, r.referrer_person_id, b.converted_at as used_at, r.code,
            case when chance(b.journey_id, 'code.case') < {params.rates["friend_code_lower_case"]}
                then lower(r.code) else r.code end as code_typed,
            {FRIEND_DISCOUNT} as friend_share
        from bought b join referral r on r.person_id = b.person_id
        where b.rank = 1 and b.is_referred and b.place = 'own_web'
    """)
