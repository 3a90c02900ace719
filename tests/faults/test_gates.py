"""Every critical check of the shipped suites is seen passing on sound rows and failing on a fault.

A case is the mart, the check, what makes its data sound and what breaks it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from gate_stage import FIRST, LAST, Stage

from data_quality.suites import Suite, load_suites

EARLY, LATE = datetime(2025, 3, 1, 9), datetime(2025, 3, 2, 9)
DAY = date(2025, 3, 1)
STAGES = ("awareness", "consideration", "intent", "purchase", "service", "loyalty")
Step = Callable[[Stage], Any]


class Case(NamedTuple):
    """One planted fault."""

    mart: str
    check: str
    sound: list[Step]
    fault: list[Step]


def mart(name: str, **columns: Any) -> Step:
    return lambda stage: stage.mart(name, **columns)


def sent(layout: str, **columns: Any) -> Step:
    return lambda stage: stage.bronze(layout, **columns)


def staged(name: str, **columns: Any) -> Step:
    return lambda stage: stage.staged(name, **columns)


def sql(statement: str) -> Step:
    return lambda stage: stage.sql(statement)


def load(**columns: Any) -> Step:
    base = {
        "load_id": 1,
        "feed_source": "shop_a",
        "feed_table": "sale",
        "file_name": "a.csv",
        "rows_read": 3,
        "rows_loaded": 3,
        "rows_rejected": 0,
        "is_current": True,
    }
    return lambda stage: stage.loads(**(base | columns))


def rows(mart_name: str, check: str, good: dict[str, Any], bad: dict[str, Any]) -> Case:
    """A check on rows of one mart: a good row, then the same row with something wrong."""
    return Case(mart_name, check, [mart(mart_name, **good)], [mart(mart_name, **(good | bad))])


def versions(mart_name: str, key: str, kind: type) -> list[Case]:
    """Checks of a slowly changing dimension, with days or with timestamps."""
    at = [kind(2025, month, 1) for month in (1, 2, 3)]
    first = mart(mart_name, **{key: 1}, valid_from=at[0], valid_to=at[1], is_current=False)
    second = mart(mart_name, **{key: 1}, valid_from=at[1], valid_to=at[2], is_current=True)
    overlap = sql(f"update marts.{mart_name} set valid_to = valid_to + interval 1 day")
    return [
        Case(mart_name, "versions_do_not_overlap", [first, second], [overlap]),
        Case(mart_name, "one_current_version", [first, second], [first, second]),
    ]


COUNTED_OF = {"department": "sales", "measure": "mql"}
COUNTED = {
    **COUNTED_OF,
    "month_date": DAY,
    "basis": "rule",
    "side_count": 5,
    "warehouse_count": 3,
    "late_count": 1,
    "duplicate_count": -3,
} | {
    f"{cause}_count": 0
    for cause in (
        "not_listed", "unknown_lead", "undated", "other_period", "deleted", "unmapped",
        "not_in_stage", "no_list", "without_lead", "left_stage",
        "missing_in_report", "still_in_stage",
    )
}  # fmt: skip
OWN = {"distributor_key": 5, "distributor_code": "sender", "is_current": True}
MOVED = {"previous_customer_key": 2, "customer_key": 1, "change": "merged"}
LATEST = {"is_latest": True, "record_count": 1, "customer_count": 1}
SHARED = {"confidence": 1.0, "customer_key": 1, "linked_customer_key": 2}
ORDER = {"currency": "EUR", "created_at": EARLY, "updated_at": EARLY}
LINE = {"order_id": "7", "quantity": 2, "unit_price": 3.0, "currency": "EUR"}
BASKET = {"basket_id": "b", "amount": 6.0, "currency": "EUR"}
INVOICE = {"currency": "EUR", "quantity": 2.0, "net_amount": 9.0}
SELL_OUT = {"store_code": "s", "product_code": "12", "period_start": DAY, "value": 10.0}
LAPSED = {"outcome": "lapsed", "cycle": "first_purchase", "is_reopened": False}
REOPENED = {**LAPSED, "is_reopened": True, "reopened_journey_key": 1}
JOURNEY = {
    "outcome": "converted",
    "started_at": EARLY,
    "last_touch_at": LATE,
    "converted_at": LATE,
    "revenue_amount": 10,
    "margin_amount": 4,
}
SALE = {
    "conversion_type": "sale",
    "revenue_amount": 10,
    "refunded_amount": 3,
    "net_revenue_amount": 7,
    "margin_amount": 4,
}
CREDIT = {
    "conversion_type": "sale",
    "attribution_model": "linear",
    "weight": 1,
    "credited_conversions": 1,
    "credited_revenue_amount": 10,
    "credited_net_revenue_amount": 7,
    "credited_margin_amount": 4,
}
CHANNEL_CREDIT = {
    "conversion_type": "sale",
    "attribution_model": "shapley",
    "model_conversions": 1,
    "model_revenue_amount": 10,
    "removal_effect": 1,
    "credited_conversions": 1,
    "credited_revenue_amount": 10,
    "path_conversions": 1,
    "assisted_conversions": 0,
    "closed_conversions": 1,
}
STAGE_MONTH = {
    "month_start_date": DAY,
    "stage": "mql",
    "opening_count": 2,
    "entered_count": 1,
    "left_count": 2,
    "closing_count": 1,
    "left_undated_count": 0,
}
REACHED = {
    f"{how}_{stage}_count": 1
    for how in ("reached", "entered")
    for stage in ("engaged", "mql", "sal", "sql", "opportunity", "won")
}
SPEND = {"spend_amount": 5, "clicks": 3, "impressions": 9, "claimed_conversions": 2}
CREDITED = {
    "attribution_model": "linear",
    "has_credit": True,
    "credited_sales": 1,
    "credited_won_deals": 0,
    "credited_leads": 0,
    "credited_qualified_leads": 0,
    "credited_revenue_amount": 10,
    "credited_margin_amount": 4,
}
ODDS = {
    "purchase_method": "logistic",
    "stage_method": "logistic",
    "purchase_probability": 0.2,
    "next_step_probability": 0.3,
    **{f"next_{stage}_probability": 0.05 for stage in STAGES},
    "trained_until_date": DAY,
    "as_of_date": DAY,
}
TENTH = {
    "outcome": "purchase",
    "cutoff_date": DAY,
    "bin_number": 1,
    "profile_count": 9,
    "observed_count": 3,
    "observed_share": 0.33,
    "observed_share_low": 0.1,
    "observed_share_high": 0.7,
    "predicted_share": 0.3,
    "lowest_probability": 0.2,
    "highest_probability": 0.4,
}
MESSAGE = {
    "recent_exposure_count": 1,
    "closed_conversion_count": 1,
    "is_converted": True,
    "is_opened": True,
    "is_clicked": False,
}
PAIR = {
    "baseline_trials": 9,
    "baseline_hits": 3,
    "variant_trials": 9,
    "variant_hits": 6,
    "baseline_share": 0.33,
    "variant_share": 0.66,
    "difference": 0.33,
    "difference_low": 0.1,
    "difference_high": 0.5,
    "is_clear": True,
    "is_clear_among_all": False,
}
TIMED = {
    "measure": "time",
    "started_count": 2,
    "met_count": 1,
    "breached_count": 1,
    "running_count": 0,
    "attainment_pct": 50.0,
}

BACKLOG = {
    "opening_count": 0,
    "opened_count": 2,
    "reopened_count": 0,
    "closed_count": 1,
    "closing_count": 1,
    "unanswered_count": 1,
    "paused_count": 0,
}
TWO_ANSWERS = {
    "is_between_departments": True,
    "is_between_channels": False,
    "earlier_answered_at": EARLY,
    "answered_at": LATE,
    "earlier_answer_code": "a",
    "answer_code": "b",
    "is_contradiction": True,
}
CASES = [
    *versions("dim_customer", "customer_key", datetime),
    *versions("dim_distributor", "distributor_key", date),
    Case(
        "dim_sla_commitment",
        "versions_do_not_overlap",
        [
            mart("dim_sla_commitment", commitment_code="a", valid_from=FIRST, valid_to=DAY),
            mart("dim_sla_commitment", commitment_code="a", valid_from=DAY, valid_to=LAST),
        ],
        [sql("update marts.dim_sla_commitment set valid_to = valid_to + 1")],
    ),
    rows("dim_sla_commitment", "targets_in_range", {"target_pct": 95.0}, {"target_pct": 195.0}),
    Case(
        "dim_sla_commitment",
        "commitments_reconcile",
        [
            lambda stage: stage.commitment_rule(),
            mart("dim_sla_commitment", commitment_code="answer", version=1),
        ],
        [sql("delete from marts.dim_sla_commitment")],
    ),
    Case(
        "dim_date",
        "days_reconcile",
        [],
        [sql("delete from marts.dim_date where date_key = 20250704")],
    ),
    Case(
        "dim_date",
        "days_reconcile",
        [],
        [sql("delete from marts.dim_date where date_key > 20251230")],
    ),
    Case(
        "dim_date", "retail_weeks_in_range", [], [sql("update marts.dim_date set retail_week = 54")]
    ),
    Case(
        "dim_creative",
        "not_empty_when_ads_have_spend",
        [sent("google_ads.ad_stats", ad_id=1, date=DAY), mart("dim_creative", creative_key=1)],
        [sql("update marts.dim_creative set creative_key = -1")],
    ),
    Case(
        "dim_product",
        "product_master_reconciles",
        [sent("erp.product", gtin="4006381333931"), mart("dim_product", gtin="04006381333931")],
        [sent("erp.product", gtin="96385074")],
    ),
    Case(
        "dim_store",
        "store_lists_reconcile",
        [sent("distributor.store", store_code=" 12.0"), mart("dim_store", store_code="sender:12")],
        [sent("distributor.store", store_code="13")],
    ),
    Case(
        "fct_ad_spend_daily",
        "ad_spend_reconciles",
        [
            sent("google_ads.ad_stats", ad_id=1, date=DAY, cost_micros=9_000_000, clicks=9),
            sent(
                "google_ads.ad_stats",
                ad_id=1,
                date=DAY,
                cost_micros=2_000_000,
                clicks=3,
                _received_at=LATE,
            ),
            mart("fct_ad_spend_daily", platform="google_ads", spend_amount_original=2.0, clicks=3),
        ],
        [mart("fct_ad_spend_daily", platform="google_ads", spend_amount_original=9.0, clicks=9)],
    ),
    Case(
        "fct_ad_spend_daily",
        "ad_spend_reconciles",
        [
            sent("facebook_ads.basic_ad", ad_id=1, date=DAY, spend=2.0, inline_link_clicks=3),
            mart(
                "fct_ad_spend_daily", platform="facebook_ads", spend_amount_original=2.0, clicks=3
            ),
        ],
        [sql("delete from marts.fct_ad_spend_daily")],
    ),
    rows(
        "fct_ad_spend_daily",
        "spend_is_valued",
        {"spend_amount": 1.0, "spend_amount_original": 1.0},
        {"spend_amount": None},
    ),
    Case(
        "fct_sale_line",
        "shopify_orders_reconcile",
        [
            sent("shopify.order", id=1, subtotal_price=10.0, **ORDER),
            sent("shopify.order", id=2, subtotal_price=99.0, test=True, **ORDER),
            mart("fct_sale_line", sale_id="shopify:1", sale_type="sale", net_amount_original=10.0),
        ],
        [sent("shopify.order", id=3, subtotal_price=5.0, **ORDER)],
    ),
    Case(
        "fct_sale_line",
        "shopify_orders_reconcile",
        [
            sent("shopify.order", id=1, subtotal_price=10.0, **ORDER),
            mart("fct_sale_line", sale_id="shopify:1", sale_type="sale", net_amount_original=10.0),
        ],
        [mart("fct_sale_line", sale_id="shopify:1", sale_type="sale", net_amount_original=10.0)],
    ),
    Case(
        "fct_sale_line",
        "shopify_refunds_reconcile",
        [
            sent("shopify.order_line", id=4, order_id=1),
            sent("shopify.order_line_refund", id=8, order_line_id=4, subtotal=3.0),
            mart("fct_sale_line", sale_line_id="shopify:1#refund:8", net_amount_original=-3.0),
        ],
        [sql("update marts.fct_sale_line set net_amount_original = 3")],
    ),
    Case(
        "fct_sale_line",
        "shop_lines_reconcile",
        [
            sent("shop.order_line", line_id="1", **LINE),
            sent("shop.order_line", line_id="1", **LINE),
            mart(
                "fct_sale_line",
                sale_id="shop:sender/7",
                currency_code="EUR",
                net_amount_original=6.0,
            ),
        ],
        [sent("shop.order_line", **LINE)],
    ),
    Case(
        "fct_sale_line",
        "basket_lines_reconcile",
        [
            sent("distributor.basket_line", **BASKET),
            sent("distributor.basket_line", **BASKET),
            sql(
                "insert into marts.fct_sale_line by name select 'distributor:sender/b' as sale_id, "
                "'EUR' as currency_code, 6.0 as net_amount_original from range(2)"
            ),
        ],
        [sql("delete from marts.fct_sale_line where rowid = 0")],
    ),
    rows(
        "fct_sale_line",
        "amounts_are_valued",
        {"net_amount": 1.0, "net_amount_original": 1.0, "currency_code": "EUR"},
        {"net_amount": None},
    ),
    Case(
        "fct_sell_in",
        "sell_in_reconciles",
        [
            sent("erp.sell_in_line", **INVOICE),
            sent("erp.sell_in_line", **INVOICE),
            sql(
                "insert into marts.fct_sell_in by name select 'EUR' as currency_code, 2.0 as "
                "quantity_reported, 9.0 as net_amount_original from range(2)"
            ),
        ],
        [sql("update marts.fct_sell_in set quantity_reported = 1 where rowid = 0")],
    ),
    rows(
        "fct_sell_in",
        "amounts_are_valued",
        {"net_amount": 1.0, "net_amount_original": 1.0},
        {"net_amount": None},
    ),
    Case(
        "fct_sell_out",
        "sell_out_periods_reconcile",
        [
            sent("distributor.sell_out", **SELL_OUT),
            mart("dim_distributor", **OWN),
            mart(
                "fct_sell_out",
                distributor_key=5,
                store_key=1,
                period_start_date=DAY,
                period_end_date=DAY,
                is_from_baskets=False,
            ),
        ],
        [sent("distributor.sell_out", **(SELL_OUT | {"period_start": LAST}))],
    ),
    Case(
        "fct_sell_out",
        "sell_out_value_reconciles",
        [
            sent("distributor.sell_out", **SELL_OUT),
            sent("distributor.sell_out", **(SELL_OUT | {"product_code": "012"})),
            mart("dim_distributor", **OWN),
            mart(
                "fct_sell_out", distributor_key=5, sales_amount_original=10.0, is_from_baskets=False
            ),
        ],
        [sql("update marts.fct_sell_out set sales_amount_original = 20")],
    ),
    Case(
        "fct_stock_daily",
        "stock_days_reconcile",
        [
            sent("distributor.stock", store_code="s", stock_date=DAY),
            mart("dim_distributor", **OWN),
            mart("fct_stock_daily", distributor_key=5, store_key=1, stock_date=DAY),
        ],
        [mart("fct_stock_daily", distributor_key=5, store_key=2, stock_date=DAY)],
    ),
    Case(
        "fct_shelf_audit",
        "shelf_audits_reconcile",
        [
            sent("distributor.shelf_audit", store_code="s", product_code="1", audit_date=DAY),
            sent("distributor.shelf_audit", store_code="s", product_code="1.0", audit_date=DAY),
            mart("fct_shelf_audit", audit_date=DAY),
        ],
        [sql("delete from marts.fct_shelf_audit")],
    ),
    rows(
        "fct_shelf_audit",
        "facings_within_their_shelf",
        {"facing_count": 2, "category_facing_count": 3},
        {"facing_count": 4},
    ),
    Case(
        "bridge_customer_identity",
        "shop_accounts_reconcile",
        [
            sent("shopify.customer", id=1),
            sent("distributor.loyalty_member", card_id="c"),
            mart("bridge_customer_identity", record_id="shopify.customer:1"),
            mart("bridge_customer_identity", record_id="distributor.loyalty_member:sender/c"),
        ],
        [sent("shopify.customer", id=2)],
    ),
    Case(
        "bridge_customer_identity",
        "crm_records_reconcile",
        [
            sent("salesforce.lead", id="00Q"),
            mart("bridge_customer_identity", record_id="salesforce.lead:00Q"),
            sent("crm.lead", lead_id="1", _source="hub"),
            mart("bridge_customer_identity", record_id="crm.lead:hub/1"),
        ],
        [sent("salesforce.contact", id="003"), sent("crm.contact", contact_id="1", _source="hub")],
    ),
    rows(
        "bridge_customer_identity",
        "confidence_is_a_share",
        {"confidence": 0.9},
        {"confidence": 1.1},
    ),
    Case(
        "bridge_customer_identity",
        "no_giant_customers",
        [
            sql(
                "insert into marts.bridge_customer_identity by name select 'lead:' || number as "
                "record_id, 1 as customer_key, 'lead' as record_type from range(100) as t(number)"
            ),
            mart("bridge_customer_identity", customer_key=1, record_type="order"),
        ],
        [mart("bridge_customer_identity", customer_key=1, record_type="lead")],
    ),
    rows(
        "bridge_customer_identity",
        "paths_end_at_the_record",
        {"record_id": "b", "linked_record_id": "a", "link_depth": 1, "link_path": "a > b"},
        {"link_path": "b > a"},
    ),
    rows(
        "bridge_customer_identity",
        "paths_end_at_the_record",
        {"record_id": "a", "link_depth": 0, "link_path": "a"},
        {"link_depth": 1},
    ),
    Case(
        "bridge_customer_identity",
        "records_hang_on_their_own_customer",
        [
            mart("bridge_customer_identity", record_id="a", customer_key=1),
            mart("bridge_customer_identity", record_id="b", customer_key=1, linked_record_id="a"),
        ],
        [sql("delete from marts.bridge_customer_identity where record_id = 'a'")],
    ),
    Case(
        "bridge_customer_identity",
        "records_hang_on_their_own_customer",
        [
            mart("bridge_customer_identity", record_id="a", customer_key=1),
            mart("bridge_customer_identity", record_id="b", customer_key=1, linked_record_id="a"),
        ],
        [sql("update marts.bridge_customer_identity set customer_key = 2 where record_id = 'b'")],
    ),
    rows(
        "customer_match",
        "used_links_stay_in_one_customer",
        {"is_used": True, "customer_key": 1, "linked_customer_key": 1},
        {"linked_customer_key": 2},
    ),
    rows(
        "customer_match",
        "decisions_are_kept",
        {"status": "cannot_link", "customer_key": 1, "linked_customer_key": 2},
        {"linked_customer_key": 1},
    ),
    rows("customer_match", "confidence_is_a_share", {"confidence": 0.9}, {"confidence": 1.1}),
    rows(
        "customer_review",
        "grey_pairs_are_apart",
        {"review_reason": "grey_zone", "customer_key": 1, "linked_customer_key": 2},
        {"linked_customer_key": 1},
    ),
    rows("customer_change", "a_move_has_two_ends", MOVED, {"previous_customer_key": 1}),
    rows("customer_change", "a_move_has_two_ends", MOVED, {"change": "lost"}),
    rows(
        "customer_resolution",
        "few_records_moved",
        {"is_latest": True, "moved_records_pct": 4.9, "allowed_moved_records_pct": 5.0},
        {"moved_records_pct": 5.1},
    ),
    Case(
        "customer_resolution",
        "one_latest_run",
        [mart("bridge_customer_identity", record_id="a"), mart("customer_resolution", **LATEST)],
        [mart("customer_resolution", **LATEST)],
    ),
    Case(
        "customer_resolution",
        "one_latest_run",
        [mart("bridge_customer_identity", record_id="a"), mart("customer_resolution", **LATEST)],
        [sql("delete from marts.customer_resolution")],
    ),
    Case(
        "customer_resolution",
        "counts_agree_with_the_bridge",
        [
            mart("bridge_customer_identity", record_id="a", customer_key=1),
            mart("bridge_customer_identity", record_id="b", customer_key=1),
            mart("customer_resolution", is_latest=True, record_count=2, customer_count=1),
        ],
        [sql("update marts.bridge_customer_identity set customer_key = 2 where record_id = 'b'")],
    ),
    rows("bridge_customer_link", "confidence_is_a_share", SHARED, {"confidence": 0.0}),
    rows("bridge_customer_link", "links_join_two_customers", SHARED, {"linked_customer_key": 1}),
    Case(
        "fct_company_contact",
        "contacts_reconcile",
        [
            mart("fct_touchpoint", customer_key=1, initiated_by="company", touchpoint_type="x"),
            mart("fct_company_contact", touchpoint_key=1),
        ],
        [mart("fct_touchpoint", customer_key=1, initiated_by="company", touchpoint_type="x")],
    ),
    rows(
        "fct_company_contact",
        "rules_are_counted",
        {
            "is_acquisition_of_customer": True,
            "is_promotion_of_recent_purchase": False,
            "is_sales_during_complaint": False,
            "is_marketing_during_complaint": False,
            "is_against_consent": True,
            "ignored_rule_count": 2,
        },
        {"ignored_rule_count": 1},
    ),
    rows(
        "fct_linked_purchase",
        "expectations_are_shares",
        {"expected_follow_share": 0.5, "days_to_follow": 3, "window_days": 5, "is_followed": True},
        {"days_to_follow": 6},
    ),
    Case(
        "fct_linked_purchase",
        "links_are_known",
        [
            mart(
                "bridge_customer_link", customer_key=1, linked_customer_key=2, link_type="referral"
            ),
            mart(
                "fct_linked_purchase", customer_key=2, linked_customer_key=1, link_type="referral"
            ),
        ],
        [mart("fct_linked_purchase", customer_key=2, linked_customer_key=1, link_type="company")],
    ),
    *(
        Case(
            f"fct_{kind}_transition_monthly",
            "moves_reconcile",
            [
                mart("fct_journey", touchpoint_count=1, outcome="lapsed"),
                mart(
                    f"fct_{kind}_transition_monthly",
                    **{f"from_{kind}": "(start)", f"to_{kind}": "a", "transition_count": 1},
                ),
                mart(
                    f"fct_{kind}_transition_monthly",
                    **{f"from_{kind}": "a", f"to_{kind}": "(lapse)", "transition_count": 1},
                ),
            ],
            [sql(f"update marts.fct_{kind}_transition_monthly set to_{kind} = '(open)'")],
        )
        for kind in ("channel", "stage")
    ),
    Case(
        "fct_channel_transition_monthly",
        "switches_reconcile",
        [
            mart("fct_journey", switch_count=2),
            mart(
                "fct_channel_transition_monthly",
                from_channel="search",
                to_channel="email",
                transition_count=2,
            ),
            mart(
                "fct_channel_transition_monthly",
                from_channel="email",
                to_channel="email",
                transition_count=1,
            ),
        ],
        [sql("update marts.fct_channel_transition_monthly set to_channel = 'search'")],
    ),
    Case(
        "fct_stage_transition_monthly",
        "back_steps_reconcile",
        [
            mart("fct_journey", back_step_count=1),
            mart(
                "fct_stage_transition_monthly",
                from_stage="intent",
                to_stage="awareness",
                transition_count=1,
            ),
            mart(
                "fct_stage_transition_monthly",
                from_stage="awareness",
                to_stage="intent",
                transition_count=1,
            ),
        ],
        [sql("update marts.fct_stage_transition_monthly set from_stage = 'loyalty'")],
    ),
    rows(
        "fct_ropo_monthly",
        "parts_are_within_the_whole",
        {
            "identified_units": 5.0,
            "seen_online_units": 3.0,
            "researched_online_units": 3.0,
            "identified_amount": 9.0,
            "seen_online_amount": 6.0,
            "researched_online_amount": 6.0,
        },
        {"researched_online_units": 4.0},
    ),
    Case(
        "fct_ropo_monthly",
        "sold_units_reconcile",
        [
            mart("dim_product", product_key=1, is_own_product=True),
            mart("fct_sell_out", distributor_key=5, product_key=1, quantity_units=7.0),
            mart(
                "fct_sale_line",
                distributor_key=5,
                product_key=1,
                quantity_units=2.0,
                sale_type="sale",
            ),
            mart(
                "fct_sale_line",
                distributor_key=6,
                product_key=1,
                quantity_units=3.0,
                sale_type="sale",
            ),
            mart("fct_ropo_monthly", distributor_key=5, sold_units=7.0),
            mart("fct_ropo_monthly", distributor_key=6, sold_units=3.0),
        ],
        [mart("fct_ropo_monthly", distributor_key=5, sold_units=2.0)],
    ),
    Case(
        "fct_ropo_monthly",
        "identified_amount_reconciles",
        [
            mart("dim_product", product_key=1, is_own_product=True),
            mart("fct_sale_line", product_key=1, customer_key=2, net_amount=4.0, sale_type="sale"),
            mart("fct_sale_line", product_key=1, customer_key=-1, net_amount=8.0, sale_type="sale"),
            mart("fct_ropo_monthly", identified_amount=4.0),
        ],
        [mart("fct_ropo_monthly", identified_amount=8.0)],
    ),
    Case(
        "bridge_customer_group",
        "one_household_and_one_community",
        [
            mart("bridge_customer_group", customer_key=1, group_type="household", group_key=5),
            mart("bridge_customer_group", customer_key=1, group_type="company", group_key=6),
            mart("bridge_customer_group", customer_key=1, group_type="company", group_key=7),
        ],
        [mart("bridge_customer_group", customer_key=1, group_type="household", group_key=8)],
    ),
    rows(
        "bridge_customer_group",
        "groups_have_members",
        {"customer_key": 1, "group_key": 5, "member_count": 2},
        {"member_count": 1},
    ),
    rows(
        "bridge_customer_group",
        "confidence_is_a_share",
        {"customer_key": 1, "group_key": 5, "confidence": 0.0},
        {"confidence": 1.1},
    ),
    rows(
        "bridge_customer_segment",
        "weights_sum_to_one",
        {"customer_key": 1, "segment_scheme": "a", "weight": 1.0},
        {"weight": 0.5},
    ),
    rows(
        "fct_excluded_session_daily",
        "counts_are_whole",
        {"session_count": 2, "event_count": 40, "outbound_click_count": 1},
        {"event_count": 1},
    ),
    rows(
        "dim_touchpoint_type",
        "types_are_described",
        {"touchpoint_type": "store_visit", "is_inferred": False},
        {"is_inferred": True},
    ),
    Case(
        "fct_touchpoint",
        "purchases_reconcile",
        [
            mart("fct_sale_line", sale_id="a", sale_type="sale", record_id="r"),
            mart("fct_touchpoint", source_system="sale", touchpoint_type="purchase", sale_id="a"),
        ],
        [mart("fct_touchpoint", source_system="sale", touchpoint_type="purchase", sale_id="a")],
    ),
    Case(
        "fct_touchpoint",
        "social_messages_reconcile",
        [
            sent("social.message", id="m"),
            sent("social.message", id="m"),
            mart("fct_touchpoint", source_system="social"),
        ],
        [sent("social.message", id="n")],
    ),
    Case(
        "fct_touchpoint",
        "other_contacts_reconcile",
        [
            sent("touchpoint.contact", contact_id="c"),
            sent("touchpoint.contact", contact_id="c"),
            mart("fct_touchpoint", source_system="touchpoint"),
        ],
        [sent("touchpoint.contact", contact_id="d")],
    ),
    Case(
        "fct_touchpoint",
        "emails_reconcile",
        [
            staged("stg_klaviyo__events", event_type="clicked"),
            staged("stg_klaviyo__events", event_type="other"),
            mart("fct_touchpoint", source_system="klaviyo"),
        ],
        [mart("fct_touchpoint", source_system="klaviyo")],
    ),
    Case(
        "fct_touchpoint",
        "not_empty_when_web_events_are_not",
        [sent("ga4.events", event_name="page_view"), mart("fct_touchpoint", touchpoint_id="ga4:1")],
        [sql("delete from marts.fct_touchpoint")],
    ),
    Case(
        "fct_journey",
        "conversions_reconcile",
        [
            mart("fct_touchpoint", is_conversion=True, is_engagement=True, customer_key=1),
            mart("fct_touchpoint", is_conversion=True, is_engagement=True, customer_key=-1),
            mart("fct_journey", **JOURNEY),
        ],
        [mart("fct_touchpoint", is_conversion=True, is_engagement=True, customer_key=1)],
    ),
    Case(
        "fct_journey",
        "stumbles_reconcile",
        [
            mart("fct_journey", stall_count=1, repeat_contact_count=1),
            mart("bridge_journey_touchpoint", is_stall=True, is_repeat_contact=False),
            mart("bridge_journey_touchpoint", is_stall=False, is_repeat_contact=True),
        ],
        [mart("bridge_journey_touchpoint", is_stall=True, is_repeat_contact=False)],
    ),
    Case(
        "fct_journey",
        "cycles_are_in_order",
        [
            mart("fct_journey", customer_key=1, journey_key=1, journey_number=1, **LAPSED),
            mart("fct_journey", customer_key=1, journey_key=2, journey_number=2, **REOPENED),
        ],
        [sql("update marts.fct_journey set outcome = 'converted' where journey_key = 1")],
    ),
    rows("fct_journey", "times_are_in_order", JOURNEY, {"converted_at": datetime(2025, 1, 1)}),
    rows("fct_journey", "outcome_is_known", JOURNEY, {"converted_at": None}),
    Case(
        "bridge_journey_touchpoint",
        "engagements_reconcile",
        [
            mart("fct_touchpoint", touchpoint_key=1, is_engagement=True, customer_key=1),
            mart("bridge_journey_touchpoint", touchpoint_key=1),
        ],
        [mart("fct_touchpoint", touchpoint_key=2, is_engagement=True, customer_key=1)],
    ),
    Case(
        "fct_conversion",
        "conversions_reconcile",
        [
            mart("fct_touchpoint", conversion_type="sale", customer_key=1),
            mart("fct_touchpoint", conversion_type="sale", customer_key=-1),
            mart("fct_touchpoint", conversion_type="lead", customer_key=1),
            mart("fct_conversion", **SALE),
        ],
        [mart("fct_touchpoint", conversion_type="sale", customer_key=1)],
    ),
    Case(
        "fct_conversion",
        "qualified_leads_reconcile",
        [
            lambda stage: stage.conversion_rule("qualified_lead"),
            mart("fct_lead", mql_at=EARLY, is_counted=True, customer_key=1),
            mart("fct_lead", mql_at=EARLY, is_counted=False, customer_key=1),
            mart("fct_conversion", conversion_type="qualified_lead"),
        ],
        [mart("fct_lead", mql_at=EARLY, is_counted=True, customer_key=1)],
    ),
    rows("fct_conversion", "net_is_sold_less_refunded", SALE, {"refunded_amount": 1}),
    rows("fct_conversion", "net_is_sold_less_refunded", SALE, {"conversion_type": "lead"}),
    Case(
        "fct_attribution",
        "credits_reconcile",
        [mart("fct_conversion", **SALE), mart("fct_attribution", **CREDIT)],
        [mart("fct_conversion", **SALE)],
    ),
    Case(
        "fct_attribution",
        "credits_reconcile",
        [mart("fct_conversion", **SALE), mart("fct_attribution", **CREDIT)],
        [sql("update marts.fct_attribution set credited_revenue_amount = 11")],
    ),
    Case(
        "fct_attribution",
        "credits_reconcile",
        [mart("fct_conversion", **SALE), mart("fct_attribution", **CREDIT)],
        [mart("fct_conversion", conversion_type="lead")],
    ),
    rows("fct_attribution", "weights_are_shares", CREDIT, {"weight": 1.5}),
    Case(
        "channel_attribution",
        "both_sums_reconcile",
        [mart("fct_conversion", **SALE), mart("channel_attribution", **CHANNEL_CREDIT)],
        [sql("update marts.channel_attribution set model_conversions = 2")],
    ),
    Case(
        "channel_attribution",
        "both_sums_reconcile",
        [mart("fct_conversion", **SALE), mart("channel_attribution", **CHANNEL_CREDIT)],
        [sql("update marts.channel_attribution set credited_conversions = 0.5")],
    ),
    rows(
        "channel_attribution",
        "shapley_agrees_with_its_contacts",
        CHANNEL_CREDIT,
        {"model_conversions": 0.5},
    ),
    rows(
        "channel_attribution", "removal_effects_are_shares", CHANNEL_CREDIT, {"removal_effect": 2}
    ),
    rows(
        "channel_attribution",
        "assists_and_closes_are_all",
        CHANNEL_CREDIT,
        {"assisted_conversions": 1},
    ),
    Case(
        "fct_campaign_performance_monthly",
        "spend_reconciles",
        [
            mart("fct_ad_spend_daily", **SPEND),
            mart("fct_attribution", **CREDIT),
            mart("fct_campaign_performance_monthly", attribution_model="linear", **SPEND),
        ],
        [mart("fct_ad_spend_daily", **SPEND)],
    ),
    Case(
        "fct_campaign_performance_monthly",
        "spend_reconciles",
        [
            mart("fct_ad_spend_daily", **SPEND),
            mart("fct_attribution", **CREDIT),
            mart("fct_campaign_performance_monthly", attribution_model="linear", **SPEND),
        ],
        [mart("fct_attribution", **CREDIT | {"attribution_model": "markov"})],
    ),
    Case(
        "fct_campaign_performance_monthly",
        "credit_reconciles",
        [mart("fct_attribution", **CREDIT), mart("fct_campaign_performance_monthly", **CREDITED)],
        [sql("update marts.fct_campaign_performance_monthly set credited_sales = 2")],
    ),
    rows(
        "fct_campaign_progress_daily",
        "days_lie_in_the_period",
        {
            "start_date": DAY,
            "end_date": DAY,
            "progress_date": DAY,
            "target": 10.0,
            "target_to_date": 10.0,
        },
        {"target_to_date": 20.0},
    ),
    Case(
        "customer_timeline",
        "touchpoints_reconcile",
        [
            mart("fct_touchpoint", customer_key=1),
            mart("customer_timeline", event_kind="touchpoint"),
        ],
        [mart("fct_touchpoint", customer_key=1)],
    ),
    Case(
        "customer_360",
        "customers_reconcile",
        [mart("dim_customer", customer_key=1), mart("customer_360", customer_key=1)],
        [mart("dim_customer", customer_key=2)],
    ),
    Case(
        "customer_360",
        "sales_reconcile",
        [
            mart("fct_sale_line", customer_key=1, net_amount=5.0),
            mart("customer_360", customer_key=1, net_amount=5.0),
        ],
        [mart("customer_360", customer_key=2, net_amount=5.0)],
    ),
    rows(
        "fct_customer_value_monthly",
        "shares_sum_to_one",
        {"month_start_date": DAY, "share_of_net_amount": 1.0},
        {"share_of_net_amount": 0.1},
    ),
    rows(
        "fct_customer_value_monthly",
        "values_in_range",
        {"value_decile": 1, "share_of_net_amount": 1.0},
        {"value_decile": 11},
    ),
    rows(
        "fct_customer_value_monthly",
        "what_is_expected_has_a_model",
        {"value_model": "bg_nbd", "purchase_count_to_date": 1, "expected_orders_12_months": 0.5},
        {"value_model": "none"},
    ),
    Case(
        "fct_customer_value_monthly",
        "amounts_to_date_add_up",
        [
            mart(
                "fct_customer_value_monthly",
                customer_key=1,
                month_start_date=date(2025, month, 1),
                net_amount=10.0,
                net_amount_to_date=10.0 * month,
            )
            for month in (1, 2)
        ],
        [
            mart(
                "fct_customer_value_monthly",
                customer_key=1,
                month_start_date=date(2025, 3, 1),
                net_amount=10.0,
                net_amount_to_date=40.0,
            )
        ],
    ),
    rows(
        "customer_value_model",
        "models_have_parameters",
        {
            "customer_count": 9,
            "returning_customer_count": 3,
            "value_model": "bg_nbd",
            "r_shape": 0.2,
            "alpha_days": 30.0,
            "a_shape": 0.8,
            "b_shape": 2.0,
            "spend_model": "none",
        },
        {"alpha_days": None},
    ),
    Case(
        "customer_value_evaluation",
        "all_ways_meet_what_came",
        [
            mart(
                "customer_value_evaluation",
                month_start_date=DAY,
                purchase_kind="sale",
                measure="orders",
                forecast=forecast,
                came=5.0,
                customer_count=9,
            )
            for forecast in ("model", "mean")
        ],
        [
            mart(
                "customer_value_evaluation",
                month_start_date=DAY,
                purchase_kind="sale",
                measure="orders",
                forecast="same_rate",
                came=6.0,
                customer_count=9,
            )
        ],
    ),
    Case(
        "customer_value_calibration",
        "groups_hold_everybody",
        [
            mart(
                "customer_value_calibration",
                month_start_date=DAY,
                purchase_kind="sale",
                group_kind=kind,
                group_number=1,
                customer_count=9,
                came_orders=2,
                foretold_orders=2.5,
            )
            for kind in ("repeat_purchases", "churn_tenth")
        ],
        [
            mart(
                "customer_value_calibration",
                month_start_date=DAY,
                purchase_kind="sale",
                group_kind="churn_tenth",
                group_number=2,
                customer_count=1,
                came_orders=0,
                foretold_orders=0.0,
            )
        ],
    ),
    rows(
        "customer_value_concentration_monthly",
        "shares_grow_with_customers",
        {
            "month_start_date": DAY,
            "measure": "lifetime_value",
            "amount": 9.0,
            "top_1_pct_share": 0.1,
            "top_10_pct_share": 0.5,
            "top_20_pct_share": 0.6,
            "gini": 0.4,
        },
        {"top_10_pct_share": 0.7},
    ),
    Case(
        "fct_in_market_daily",
        "contacts_reconcile",
        [
            mart("fct_touchpoint", customer_key=1, initiated_by="company"),
            mart("fct_in_market_daily", company_contact_count=1),
        ],
        [sql("update marts.fct_in_market_daily set company_contact_count = 2")],
    ),
    rows(
        "fct_in_market_daily",
        "state_is_known",
        {"market_state": "in_market"},
        {"market_state": "?"},
    ),
    Case(
        "customer_propensity",
        "customers_reconcile",
        [
            mart("dim_customer", customer_key=1, is_current=True, customer_type="person"),
            mart("customer_propensity", customer_key=1),
        ],
        [sql("delete from marts.customer_propensity")],
    ),
    rows(
        "customer_propensity", "probabilities_hold_together", ODDS, {"next_step_probability": 0.5}
    ),
    rows("customer_propensity", "odds_say_how_they_came", ODDS, {"trained_until_date": LAST}),
    Case(
        "propensity_calibration",
        "profiles_reconcile",
        [
            mart("propensity_calibration", **TENTH),
            mart(
                "propensity_evaluation",
                outcome="purchase",
                cutoff_date=DAY,
                profile_count=9,
                observed_count=3,
            ),
        ],
        [sql("update marts.propensity_calibration set profile_count = 8")],
    ),
    rows("propensity_calibration", "tenths_are_in_order", TENTH, {"predicted_share": 0.5}),
    rows(
        "propensity_evaluation",
        "the_test_was_not_learnt",
        {"trained_until_date": DAY, "cutoff_date": DAY},
        {"trained_until_date": LAST},
    ),
    Case(
        "fct_message_exposure",
        "messages_reconcile",
        [
            mart(
                "fct_touchpoint",
                customer_key=1,
                initiated_by="company",
                contact_point="email",
                touchpoint_type="email_sent",
            ),
            mart("fct_message_exposure", customer_key=1),
        ],
        [sql("delete from marts.fct_message_exposure")],
    ),
    Case(
        "fct_message_exposure",
        "conversions_are_closed_once",
        [
            mart("fct_touchpoint", customer_key=1, is_conversion=True),
            mart("fct_message_exposure", closed_conversion_count=1),
        ],
        [mart("fct_message_exposure", closed_conversion_count=1)],
    ),
    rows("fct_message_exposure", "exposures_are_numbered", MESSAGE, {"is_converted": False}),
    rows("message_variant_lift", "shares_hold_together", PAIR, {"difference_low": 0.4}),
    Case(
        "fct_lead",
        "leads_reconcile",
        [
            sent("salesforce.lead", id="a"),
            sent("salesforce.lead", id="a"),
            sent("crm.lead", lead_id="b"),
            mart("fct_lead", system="salesforce", is_inferred=False),
            mart("fct_lead", system="crm", is_inferred=False),
        ],
        [sent("crm.lead", lead_id="b", _source="another")],
    ),
    Case(
        "lead_status_mapping",
        "records_reconcile",
        [
            mart("fct_lead", lead_id="salesforce.lead:1", status="New", is_inferred=False),
            mart("fct_lead", lead_id="crm.lead:hub/1", status="unknown", is_inferred=False),
            mart(
                "lead_status_mapping",
                system="salesforce",
                record_kind="lead",
                status="New",
                current_record_count=1,
            ),
        ],
        [mart("fct_lead", lead_id="crm.lead:hub/2", status="Open", is_inferred=False)],
    ),
    Case(
        "fct_lead_stage",
        "leads_reconcile",
        [mart("fct_lead", lead_key=1, stage_entry_count=1), mart("fct_lead_stage", lead_key=1)],
        [sql("delete from marts.fct_lead_stage")],
    ),
    rows(
        "fct_lead_stage",
        "time_does_not_run_backwards",
        {"entered_at": EARLY, "left_at": LATE},
        {"left_at": datetime(2025, 1, 1)},
    ),
    Case(
        "fct_lead_funnel_monthly",
        "leads_reconcile",
        [
            mart("fct_lead", is_counted=True, is_inferred=False, won_amount=5.0),
            mart("fct_lead_funnel_monthly", lead_count=1, won_amount=5.0, **REACHED),
        ],
        [sql("update marts.fct_lead set won_amount = 6.0")],
    ),
    rows(
        "fct_lead_funnel_monthly",
        "funnel_narrows",
        {"lead_count": 1} | REACHED,
        {"reached_sql_count": 2},
    ),
    rows("fct_lead_stage_monthly", "stages_balance", STAGE_MONTH, {"left_count": 1}),
    Case(
        "fct_lead_stage_monthly",
        "closings_reconcile",
        [
            mart("fct_lead", is_counted=True, current_stage="mql"),
            mart("fct_lead_stage_monthly", **STAGE_MONTH),
        ],
        [sql("update marts.fct_lead set current_stage = 'won'")],
    ),
    Case(
        "fct_lead_stage_monthly",
        "openings_are_the_closings_before",
        [
            mart("fct_lead_stage_monthly", **STAGE_MONTH | {"opening_count": 0}),
            mart(
                "fct_lead_stage_monthly",
                **STAGE_MONTH | {"opening_count": 1, "month_start_date": date(2025, 4, 1)},
            ),
        ],
        [sql("update marts.fct_lead_stage_monthly set opening_count = 0")],
    ),
    rows(
        "lead_velocity",
        "passages_are_explained",
        {
            "passage_count": 3,
            "timed_count": 1,
            "reversed_count": 1,
            "undated_count": 1,
            "median_days": 2.0,
            "p90_days": 2.0,
        },
        {"undated_count": 0},
    ),
    Case(
        "fct_lead_ageing",
        "open_leads_reconcile",
        [
            mart("fct_lead", is_counted=True, current_stage="sal"),
            mart("fct_lead_ageing", lead_key=1),
        ],
        [sql("update marts.fct_lead set current_stage = 'lost'")],
    ),
    rows(
        "fct_lead_ageing",
        "ages_are_possible",
        {"days_in_stage": 2.0, "days_since_capture": 3.0},
        {"days_in_stage": 4.0},
    ),
    rows(
        "pipeline_stage_odds",
        "outcomes_are_whole",
        {
            "entered_count": 5,
            "open_count": 1,
            "ended_count": 4,
            "won_count": 1,
            "lost_count": 3,
            "win_odds": 0.25,
            "win_odds_low": 0.1,
            "win_odds_high": 0.7,
        },
        {"win_odds": 0.75},
    ),
    Case(
        "pipeline_stage_odds",
        "latest_odds_reconcile",
        [
            mart("fct_lead", lead_key=1, system="crm", is_counted=True, is_inferred=False),
            mart("fct_lead_stage", lead_key=1, stage="mql"),
            mart(
                "pipeline_stage_odds",
                is_latest=True,
                basis="stage",
                record_kind="lead",
                source_name="crm",
                stage="mql",
                entered_count=1,
                open_count=1,
                ended_count=0,
                won_count=0,
                lost_count=0,
            ),
        ],
        [mart("fct_lead_stage", lead_key=1, stage="sal")],
    ),
    rows(
        "fct_pipeline_forecast",
        "odds_are_odds",
        {
            "odds_basis": "stage",
            "win_odds": 0.5,
            "win_odds_low": 0.4,
            "win_odds_high": 0.6,
            "amount": 10.0,
            "expected_amount": 5.0,
        },
        {"expected_amount": None},
    ),
    rows(
        "pipeline_forecast_evaluation",
        "outcomes_are_whole",
        {
            "under_way_count": 3,
            "foretold_count": 3,
            "aged_count": 3,
            "won_count": 1,
            "lost_count": 1,
            "still_open_count": 1,
            "expected_won_count": 1.0,
            "expected_won_low": 0.0,
            "expected_won_high": 2.0,
        },
        {"lost_count": 0},
    ),
    rows(
        "fct_lead_sla",
        "clock_is_consistent",
        {"started_at": EARLY, "met_at": LATE},
        {"business_minutes": -1.0},
    ),
    Case(
        "fct_ticket",
        "tickets_reconcile",
        [
            sent("salesforce.case", id="a"),
            sent("salesforce.case", id="a"),
            mart("fct_ticket", ticket_id="a", source_system="salesforce"),
            mart("fct_ticket", ticket_id="m", source_system="social"),
        ],
        [sent("crm.ticket", ticket_id="a", _source="desk")],
    ),
    rows(
        "fct_lead_sla",
        "delays_add_up",
        {"business_minutes": 9.0, "system_business_minutes": 4.0, "human_business_minutes": 5.0},
        {"human_business_minutes": 6.0},
    ),
    rows(
        "fct_lead_sla",
        "breaches_have_an_owner",
        {"status": "breached", "breach_owner_type": "queue"},
        {"status": "met"},
    ),
    rows(
        "fct_sla_owner",
        "turns_do_not_run_backwards",
        {
            "held_from": EARLY,
            "held_to": LATE,
            "business_minutes": 1.0,
            "paused_business_minutes": 0.0,
        },
        {"held_to": datetime(2025, 1, 1)},
    ),
    Case(
        "fct_sla_owner",
        "turns_reconcile",
        [
            mart("fct_lead_sla", lead_sla_key=1, target_business_minutes=60, business_minutes=9.0),
            mart("fct_sla_owner", lead_sla_key=1, turn_number=1, business_minutes=4.0),
            mart("fct_sla_owner", lead_sla_key=1, turn_number=2, business_minutes=5.0),
        ],
        [sql("delete from marts.fct_sla_owner where turn_number = 2")],
    ),
    rows(
        "fct_ticket",
        "answer_status_fits",
        {"answer_status": "closed_unanswered", "is_answered": False, "is_closed": True},
        {"answer_status": "waiting"},
    ),
    Case(
        "fct_ticket",
        "conversations_were_sent",
        [
            sent("social.message", id="m", direction="inbound"),
            mart("fct_ticket", source_system="social", ticket_id="social.conversation:m"),
        ],
        [mart("fct_ticket", source_system="social", ticket_id="social.conversation:n")],
    ),
    rows(
        "fct_ticket_reply",
        "outcome_fits",
        {"outcome": "waiting", "asked_at": EARLY, "replied_at": None, "wait_minutes": 5.0},
        {"replied_at": EARLY},
    ),
    Case(
        "fct_ticket_reply",
        "every_ticket_was_opened",
        [mart("fct_ticket", ticket_id="a"), mart("fct_ticket_reply", is_opening=True)],
        [mart("fct_ticket_reply", is_opening=True)],
    ),
    Case(
        "fct_ticket_state",
        "periods_join",
        [
            mart("fct_ticket_state", ticket_key=1, state_number=1, started_at=EARLY, ended_at=LATE),
            mart("fct_ticket_state", ticket_key=1, state_number=2, started_at=LATE, ended_at=None),
        ],
        [sql("update marts.fct_ticket_state set ended_at = null where state_number = 1")],
    ),
    Case(
        "fct_ticket_state",
        "reopenings_reconcile",
        [mart("fct_ticket", reopen_count=1), mart("fct_ticket_state", is_reopening=True)],
        [mart("fct_ticket_state", is_reopening=True)],
    ),
    rows(
        "fct_ticket_backlog_daily",
        "balance_holds",
        BACKLOG,
        {"closing_count": 3},
    ),
    Case(
        "fct_ticket_backlog_daily",
        "days_join",
        [mart("fct_ticket_backlog_daily", **BACKLOG, snapshot_date=DAY)],
        [mart("fct_ticket_backlog_daily", **BACKLOG, snapshot_date=date(2025, 3, 2))],
    ),
    Case(
        "fct_ticket_backlog_daily",
        "tickets_reconcile",
        [
            mart("fct_ticket", is_counted=True, is_closed=True),
            mart("fct_ticket", is_counted=True, is_closed=False),
            mart("fct_ticket_backlog_daily", **BACKLOG),
        ],
        [mart("fct_ticket", is_counted=True, is_closed=True)],
    ),
    rows(
        "fct_answer_pair",
        "pairs_could_contradict",
        TWO_ANSWERS,
        {"is_contradiction": False},
    ),
    Case(
        "fct_answer_pair",
        "contradictions_reconcile",
        [
            mart("fct_answer", is_contradiction=True),
            mart("fct_answer_pair", **TWO_ANSWERS, answer_key=1),
            mart("fct_answer_pair", **TWO_ANSWERS, answer_key=1),
        ],
        [mart("fct_answer_pair", **TWO_ANSWERS, answer_key=2)],
    ),
    rows(
        "fct_satisfaction",
        "scores_fit_their_scale",
        {
            "measure": "nps",
            "raw_score": 9,
            "score": 0.9,
            "nps_class": "promoter",
            "sentiment": None,
            "is_positive": True,
            "is_negative": False,
        },
        {"nps_class": None},
    ),
    Case(
        "fct_satisfaction",
        "feelings_reconcile",
        [
            mart("fct_touchpoint", satisfaction_score=4, sentiment="negative"),
            mart("fct_satisfaction", measure="csat"),
            mart("fct_satisfaction", measure="sentiment"),
        ],
        [mart("fct_touchpoint", satisfaction_score=4, sentiment=None)],
    ),
    rows("fct_ticket_handoff", "waits_not_negative", {"wait_minutes": 0.0}, {"wait_minutes": -1.0}),
    Case(
        "fct_ticket_handoff",
        "handoffs_reconcile",
        [mart("fct_ticket", handoff_count=1), mart("fct_ticket_handoff", outcome="picked_up")],
        [mart("fct_ticket", handoff_count=1)],
    ),
    Case(
        "fct_answer",
        "answers_reconcile",
        [
            sent("salesforce.case_comment", id="a"),
            mart("fct_answer", answer_id="a", is_contradiction=False, contradicted_answer_key=-1),
        ],
        [mart("fct_answer", answer_id="b")],
    ),
    rows(
        "fct_answer",
        "contradictions_are_told_once",
        {"is_contradiction": False, "contradicted_answer_key": -1},
        {"is_contradiction": True},
    ),
    rows("fct_sla_scorecard_monthly", "attainment_in_range", TIMED, {"attainment_pct": 101.0}),
    rows("fct_sla_scorecard_monthly", "counts_are_consistent", TIMED, {"running_count": 1}),
    Case(
        "fct_sla_scorecard_monthly",
        "clocks_reconcile",
        [
            mart("dim_sla_commitment", sla_commitment_key=1, measure="time"),
            *[mart("fct_lead_sla", sla_commitment_key=1, status="met")] * 2,
            mart("fct_sla_scorecard_monthly", **TIMED),
        ],
        [mart("fct_lead_sla", sla_commitment_key=1, status="met")],
    ),
    rows(
        "fct_count_difference",
        "something_differs",
        {"side_units": 1, "side_month_date": DAY, "warehouse_units": 0},
        {"warehouse_units": 1},
    ),
    rows("count_reconciliation_monthly", "counts_reconcile", COUNTED, {"side_count": 4}),
    Case(
        "count_reconciliation_monthly",
        "differences_reconcile",
        [
            mart("count_reconciliation_monthly", **COUNTED),
            mart(
                "fct_count_difference",
                **COUNTED_OF,
                side_month_date=DAY,
                side_units=3,
                warehouse_month_date=None,
            ),
            mart(
                "fct_count_difference",
                **COUNTED_OF,
                side_month_date=None,
                warehouse_month_date=DAY,
                warehouse_units=1,
            ),
        ],
        [sql("update marts.fct_count_difference set side_units = 2 where side_units = 3")],
    ),
    Case(
        "count_reconciliation_monthly",
        "warehouse_counts_reconcile",
        [
            mart("count_reconciliation_monthly", **COUNTED),
            *[mart("fct_lead", is_counted=True, mql_at=EARLY, won_at=None)] * 3,
            mart("fct_lead", is_counted=False, mql_at=EARLY),
        ],
        [mart("fct_lead", is_counted=True, mql_at=EARLY)],
    ),
    rows(
        "source_quality_monthly",
        "shares_in_range",
        {"rejected_pct": 1.0, "is_trusted": True, "doubts": None},
        {"doubts": "late"},
    ),
    Case(
        "source_quality_monthly",
        "rows_reconcile",
        [
            load(rows_rejected=1, rows_loaded=2),
            load(load_id=2, is_current=False),
            mart("source_quality_monthly", source_name="shop_a", rows_read=2, rows_rejected=1),
            mart("source_quality_monthly", source_name="shop_a", rows_read=1, rows_rejected=0),
        ],
        [load(load_id=3)],
    ),
    Case(
        "quality_result",
        "arrivals_were_judged",
        [load(), mart("quality_result", gate="arrival", asset="shop_a/sale")],
        [sql("update marts.quality_result set gate = 'marts'")],
    ),
    Case(
        "quarantine_summary",
        "quarantine_reconciles",
        [
            load(rows_loaded=1, rows_rejected=2),
            mart("quarantine_summary", load_id=1, rejected_rows=2),
        ],
        [sql("update marts.quarantine_summary set rejected_rows = 1")],
    ),
    Case(
        "source_freshness",
        "feeds_reconcile",
        [
            load(),
            mart("source_freshness", subject_type="feed", subject_name="shop_a/sale", row_count=3),
        ],
        [sql("update marts.source_freshness set row_count = 4")],
    ),
]


@pytest.fixture(scope="module")
def empty_stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("empty") / "data").set_up()


@pytest.fixture
def stage(empty_stage: Stage, tmp_path: Path) -> Stage:
    return empty_stage.copy_to(tmp_path / "data")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.mart}-{case.check}")
def test_a_planted_fault_is_found(stage: Stage, case: Case) -> None:
    for step in case.sound:
        step(stage)
    assert case.check not in stage.failing(case.mart)
    for step in case.fault:
        step(stage)
    result = stage.failing(case.mart)[case.check]
    assert result.is_critical_failure and result.rows_failed > 0
    assert "could not run" not in result.observed_value


def test_empty_marts_pass_every_check(stage: Stage) -> None:
    failing = {mart: stage.failing(mart) for mart in load_suites()}
    assert {mart: list(found) for mart, found in failing.items() if found} == {}


def test_every_critical_check_has_a_planted_fault() -> None:
    def critical(suite: Suite) -> set[tuple[str, str]]:
        return {(suite.mart, c.name) for c in suite.checks if c.severity == "critical"}

    wanted = set().union(*(critical(suite) for suite in load_suites().values()))
    assert wanted == {(case.mart, case.check) for case in CASES}


def test_a_decision_about_an_unknown_record_is_told(stage: Stage) -> None:
    """A steward's slip in the list stops nothing, but stands among the warnings."""
    stage.mart("customer_review", review_reason="grey_zone", customer_key=1, linked_customer_key=2)
    assert stage.failing("customer_review") == {}
    stage.mart("customer_review", review_reason="unknown_record_in_decision")
    result = stage.failing("customer_review")["decisions_name_records"]
    assert result.rows_failed == 1 and not result.is_critical_failure
