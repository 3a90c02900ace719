"""The pages on who is who, in a browser without a network, as a data steward uses them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import browser as chromium
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from orchestration.identity.decisions import COLUMNS, Decision, today
from orchestration.identity.explain import Belonging, Change, Explanation, Link
from orchestration.identity.pages import explanation_page, review_page
from orchestration.identity.review import Case, Side
from orchestration.identity.waterfall import Bar

EVIL = "<script>window.hacked = 1</script><img src=x onerror='window.hacked=1'>"
BARS = (
    Bar("Prior", "prior", -14.0, "two records taken at random"),
    Bar("given name", "field", 7.0, EVIL),
    Bar("address", "field", 10.5, "same postal code"),
    Bar("relatives?", "relatives", -3.0, "two people of one household explain it, too"),
    Bar("Final score", "total", 0.5),
)


def case(one: str, other: str, bars: tuple[Bar, ...] = BARS) -> Case:
    sides = [
        Side(record_id, key, 2, {"given_name": EVIL, "city": city}, {"city": ["Lugo"]})
        for record_id, key, city in ((one, 1, "León"), (other, 2, "Ávila"))
    ]
    return Case("grey_zone", "Not sure.", sides[0], sides[1], "model", 0.5, 3, bars)


CASES = [
    case("crm.lead:1", 'crm.lead:"2", or so'),
    case("crm.lead:3", "crm.lead:4"),
    case("crm.lead:5", "crm.lead:6", bars=()),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium.running() as started:
        yield started


def opened(browser: Chrome, folder: Path, page: str) -> Chrome:
    """The page, opened from a file, with each chart scrolled into view and drawn."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    browser.get(file.as_uri())
    for place in browser.find_elements(By.CSS_SELECTOR, "[data-chart]"):
        browser.execute_script("arguments[0].scrollIntoView()", place)
        WebDriverWait(browser, 20).until(lambda _, at=place: "drawn" in at.get_attribute("class"))
    return browser


def assert_quiet(browser: Chrome) -> None:
    """Nothing was loaded, nothing went wrong, and no value became part of the page."""
    assert browser.get_log("browser") == []
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.execute_script("return window.hacked") is None


def texts(browser: Chrome, selector: str) -> list[str]:
    return [x.text for x in browser.find_elements(By.CSS_SELECTOR, selector)]


def test_a_steward_decides_on_the_review_page(browser: Chrome, tmp_path: Path):
    page = review_page(CASES, 7, "acme", "the/list.csv")
    opened(browser, tmp_path, page)
    assert len(browser.find_elements(By.CSS_SELECTOR, ".chart svg")) == 2
    labels = texts(browser, ".chart svg text")
    assert {"address", "relatives?", "Final score", "10.50", "\u221214.00"} <= set(labels)
    assert "the 3 most doubtful of 7 cases" in browser.find_element(By.TAG_NAME, "body").text
    assert "León (customer also: Lugo)" in texts(browser, "td")

    first, second, _ = browser.find_elements(By.TAG_NAME, "article")
    copy, lines = browser.find_element(By.ID, "copy"), browser.find_element(By.ID, "lines")
    assert not copy.is_enabled()
    press(browser, first, "One person")
    assert "missing: your name and a reason" in browser.find_element(By.ID, "tally").text
    assert not copy.is_enabled()
    browser.find_element(By.ID, "decided-by").send_keys("Ana")
    first.find_element(By.CLASS_NAME, "why").send_keys('same "house", same town')
    press(browser, second, "Two people")
    second.find_element(By.CLASS_NAME, "why").send_keys("father and son")
    assert copy.is_enabled()
    rows = list(csv.reader(io.StringIO(lines.get_property("value"))))
    assert [Decision(**dict(zip(COLUMNS, row, strict=True))) for row in rows] == [
        Decision(
            "acme",
            "must_link",
            "crm.lead:1",
            'crm.lead:"2", or so',
            "Ana",
            today(),
            'same "house", same town',
        ),
        Decision(
            "acme", "cannot_link", "crm.lead:3", "crm.lead:4", "Ana", today(), "father and son"
        ),
    ]
    press(browser, first, "One person")
    assert lines.get_property("value").count("\n") == 1
    copy.click()
    WebDriverWait(browser, 5).until(
        lambda driver: driver.find_element(By.ID, "tally").text == "Copied."
    )
    assert_quiet(browser)


def press(browser: Chrome, article, label: str) -> None:
    button = article.find_element(By.XPATH, f".//button[.='{label}']")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()


def test_an_explanation_shows_the_tree_and_its_charts(browser: Chrome, tmp_path: Path):
    link = Link("b", "a", "model", 0.6, 0.5, "used", None, None, BARS)
    away = Link("b", "z", "model", 0.4, -0.5, "grey_zone", None, 9, BARS)
    records = (
        Belonging("a", 0, None, ("a",), (), {"given_name": EVIL}),
        Belonging("b", 1, link, ("a", "b"), (), {}),
        Belonging(
            "c", 2, Link("c", "b", "same_email", 0.95, None, "used", None), ("a", "b", "c"), (), {}
        ),
    )
    history = (Change(datetime(2026, 1, 2), "c", 7, 1, "merged"),)
    page = explanation_page(Explanation(1, "c", records, (), (away,), history, ()))
    file = tmp_path / "page.html"
    file.write_text(page, encoding="utf-8")
    browser.get(file.as_uri())
    browser.execute_script("document.querySelectorAll('details').forEach((x) => { x.open = true })")
    WebDriverWait(browser, 20).until(
        lambda driver: len(driver.find_elements(By.CSS_SELECTOR, ".chart svg")) == 2
    )
    nested = browser.find_element(By.CSS_SELECTOR, ".tree > li > ul > li > ul > li .record.asked")
    assert "Path: a > b > c" in nested.text and "same e-mail address" in nested.text
    body = browser.find_element(By.TAG_NAME, "body").text
    assert "not sure enough to link" in body and "customer 7 merged into 1" in body
    assert_quiet(browser)
