{#
    The funnel: how records (leads, deals) move through stages. The warehouse's models and
    orchestration/leads render these macros; each returns a select statement over relations that
    the caller names, so that it stands as the body of a common table expression.

    `record` is the column that tells records apart. Stages come with their place in the funnel and
    with what they mean for the outcome: open (still under way), won or lost.
#}

{# Entries of records into stages, from events in which a record is said to be in a stage. Events:
   record, stage, stage_rank, outcome, entered_at (null: nobody knows; it comes last) and said_order
   (order among equal times). An event that says the same stage again is no entry, unless repeats are
   kept. #}
{% macro stage_moves(events, record, keep_repeats=false) -%}
    select
        *,
        row_number() over (partition by {{ record }} order by event_number) as entry_number,
        row_number() over (partition by {{ record }}, stage order by event_number)
            as stage_entry_number,
        lag(stage_rank) over (partition by {{ record }} order by event_number) as previous_rank,
        lag(outcome) over (partition by {{ record }} order by event_number) as previous_outcome,
        lead(entered_at) over (partition by {{ record }} order by event_number) as left_at,
        row_number() over (partition by {{ record }} order by event_number desc) = 1 as is_last
    from (
        select
            *,
            lag(stage) over (partition by {{ record }} order by event_number) as previous_stage
        from (
            select
                *,
                row_number() over (
                    partition by {{ record }}
                    order by entered_at nulls last, said_order, stage_rank, stage
                ) as event_number
            from {{ events }}
        ) as numbered
    ) as compared
    {%- if not keep_repeats %}
    where previous_stage is null or previous_stage <> stage
    {%- endif %}
{%- endmacro %}

{# Records per stage and period: opening + entered - left = closing. Moves: keys, entered_period and
   left_period (null: unknown, or still there), is_left. What was left at a time that nobody knows
   stays in the closing and is counted in it (left_undated_count). Entries without a time stand in a
   row of their own, whose period is `undated`. `periods` has one row per period that is told. #}
{% macro stage_flows(moves, periods, keys, undated) -%}
    {%- set key_list = keys | join(', ') -%}
    with changed as (
        select
            {{ key_list }},
            period,
            sum(entered_count) as entered_count,
            sum(left_count) as left_count,
            sum(left_undated_count) as left_undated_count
        from (
            select
                {{ key_list }},
                entered_period as period,
                1 as entered_count,
                0 as left_count,
                case when is_left and left_period is null then 1 else 0 end as left_undated_count
            from {{ moves }}
            where entered_period is not null
            union all
            select {{ key_list }}, left_period as period, 0, 1, 0
            from {{ moves }}
            where entered_period is not null and left_period is not null
        ) as changes
        group by {{ key_list }}, period
    ),

    begun as (
        select {{ key_list }}, min(period) as first_period from changed group by {{ key_list }}
    ),

    summed as (
        select
            {%- for key in keys %}
            begun.{{ key }},
            {%- endfor %}
            periods.period,
            coalesce(changed.entered_count, 0) as entered_count,
            coalesce(changed.left_count, 0) as left_count,
            sum(coalesce(changed.entered_count, 0) - coalesce(changed.left_count, 0)) over (
                partition by {% for key in keys %}begun.{{ key }}, {% endfor %}1
                order by periods.period
            ) as closing_count,
            sum(coalesce(changed.left_undated_count, 0)) over (
                partition by {% for key in keys %}begun.{{ key }}, {% endfor %}1
                order by periods.period
            ) as left_undated_count
        from begun
        inner join {{ periods }} as periods on periods.period >= begun.first_period
        left join changed
            on periods.period = changed.period
            {%- for key in keys %}
            and begun.{{ key }} = changed.{{ key }}
            {%- endfor %}
    )

    select
        {{ key_list }},
        period,
        cast(closing_count - entered_count + left_count as bigint) as opening_count,
        cast(entered_count as bigint) as entered_count,
        cast(left_count as bigint) as left_count,
        cast(closing_count as bigint) as closing_count,
        cast(left_undated_count as bigint) as left_undated_count
    from summed
    where closing_count <> 0 or entered_count <> 0 or left_count <> 0
    union all
    select
        {{ key_list }},
        {{ undated }} as period,
        cast(0 as bigint) as opening_count,
        count(*) as entered_count,
        count(case when is_left then 1 end) as left_count,
        count(case when not is_left then 1 end) as closing_count,
        cast(0 as bigint) as left_undated_count
    from {{ moves }}
    where entered_period is null
    group by {{ key_list }}
{%- endmacro %}

{# Pairs of stages that a record has been in, from one of the funnel to a later one, with the days
   between the first time in each. Firsts: record, stage, stage_rank, outcome, entered_at (first
   time; null: not known). Days are null where a time is not known, negative where the later stage
   came first. #}
{% macro stage_pairs(firsts, record) -%}
    select
        earlier.{{ record }},
        earlier.stage as from_stage,
        earlier.stage_rank as from_stage_rank,
        later.stage as to_stage,
        later.stage_rank as to_stage_rank,
        earlier.entered_at as from_entered_at,
        later.entered_at as to_entered_at,
        {{ days_from('earlier.entered_at', 'later.entered_at') }} as days_between
    from {{ firsts }} as earlier
    inner join {{ firsts }} as later
        on earlier.{{ record }} = later.{{ record }}
        and earlier.stage_rank < later.stage_rank
    where earlier.outcome = 'open'
{%- endmacro %}

{# Where each record stands at each of some instants, from what had happened before. Entries:
   record, entry_number, stage, outcome, entered_at; instants: as_of_at and is_latest, the instant at
   which all that is known counts, entries whose time nobody knows among them. #}
{% macro records_standing(entries, instants, record) -%}
    select
        instants.as_of_at,
        instants.is_latest,
        entries.*
    from {{ entries }} as entries
    inner join {{ instants }} as instants
        on instants.is_latest or entries.entered_at < instants.as_of_at
    qualify
        row_number() over (
            partition by instants.as_of_at, entries.{{ record }} order by entries.entry_number desc
        ) = 1
{%- endmacro %}

{# Each stage under way that a record had been in at each instant, with what had become of the
   record by then. Standings: result of `records_standing`. `keys` tell what counts as one stage. #}
{% macro stage_visits(entries, standings, record, keys) -%}
    {%- set entry_keys -%}
        {% for key in keys %}entries.{{ key }}, {% endfor %}
    {%- endset -%}
    select
        standings.as_of_at,
        {{ entry_keys }}
        entries.{{ record }},
        standings.outcome,
        min(entries.entered_at) as first_entered_at,
        max(case when standings.outcome <> 'open' then standings.entered_at end) as ended_at
    from {{ entries }} as entries
    inner join {{ standings }} as standings
        on entries.{{ record }} = standings.{{ record }}
        and entries.entry_number <= standings.entry_number
    where entries.outcome = 'open'
        and (standings.is_latest or entries.entered_at < standings.as_of_at)
    group by standings.as_of_at, {{ entry_keys }} entries.{{ record }}, standings.outcome
{%- endmacro %}

{# Odds of a stage: of the records that have been in it and have ended, the share that was won.
   Those still open are left out and counted. Odds are trusted where enough have ended, and where
   any record of the same `kinds` (keys) was ever lost: a source that tells of won ones only says
   nothing of odds. Visits: result of `stage_visits`. #}
{% macro stage_odds(visits, keys, kinds, min_ended) -%}
    {%- set ended = "count(case when outcome <> 'open' then 1 end)" -%}
    {%- set won = "count(case when outcome = 'won' then 1 end)" -%}
    {%- set lost = "count(case when outcome = 'lost' then 1 end)" -%}
    {%- set key_list -%}
        {% for key in keys %}{{ key }}{% if not loop.last %}, {% endif %}{% endfor %}
    {%- endset -%}
    select
        {{ key_list }},
        count(*) as entered_count,
        {{ ended }} as ended_count,
        {{ won }} as won_count,
        {{ lost }} as lost_count,
        count(*) - {{ ended }} as open_count,
        case when {{ ended }} > 0 then cast({{ won }} as double) / {{ ended }} end as win_odds,
        {{ wilson_low(won, ended) }} as win_odds_low,
        {{ wilson_high(won, ended) }} as win_odds_high,
        {{ ended }} >= {{ min_ended }} and sum({{ lost }}) over (
            partition by {% for kind in kinds %}{{ kind }}, {% endfor %}1
        ) > 0 as is_trusted
    from {{ visits }}
    group by {{ key_list }}
{%- endmacro %}

{# Sums of a forecast over records of one stage and equal odds: what is expected to be won, with
   bounds. The variance has two parts: chance (each record is won or not) and what is not known of
   the odds (half the width of their interval, which moves all records alike). Chance is taken at
   the middle of the interval, so that odds of 0 or 1 from few cases are not taken for sure. #}
{% macro forecast_variance(weights, squares) -%}
    (
        {{ squares }} * (win_odds_low + win_odds_high) / 2.0
        * (1.0 - (win_odds_low + win_odds_high) / 2.0)
        + {{ weights }} * {{ weights }} * (win_odds_high - win_odds_low)
        * (win_odds_high - win_odds_low) / (4.0 * {{ normal_95() }} * {{ normal_95() }})
    )
{%- endmacro %}

{# Days that records took from a stage to being won, the median of those that took longer than an
   age: those are the end of the ordered list, and its middle is found by its place, so that no age
   is compared with every duration. Ages: keys and age_days; durations: keys and days_to_win. #}
{% macro days_still_expected(ages, durations, keys) -%}
    with ordered as (
        select
            *,
            row_number() over (
                partition by {% for key in keys %}{{ key }}, {% endfor %}1 order by days_to_win
            ) as place
        from {{ durations }}
    ),

    placed as (
        select
            *,
            sum(is_duration) over (
                partition by {% for key in keys %}{{ key }}, {% endfor %}1
                order by days, is_duration desc
                rows between unbounded preceding and current row
            ) as shorter_count,
            sum(is_duration) over (
                partition by {% for key in keys %}{{ key }}, {% endfor %}1
            ) as duration_count
        from (
            select {% for key in keys %}{{ key }}, {% endfor %}days_to_win as days, 1 as is_duration
            from {{ durations }}
            union all
            select {% for key in keys %}{{ key }}, {% endfor %}age_days as days, 0 as is_duration
            from {{ ages }}
        ) as unioned
    )

    select
        {% for key in keys %}placed.{{ key }}, {% endfor %}
        placed.days as age_days,
        cast(placed.duration_count - placed.shorter_count as bigint) as longer_won_count,
        (cast(lower_middle.days_to_win as double) + upper_middle.days_to_win) / 2.0
            as expected_days_to_win
    from placed
    {%- for name, half in [('lower_middle', 1), ('upper_middle', 2)] %}
    inner join ordered as {{ name }}
        on {{ name }}.place
            = cast(floor((placed.shorter_count + placed.duration_count + {{ half }}) / 2.0) as bigint)
        {%- for key in keys %}
        and placed.{{ key }} = {{ name }}.{{ key }}
        {%- endfor %}
    {%- endfor %}
    where placed.is_duration = 0 and placed.duration_count > placed.shorter_count
{%- endmacro %}

{# The warehouse's own stages from capture to the sale, in order, as a list for models. #}
{% macro funnel_stages() -%}
    {{ return(['captured', 'engaged', 'mql', 'sal', 'sql', 'opportunity', 'won']) }}
{%- endmacro %}

{# What one of the warehouse's stages means for the outcome. #}
{% macro lead_outcome(stage) -%}
    case
        when {{ stage }} = 'won' then 'won'
        when {{ stage }} in ('lost', 'rejected') then 'lost'
        else 'open'
    end
{%- endmacro %}

{# Life table of a stage: for each length of stay at which something happened, how many were still
   under way when it came (at_risk_count), how many were won and how many ended then, and the log of
   the share that had not ended before. Those still under way count until their own length, so that
   stages in which many stay for good are not judged by the few that ended.
   Stays: keys, days (from the first time in the stage to the end, or to the instant) and outcome. #}
{% macro life_table(stays, keys) -%}
    {%- set key_list -%}
        {% for key in keys %}{{ key }}{% if not loop.last %}, {% endif %}{% endfor %}
    {%- endset -%}
    select
        *,
        {# Only the last step can end all that are at risk, so that none comes after it. #}
        coalesce(
            sum(
                case when ended_count < at_risk_count
                    then ln(1.0 - cast(ended_count as double) / at_risk_count) else 0.0 end
            ) over (
                partition by {{ key_list }} order by days
                rows between unbounded preceding and 1 preceding
            ),
            0.0
        ) as log_survival
    from (
        select
            {{ key_list }},
            days,
            count(case when outcome = 'won' then 1 end) as won_count,
            count(case when outcome <> 'open' then 1 end) as ended_count,
            sum(count(*)) over (
                partition by {{ key_list }} order by days desc
                rows between unbounded preceding and current row
            ) as at_risk_count
        from {{ stays }}
        group by {{ key_list }}, days
    ) as steps
{%- endmacro %}

{# Odds by age, from a life table: of records still under way in a stage after so many days, the
   share that will be won: the cumulative incidence of winning against the competing end, O. Aalen
   and S. Johansen, An Empirical Transition Matrix (1978), given that the record has not ended. #}
{% macro odds_by_age(life, keys) -%}
    {%- set key_list -%}
        {% for key in keys %}{{ key }}{% if not loop.last %}, {% endif %}{% endfor %}
    {%- endset -%}
    select
        {{ key_list }},
        days,
        cast(at_risk_count as bigint) as at_risk_count,
        round(least(1.0, sum(exp(log_survival) * won_count / at_risk_count) over (
            partition by {{ key_list }} order by days desc
            rows between unbounded preceding and current row
        ) / exp(log_survival)), 9) as win_odds_at_age
    from {{ life }}
{%- endmacro %}

{# Odds of being won within so many days of the first time in a stage, from a life table. #}
{% macro odds_within(life, keys, days) -%}
    {%- set key_list -%}
        {% for key in keys %}{{ key }}{% if not loop.last %}, {% endif %}{% endfor %}
    {%- endset -%}
    select
        {{ key_list }},
        round(sum(
            case when days <= {{ days }} then exp(log_survival) * won_count / at_risk_count
                else 0.0 end
        ), 9) as win_odds_within,
        cast(max(case when days >= {{ days }} then at_risk_count else 0 end) as bigint)
            as still_at_risk_count
    from {{ life }}
    group by {{ key_list }}
{%- endmacro %}

{# How a record got into a stage. `last_rank` is the place of the stage before (null at the start),
   `skipped` the stages left out on the way (null where none), `won_rank` the place of the last
   stage of the funnel; what ends a record or sends it back ranks behind. #}
{% macro transition_type(is_unknown, rank, last_rank, skipped, won_rank) -%}
    case
        when {{ is_unknown }} then 'unknown'
        when {{ last_rank }} is null then 'start'
        when {{ rank }} > {{ won_rank }} then 'ended'
        when {{ last_rank }} >= {{ won_rank }} then 'reentry'
        when {{ rank }} < {{ last_rank }} then 'reversal'
        when {{ skipped }} is not null then 'skip'
        else 'forward'
    end
{%- endmacro %}
