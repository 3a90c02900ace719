"""Links between customers, and their groups, in one go: `link_customers`."""

from __future__ import annotations

import duckdb

from orchestration.identity.communities import communities
from orchestration.identity.companies import companies
from orchestration.identity.groups import (
    GroupOptions,
    GroupReport,
    create_tables,
    state_relations,
)
from orchestration.identity.households import households


def link_customers(
    connection: duckdb.DuckDBPyConnection, options: GroupOptions | None = None
) -> GroupReport:
    """Write tables `customer_relation` and `customer_group` from `person` and `relation`.

    `person` has one row per record: record_id, customer_key, record_type, name_key,
    family_name_key, street_key, house_number (optional), postal_key, city_key, country, phone,
    email, company_key, created_at, normalised. `relation` holds what sources state:
    relation_type, record_id, linked_record_id, related_at. An optional table `previous_group`
    (customer_key, group_type, group_key) lets groups keep their keys.
    """
    options = options or GroupOptions()
    create_tables(connection)
    state_relations(connection, options)
    lived, too_large = households(connection, options)
    worked = companies(connection, options)
    grouped = communities(connection, options)
    relations = connection.execute("select count(*) from customer_relation").fetchall()[0][0]
    return GroupReport(
        households=lived,
        companies=worked,
        communities=grouped,
        relations=int(relations),
        too_large=too_large,
    )
