"""Statements that make journeys of touches, from the macros of the warehouse.

Belongs here: SQL of one table of journeys. Doesn't belong here: when it is run (see `build`).
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.journeys.layouts import Layout
from orchestration.journeys.rules import DAY, STAGES, JourneyError, JourneyRules
from orchestration.journeys.touches import Touches
from orchestration.lib import engine
from orchestration.lib.macros import macro

DESCRIBED = {
    "cycle": "case when is_repeat then 'repeat' else 'first_purchase' end",
    "is_reopened": "is_reopened",
    "days_since_reopened": "reopened_after_micros / 86400000000.0",
    "after_sale_count": "after_sale_count::bigint",
    "channel_count": "distinct_channel_count::bigint",
    "first_channel": "codes.channel_codes[first_channel]",
    "last_channel": "codes.channel_codes[last_channel]",
    "path": "path",
    "path_collapsed": "path_collapsed",
    "path_unique": "path_unique",
    "path_first": "path_first",
    "stage_path": "stage_path",
    "switch_count": "switch_count::bigint",
    "loop_count": "loop_count::bigint",
    "back_step_count": "back_step_count::bigint",
    "skipped_stage_count": "skipped_stage_count::bigint",
    **{f"{stage}_at": f"stage_{rank}_at" for rank, stage in enumerate(STAGES, 1)},
    "longest_pause_days": "longest_pause_micros / 86400000000.0",
    "stall_count": "stall_count::bigint",
    "median_hours_between": "median_pause_micros / 3600000000.0",
    "mean_hours_between": "mean_pause_micros / 3600000000.0",
    "repeat_contact_count": "repeat_contact_count::bigint",
    "days_to_convert": "(epoch_us(converted_at) - epoch_us(started_at)) / 86400000000.0",
    "is_anonymous_start": "is_anonymous_start",
    "anonymous_count": "anonymous_count::bigint",
    "identified_at": "identified_at",
}
"""Descriptive columns of a journey, each with its SQL over what the macros give."""


@dataclass(frozen=True)
class Statements:
    """SQL for the journeys of some touches.

    packed: layout of the steps as they are sorted; layout: as they are afterwards.
    """

    name: str
    rules: JourneyRules
    touches: Touches
    packed: Layout
    layout: Layout
    describe: tuple[str, ...]
    keep_steps: bool

    def table(self, suffix: str = "") -> str:
        """Name of the table of journeys, or of one beside it."""
        return engine.name(f"{self.name}_{suffix}" if suffix else self.name)

    def packed_touches(self, touches: Touches, extra: str = "", where: str = "true") -> str:
        """Select person, step, traits of touches, and what `extra` names."""
        campaigns, campaign = "", None
        if touches.has_clicks:
            campaigns = (
                f"left join {self.table('campaign')} as campaign on {touches.campaign} = "
                "campaign.code"
            )
            campaign = "coalesce(campaign.number, 0)"
        is_click = touches.flag("is_click") if touches.has_clicks else None
        what = macro(
            "step_what",
            self.packed,
            channel="channel.number",
            stage=touches.stage,
            is_click=is_click,
            is_visit=touches.flag("is_visit") if touches.has_clicks else None,
            is_anonymous=touches.flag("is_anonymous"),
            campaign=campaign,
        )
        moment = macro("micros_of", touches.column("occurred_at"))
        key = touches.column("touch_id") if touches.has("touch_id") else "0"
        if self.packed["kind"] == "struct":
            key = f"{key}::bigint"
        step = macro("step_packed", moment, touches.ends, key, what, self.packed)
        traits = macro(
            "step_traits",
            touches.ends,
            stage=touches.stage,
            is_click=is_click,
            start_stages=self.start_stages,
        )
        return (
            f"select {touches.column('person')} as person, {step} as step, {traits} as traits"
            f"{extra} from {touches.relation} as touch "
            f"inner join {self.table('channel')} as channel "
            f"on {touches.column('channel')}::varchar = channel.code {campaigns} "
            f"where {touches.where} and {where}"
        )

    def traits_of_step(self) -> str:
        """Traits of a step, as it was packed."""
        return macro(
            "step_traits",
            macro("step_ends", "step", self.layout),
            stage=macro("step_stage", "step", self.layout),
            is_click=macro("step_flag", "step", "click", self.layout)
            if self.touches.has_clicks
            else None,
            start_stages=self.start_stages,
        )

    def journeys(self, touches: str) -> str:
        """A WITH clause that ends with `journeys`; `touches` selects person, step, traits."""
        journeys = macro(
            "journeys_of_touches", self.layout, packed=self.packed, keep_clicks=self.keep_steps
        )
        return f"with {self.with_rules()}, touches as ({touches}), {journeys}"

    def described(self, journeys: str, ends_at: int) -> str:
        """Select the columns of journeys.

        journeys: a WITH clause that ends with `journeys`. ends_at: end of history, microseconds.
        """
        described = macro(
            "journeys_described", self.layout, conversion_in_path=self.rules.conversion_in_path
        )
        wanted = "".join(f", {DESCRIBED[column]} as {column}" for column in self.describe)
        ended = f"make_timestamp(epoch_us(last_touch_at) + {self.rules.lapse_micros})"
        is_over = f"{ended} < make_timestamp({ends_at})"
        source, value = "described", ""
        if self.touches.has("value"):
            value = ", worth.value"
            source = f"({self.numbered('described', 'last_step', 'journey_number')}) as described"
        return f"""
            {journeys},
            codes as ({self.codes()}),
            {described}
            select described.person, journey_number, started_at, last_touch_at, converted_at,
                case when converted_at is not null then converted_at when {is_over} then {ended}
                end as ended_at,
                case when converted_at is not null then 'converted' when {is_over} then 'lapsed'
                    else 'open' end as outcome,
                contact_count::bigint as touch_count{value}{wanted}
            from {source}
            cross join codes
            {self.worth("described", "last_step") if value else ""}
        """

    def codes(self) -> str:
        """One row with the codes of channel 1, 2, 3 and of stage 1, 2, 3 as lists."""
        return (
            f"select list(code order by number) as channel_codes, {macro('stage_list')} "
            f"as stage_codes from {self.table('channel')}"
        )

    def looked_back(self, column: str, days: float) -> str:
        """Select journeys, with `column` over recent contacts only."""
        forms = {"path": None, "path_collapsed": "list_collapsed", "path_unique": "list_unique"}
        if column not in forms:
            raise JourneyError(f"{column} takes no lookback; give one of {', '.join(forms)}.")
        ends = "touch_count"
        if not self.rules.conversion_in_path:
            ends += " + (converted_at is not null)::int"
        last = macro("step_micros", f"steps[{ends}]", self.layout)
        recent = macro(
            "list_where",
            macro("list_head", "steps", "touch_count"),
            f"{last} - {macro('step_micros', 'item', self.layout)} <= {round(days * DAY)}",
        )
        channels = macro("list_of", recent, macro("step_channel", "item", self.layout))
        form = forms[column]
        path = macro(
            "list_as_path", macro(form, "channels") if form else "channels", "channel_codes"
        )
        return f"""
            with recent as (
                select journeys.*, {channels} as channels
                from {self.table()} as journeys
                inner join {self.table("steps")} as packed using (person, journey_number)
            )
            select recent.* replace ({path} as {column})
            from recent
            cross join ({self.codes()}) as codes
        """

    def numbered(self, source: str, step: str, order: str) -> str:
        """Rows of a source with the number of each among equal steps of a person."""
        return (
            f"select *, row_number() over (partition by person, {step} order by {order}) as nth "
            f"from {source}"
        )

    def worth(self, source: str, step: str) -> str:
        """Join the values of conversions to a numbered source, as `worth`."""
        values = self.numbered(self.table("value"), "step", "value")
        return (
            f"left join ({values}) as worth on {source}.person = worth.person "
            f"and {source}.{step} = worth.step and {source}.nth = worth.nth"
        )

    def unpacked(self, name: str) -> str:
        """A column of touches, from a step as it was packed in `unpacked`."""
        layout = self.layout
        step = "unpacked.step"
        return {
            "person": "unpacked.person",
            "occurred_at": macro("step_at", step, layout),
            "channel": "channel.code",
            "touch_id": macro("step_key", step, layout),
            "stage": macro("stage_of_rank", macro("step_stage", step, layout)),
            "is_conversion": macro("step_ends", step, layout),
            "value": "worth.value",
            "campaign": "campaign.code",
            "is_click": macro("step_flag", step, "click", layout),
            "is_visit": macro("step_flag", step, "visit", layout),
            "is_engagement": "true",
            "is_anonymous": macro("step_flag", step, "anonymous", layout),
        }[name]

    def with_rules(self) -> str:
        """The rules as a common table expression."""
        return f"rules as ({self.rules.as_sql()})"

    @property
    def start_stages(self) -> str | None:
        """The stages that may begin a journey, or None where all may."""
        return None if set(self.rules.start_stages) == set(STAGES) else self.rules.starts

    def key(self, step: str) -> str:
        """Key of a step; null where touches have none."""
        if not self.touches.has("touch_id"):
            return "null::bigint"
        return macro("step_key", step, self.layout)
