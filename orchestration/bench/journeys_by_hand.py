"""Touchpoints to journeys by hand, for DuckDB: two ways to the same result.

Belongs here: `LISTS`, the fastest way that we know (one grouping, and functions of short sorted
lists of packed numbers), and `WINDOWS`, the way that comes to mind first (windows on the columns
as they are). Both read the relation `touches` and make the table `journeys`.
Doesn't belong here: measuring them (see `journeys_rivals`).
"""

from __future__ import annotations

LAPSE = 30 * 86_400_000_000
OPENED_WITHIN = 30 * 60_000_000

# A touch is first one number of 128 bits, so that a person's touches sort as numbers: from the top
# twice its microseconds since the first touch, plus 1 for a conversion, which so comes last at one
# instant; its id in 32 bits; the campaign's number in 16, then what it was in 16. Sorted, and
# clicks joined with their visits, the id and the campaign have served, and a step fits in 64 bits:
# time and conversion, then what it was: one bit each for after-sale, click, visit, 3 for the stage,
# 10 for the channel. The year, the ids and the channels of these touches fit; others may not.
# Between conversions the last conversion is one and the same, so that no step needs to look
# further back than that. Parts of a list are taken with list_select: a slice in a lambda copies the
# whole list each time, which takes minutes where one person has 200,000 touches.
LISTS = f"""
    create or replace temp table channel as
    select channel, row_number() over (order by channel) as channel_number
    from (select distinct channel from touches);

    create or replace temp table campaign as
    select campaign, row_number() over (order by campaign) as campaign_number
    from (select distinct campaign from touches where campaign is not null);

    create or replace temp table code as
    select
        list(channel order by channel_number) as codes,
        (select epoch_us(min(occurred_at)) from touches) as base,
        (select epoch_us(max(occurred_at)) from touches) as until,
    from channel;

    create or replace table journeys as
    with people as (
        select
            person,
            list_sort(list(
                ((epoch_us(occurred_at) - base) * 2 + is_conversion::bigint)::hugeint
                    * 18446744073709551616
                + (
                    touch_id * 4294967296
                    + coalesce(campaign_number, 0) * 65536
                    + case when is_click then 16384 else 0 end
                    + case when is_visit then 8192 else 0 end
                    + case stage
                        when 'awareness' then 1024
                        when 'consideration' then 2048
                        when 'intent' then 3072
                        when 'purchase' then 4096
                        when 'service' then 5120
                        when 'loyalty' then 6144
                        else 0
                    end
                    + channel_number
                )
            )) as touches,
            bool_or(is_click) as has_click,
            bool_or(is_conversion) and bool_or(stage in ('service', 'loyalty')) as has_service,
        from touches
        inner join channel using (channel)
        left join campaign using (campaign)
        cross join code
        group by person
    ),

    opened as (
        select
            person,
            has_service,
            case
                when has_click
                    then list_filter(touches, lambda touch, i: not (
                        (touch & 16384) <> 0
                        and coalesce(
                            (touches[i + 1] & 8192) <> 0
                            and touches[i + 1] & 4294901760 = touch & 4294901760
                            and (touches[i + 1] >> 65) - (touch >> 65) <= {OPENED_WITHIN},
                            false
                        )
                    ))
                else touches
            end as touches,
        from people
    ),

    stepped as (
        select
            person,
            has_service,
            list_transform(
                touches,
                lambda touch: ((touch >> 64)::bigint << 16) | (touch & 32767)::bigint
            ) as steps,
        from opened
    ),

    ended as (
        select
            person,
            steps,
            case when has_service then list_prepend(0, list_filter(
                range(1, len(steps) + 1), lambda i: (steps[i] & 65536) <> 0
            )) end as ends,
        from stepped
    ),

    parted as (
        select
            person,
            steps,
            list_transform(ends, lambda last, turn: {{
                'sold': steps[last] >> 17,
                'steps': list_select(
                    steps, range(last + 1, coalesce(ends[turn + 1], len(steps)) + 1)
                )
            }}) as parts,
        from ended
    ),

    served as (
        select
            person,
            case
                when parts is null then steps
                else flatten(list_transform(parts, lambda part: list_concat(
                    list_transform(
                        list_filter(
                            part.steps,
                            lambda step: (step & 7168) >= 5120 and (step & 65536) = 0
                                and coalesce((step >> 17) - part.sold <= {LAPSE}, false)
                        ),
                        lambda step: step | 32768
                    ),
                    list_filter(
                        part.steps,
                        lambda step: (step & 7168) < 5120 or (step & 65536) <> 0
                            or coalesce((step >> 17) - part.sold > {LAPSE}, true)
                    )
                )))
            end as steps,
        from parted
    ),

    begun as (
        select
            person,
            steps,
            list_filter(range(1, len(steps) + 1), lambda i: i = 1 or (
                (steps[i] & 32768) = 0
                and (
                    (steps[i - 1] & 98304) <> 0
                    or (steps[i] >> 17) - (steps[i - 1] >> 17) > {LAPSE}
                )
            )) as starts,
        from served
    ),

    cut as (
        select
            person,
            unnest(list_transform(
                starts, lambda start, i: list_select(
                    steps, range(start, coalesce(starts[i + 1], len(steps) + 1))
                )
            )) as steps,
            generate_subscripts(starts, 1) as journey_number,
        from begun
    ),

    counted as (
        select
            *,
            len(list_filter(steps, lambda step: (step & 32768) = 0)) as own_steps,
            (steps[own_steps] & 65536) <> 0 as converted,
            steps[own_steps] >> 17 as last_touch,
            list_transform(
                steps[:own_steps - converted::int], lambda step: step & 1023
            ) as channels,
        from cut
    )

    select
        person,
        journey_number,
        make_timestamp(base + (steps[1] >> 17)) as started_at,
        make_timestamp(base + last_touch) as last_touch_at,
        case when converted then last_touch_at end as converted_at,
        case
            when converted then last_touch_at
            when base + last_touch + {LAPSE} < until
                then make_timestamp(base + last_touch + {LAPSE})
        end as ended_at,
        case
            when converted then 'converted'
            when ended_at is not null then 'lapsed'
            else 'open'
        end as outcome,
        len(channels) as touch_count,
        len(steps) - own_steps as after_sale_count,
        len(list_distinct(channels)) as channel_count,
        array_to_string(
            list_transform(channels, lambda channel: codes[channel]), ' > '
        ) as path,
        array_to_string(
            list_transform(
                list_filter(channels, lambda channel, i: i = 1 or channel <> channels[i - 1]),
                lambda channel: codes[channel]
            ),
            ' > '
        ) as path_collapsed,
    from counted
    cross join code
"""

WINDOWS = f"""
    create or replace table journeys as
    with surrounded as (
        select
            *,
            lead(is_visit) over along as next_is_visit,
            lead(campaign) over along as next_campaign,
            lead(occurred_at) over along as next_at,
            max(case when is_conversion then occurred_at end) over (
                partition by person order by occurred_at, is_conversion, touch_id
                rows between unbounded preceding and 1 preceding
            ) as last_conversion_at,
        from touches
        window along as (partition by person order by occurred_at, is_conversion, touch_id)
    ),

    contacts as (
        select
            *,
            coalesce(
                stage in ('service', 'loyalty') and not is_conversion
                and occurred_at - last_conversion_at <= to_microseconds({LAPSE}),
                false
            ) as is_after_sale,
        from surrounded
        where not (
                is_click
                and coalesce(
                    next_is_visit and next_campaign = campaign
                    and next_at - occurred_at <= to_microseconds({OPENED_WITHIN}),
                    false
                )
            )
    ),

    preceded as (
        select
            *,
            max(case when not is_after_sale then occurred_at end) over (
                partition by person order by occurred_at, is_conversion, touch_id
                rows between unbounded preceding and 1 preceding
            ) as last_contact_at,
        from contacts
    ),

    begun as (
        select
            *,
            sum(
                case
                    when is_after_sale then 0
                    when last_contact_at is null or last_conversion_at >= last_contact_at then 1
                    when occurred_at - last_contact_at > to_microseconds({LAPSE}) then 1
                    else 0
                end
            ) over (
                partition by person order by occurred_at, is_conversion, touch_id
                rows between unbounded preceding and current row
            ) as journeys_begun,
        from preceded
    ),

    conversions as (
        select person, occurred_at, max(journeys_begun) as journey_number,
        from begun
        where is_conversion
        group by person, occurred_at
    ),

    numbered as (
        select
            begun.*,
            coalesce(conversions.journey_number, begun.journeys_begun) as journey_number,
            not begun.is_conversion and not begun.is_after_sale as is_contact,
        from begun
        left join conversions
            on begun.person = conversions.person
            and case when begun.is_after_sale then begun.last_conversion_at end
                = conversions.occurred_at
    ),

    placed as (
        select
            *,
            row_number() over along as step_number,
            lag(channel) over along as previous_channel,
        from numbered
        window along as (
            partition by person, journey_number order by occurred_at, is_conversion, touch_id
        )
    ),

    summed as (
        select
            person,
            journey_number,
            min(occurred_at) as started_at,
            max(case when not is_after_sale then occurred_at end) as last_touch_at,
            max(case when is_conversion then occurred_at end) as converted_at,
            count(*) filter (where is_contact) as touch_count,
            count(*) filter (where is_after_sale) as after_sale_count,
            count(distinct channel) filter (where is_contact) as channel_count,
            string_agg(channel, ' > ' order by step_number) filter (where is_contact) as path,
            string_agg(channel, ' > ' order by step_number) filter (
                where is_contact and (step_number = 1 or channel <> previous_channel)
            ) as path_collapsed,
        from placed
        group by person, journey_number
    )

    select
        person,
        journey_number,
        started_at,
        last_touch_at,
        converted_at,
        case
            when converted_at is not null then converted_at
            when last_touch_at + to_microseconds({LAPSE}) < until
                then last_touch_at + to_microseconds({LAPSE})
        end as ended_at,
        case
            when converted_at is not null then 'converted'
            when ended_at is not null then 'lapsed'
            else 'open'
        end as outcome,
        touch_count,
        after_sale_count,
        channel_count,
        coalesce(path, '') as path,
        coalesce(path_collapsed, '') as path_collapsed,
    from summed
    cross join (select max(occurred_at) as until from touches)
"""
