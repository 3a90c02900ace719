"""Statements about what is under way: ageing, odds of stages, forecast.

Belongs here: which macro makes which result, and its columns. Doesn't belong here: the funnel of
what has happened (see `statements`).
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.leads.rules import UNMAPPED
from orchestration.leads.statements import Statements
from orchestration.lib import engine
from orchestration.lib.macros import macro
from orchestration.lib.rules_tables import age_bands

STAGE = ["stage"]


@dataclass(frozen=True)
class Pipeline:
    """SQL over the tables of a funnel."""

    funnel: Statements

    def ageing(self) -> str:
        """Leads under way: where they stand, and how long."""
        bands = ", ".join(
            f"({number}, {engine.text(name)}, {begin}, {'null' if end is None else end})"
            for number, name, begin, end in age_bands(self.funnel.rules.age_bands)
        )
        begun = f"least(stage_entered_at, {self.funnel.as_of})"
        return f"""
            with bands as (
                select * from (values {bands}) as listed (band, age_band, from_days, to_days)
            ),
            aged as (
                select *,
                    case when stage_entered_at is not null
                        then {macro("days_from", begun, self.funnel.as_of)} end as days_in_stage,
                    case when first_entered_at is not null
                        then {macro("days_from", "first_entered_at", self.funnel.as_of)}
                    end as days_since_capture
                from {self.funnel.table("lead")}
                where outcome = 'open'
            )
            select aged.lead_id, aged.cohort, aged.current_stage as stage,
                aged.current_rank as stage_rank, aged.first_entered_at, aged.stage_entered_at,
                aged.days_since_capture, coalesce(age.age_band, 'unknown') as age_band,
                aged.days_in_stage, coalesce(stay.age_band, 'unknown') as stage_age_band,
                coalesce(stay.band, 0) as stage_band_number
                {"".join(f", aged.{engine.name(n)}" for n in self._attributes)}
            from aged
            left join bands as age
                on aged.days_since_capture >= age.from_days
                and (age.to_days is null or aged.days_since_capture < age.to_days)
            left join bands as stay
                on aged.days_in_stage >= stay.from_days
                and (stay.to_days is null or aged.days_in_stage < stay.to_days)
            order by aged.current_rank, aged.days_in_stage desc nulls last, aged.lead_id
        """

    def odds(self) -> str:
        """Odds of each stage under way: of those that were in it and have ended, the won share."""
        within = self.funnel.rules.within_days
        told = joined = ""
        if within is not None:
            told = (
                f", within_days.win_odds_within, within_days.still_at_risk_count, {within} as days"
            )
            joined = f"""
                left join ({macro("odds_within", "life", STAGE, within)}) as within_days
                    on odds.stage = within_days.stage
            """
        return f"""
            with {self._life()},
            odds as ({self._odds()}),
            paces as (
                select stage, {macro("quantile_of", "days", 0.5)} as median_days_to_win
                from stays
                where outcome = 'won'
                group by stage
            )
            select odds.stage, stages.stage_rank, odds.* exclude (stage),
                paces.median_days_to_win{told}
            from odds
            inner join {self.funnel.stages()} as stages on odds.stage = stages.stage
            left join paces on odds.stage = paces.stage
            {joined}
            order by stages.stage_rank
        """

    def forecast(self) -> str:
        """Leads under way with their odds, expected amount and expected close."""
        amount = "under_way.amount" if "amount" in self._attributes else "null::double"
        period = self.funnel.period_of("expected_close_at")
        by_age = self.funnel.rules.odds == "age"
        close = macro(
            "after_days", "under_way.stage_first_entered_at", "paces.expected_days_to_win"
        )
        days = macro("days_from", "visits.first_entered_at", self.funnel.as_of)
        return f"""
            with {self._life()},
            odds as ({self._odds()}),
            aged as ({macro("odds_by_age", "life", STAGE)}),
            trusted_ages as (
                select * from aged
                where at_risk_count >= {self.funnel.rules.min_ended}
            ),
            ages as (
                select distinct stage, days as age_days from stays where outcome = 'open'
            ),
            durations as (
                select stage, days as days_to_win from stays where outcome = 'won'
            ),
            paces as ({macro("days_still_expected", "ages", "durations", STAGE)}),
            last_ages as (
                select stage, max(days) as last_days from trusted_ages group by stage
            ),
            under_way as (
                select lead.*, visits.first_entered_at as stage_first_entered_at,
                    {days} as age_days,
                    case when visits.first_entered_at is not null
                        then least({days}, last_ages.last_days) end as odds_days
                from {self.funnel.table("lead")} as lead
                left join visits
                    on lead.lead_id = visits.lead_id and lead.current_stage = visits.stage
                left join last_ages on lead.current_stage = last_ages.stage
                where lead.outcome = 'open'
            ),
            told as (
                select under_way.*,
                    case when odds.is_trusted then odds.win_odds end as stage_odds,
                    case when odds.is_trusted then odds.win_odds_low end as stage_odds_low,
                    case when odds.is_trusted then odds.win_odds_high end as stage_odds_high,
                    coalesce(odds.ended_count, 0) as ended_count,
                    trusted_ages.win_odds_at_age, trusted_ages.at_risk_count,
                    {amount} as known_amount, paces.longer_won_count, {close} as expected_close_at
                from under_way
                left join odds on under_way.current_stage = odds.stage
                left join trusted_ages
                    on under_way.current_stage = trusted_ages.stage
                    and under_way.odds_days = trusted_ages.days
                left join paces
                    on under_way.current_stage = paces.stage
                    and under_way.age_days = paces.age_days
            )
            select lead_id, cohort, current_stage as stage, current_rank as stage_rank,
                stage_first_entered_at, age_days, stage_odds, stage_odds_low, stage_odds_high,
                ended_count, win_odds_at_age, at_risk_count,
                {"win_odds_at_age" if by_age else "stage_odds"} as win_odds,
                known_amount as amount,
                known_amount * {"win_odds_at_age" if by_age else "stage_odds"} as expected_amount,
                expected_close_at, {period} as expected_close_period,
                coalesce(longer_won_count, 0) as close_basis_count
                {"".join(f", {engine.name(n)}" for n in self._attributes if n != "amount")}
            from told
            order by stage_rank, lead_id
        """

    def forecast_sums(self, by: str) -> str:
        """The forecast summed by a column of it, with bounds (95 %) of what will be won.

        Where stage odds count, leads of a stage share the uncertainty of its odds, and the
        variances of stages are added; where odds at age count, chance alone makes the bounds.
        """
        group = f"coalesce({engine.name(by)}::varchar, '(none)')"
        chance = "win_odds * (1 - win_odds)"
        count, amount = "count_chance", "amount_chance"
        if self.funnel.rules.odds == "stage":
            count = macro("forecast_variance", "records", "records")
            amount = macro("forecast_variance", "amounts", "squares")
        spread = f"{macro('normal_95')} * sqrt(sum({{}}))"
        told = spread.format("count_variance"), spread.format("amount_variance")
        return f"""
            with summed as (
                select {group} as {engine.name(by)}, stage,
                    any_value(stage_odds_low) as win_odds_low,
                    any_value(stage_odds_high) as win_odds_high,
                    count(*) as open_count, count(win_odds) as records, count(amount) as valued,
                    sum(win_odds) as expected, sum(amount) as amount_sum,
                    sum(expected_amount) as expected_amount,
                    sum(case when win_odds is not null then amount end) as amounts,
                    sum(case when win_odds is not null then amount * amount end) as squares,
                    sum({chance}) as count_chance, sum(amount * amount * {chance}) as amount_chance
                from ({self.forecast()}) as forecast
                group by 1, 2
            ),
            varied as (
                select *, {count} as count_variance,
                    {amount} as amount_variance
                from summed
            )
            select {engine.name(by)}, sum(open_count)::bigint as open_count,
                sum(open_count - records)::bigint as unknown_odds_count,
                sum(open_count - valued)::bigint as unknown_amount_count,
                sum(expected) as expected_won_count,
                case when sum(records) > 0 then greatest(0, sum(expected) - {told[0]}) end
                    as expected_won_low,
                case when sum(records) > 0 then least(sum(records), sum(expected) + {told[0]}) end
                    as expected_won_high,
                sum(amount_sum) as amount, sum(expected_amount) as expected_amount,
                case when sum(amounts) is not null
                    then greatest(0, sum(expected_amount) - {told[1]}) end as expected_amount_low,
                case when sum(amounts) is not null
                    then least(sum(amounts), sum(expected_amount) + {told[1]}) end
                    as expected_amount_high
            from varied
            group by 1
            order by 1
        """

    @property
    def _attributes(self) -> list[str]:
        return [name for name in self.funnel.attributes if name != "cohort"]

    def _odds(self) -> str:
        return macro("stage_odds", "visits", STAGE, [], self.funnel.rules.min_ended)

    def _life(self) -> str:
        """Visits of stages, their lengths in days, and the life table, as named selects."""
        entry = self.funnel.table("entry")
        ended = f"coalesce(ended_at, {self.funnel.as_of})"
        return f"""
            instants as (select {self.funnel.as_of} as as_of_at, true as is_latest),
            standings as ({macro("records_standing", entry, "instants", "lead_id")}),
            all_visits as ({macro("stage_visits", entry, "standings", "lead_id", STAGE)}),
            visits as (select * from all_visits where stage <> '{UNMAPPED}'),
            stays as (
                select stage, outcome, greatest(0, {macro("days_from", "first_entered_at", ended)})
                    as days
                from visits
                where first_entered_at is not null and (outcome = 'open' or ended_at is not null)
            ),
            life as ({macro("life_table", "stays", STAGE)})
        """
