"""Statements of a funnel's results, from the macros of the warehouse.

Belongs here: which macro makes which result, and its columns. Doesn't belong here: reading a
caller's table (see `reading`), running the statements (see `funnel`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.leads.rules import UNMAPPED, FunnelRules
from orchestration.lib import engine
from orchestration.lib.macros import macro

STAGE = ["stage"]
UNDATED = "date '1900-01-01'"


@dataclass(frozen=True)
class Statements:
    """SQL over the tables `<name>_event`, `<name>_entry` and `<name>_lead`; times are UTC."""

    name: str
    rules: FunnelRules
    as_of: str
    attributes: Sequence[str]

    def table(self, suffix: str) -> str:
        """Name of a table of this funnel."""
        return engine.name(f"{self.name}_{suffix}")

    @property
    def won_rank(self) -> int:
        """Place of the last stage of the funnel."""
        return len(self.rules.stages)

    def stages(self) -> str:
        """One row per stage: stage, stage_rank, outcome."""
        rows = ", ".join(
            f"({engine.text(stage)}, {rank}, {engine.text(self.rules.outcomes[stage])})"
            for stage, rank in self.rules.ranks.items()
        )
        return f"(select * from (values {rows}) as listed (stage, stage_rank, outcome))"

    def period_of(self, instant: str) -> str:
        """First day of the period of an instant, in the funnel's time zone."""
        zone = engine.text(self.rules.time_zone)
        return (
            f"date_trunc('{self.rules.period}', timezone({zone}, timezone('UTC', {instant})))::date"
        )

    def entries(self) -> str:
        """Entries into stages, with how each lead got there."""
        optional = {name.strip().lower() for name in self.rules.optional}
        between = " || ".join(
            f"case when furthest_rank < {rank} and {rank} < stage_rank "
            f"then {engine.text(' > ' + stage)} else '' end"
            for rank, stage in enumerate(self.rules.stages, start=1)
            if stage.strip().lower() not in optional
        )
        kind = macro(
            "transition_type",
            f"stage = '{UNMAPPED}' or stage_rank = last_rank",
            "stage_rank",
            "last_rank",
            "left_out",
            self.won_rank,
        )
        return f"""
            with moves as (
                {macro("stage_moves", self.table("event"), "lead_id", self.rules.keep_repeats)}
            ),
            placed as (
                select *,
                    last_value(case when stage <> '{UNMAPPED}' then stage_rank end ignore nulls)
                        over before as last_rank,
                    max(case when stage_rank <= {self.won_rank} then stage_rank end) over before
                        as furthest_rank
                from moves
                window before as (
                    partition by lead_id order by entry_number
                    rows between unbounded preceding and 1 preceding
                )
            ),
            judged as (
                select *, case when stage_rank <= {self.won_rank}
                    then nullif({between or "''"}, '') end as left_out
                from placed
            )
            select lead_id, entry_number, stage, stage_rank, status, outcome, entered_at, stated_at,
                left_at, {macro("days_from", "entered_at", "left_at")} as days_in_stage,
                previous_stage, stage_entry_number, is_last,
                {kind} as transition_type, substr(left_out, 4) as skipped_stages
            from judged
        """

    def leads(self) -> str:
        """Leads, with where they stand, how far they came and what is known of them."""
        told = "".join(
            f", last({engine.name(name)} order by entered_at nulls first, said_order, _row) "
            f"filter (where {engine.name(name)} is not null) as {engine.name(name)}"
            for name in self.attributes
        )
        names = "".join(f", known.{engine.name(n)}" for n in self.attributes if n != "cohort")
        cohort = (
            "known.cohort"
            if "cohort" in self.attributes
            else (f"({self.period_of('summed.first_entered_at')})::varchar")
        )
        return f"""
            with known as (select lead_id{told} from {self.table("said")} group by lead_id),
            summed as (
                select lead_id,
                    min(entered_at) as first_entered_at,
                    count(*) as entry_count,
                    max(case when stage_rank <= {self.won_rank} then stage_rank end)
                        as furthest_rank,
                    max(case when is_last then stage end) as current_stage,
                    max(case when is_last then stage_rank end) as current_rank,
                    max(case when is_last then outcome end) as outcome,
                    max(case when is_last then entered_at end) as stage_entered_at
                from {self.table("entry")}
                group by lead_id
            )
            select summed.lead_id, coalesce({cohort}, '(none)') as cohort,
                summed.first_entered_at, summed.current_stage, summed.current_rank,
                furthest.stage as furthest_stage, summed.furthest_rank, summed.outcome,
                summed.stage_entered_at, summed.entry_count,
                case when summed.outcome <> 'open' then summed.stage_entered_at end as ended_at
                {names}
            from summed
            inner join known on summed.lead_id = known.lead_id
            left join {self.stages()} as furthest on summed.furthest_rank = furthest.stage_rank
        """

    def funnel(self, by: str | None) -> str:
        """Stages by cohort (or another column of the leads; None: all leads together)."""
        group = "'(all)'" if by is None else f"coalesce({engine.name(by)}::varchar, '(none)')"
        has_amount = "amount" in self.attributes
        reached = "lead.furthest_rank >= stages.stage_rank"
        amount = f", sum(case when {reached} then lead.amount end) as reached_amount"
        return f"""
            with told as (
                select *, {group} as cohort_name from {self.table("lead")}
            ),
            cohorts as (
                select cohort_name, count(*) as lead_count from told group by cohort_name
            ),
            seen as (
                select distinct lead_id, stage from {self.table("entry")}
            ),
            counted as (
                select cohorts.cohort_name, stages.stage, stages.stage_rank, cohorts.lead_count,
                    count(case when {reached} then 1 end) as reached_count,
                    count(seen.lead_id) as seen_count{amount if has_amount else ""}
                from cohorts
                cross join {self.stages()} as stages
                inner join told as lead on cohorts.cohort_name = lead.cohort_name
                left join seen on lead.lead_id = seen.lead_id and stages.stage = seen.stage
                where stages.stage_rank <= {self.won_rank}
                group by cohorts.cohort_name, stages.stage, stages.stage_rank, cohorts.lead_count
            )
            select cohort_name as cohort, stage, stage_rank, lead_count, reached_count, seen_count,
                reached_count::double / nullif(lag(reached_count) over (
                    partition by cohort_name order by stage_rank
                ), 0) as conversion_from_previous,
                reached_count::double / lead_count as conversion_from_start
                {", reached_amount" if has_amount else ""}
            from counted
            order by cohort_name, stage_rank
        """

    def outcomes(self, by: str | None) -> str:
        """How the leads of each cohort stand: won, lost, open, and each stage out of the funnel."""
        group = "'(all)'" if by is None else f"coalesce({engine.name(by)}::varchar, '(none)')"
        sums = ""
        if "cost" in self.attributes:
            sums += ", sum(cost) as cost, count(*) - count(cost) as uncosted_count"
        if "amount" in self.attributes:
            sums += (
                ", sum(case when outcome = 'won' then amount end) as won_amount"
                ", sum(case when outcome = 'open' then amount end) as open_amount"
            )
        return f"""
            select {group} as cohort, count(*) as lead_count,
                count(case when outcome = 'won' then 1 end) as won_count,
                count(case when outcome = 'lost' then 1 end) as lost_count,
                count(case when outcome = 'open' then 1 end) as open_count,
                count(case when outcome = 'won' then 1 end)::double / count(*) as won_share{sums}
            from {self.table("lead")}
            group by 1
            order by 1
        """

    def periods(self) -> str:
        """Leads in each stage by period: opening + entered - left = closing."""
        flows = macro("stage_flows", "moves", "periods", ["stage", "stage_rank"], UNDATED)
        step = {"quarter": "3 month"}.get(self.rules.period, f"1 {self.rules.period}")
        return f"""
            with moves as (
                select stage, stage_rank, not is_last as is_left,
                    {self.period_of("entered_at")} as entered_period,
                    {self.period_of("left_at")} as left_period
                from {self.table("entry")}
            ),
            periods as (
                select unnest(generate_series(
                    (select min(entered_period) from moves)::timestamp,
                    {self.period_of(self.as_of)}::timestamp, interval {step}
                ))::date as period
            ),
            flows as ({flows})
            select nullif(period, {UNDATED}) as period, * exclude (period)
            from flows
            order by period nulls last, stage_rank
        """

    def firsts(self) -> str:
        """First time of each lead in each stage."""
        return f"""
            select lead_id, stage, stage_rank, outcome, min(stated_at) as entered_at
            from {self.table("entry")}
            where stage <> '{UNMAPPED}'
            group by lead_id, stage, stage_rank, outcome
        """

    def velocity(self, by_period: bool) -> str:
        """Days between the first times in pairs of stages, and of each stay until it was left."""
        period = f"{self.period_of('to_entered_at')} as period, " if by_period else ""
        keys = f"{'period, ' if by_period else ''}from_stage, from_rank, to_stage, to_rank"
        taken = "case when days_between >= 0 then days_between end"
        return f"""
            with firsts as ({self.firsts()}),
            pairs as ({macro("stage_pairs", "firsts", "lead_id")}),
            passages as (
                select {period}from_stage, from_stage_rank as from_rank, to_stage,
                    to_stage_rank as to_rank, days_between
                from pairs
                union all
                select {period.replace("to_entered_at", "left_at")}stage, stage_rank, '(next)',
                    {len(self.rules.ranks) + 1}, days_in_stage
                from {self.table("entry")}
                where not is_last and stage <> '{UNMAPPED}'
            ),
            judged as (select *, {taken} as days_taken from passages)
            select {keys}, count(*) as passage_count, count(days_taken) as timed_count,
                count(case when days_between < 0 then 1 end) as reversed_count,
                count(*) - count(days_between) as undated_count,
                {macro("quantile_of", "days_taken", 0.5)} as median_days,
                {macro("quantile_of", "days_taken", 0.9)} as p90_days,
                {macro("mean_of", "days_taken")} as mean_days
            from judged
            group by {keys}
            order by {keys}
        """
