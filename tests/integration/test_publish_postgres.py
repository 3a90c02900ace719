"""Publishing into a real PostgreSQL: equal to the file, swapped whole, never half, no secrets."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import duckdb
import psycopg
import pytest
from postgres_server import PASSWORD, Server, ask, free_port, running

from orchestration.lib import publish as publishing
from orchestration.lib.build import inputs_fingerprint, is_up_to_date, promote, write_state
from orchestration.lib.postgres_connection import PostgresError, place
from orchestration.lib.publish import PublishError, current_version, publish, roll_back, versions
from orchestration.lib.settings import Settings

NUMBERS = count()
ALL_TYPES = """
select
    i::bigint as thing_key,
    (i * 7)::integer as units,
    case when i = 4 then 'nan'::double when i = 5 then '-inf'::double else i / 3 end as share_pct,
    (i * 1.0001)::decimal(18, 4) as sales_amount,
    case i % 5
        when 0 then 'plain'
        when 1 then 'comma, "quote" \\ back' || chr(10) || 'line ' || chr(9) || 'é 漢 😀'
        when 2 then ''
        when 3 then '\\N'
    end as thing_name,
    case i when 0 then date '9999-12-31' when 1 then '-infinity'::date
        else date '2025-01-01' + i::integer end as thing_date,
    timestamp '2025-01-01 00:00:00.123456' + to_seconds(i) as happened_at,
    case i % 3 when 0 then true when 1 then false end as is_thing
from range(120000) as numbers (i)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        ask(server.url, f"create role publisher login password '{PASSWORD}'")
        ask(server.url, "create role teller login password 's3cret-word'")
        ask(server.url, "create role analyst")
        yield server


@pytest.fixture
def configured(settings: Settings, server: Server) -> Settings:
    """Settings that name an empty database of the test's own, as a user who may only create."""
    name = f"test_{next(NUMBERS)}"
    ask(server.url, f"create database {name}")
    ask(server.url, f"grant create on database {name} to publisher")
    return replace(settings, postgres_url=server.url_of("publisher", name))


def manifest(**tables: str) -> dict:
    """A dbt manifest with marts; the values are their descriptions."""
    nodes = {}
    for name, description in tables.items():
        columns = {
            "thing_key": {"description": "Key; it's 100 % {unique}", "config": {"meta": {}}},
            "email": {"description": "E-mail", "config": {"meta": {"pii": "email"}}},
        }
        nodes[f"model.x.{name}"] = {
            "resource_type": "model",
            "schema": "marts",
            "name": name,
            "description": description,
            "columns": columns,
            "config": {"meta": {}},
        }
    return {"nodes": nodes}


def publish_things(settings: Settings, **selects: str) -> publishing.Version:
    """Build tables from selects, and publish them."""
    settings.build_path.parent.mkdir(parents=True, exist_ok=True)
    settings.build_path.unlink(missing_ok=True)
    with duckdb.connect(str(settings.build_path)) as connection:
        connection.execute("create schema marts")
        for name, select in selects.items():
            connection.execute(f"create table marts.{name} as {select}")
    return publish(settings, manifest(**dict.fromkeys(selects, "It's a thing")), "run")


def url_of(settings: Settings) -> str:
    assert settings.postgres_url is not None
    return settings.postgres_url


def things(settings: Settings, query: str = "select thing_key from marts.dim_thing") -> list[tuple]:
    return ask(url_of(settings), query)


def schemas(settings: Settings) -> list[str]:
    query = "select nspname from pg_namespace where nspname like 'marts%' order by 1"
    return [name for (name,) in things(settings, query)]


def thing(key: int) -> str:
    return f"select {key}::bigint as thing_key"


def test_every_row_and_value_equals_the_file(configured: Settings) -> None:
    publish_things(configured, fct_thing=ALL_TYPES, dim_empty=f"{thing(1)} where false")
    query = "select * from marts.fct_thing order by thing_key"
    # What PostgreSQL's driver can't hold as a Python date is compared as text.
    query = query.replace("*", "* exclude (thing_date), thing_date::varchar as d")
    with duckdb.connect(str(configured.published_path), read_only=True) as file:
        expected = file.execute(query).fetchall()
    columns = "thing_key, units, share_pct, sales_amount, thing_name, happened_at, is_thing"
    found = things(
        configured,
        f"select {columns}, thing_date::text from marts.fct_thing order by thing_key",
    )
    assert len(found) == 120_000
    assert repr(found) == repr(expected)
    assert things(configured, "select count(*) from marts.dim_empty") == [(0,)]


def test_types_comments_and_version_are_those_of_the_file(configured: Settings) -> None:
    version = publish_things(configured, fct_thing=ALL_TYPES)
    types = things(
        configured,
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = 'marts.fct_thing'::regclass and attnum > 0 order by attnum",
    )
    assert types == [
        ("thing_key", "bigint"),
        ("units", "integer"),
        ("share_pct", "double precision"),
        ("sales_amount", "numeric(18,4)"),
        ("thing_name", "text"),
        ("thing_date", "date"),
        ("happened_at", "timestamp without time zone"),
        ("is_thing", "boolean"),
    ]
    comments = things(
        configured,
        "select obj_description('marts.fct_thing'::regclass), "
        "col_description('marts.fct_thing'::regclass, 1), "
        "obj_description('marts'::regnamespace, 'pg_namespace')",
    )
    assert comments == [
        (
            "It's a thing",
            "Key; it's 100 % {unique}",
            f"Customer Full Stack: version {version.version}",
        )
    ]


def test_restricted_columns_stay_inside(configured: Settings) -> None:
    publish_things(configured, dim_thing=f"{thing(1)}, 'ana@example.com' as email")
    assert things(configured, "select * from marts.dim_thing") == [(1,)]


def test_text_that_postgresql_cannot_hold_loses_only_the_nul(configured: Settings) -> None:
    publish_things(configured, dim_thing=f"{thing(1)}, 'a' || chr(0) || 'b' as thing_name")
    assert things(configured, "select thing_name from marts.dim_thing") == [("ab",)]


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_a_swap_waits_for_no_reader_and_no_reader_sees_a_table_empty(
    configured: Settings, isolation: str
) -> None:
    publish_things(configured, dim_thing=thing(1), dim_other=thing(1))
    select = "select thing_key from marts.dim_thing"
    with psycopg.connect(url_of(configured)) as reader:
        reader.execute(f"set transaction isolation level {isolation}")
        assert reader.execute(select).fetchall() == [(1,)]
        cursor = reader.cursor("held")
        cursor.execute(select)
        publish_things(configured, dim_thing=thing(2), dim_other=thing(2))
        assert things(configured) == [(2,)]
        assert cursor.fetchall() == [(1,)]
        assert reader.execute("select thing_key from marts.dim_other").fetchall() == [(2,)]
    left = [name for name in schemas(configured) if name != "marts"]
    assert len(left) == 1, "the reader held what was replaced"
    publish_things(configured, dim_thing=thing(3))
    assert schemas(configured) == ["marts"]
    assert things(configured) == [(3,)]


def test_while_it_is_written_readers_see_the_earlier_version_whole(
    configured: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_things(configured, dim_thing=thing(1), dim_other=thing(1))
    swap_files = publishing._swap_files
    seen: list[list[tuple]] = []

    def look_and_swap(settings: Settings, version: Path) -> None:
        query = "select * from marts.dim_thing union all select * from marts.dim_other"
        seen.append(things(configured, query))
        swap_files(settings, version)

    monkeypatch.setattr(publishing, "_swap_files", look_and_swap)
    publish_things(configured, dim_thing=thing(2), dim_other=thing(2))
    assert seen == [[(1,), (1,)]]


def test_when_the_file_cannot_be_swapped_postgresql_stays(
    configured: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = publish_things(configured, dim_thing=thing(1))

    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(publishing.shutil, "copyfile", full)
        with pytest.raises(OSError, match="No space left"):
            publish_things(configured, dim_thing=thing(2))
    assert things(configured) == [(1,)]
    assert schemas(configured) == ["marts"]
    assert current_version(configured) == before


def test_when_the_commit_is_lost_the_file_goes_back(
    configured: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = publish_things(configured, dim_thing=thing(1))
    swap_files = publishing._swap_files
    calls: list[Path] = []

    def swap_and_lose_the_connection(settings: Settings, version: Path) -> None:
        swap_files(settings, version)
        if not calls:
            ask(
                server.url,
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'customer_full_stack'",
            )
        calls.append(version)

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_swap_files", swap_and_lose_the_connection)
        with pytest.raises(PostgresError, match="CFS_POSTGRES_URL"):
            publish_things(configured, dim_thing=thing(2))
    assert things(configured) == [(1,)]
    assert current_version(configured) == before
    assert versions(configured) == [before]
    with duckdb.connect(str(configured.published_path), read_only=True) as file:
        assert file.execute("select thing_key from marts.dim_thing").fetchall() == [(1,)]


def test_a_user_without_rights_publishes_nothing(configured: Settings, server: Server) -> None:
    publish_things(configured, dim_thing=thing(1))
    database = url_of(configured).rsplit("/", 1)[1]
    ask(server.url, f"revoke create on database {database} from publisher")
    before = current_version(configured)
    with pytest.raises(PostgresError, match=r"permission denied.*\n.*grant create on database"):
        publish_things(configured, dim_thing=thing(2))
    assert things(configured) == [(1,)]
    assert current_version(configured) == before
    assert versions(configured) == [before]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://publisher:s3cret-word@127.0.0.1:{closed}/x", "Is the server up"),
        ("postgresql://publisher:s3cret-word@127.0.0.1:{port}/x", "password"),
        ("host=127.0.0.1 port={port} user=publisher password=s3cret-word", "password"),
        ("postgresql://teller:s3cret-word@127.0.0.1:{port}/s3cret-word", "does not exist"),
        ("postgresql://publisher:s3cret-word/9@127.0.0.1:{port}/x", "%XX"),
        ("postgresql://publisher:s3cret-word@9@127.0.0.1:{port}/x", "%XX"),
        ("postgresql://publisher:s3cret-word:9/@127.0.0.1:{port}/x", "%XX"),
        ("postgresql://publisher:s3cret-word%zz@127.0.0.1:{port}/x", "%XX"),
        ("postgresql://publisher:7/s3cret-word@127.0.0.1:{port}/x", "%XX"),
        ("s3cret-word", "%XX"),
    ],
)
def test_the_password_is_in_no_error_log_or_settings(
    settings: Settings, server: Server, url: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = url.format(port=server.port, closed=free_port())
    configured = replace(settings, postgres_url=url)
    with pytest.raises(PostgresError, match="CFS_POSTGRES_URL") as caught:
        publish_things(configured, dim_thing=thing(1))
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(configured)
    assert "s3cret-word" not in told
    assert says in str(caught.value)
    assert current_version(configured) is None
    assert not configured.published_path.exists()
    assert versions(configured) == []


def test_the_place_in_the_log_has_neither_user_nor_password(
    configured: Settings, server: Server
) -> None:
    assert place(configured).startswith(f"127.0.0.1:{server.port}/test_")


def test_rights_of_readers_are_carried_over(configured: Settings) -> None:
    publish_things(configured, dim_thing=thing(1), dim_secret=thing(1))
    things(configured, "grant usage on schema marts to analyst")
    things(configured, "grant select on marts.dim_thing to analyst")
    things(configured, "alter default privileges in schema marts grant select on tables to analyst")
    for number in (2, 3):
        selects = dict.fromkeys(("dim_thing", "dim_secret", "dim_new"), thing(number))
        publish_things(configured, **selects)
        rights = things(
            configured,
            "select relname, has_table_privilege('analyst', c.oid, 'select') "
            "from pg_class c where relnamespace = 'marts'::regnamespace order by 1",
        )
        assert rights == [("dim_new", True), ("dim_secret", False), ("dim_thing", True)]
    usage = "select has_schema_privilege('analyst', 'marts', 'usage')"
    assert things(configured, usage) == [(True,)]


def test_views_elsewhere_follow(configured: Settings) -> None:
    publish_things(configured, dim_thing=thing(1))
    things(configured, "create schema reports")
    things(
        configured,
        "create view reports.doubled with (security_barrier=true) as "
        "select thing_key * 2 as twice from marts.dim_thing",
    )
    things(configured, "create view reports.again as select twice from reports.doubled")
    things(configured, "grant select on reports.doubled to analyst")
    publish_things(configured, dim_thing=thing(2))
    assert things(configured, "select twice from reports.again") == [(4,)]
    kept = "select reloptions, has_table_privilege('analyst', oid, 'select') from pg_class "
    kept += "where oid = 'reports.doubled'::regclass"
    assert things(configured, kept) == [(["security_barrier=true"], True)]
    assert schemas(configured) == ["marts"]


@pytest.mark.parametrize(
    ("makes", "says"),
    [
        ("create view {} as select thing_key from marts.dim_thing", "thing_key"),
        ("create materialized view {} as select * from marts.dim_thing", "Materialized view"),
    ],
)
def test_a_view_that_cannot_follow_is_named_and_nothing_is_lost(
    configured: Settings, makes: str, says: str
) -> None:
    publish_things(configured, dim_thing=thing(1))
    things(configured, "create schema reports")
    things(configured, makes.format("reports.held"))
    with pytest.raises(PostgresError, match=says):
        publish_things(configured, dim_thing="select 'other' as other_code")
    assert things(configured, "select thing_key from reports.held") == [(1,)]
    assert schemas(configured) == ["marts"]


def test_a_view_of_another_owner_is_named_until_the_publisher_may_replace_it(
    configured: Settings, server: Server
) -> None:
    publish_things(configured, dim_thing=thing(1))
    things(configured, "grant usage on schema marts to analyst")
    things(configured, "grant select on marts.dim_thing to analyst")
    things(configured, "create schema reports")
    things(configured, "create view reports.theirs as select thing_key from marts.dim_thing")
    administrator = server.url_of("postgres", url_of(configured).rsplit("/", 1)[1])
    ask(administrator, "alter view reports.theirs owner to analyst")
    with pytest.raises(PostgresError, match=r"owner of view theirs\n.*the views that read it"):
        publish_things(configured, dim_thing=thing(2))
    assert things(configured) == [(1,)]
    ask(administrator, "grant analyst to publisher")
    ask(administrator, "grant create, usage on schema reports to analyst")
    publish_things(configured, dim_thing=thing(2))
    ask(administrator, "revoke analyst from publisher")
    assert ask(administrator, "select thing_key from reports.theirs") == [(2,)]


def test_a_schema_of_someone_else_is_left_alone(configured: Settings) -> None:
    things(configured, "create schema marts")
    things(configured, "create table marts.payroll as select 1 as salary")
    with pytest.raises(PublishError, match=r"holds payroll.*did not make"):
        publish_things(configured, dim_thing=thing(1))
    assert things(configured, "select salary from marts.payroll") == [(1,)]


def test_a_roll_back_takes_postgresql_along(configured: Settings) -> None:
    first = publish_things(configured, dim_thing=thing(1), dim_dropped=thing(1))
    publish_things(configured, dim_thing=thing(2))
    environment = os.environ | {
        "CFS_DATA_DIR": str(configured.data_dir),
        "CFS_POSTGRES_URL": url_of(configured),
    }
    command = [sys.executable, "-m", "orchestration.lib.publish", "--roll-back"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert PASSWORD not in answer.stdout + answer.stderr
    assert things(configured) == [(1,)]
    assert things(configured, "select thing_key from marts.dim_dropped") == [(1,)]
    assert current_version(configured) == first

    broken = environment | {"CFS_POSTGRES_URL": f"postgresql://a:hush@127.0.0.1:{free_port()}/b"}
    newest = versions(configured)[-1].version
    answer = subprocess.run([*command, newest], env=broken, capture_output=True, text=True)
    assert answer.returncode == 1
    assert answer.stderr.startswith("PostgreSQL at 127.0.0.1:")
    assert "hush" not in answer.stderr
    assert current_version(configured) == first


def test_a_run_with_nothing_new_fills_a_postgresql_that_lacks_the_version(
    configured: Settings,
) -> None:
    without = replace(configured, postgres_url=None)
    version = publish_things(without, dim_thing=thing(1))
    state = {"run_id": "run", "inputs": inputs_fingerprint(without)}
    write_state(without.build_path, state)
    promote(without, version.version)
    assert is_up_to_date(without)
    assert not is_up_to_date(configured)
    roll_back(configured, version.version)
    assert is_up_to_date(configured)
    assert things(configured) == [(1,)]
