"""Who reads a schema in PostgreSQL, and the views that do: carried from one schema to its heir.

Rights and views belong to tables, not to names, so both would stay with the replaced tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg.sql import SQL, Identifier

from orchestration.lib.postgres_connection import VARIABLE, Connection, PostgresError

GRANTEE = "case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end"
SCHEMA_GRANTS = f"""
select {GRANTEE}, privilege_type
from pg_namespace, aclexplode(nspacl)
where nspname = %s and grantee <> nspowner
"""
TABLE_GRANTS = f"""
select relname, {GRANTEE}, privilege_type
from pg_class
join pg_namespace n on n.oid = relnamespace, aclexplode(relacl)
where nspname = %s and relkind = 'r' and grantee <> relowner
"""
DEFAULT_GRANTS = f"""
select {GRANTEE}, privilege_type
from pg_default_acl
join pg_namespace n on n.oid = defaclnamespace, aclexplode(defaclacl)
where nspname = %s and defaclobjtype = 'r' and pg_get_userbyid(defaclrole) = current_user
    and grantee <> defaclrole
"""
TABLES = """
select relname
from pg_class join pg_namespace n on n.oid = relnamespace
where nspname = %s and relkind = 'r'
"""
VIEWS = """
select distinct v.oid::regclass::text, v.relkind, pg_get_viewdef(v.oid),
    array_to_string(v.reloptions, ', ')
from pg_depend d
join pg_rewrite r on r.oid = d.objid
join pg_class v on v.oid = r.ev_class
join pg_class t on t.oid = d.refobjid
join pg_namespace n on n.oid = t.relnamespace
where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
    and n.nspname = %s and v.relnamespace <> n.oid
"""


@dataclass(frozen=True)
class Readers:
    """Grants on a schema and its tables, and the views elsewhere that read them."""

    tables: frozenset[str]
    on_schema: tuple[tuple[str, str], ...]
    on_tables: tuple[tuple[str, str, str], ...]
    by_default: tuple[tuple[str, str], ...]
    views: tuple[tuple[str, str, str], ...]

    @classmethod
    def of(cls, connection: Connection, schema: str) -> Readers:
        """Readers of a schema; none when it is absent. Names are qualified: search_path is empty.

        Raises PostgresError when a materialized view reads it, which can't be carried over.
        """

        def rows(query: Any) -> tuple[Any, ...]:
            return tuple(connection.execute(query, [schema]).fetchall())

        views = rows(VIEWS)
        fixed = [name for name, kind, *_ in views if kind != "v"]
        if fixed:
            raise PostgresError(
                f"Materialized view {fixed[0]} reads schema {schema} of the database in "
                f"{VARIABLE} and would go on showing what was replaced. Let it read a view, "
                f"such as create view … as select * from {schema}.…, or drop it. "
                "Nothing was published."
            )
        return cls(
            tables=frozenset(name for (name,) in rows(TABLES)),
            on_schema=rows(SCHEMA_GRANTS),
            on_tables=rows(TABLE_GRANTS),
            by_default=rows(DEFAULT_GRANTS),
            views=tuple((name, text, options) for name, _, text, options in views),
        )

    def grant(self, connection: Connection, heir: str) -> None:
        """Grant on the heir what was granted on the schema; new tables get the default rights."""
        schema = Identifier(heir)
        present = {name for (name,) in connection.execute(TABLES, [heir]).fetchall()}
        on_schema = SQL("grant {} on schema {} to {}")
        for grantee, right in self.on_schema:
            connection.execute(on_schema.format(_words(right), schema, _words(grantee)))
        by_default = SQL("alter default privileges in schema {} grant {} on tables to {}")
        for grantee, right in self.by_default:
            connection.execute(by_default.format(schema, _words(right), _words(grantee)))
        on_table = SQL("grant {} on {} to {}")
        new = [(name, *right) for name in present - self.tables for right in self.by_default]
        for table, grantee, right in (*self.on_tables, *new):
            if table in present:
                target = Identifier(heir, table)
                connection.execute(on_table.format(_words(right), target, _words(grantee)))

    def rebind_views(self, connection: Connection) -> None:
        """Let the views read the tables that now have the names they were written with."""
        for name, text, options in self.views:
            having = f"with ({options}) " if options else ""
            connection.execute(f"create or replace view {name} {having}as {text}".encode())


def _words(text: str) -> SQL:
    """A right, or a role that PostgreSQL quoted itself, as part of a statement."""
    return SQL(text)  # type: ignore[arg-type]
