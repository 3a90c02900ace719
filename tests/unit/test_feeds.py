"""Feeds and companies as YAML: what is accepted, and what an error says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.lib.companies import (
    COMPANIES_DIR,
    Company,
    CompanyError,
    load_company,
    read_company,
    schemas,
)
from orchestration.lib.feeds import FEED_TYPE, Feed, FeedError, load_feeds
from orchestration.lib.layouts import load_layouts
from orchestration.lib.settings import Settings

FEED: dict[str, Any] = {"source": "shopify", "table": "order", "files": "shopify/order_*.csv"}
COMPANY: dict[str, Any] = {
    "name": "acme",
    "title": "Acme",
    "currency": "EUR",
    "time_zone": "Europe/Madrid",
    "start_date": "2025-01-01",
    "inbox": "inbox",
}


def feeds_of(tmp_path: Path, *attributes: dict[str, Any]) -> tuple[Feed, ...]:
    documents = [{"type": FEED_TYPE, "attributes": body} for body in attributes]
    (tmp_path / "channel_shopify.yaml").write_text(yaml.safe_dump_all(documents))
    return load_feeds(tmp_path)


def company_of(tmp_path: Path, **changes: Any) -> Company:
    path = tmp_path / "company.yaml"
    path.write_text(yaml.safe_dump({**COMPANY, **changes}, sort_keys=False))
    return read_company(path)


def test_a_feed_takes_its_layout_from_source_and_table(tmp_path: Path) -> None:
    (feed,) = feeds_of(tmp_path, FEED)
    assert (feed.name, feed.layout_name) == ("shopify/order", "shopify.order")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fils": "x"}, "key `fils` is unknown"),
        ({"files": None}, "key `files`"),
        ({"layout": "shopify.ordr"}, "layout 'shopify.ordr' is not one of"),
        ({"columns": {"nam": "Name"}}, "columns names ['nam'], which layout shopify.order lacks"),
        ({"values": {"nam": "x"}}, "values names ['nam']"),
        (
            {"columns": {"id": "a"}, "constants": {"id": 1}},
            "['id'] stand in columns and in constants",
        ),
        ({"time_zone": "Europe/Madird"}, "'Europe/Madird' is not a time zone"),
        ({"period": "order_(.*)"}, "needs a group (?P<period>"),
        ({"period": "order_(?P<period>"}, "not a regular expression"),
        ({"files": "../other/x.csv"}, "leaves the inbox"),
        ({"files": "/etc/passwd"}, "leaves the inbox"),
        ({"format": {"type": "xls"}}, "key `format.type`"),
        ({"format": {"delimiter": ";;"}}, "one character"),
        ({"format": {"encoding": "utf-9"}}, "'utf-9' is not an encoding"),
        ({"format": {"decimal": ",", "thousands": ","}}, "different marks"),
        (
            {"format": {"unpivot": {"id_columns": ["a"], "name_to": "n"}}},
            "unpivot.value_to` is missing",
        ),
        ({"rules": [{"name": "r", "description": "d"}]}, "key `rules.0.passes` is missing"),
        (
            {"rules": [{"name": "total_not_negative", "description": "d", "passes": "true"}]},
            "['total_not_negative'] stand in layout shopify.order already",
        ),
    ],
)
def test_a_wrong_feed_is_named_with_its_key(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    body = {key: value for key, value in {**FEED, **change}.items() if value is not None}
    with pytest.raises(FeedError) as raised:
        feeds_of(tmp_path, body)
    message = str(raised.value)
    assert words in message
    assert "channel_shopify.yaml, document 1" in message
    assert "shopify/order" in message


def test_two_feeds_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"shopify/order stands in .*channel_shopify\.yaml already"):
        feeds_of(tmp_path, FEED, FEED)


def test_a_document_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("type: something.Else\nattributes: {}\n")
    with pytest.raises(FeedError, match="document 1: needs `type"):
        load_feeds(tmp_path)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"type: {FEED_TYPE}\ntype: {FEED_TYPE}\nattributes: {{}}\n")
    with pytest.raises(FeedError, match="'type' stands twice"):
        load_feeds(tmp_path)


def test_empty_texts_are_no_value_whatever_else_is(tmp_path: Path) -> None:
    (feed,) = feeds_of(tmp_path, {**FEED, "format": {"null_values": ["NA"]}})
    assert feed.format.null_values == ("", "NA")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"currncy": "EUR"}, "key `currncy` is unknown"),
        ({"currency": "euro"}, "key `currency`"),
        ({"feeds": []}, "key `feeds` is unknown"),
        ({"end_date": "2024-01-01"}, "end_date is before start_date"),
        ({"channel_rules": [{"system": "ga4", "channel": "x"}]}, "name channels ['x']"),
        ({"fx": [{"currency": "USD", "valid_from": "2025-01-01", "rate": 0}]}, "key `fx.0.rate`"),
        (
            {"fx": [{"currency": "USD", "valid_from": "2025-01-01", "rate": 1}] * 2},
            "fx: ('USD', datetime.date(2025, 1, 1)) stands twice",
        ),
        (
            {
                "markets": [
                    {
                        "code": "ES",
                        "name": "Spain",
                        "time_zone": "Europe/Madrid",
                        "currency": "EUR",
                        "language": "es",
                        "dialling_code": "34",
                        "working_hours": {"mon": ["09:00-14:00", "13:00-15:00"]},
                    }
                ]
            },
            "overlap",
        ),
        (
            {
                "markets": [
                    {
                        "code": "ES",
                        "name": "Spain",
                        "time_zone": "Europe/Madrid",
                        "currency": "EUR",
                        "language": "es",
                        "dialling_code": "34",
                        "working_hours": {"mon": ["9-17"]},
                    }
                ]
            },
            "is not an interval",
        ),
    ],
)
def test_a_wrong_company_is_named_with_its_key(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(CompanyError) as raised:
        company_of(tmp_path, **change)
    assert words in str(raised.value)
    assert "company.yaml" in str(raised.value)


def test_a_company_lies_anywhere(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / "acme"
    (folder / "feeds").mkdir(parents=True)
    (folder / "company.yaml").write_text(yaml.safe_dump({**COMPANY, "inbox": "$CFS_DATA_DIR/in"}))
    (folder / "feeds" / "a.yaml").write_text(
        yaml.safe_dump({"type": FEED_TYPE, "attributes": FEED})
    )
    settings = Settings.from_environment(
        {"CFS_COMPANY": str(folder), "CFS_DATA_DIR": str(tmp_path)}
    )
    company = load_company(settings)
    assert [feed.name for feed in company.feeds] == ["shopify/order"]
    assert company.feed("shopify/order") is company.feeds[0]
    assert company.inbox_path(settings) == tmp_path / "in"
    assert company.model_copy(update={"inbox": "in"}).inbox_path(settings) == folder / "in"
    with pytest.raises(CompanyError, match="no feed 'x/y'; it has shopify/order"):
        company.feed("x/y")


def test_an_unknown_company_is_told_the_known_ones() -> None:
    with pytest.raises(CompanyError, match=r"'nobody'.*open_data, sample"):
        load_company(Settings.from_environment({"CFS_COMPANY": "nobody"}))


def test_an_inbox_in_a_setting_that_is_not_set_is_named(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("CFS_OPEN_DATA_DIR", raising=False)
    company = company_of(tmp_path, inbox="$CFS_OPEN_DATA_DIR")
    with pytest.raises(CompanyError, match="CFS_OPEN_DATA_DIR, which is not set"):
        company.inbox_path(Settings.from_environment({}))


@pytest.mark.parametrize("company", ["sample", "open_data"])
def test_the_companies_of_the_project_load(company: str) -> None:
    loaded = load_company(Settings.from_environment({"CFS_COMPANY": company}))
    assert loaded.name == company
    assert {feed.layout_name for feed in loaded.feeds} <= set(load_layouts())


def test_the_editor_schemas_are_current() -> None:
    """Run `python -m orchestration.lib.companies` after changing feeds or companies."""
    for name, text in schemas().items():
        assert (COMPANIES_DIR / name).read_text(encoding="utf-8") == text, name
        assert "$defs" in json.loads(text)
