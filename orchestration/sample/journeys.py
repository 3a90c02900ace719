"""What people do: journeys with touches, whether they end in a purchase, where, and what is bought.

A journey runs awareness -> consideration -> intent with loops back. Channel effects are in
`parameters.CHANNELS`; the probability of buying is kept with each journey, so that the true effect
of a channel can be computed. How systems record it stands in the modules named after them.
"""

from __future__ import annotations

import duckdb

from orchestration.sample.chance import weighted_list
from orchestration.sample.parameters import (
    FRIEND_PULL,
    PLACES_BY_START,
    REFERRAL_LOG_ODDS,
    SEGMENTS,
    STARTS_ONLINE,
    VARIANT_LOG_ODDS,
    Calendar,
    Parameters,
)

WEB_CHANNELS = (
    "paid_search", "organic_search", "paid_social", "organic_social", "display", "email",
    "referral", "direct",
)  # fmt: skip
VARIANT_CHANNELS = ("email", "paid_social", "paid_search")


def build(con: duckdb.DuckDBPyConnection, params: Parameters, calendar: Calendar) -> None:
    """Create journey, touch and purchase. Needs person, device, product, store and store_range."""
    _start_journeys(con, calendar)
    _place_touches(con, params)
    _convert(con, calendar)
    _cut_at_end(con, calendar)
    _buy(con, params)


def _start_journeys(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Each person's journeys share out the year, turned by chance, so that few overlap."""
    rate = " ".join(f"when '{name}' then {values[1]}" for name, values in SEGMENTS.items())
    days = calendar.day_count
    con.execute(f"""
        create temp table journey_start as
        with counted as (
            select person_id, market, segment, klaviyo_id is not null as has_email_channel,
                social_platform is not null as has_social_channel,
                floor((case segment {rate} end) * {days} / 365.0 * (0.4 + 1.2 * chance(person_id,
                    'journey.count'))
                    + chance(person_id, 'journey.more'))::int as journeys
            from person
        ),
        spread as (
            select *, unnest(range(1, journeys + 1)) as position from counted where journeys > 0
        )
        select person_id * 32 + position as journey_id, person_id, market, segment,
            has_email_channel,
            has_social_channel,
            fmod((position - 1 + 0.75 * chance(person_id * 32 + position, 'journey.start'))
                * {days}::double / journeys
                + chance(person_id, 'journey.phase') * {days}, {days}) as start_day,
            chance(person_id * 32 + position, 'journey.online') < {STARTS_ONLINE} as starts_online
        from spread
    """)


def _place_touches(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """Touches: stage by a walk with steps back, channel by stage, in local waking hours."""
    rates = params.rates
    online = {c.code: c.start_weight for c in params.channels if c.is_online and c.start_weight > 0}
    offline = {c.code: c.start_weight for c in params.channels if not c.is_online}
    by_stage = [weighted_list({c.code: c.weights[i] for c in params.channels}) for i in range(3)]
    con.execute(f"""
        create temp table touch_drawn as
        with counted as (
            select *, least(14, 1 + floor(wait(journey_id, 'journey.touches')
                * {rates["touches_mean"] - 0.5}))::int
                as touches
            from journey_start
        ),
        spread as (
            select *, unnest(range(1, touches + 1)) as position from counted
        ),
        moved as (
            select *, journey_id * 16 + position as touch_id,
                case when position = 1 then pick([1, 1, 1, 1, 1, 1, 2, 2, 2, 3], chance(journey_id,
                    'journey.stage'))
                    when chance(journey_id * 16 + position, 'touch.move') < {rates["stage_back"]}
                        then -1
                    when chance(journey_id * 16 + position, 'touch.move')
                        < {rates["stage_back"] + rates["stage_forward"]} then 1
                    else 0 end as step,
                case when position = 1 then 0
                    else least(11, 1.5 * wait(journey_id * 16 + position, 'touch.gap')) end as gap
            from spread
        ),
        walked as (
            select *, least(3, greatest(1, sum(step) over along)) as stage_number,
                start_day + sum(gap) over along as day
            from moved
            window along as (partition by journey_id order by position rows between unbounded
                preceding and current row)
        ),
        drawn as (
            select *, case
                when position = 1 and starts_online then pick({weighted_list(online)},
                    chance(touch_id, 'touch.channel'))
                when position = 1 then pick({weighted_list(offline)}, chance(touch_id,
                    'touch.channel'))
                when stage_number = 1 then pick({by_stage[0]}, chance(touch_id, 'touch.channel'))
                when stage_number = 2 then pick({by_stage[1]}, chance(touch_id, 'touch.channel'))
                else pick({by_stage[2]}, chance(touch_id, 'touch.channel')) end as drawn_channel
            from walked
        )
        select touch_id, journey_id, person_id, market, segment, position, touches, starts_online,
            stage_number, day,
            case when drawn_channel = 'email' and not has_email_channel then 'organic_search'
                when drawn_channel = 'social_message' and not has_social_channel then 'direct'
                else drawn_channel end as channel,
            case when chance(touch_id, 'touch.variant') < 0.5 then 'A' else 'B' end as variant
        from drawn
    """)


def _convert(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Odds from segment, distinct channels, variants and a friend's word; where it ends.

    A friend's word falls into a person's first journey and mostly pulls it to the own web shop,
    where the friend's code holds; else the place follows from where the journey started.
    """
    rest = " ".join(f"when '{name}' then {values[2]}" for name, values in SEGMENTS.items())
    variants = " ".join(f"when '{c}' then {odds}" for c, odds in VARIANT_LOG_ODDS.items())
    con.execute("create table channel_effect (channel varchar, is_online boolean, log_odds double)")
    con.execute(f"""
        create table touch as
        with timed as (
            select t.*,
                case when t.channel in {WEB_CHANNELS} then t.person_id * 4 + case
                    when chance(t.touch_id, 'touch.device') < 0.6 then 1
                    when chance(t.touch_id, 'touch.device') < 0.9 then 2 else 3 end
                        end as wished_device_id
            from touch_drawn t
        )
        select t.touch_id, t.journey_id, t.person_id, t.market, t.position, t.channel,
            case when t.channel in {VARIANT_CHANNELS} then t.variant end as variant,
            ['awareness', 'consideration', 'intent'][t.stage_number::int] as stage,
            case when t.channel in {WEB_CHANNELS} then coalesce(d.device_id, t.person_id * 4 + 1)
                end as device_id,
            date_trunc('second', timestamp '{calendar.start}' + to_microseconds(
                ((floor(t.day) * 24 + 7.5 + 16 * (t.day - floor(t.day)) - s.utc_offset_hours)
                    * 3600000000)::bigint))
                as touched_at
        from timed t
        join market_setting s on s.market = t.market
        left join device d on d.device_id = t.wished_device_id;
    """)
    _insert_effects(con)
    con.execute(f"""
        create temp table journey_odds as
        with effects as (
            select journey_id, channel, max(variant) as variant from touch group by journey_id,
                channel
        ),
        summed as (
            select e.journey_id, round(sum(c.log_odds + case when e.variant = 'B' then
                coalesce(case e.channel {variants} end, 0) else 0 end), 6) as log_odds
            from effects e join channel_effect c on c.channel = e.channel
            group by e.journey_id
        ),
        bounds as (
            select journey_id, any_value(person_id) as person_id, any_value(market) as market,
                min(touched_at) as started_at, max(touched_at) as last_touch_at,
                    count(*) as touches,
                arg_max(channel, position) as last_channel, arg_min(channel,
                    position) as first_channel,
                max(case stage when 'awareness' then 1 when 'consideration' then 2
                    else 3 end) as furthest
            from touch group by journey_id
        ),
        recommended as (
            select arg_min(j.journey_id, (j.start_day, j.journey_id)) as journey_id,
                {REFERRAL_LOG_ODDS} as log_odds
            from journey_start j join referral r on r.person_id = j.person_id group by j.person_id
        )
        select b.*, j.segment, j.starts_online, r.journey_id is not null as is_referred,
            round((case j.segment {rest} end) + s.log_odds + 0.25 * (b.furthest - 1)
                + coalesce(r.log_odds, 0), 6) as log_odds,
            1 / (1 + exp(-((case j.segment {rest} end) + s.log_odds + 0.25 * (b.furthest
                - 1) + coalesce(r.log_odds, 0)))) as probability
        from bounds b join summed s on s.journey_id = b.journey_id
        join journey_start j on j.journey_id = b.journey_id
        left join recommended r on r.journey_id = b.journey_id
    """)
    online, offline = (weighted_list(PLACES_BY_START[start]) for start in ("online", "offline"))
    con.execute(f"""
        create temp table journey_placed as
        with wished as (
            select *, chance(journey_id, 'journey.converts') < probability as converts,
                case when is_referred and chance(journey_id, 'journey.to friend')
                        < {FRIEND_PULL} then 'own_web'
                    when starts_online then pick({online}, chance(journey_id, 'journey.place'))
                    else pick({offline}, chance(journey_id, 'journey.place')) end as wished_place
            from journey_odds
        ),
        placed as (
            select *, case when not converts then null
                when wished_place = 'own_web' and last_channel not in {WEB_CHANNELS} then 'store'
                when wished_place = 'social_shop'
                    and last_channel not in ('paid_social', 'organic_social', 'social_message') then
                        case when last_channel in {WEB_CHANNELS} then 'own_web' else 'store' end
                else wished_place end as place
            from wished
        )
        select *, case
            when place = 'own_web' then last_touch_at + to_seconds((300 + chance(journey_id,
                'journey.delay') * 1200)::bigint)
            when place = 'social_shop' then last_touch_at + to_seconds((420 + chance(journey_id,
                'journey.delay') * 2400)::bigint)
            when place = 'e_tailer' then last_touch_at + to_seconds((1800 + wait(journey_id,
                'journey.delay') * 50000)::bigint)
            when place = 'store' then last_touch_at + to_seconds((3600 + least(6, wait(journey_id,
                'journey.delay')) * 90000)::bigint)
            end as converts_at
        from placed
    """)


def _insert_effects(con: duckdb.DuckDBPyConnection) -> None:
    from orchestration.sample.parameters import CHANNELS

    con.executemany(
        "insert into channel_effect values (?, ?, ?)",
        [(c.code, c.is_online, c.log_odds) for c in CHANNELS],
    )


def _cut_at_end(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """The history ends with its last day: what would happen later has not happened yet."""
    con.execute(f"""
        delete from touch where touched_at >= timestamp '{calendar.end}' + interval 1 day;
        create table journey as
        select p.journey_id, p.person_id, p.market, p.segment, p.started_at, p.last_touch_at,
            p.first_channel,
            p.last_channel, p.starts_online, p.is_referred, p.log_odds, p.probability,
            case when p.converts_at < timestamp '{calendar.end}' + interval 1 day then p.place
                end as place,
            case when p.converts_at < timestamp '{calendar.end}' + interval 1 day then p.converts_at
                end as converted_at,
            case when p.converts_at < timestamp '{calendar.end}' + interval 1 day then 'converted'
                when p.last_touch_at + interval 30 day >= timestamp '{calendar.end}'
                    + interval 1 day then 'open'
                else 'lapsed' end as outcome,
            t.touches
        from journey_placed p
        join (select journey_id, count(*) as touches from touch group by journey_id) t
            on t.journey_id = p.journey_id
    """)


def _buy(con: duckdb.DuckDBPyConnection, params: Parameters) -> None:
    """One row per product of each conversion; stores sell what they list."""
    lines = " ".join(f"when '{name}' then {values[3]}" for name, values in SEGMENTS.items())
    con.execute(f"""
        create temp table own_range as
        select list(gtin order by gtin, c.c) as gtins
        from product cross join lateral range(greatest(1, round(100 * popularity)::bigint)) as c
            (c);
        create temp table store_slot as
        select market, place, store_code, distributor_code,
            coalesce(sum(weight) over (partition by market, place order by store_code
                rows between unbounded preceding and 1 preceding), 0) as low,
            sum(weight) over (partition by market, place order by store_code) as high,
            row_number() over (partition by market, place order by store_code desc) = 1 as is_last
        from store where weight > 0;
        create table purchase as
        with sold as (
            select j.journey_id, j.person_id, j.market, j.segment, j.place, j.converted_at,
                s.store_code,
                s.distributor_code, r.gtins
            from journey j
            left join store_slot s on s.market = j.market and s.place = j.place
                and chance(j.person_id * 8 + (chance(j.journey_id, 'purchase.store') * 3)::int,
                    'purchase.store') >= s.low
                and (chance(j.person_id * 8 + (chance(j.journey_id, 'purchase.store') * 3)::int,
                    'purchase.store') < s.high
                    or s.is_last)
            left join store_range r on r.store_code = s.store_code
            where j.outcome = 'converted'
        ),
        lined as (
            select *, unnest(range(1, 2 + floor(least(4, chance(journey_id, 'purchase.lines') * 2
                * ((case segment {lines} end) - 1)))::int)) as line_number
            from sold
        ),
        chosen as (
            select l.*, pick(coalesce(l.gtins, o.gtins), chance(l.journey_id * 8 + l.line_number,
                'purchase.product')) as gtin
            from lined l cross join own_range o
        )
        select c.journey_id as purchase_id, c.line_number, c.person_id,
            c.converted_at as purchased_at, c.market, c.place,
            c.store_code, coalesce(c.distributor_code, 'own') as distributor_code, c.gtin,
            pick([1, 1, 1, 1, 2, 2, 3], chance(c.journey_id * 8 + c.line_number,
                'purchase.quantity')) as quantity,
            round(p.list_price_eur * (0.9 + 0.2 * chance(c.journey_id * 8 + c.line_number,
                'purchase.price')), 2)
                as unit_price_eur,
            c.distributor_code = 'northmart'
                and coalesce(n.loyalty_card_id, n.family_card_id) is not null
                and chance(c.journey_id, 'purchase.card') < {params.rates["shows_loyalty_card"]} as
                    shows_card,
            coalesce(shows_card, false) or c.place in ('own_web', 'social_shop') as is_identified,
            case when shows_card then coalesce(n.loyalty_card_id, n.family_card_id) end as card_id,
            c.journey_id
        from chosen c
        join product p on p.gtin = c.gtin
        join person n on n.person_id = c.person_id
        qualify row_number() over (partition by c.journey_id, c.gtin order by c.line_number) = 1;
        alter table purchase drop shows_card;
        update purchase set store_code = case place when 'own_web' then 'own:web'
            when 'social_shop' then 'social:' || (select case
                when p.social_platform in ('instagram', 'tiktok')
                then p.social_platform else 'instagram' end from person p
                    where p.person_id = purchase.person_id) end
        where store_code is null;
    """)
