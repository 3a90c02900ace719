"""Which tests wait for a later step of a run that builds its models in several."""

from __future__ import annotations

from typing import Any

from orchestration.lib.dbt_manifest import tests_of_later_steps as later_tests

CHILDREN = {
    "model.x.first": ["model.x.second", "test.x.of_first", "test.x.of_both"],
    "model.x.second": ["test.x.of_second", "test.x.of_both"],
    "model.x.beside": ["test.x.beside_and_second"],
}
TESTS = {
    "of_first": ["model.x.first"],
    "of_second": ["model.x.second"],
    "of_both": ["model.x.first", "model.x.second"],
    "beside_and_second": ["model.x.beside", "model.x.second"],
}
MANIFEST: dict[str, Any] = {
    "child_map": CHILDREN,
    "nodes": {
        f"test.x.{name}": {"resource_type": "test", "name": name, "depends_on": {"nodes": nodes}}
        for name, nodes in TESTS.items()
    },
}


def test_a_test_of_two_steps_waits_for_the_second() -> None:
    assert later_tests(MANIFEST, {"model.x.first"}) == ["of_both"]
    assert later_tests(MANIFEST, {"model.x.second"}) == []
    assert later_tests(MANIFEST, {"model.x.first", "model.x.second"}) == []


def test_what_does_not_follow_is_taken_as_built_before() -> None:
    assert later_tests(MANIFEST, {"model.x.second"}) == [], "first and beside stand already"
