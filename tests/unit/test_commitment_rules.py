"""What a commitment of the service-level agreement may say, and what is said when it doesn't."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from orchestration.lib.commitment_rules import SlaCommitment, check_agreement

TIMED: dict[str, Any] = {
    "code": "attempt",
    "version": 1,
    "valid_from": date(2025, 1, 1),
    "owed_by": "sales",
    "owed_to": "marketing",
    "kind": "lead",
    "start_event": "mql",
    "end_event": "first_attempt",
    "target_minutes": 60,
    "description": "Sales tries within an hour",
}
UNTIMED = {key: value for key, value in TIMED.items() if key != "target_minutes"}


def commitment(**changes: Any) -> SlaCommitment:
    """The usual commitment with some keys changed; None takes a key away."""
    keys = {key: value for key, value in (TIMED | changes).items() if value is not None}
    return SlaCommitment.model_validate(keys)


@pytest.mark.parametrize(
    ("changes", "measure"),
    [
        ({}, "time"),
        ({"target_minutes": None, "target_pct": 60, "end_event": "sal"}, "share"),
        ({"target_minutes": None, "start_event": None, "target_count": 5}, "volume"),
        (
            {"target_minutes": None, "start_event": None, "end_event": "won", "target_amount": 9},
            "amount",
        ),
        (
            {"target_minutes": None, "end_event": None, "target_pct": 90,
             "required_fields": ["email"]},
            "completeness",
        ),
        ({"end_count": 3, "fulfilled_by": ["first_contact"]}, "time"),
    ],
)  # fmt: skip
def test_the_target_says_what_is_measured(changes: dict[str, Any], measure: str) -> None:
    assert commitment(**changes).measured == measure


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"valid_to": date(2025, 1, 1)}, "valid_to is not after valid_from"),
        ({"target_minutes": None, "end_event": None}, "nothing that can be measured"),
        ({"start_event": None}, "measures time and lacks start_event"),
        ({"target_minutes": None, "end_event": "sal"}, "measures share and lacks target_pct"),
        (
            {"target_minutes": None, "required_fields": ["email"]},
            "measures completeness and lacks target_pct",
        ),
        ({"target_count": 5}, "target_count goes with volume only"),
        (
            {"measure": "volume", "target_minutes": None, "target_count": 3, "end_count": 2},
            "go with target_minutes only",
        ),
        (
            {"target_minutes": None, "target_amount": 5},
            "amounts are counted of end_event won, opportunity, open_pipeline",
        ),
        ({"end_event": "open_pipeline"}, "open_pipeline goes with target_amount only"),
        ({"clock": "calendar", "calendar": "ES"}, "always runs"),
        ({"start_event": "ticket_opened", "end_event": "sal"}, "mixes events of tickets"),
        (
            {"start_event": "ticket_opened", "end_event": "resolved", "min_score": 5},
            "min_score are of leads",
        ),
        ({"required_fields": ["shoe_size"]}, "required_fields"),
        ({"target_hours": 5}, "target_hours"),
    ],
)
def test_what_does_not_hold_together_is_told(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        commitment(**changes)


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        (
            [commitment(), commitment(version=2, valid_from=date(2025, 7, 1))],
            "version 2 begins on 2025-07-01, when version 1 still holds",
        ),
        (
            [
                commitment(version=2, valid_to=date(2025, 7, 1)),
                commitment(version=1, valid_from=date(2025, 7, 1)),
            ],
            "version 1 begins after version 2",
        ),
        ([commitment(markets=["ES", "XX"])], r"names markets \['XX'\]"),
        ([commitment(calendar="YY")], r"names markets \['YY'\]"),
        ([commitment(channels=["paid_search", "tv"])], r"names channels \['tv'\]"),
    ],
)
def test_versions_and_names_are_checked(versions: list[SlaCommitment], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_agreement(versions, ["ES"], ["paid_search"])


def test_versions_may_follow_each_other_and_leave_a_gap() -> None:
    check_agreement(
        [
            commitment(valid_to=date(2025, 3, 1)),
            commitment(version=2, valid_from=date(2025, 7, 1), markets=["ES"], calendar="ES"),
            commitment(code="other"),
        ],
        ["ES"],
        [],
    )
