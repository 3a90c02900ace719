"""Links between groups: which of them hold, on tables made by hand."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.identity.clusters import SURE, components, refuse_unsupported, strongest_tree
from orchestration.identity.options import IdentityError
from orchestration.identity.resolve import resolve_people


def refused(groups: list[int], links: list[tuple[int, int, float]]) -> set[tuple[int, int]]:
    """Links refused between groups of these sizes, all of one profile a record, linked as said."""
    with duckdb.connect() as connection:
        connection.execute("create table person (record_no bigint)")
        connection.execute("create table settled (record_no bigint, group_no bigint)")
        connection.execute("create table profile (profile_no bigint)")
        connection.execute("create table refused (one_no bigint, other_no bigint, reason varchar)")
        connection.execute(
            "create table scored (one_no bigint, other_no bigint, probability double)"
        )
        number = 0
        for group, size in enumerate(groups):
            for _ in range(size):
                connection.execute("insert into person values (?)", [number])
                connection.execute("insert into profile values (?)", [number])
                connection.execute("insert into settled values (?, ?)", [number, group])
                number += 1
        connection.executemany("insert into scored values (?, ?, ?)", links)
        refuse_unsupported(connection, 0.75)
        rows = connection.execute("select one_no, other_no, reason from refused").fetchall()
    assert {row[2] for row in rows} <= {"unsupported"}
    return {row[:2] for row in rows}


def test_one_doubtful_link_of_sixteen_pairs_is_cut() -> None:
    assert refused([4, 4], [(0, 4, 0.9)]) == {(0, 4)}


def test_three_of_sixteen_support_each_other() -> None:
    assert refused([4, 4], [(0, 4, 0.9), (1, 4, 0.8), (2, 6, 0.9)]) == set()


def test_a_sure_link_needs_no_company() -> None:
    assert refused([4, 4], [(0, 4, SURE)]) == set()


def test_two_records_are_support_enough() -> None:
    assert refused([1, 1], [(0, 1, 0.8)]) == set()
    assert refused([1, 6], [(0, 3, 0.8)]) == set()
    assert refused([1, 8], [(0, 3, 0.8)]) == {(0, 3)}


def test_what_is_below_the_threshold_is_no_link_at_all() -> None:
    assert refused([4, 4], [(0, 4, 0.7)]) == set()


def test_sure_links_make_the_groups_that_doubtful_ones_join() -> None:
    links = [(0, 1, 0.999), (1, 2, 0.999), (3, 4, 0.999), (4, 5, 0.999), (2, 5, 0.9)]
    assert refused([1] * 6, links) == {(2, 5)}


def test_no_records_have_no_components() -> None:
    import numpy as np

    assert len(components(np.array([]), np.array([]), 0)) == 0


def test_the_tree_takes_the_strongest_links() -> None:
    import numpy as np

    one, other = np.array([0, 0, 1]), np.array([1, 2, 2])
    parent, depth = strongest_tree(one, other, np.array([38.0, 12.0, 30.0]), 4)
    assert parent.tolist() == [-1, 0, 1, -1]
    assert depth.tolist() == [0, 1, 2, 0]


def test_a_connection_holds_one_resolution() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table people as select 'a' as record_id, 'Ana' as given_name")
        resolve_people("people", connection=connection)
        with pytest.raises(IdentityError, match="its own connection"):
            resolve_people("people", connection=connection)
