"""The funnel of any table of stages: making its tables, and the results.

Belongs here: what a caller calls. Doesn't belong here: the rules (see
dbt_project/macros/lead_funnel.sql and `rules`), reading input (see `reading`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb

from orchestration.leads.pipeline import Pipeline
from orchestration.leads.reading import Source, open_source, read_events
from orchestration.leads.rules import UNMAPPED, FunnelError, FunnelRules
from orchestration.leads.statements import Statements
from orchestration.lib import engine

SUMS = ("stage", "owner", "market", "source", "campaign", "cohort", "expected_close_period")


def lead_funnel(
    connection: duckdb.DuckDBPyConnection,
    events: Any,
    rules: FunnelRules | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    dates: Mapping[str, str] | None = None,
    name: str = "funnel",
    as_of: datetime | None = None,
    time_format: str | None = None,
) -> LeadFunnel:
    """Make the funnel of a table, as tables of the connection.

    events: name of a table or view, DuckDB relation, pandas data frame, or path of a CSV or
    Parquet file. Each row says that a lead took a status at a time: columns lead, stage, at (UTC,
    unless the text names its offset), and optionally order (among equal times; else the order of
    the stages), amount, cost, source, campaign, market, owner (the last that is not empty counts).
    `columns` gives other names: {"lead": "lead_id", "at": "changed_at"}.
    dates: for a table with one row per lead: stage -> column of the date on which it was first in
    it, such as {"mql": "first_contact_date", "won": "won_date"}. `stage` then says where a lead
    stands (optional), `closed` when it ended, for tables that keep both ends in one column.
    as_of: when history ends (UTC; default: the last event): later events are left out and counted.
    time_format: how times are written in text, as strptime reads them; default ISO 8601.

    Raises FunnelError, which names file, row and rule.
    """
    chosen = rules or FunnelRules()
    source = open_source(connection, events, name, time_format)
    funnel = LeadFunnel(connection, name, chosen)
    funnel.build(source, dict(columns or {}), dict(dates or {}), as_of)
    return funnel


@dataclass
class LeadFunnel:
    """The funnel of one table; every result is a DuckDB relation. See `lead_funnel`."""

    connection: duckdb.DuckDBPyConnection
    name: str
    rules: FunnelRules
    as_of: datetime = field(init=False)
    counts: dict[str, int] = field(init=False)
    """Rows said, left out as later than as_of or ignored; entries, those undated, and leads."""
    _sql: Statements = field(init=False, repr=False)

    @property
    def entries(self) -> duckdb.DuckDBPyRelation:
        """One row per entry of a lead into a stage.

        lead_id, entry_number, stage, stage_rank, status, outcome (open, won, lost), entered_at
        (null: nobody knows; last), stated_at, left_at, days_in_stage, previous_stage,
        stage_entry_number (above 1: re-entry), is_last, transition_type (start, forward, skip,
        reversal, reentry, ended, unknown), skipped_stages.
        """
        return self.connection.sql(
            f"from {self._sql.table('entry')} order by lead_id, entry_number"
        )

    @property
    def leads(self) -> duckdb.DuckDBPyRelation:
        """One row per lead: cohort, where it stands, how far it came, what is known of it."""
        return self.connection.sql(f"from {self._sql.table('lead')} order by lead_id")

    @property
    def unmapped(self) -> duckdb.DuckDBPyRelation:
        """Statuses that are no stage: status, event_count, lead_count, first_at, last_at."""
        return self.connection.sql(f"from {self._sql.table('unmapped')} order by status")

    def cohorts(self, by: str | None = "cohort") -> duckdb.DuckDBPyRelation:
        """Leads that reached each stage or a later one, and that were seen in it, by cohort.

        by: cohort, another column of `leads`, or None for all leads together. Columns cohort,
        stage, stage_rank, lead_count, reached_count, seen_count, conversion_from_previous,
        conversion_from_start (of reached_count, 0 to 1), reached_amount if amounts are known.
        """
        return self.connection.sql(self._sql.funnel(by))

    def outcomes(self, by: str | None = "cohort") -> duckdb.DuckDBPyRelation:
        """Leads won, lost and open by cohort, with cost and amounts if they are known."""
        return self.connection.sql(self._sql.outcomes(by))

    @property
    def periods(self) -> duckdb.DuckDBPyRelation:
        """Stages by period: opening + entered - left = closing; undated entries at period null."""
        return self.connection.sql(self._sql.periods())

    def velocity(self, by_period: bool = False) -> duckdb.DuckDBPyRelation:
        """Days between the first times in two stages; to_stage (next): stays until they ended.

        Columns passage_count, timed_count, reversed_count (the later stage came first; not timed),
        undated_count, median_days, p90_days, mean_days; with period of arrival if asked for.
        """
        return self.connection.sql(self._sql.velocity(by_period))

    @property
    def ageing(self) -> duckdb.DuckDBPyRelation:
        """One row per lead under way, with its age, days in its stage, and their bands."""
        return self.connection.sql(self._pipeline.ageing())

    @property
    def odds(self) -> duckdb.DuckDBPyRelation:
        """One row per stage under way: of those that were in it and have ended, the won share.

        entered_count, ended_count, won_count, lost_count, open_count (left out of the odds),
        win_odds, win_odds_low and _high (Wilson, 95 %), is_trusted, median_days_to_win; with
        rules.within_days also win_odds_within (open ones counted until their own age).
        """
        return self.connection.sql(self._pipeline.odds())

    @property
    def forecast(self) -> duckdb.DuckDBPyRelation:
        """One row per lead under way: odds, amount, expected amount and expected close."""
        return self.connection.sql(self._pipeline.forecast())

    def forecast_by(self, by: str = "stage") -> duckdb.DuckDBPyRelation:
        """The forecast summed by stage, owner, another known column, or expected_close_period."""
        if by not in self.forecast.columns:
            raise FunnelError(
                f"The forecast has no column {by!r}; it has {', '.join(self.forecast.columns)}."
            )
        return self.connection.sql(self._pipeline.forecast_sums(by))

    def build(
        self,
        source: Source,
        columns: dict[str, str],
        dates: dict[str, str],
        as_of: datetime | None,
    ) -> None:
        """Make the tables: what was said, events, entries and leads."""
        statement, attributes = read_events(source, self.rules, columns, dates)
        said = engine.name(f"{self.name}_said")
        self.connection.execute(f"create or replace temp table {said} as {statement}")
        self.counts = {"said": self._count("said")}
        self._map(source)
        self.as_of = self._end(source, as_of)
        literal = f"timestamp '{self.as_of.isoformat(sep=' ')}'"
        self._sql = Statements(self.name, self.rules, literal, attributes)
        later = f"entered_at > {literal}" + (" or entered_at is null" if as_of else "")
        self.counts["later"] = self._count("said", later)
        self.connection.execute(f"delete from {said} where {later}")
        self._events()
        for table, query in (("entry", self._sql.entries()), ("lead", self._sql.leads())):
            self.connection.execute(
                f"create or replace temp table {self._sql.table(table)} as {query}"
            )
        self.counts |= {
            "ignored": self._count("said", "stage is null"),
            "entries": self._count("entry"),
            "undated": self._count("entry", "entered_at is null"),
            "leads": self._count("lead"),
        }

    def _count(self, table: str, condition: str = "true") -> int:
        return engine.number(
            self.connection,
            f"select count(*) from {engine.name(f'{self.name}_{table}')} where {condition}",
        )

    @property
    def _pipeline(self) -> Pipeline:
        return Pipeline(self._sql)

    def _map(self, source: Source) -> None:
        """Give each status its stage; list those that have none, or refuse them."""
        said, unmapped = (engine.name(f"{self.name}_{s}") for s in ("said", "unmapped"))
        rows = ", ".join(
            f"({engine.text(key)}, {engine.text(stage)}, {'true' if stage is None else 'false'})"
            for key, stage in self.rules.statuses.items()
        )
        self.connection.execute(f"""
            create or replace temp table {said} as
            select said.*, known.stage as stage, coalesce(known.is_left_out, false) as is_left_out
            from {said} as said
            left join (values {rows}) as known (status_key, stage, is_left_out)
                on lower(said.status) = known.status_key
        """)
        self.connection.execute(f"""
            create or replace temp table {unmapped} as
            select coalesce(status, '(empty)') as status, count(*) as event_count,
                count(distinct lead_id) as lead_count, min(entered_at) as first_at,
                max(entered_at) as last_at, min(_row) as first_row
            from {said} where stage is null and not is_left_out group by 1
        """)
        if self.rules.unmapped == "error":
            self._refuse_unmapped(source, unmapped)
        if self.rules.unmapped == "list":
            self.connection.execute(
                f"update {said} set stage = '{UNMAPPED}' where stage is null and not is_left_out"
            )

    def _refuse_unmapped(self, source: Source, unmapped: str) -> None:
        found = self.connection.execute(
            f"select status, event_count, first_row from {unmapped} "
            "order by event_count desc, status limit 5"
        ).fetchall()
        if not found:
            return
        listed = "; ".join(f"{status!r} ({count}x, row {row})" for status, count, row in found)
        total = engine.number(self.connection, f"select count(*) from {unmapped}")
        names = (*self.rules.stages, *self.rules.lost, *self.rules.aside)
        raise FunnelError(
            f"{source.title}: {total} statuses are no stage: {listed}. Stages are "
            f"{', '.join(names)}. Say what a status means (mapping), which end a lead (lost), or "
            "how to treat the others (unmapped='list' or 'ignore')."
        )

    def _end(self, source: Source, as_of: datetime | None) -> datetime:
        """When history ends."""
        if as_of is not None:
            return as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
        said = engine.name(f"{self.name}_said")
        last = self.connection.execute(
            f"select max(entered_at) from {said} where stage is not null"
        ).fetchall()[0][0]
        if not isinstance(last, datetime):
            raise FunnelError(
                f"{source.title}: no event has both a stage and a time; say which column holds "
                "which (columns), what statuses mean (mapping), or when history ends (as_of)."
            )
        return last

    def _events(self) -> None:
        """Events that count, each with the place and the outcome of its stage."""
        self.connection.execute(f"""
            create or replace temp table {self._sql.table("event")} as
            select said.lead_id, said.status, said.stage, stages.stage_rank, stages.outcome,
                said.entered_at, said.stated_at, said.said_order
            from {self._sql.table("said")} as said
            inner join {self._sql.stages()} as stages on said.stage = stages.stage
        """)
