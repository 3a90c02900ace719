"""From transactions to what models learn from: how often, how lately, how long, how much.

Belongs here: counting by SQL, in any table; what is left out is told.
Doesn't belong here: reading files (see `reading`), fitting (see `bg_nbd`, `gamma_gamma`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from orchestration.customer_value.errors import CustomerValueError
from orchestration.customer_value.reading import column, open_connection, read_table
from orchestration.lib import engine

DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
"""Days in each unit of time."""

_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")

_READ = """
    select
        {customer} as customer,
        {date} as bought_on,
        {amount} as amount,
        {given} as given_date,
        {given_amount} as given_amount,
    from transactions
"""

_COUNT = """
    with purchases as (
        select
            customer,
            date_trunc('{period}', bought_on) as bought_on,
            sum(amount) as amount,
        from read_rows
        where {counts}
        group by all
    ),

    firsts as (
        select customer, min(bought_on) as first_on from purchases
        where bought_on <= {until}
        group by customer
    ),

    summed as (
        select
            purchases.customer,
            min(purchases.bought_on) as first_on,
            max(purchases.bought_on) filter (bought_on <= {until}) as last_on,
            count(*) filter (bought_on <= {until}) as purchases,
            sum(amount) filter (bought_on <= {until}) as amount,
            sum(amount) filter (bought_on <= {until} and bought_on > first_on) as repeat_amount,
            count(*) filter (bought_on > {until}) as later_purchases,
            sum(amount) filter (bought_on > {until}) as later_amount,
        from purchases
        inner join firsts using (customer)
        where bought_on <= {last}
        group by purchases.customer
    )

    select
        customer,
        cast(purchases - 1 as bigint) as frequency,
        date_diff('day', first_on, last_on) / {days} as recency,
        date_diff('day', first_on, date_trunc('{period}', {until})) / {days} as age,
        {monetary} as monetary,
        {holdout}
        cast(first_on as date) as first_date,
        cast(last_on as date) as last_date,
    from summed
    order by customer
"""


@dataclass(frozen=True)
class Summary:
    """One row per customer (columns as `summarize` tells), and notes on what was left out."""

    customers: pd.DataFrame
    unit: str
    observation_end: date
    holdout_end: date | None
    notes: tuple[str, ...]

    @property
    def holdout(self) -> float:
        """How long the hold-out lasts, in the unit of time; 0 where nothing is held out."""
        if self.holdout_end is None:
            return 0.0
        return (self.holdout_end - self.observation_end).days / DAYS[self.unit]


def summarize(
    transactions: Any,
    customer: str,
    date: str,
    amount: str | None = None,
    *,
    unit: str = "week",
    counted_once_per: str = "day",
    observation_end: date | str | None = None,
    holdout_end: date | str | None = None,
    with_first: bool = False,
    date_format: str | None = None,
) -> Summary:
    """Count each customer's purchases until `observation_end`, and those held out after it.

    transactions: a DuckDB relation, data frame, Arrow table, rows, or a CSV or Parquet file.
    customer, date, amount: names of its columns; amounts of one period are added up.
    unit: of recency and age: day, week, month or year.
    counted_once_per: purchases within one day (or week, month) are one.
    observation_end: last day seen; default the last day with a purchase.
    holdout_end: where given, later purchases until this day are counted apart.
    with_first: whether the first purchase counts in the mean value. Without, as in the
        literature, `monetary` is the mean of the repeat purchases, and missing where there are
        none; with it, it is the mean of `frequency + 1` purchases.
    date_format: of dates in text, such as %d/%m/%Y; the usual ones are known.

    Columns: customer, frequency (repeat purchases), recency (first to last), age (first to
    `observation_end`), monetary, first_date, last_date, and where a hold-out is asked for
    holdout_purchases and holdout_amount. Customers who first bought later are left out. Amounts
    below 0 are returns; they are no purchases and are left out, and the notes say how many.

    Raises:
        CustomerValueError: a column is missing, a date or an amount cannot be read, or no
            purchase is left.
    """
    for name, given in (("unit", unit), ("counted_once_per", counted_once_per)):
        if given not in DAYS:
            raise CustomerValueError(f"{name} is {given!r}; it must be one of {', '.join(DAYS)}.")
    with open_connection() as connection:
        source = read_table(connection, transactions)
        rows = _rows(source, customer, date, amount, date_format)
        if isinstance(transactions, str | Path):  # a text is read and parsed once
            rows.create("parsed_rows")
            rows = connection.table("parsed_rows")
        notes = _checked(rows)
        end = _day(observation_end, "observation_end") or _last(rows)
        last = _day(holdout_end, "holdout_end")
        if last is not None and last <= end:
            raise CustomerValueError(f"holdout_end {last} is not after observation_end {end}.")
        counted = rows.query(
            "read_rows",
            _COUNT.format(
                period=counted_once_per,
                unit=unit,
                days=DAYS[unit],
                counts="customer is not null and bought_on is not null and "
                "(amount is null or amount >= 0)",
                until=f"date '{end}'",
                last=f"date '{last or end}'",
                monetary=_monetary(amount, with_first),
                holdout=_held_out(amount) if last else "",
            ),
        )
        customers = counted.df()
    if customers.empty:
        raise CustomerValueError(f"Nobody bought until {end}; name a later observation_end.")
    return Summary(customers, unit, end, last, notes)


def _rows(
    source: duckdb.DuckDBPyRelation,
    customer: str,
    date: str,
    amount: str | None,
    date_format: str | None,
) -> duckdb.DuckDBPyRelation:
    held, when = column(source, customer, "customer"), column(source, date, "date")
    money = column(source, amount, "amount") if amount else "null"
    kinds = {
        engine.name(name): str(kind)
        for name, kind in zip(source.columns, source.types, strict=True)
    }
    dated = kinds[when].startswith(("DATE", "TIMESTAMP")) and not date_format
    formats = [date_format] if date_format else list(_FORMATS)
    parsed = f"try_strptime(cast({when} as varchar), {formats!r})"
    if not date_format:
        parsed = f"coalesce({parsed}, try_cast(cast({when} as varchar) as timestamp))"
    is_number = kinds.get(money, "VARCHAR") != "VARCHAR"
    blank = "nullif(trim(cast({} as varchar)), '')"
    return source.query(
        "transactions",
        _READ.format(
            customer=blank.format(held) if kinds[held] == "VARCHAR" else held,
            date=f"cast({when if dated else parsed} as date)",
            amount=f"cast({money} as double)" if is_number else f"try_cast({money} as double)",
            given=when if dated else f"cast({when} as varchar)",
            given_amount=money if is_number else blank.format(money),
        ),
    )


def _checked(rows: duckdb.DuckDBPyRelation) -> tuple[str, ...]:
    """What is left out; raises CustomerValueError for what cannot be read."""
    ((all_rows, nobody, undated, returned, unpriced),) = rows.aggregate(
        "count(*), count(*) filter (customer is null), count(*) filter (given_date is null), "
        "count(*) filter (amount < 0), count(*) filter (given_amount is null)"
    ).fetchall()
    ((bad_date, bad_dates, bad_amount, bad_amounts),) = rows.aggregate(
        "min(given_date) filter (bought_on is null), "
        "count(given_date) filter (bought_on is null), "
        "min(given_amount) filter (amount is null or not isfinite(amount)), "
        "count(given_amount) filter (amount is null or not isfinite(amount))"
    ).fetchall()
    if bad_dates:
        raise CustomerValueError(
            f"{bad_dates} dates cannot be read, such as {bad_date!r}; name their form, such as "
            "date_format='%d/%m/%Y'."
        )
    if bad_amounts:
        raise CustomerValueError(
            f"{bad_amounts} amounts are no numbers, such as {bad_amount!r}; write them with a "
            "point and without currency."
        )
    told = ((nobody, "without a customer"), (undated, "without a date"), (returned, "below 0"))
    notes = [
        f"{count} of {all_rows} transactions {what} were left out." for count, what in told if count
    ]
    if 0 < unpriced < all_rows:
        notes.append(f"{unpriced} of {all_rows} transactions without an amount count as 0.")
    return tuple(notes)


def _last(rows: duckdb.DuckDBPyRelation) -> date:
    (found,) = rows.aggregate("max(bought_on)").fetchall()[0]
    if found is None:
        raise CustomerValueError("There is no transaction with a date.")
    day: date = found
    return day


def _day(given: Any, name: str) -> Any:
    if given is None:
        return None
    try:
        return pd.Timestamp(given).date()
    except ValueError as error:
        raise CustomerValueError(
            f"{name} is {given!r}; write a day, such as 1997-09-30."
        ) from error


def _monetary(amount: str | None, with_first: bool) -> str:
    if amount is None:
        return "cast(null as double)"
    if with_first:
        return "amount / purchases"
    return "repeat_amount / nullif(purchases - 1, 0)"


def _held_out(amount: str | None) -> str:
    money = "coalesce(later_amount, 0)" if amount else "cast(null as double)"
    return f"later_purchases as holdout_purchases, {money} as holdout_amount,"
