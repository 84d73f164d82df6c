"""Who reads the page, and on what: phones, the dark, keyboards, links, paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., Path]
OpenPage = Callable[..., Any]

WIDER = """() => [...document.querySelectorAll('body *')].filter(one => {
  const right = one.getBoundingClientRect().right;
  return right > document.documentElement.clientWidth + 1 && !one.closest('.grid, .scroll, #sections, svg');
}).map(one => one.className || one.tagName)"""

CONTRAST = """(pairs) => {
  const probe = document.body.appendChild(document.createElement('i'));
  const light = (name) => {
    probe.style.color = `var(${name})`;
    const [r, g, b] = getComputedStyle(probe).color.match(/[0-9.]+/g).map((value) => value / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return pairs.map(([a, b]) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  });
}"""


@pytest.mark.parametrize(("width", "hostile"), [(390, False), (320, True)])
def test_a_phone_never_scrolls_sideways(
    made_report: Write, open_page: OpenPage, width: int, hostile: bool
) -> None:
    page = open_page(made_report(runs=2, hostile=hostile), viewport={"width": width, "height": 800})
    page.locator("#pictures").scroll_into_view_if_needed()
    page.locator("#pictures .cell").first.wait_for()
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert page.evaluate(WIDER) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_table_stays_one_for_those_who_hear_it_on_a_phone(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(images=False), viewport={"width": 390, "height": 800})
    table = page.get_by_role("table", name="Scores with their 95 % intervals")
    row = table.get_by_role("row").filter(has_text="guidance\u00a01 · steps\u00a04").first
    assert row.get_by_role("rowheader").count() == 1
    assert row.get_by_role("cell").count() == 3  # value, mark, interval; the empty one is left out


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_paper(made_report: Write, open_page: OpenPage, scheme: str) -> None:
    page = open_page(made_report(images=False), color_scheme=scheme)
    text = [["--ink", "--paper"], ["--quiet", "--paper"], ["--quiet", "--panel"], ["--accent", "--paper"]]
    text += [["--warn-ink", "--warn-paper"], ["--good-ink", "--good-paper"]]
    assert min(page.evaluate(CONTRAST, text)) >= 4.5
    marks = [[f"--series-{index}", "--paper"] for index in range(8)]
    assert min(page.evaluate(CONTRAST, marks)) >= 3


def test_the_dark_is_the_systems_until_the_button_says_otherwise(
    made_report: Write, open_page: OpenPage
) -> None:
    page = open_page(made_report(images=False), color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.get_by_role("button", name="Switch to light colours").press("Enter")
    light = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == light
    page.get_by_role("button", name="Switch to dark colours").click()
    assert page.evaluate(paper) == dark


def test_the_first_tab_skips_to_the_scores(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(images=False))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "scores-title"
    assert page.url.endswith("#scores")


def test_every_control_is_reached_by_tab_and_named(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(runs=2))
    page.locator("#pictures").scroll_into_view_if_needed()
    page.locator("#pictures .cell").first.wait_for()
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, a[href], [role=grid], [tabindex="0"]')]
          .filter(one => one.tabIndex < 0 || !(one.labels?.length || one.ariaLabel || one.textContent.trim()
            || one.getAttribute('aria-label'))).map(one => one.outerHTML.slice(0, 80))"""
    )
    assert unnamed == []
    headings = page.locator("h1, main > section > h2").all_inner_texts()
    assert headings[0].startswith("sweep")
    assert len(headings) == 9
    assert page.locator("main table > caption").count() == page.locator("main table").count()


def test_what_is_chosen_is_in_the_address(made_report: Write, open_page: OpenPage) -> None:
    index = made_report(runs=2)
    page = open_page(index)
    page.locator("[data-name='curves.x']").select_option("setting:guidance")
    page.locator("#sections a", has_text="Curves").click()
    again = open_page(index, page.url.split("#")[1])
    assert again.locator("[data-name='curves.x']").input_value() == "setting:guidance"
    assert again.evaluate("document.querySelector('#curves h2').getBoundingClientRect().top") < 200


@pytest.mark.parametrize(
    "hash", ["nowhere", "curves.x=score:gone&scores.order=7", "%&=%E0%A4%A&pictures.open=9.9"]
)
def test_an_address_that_makes_no_sense_harms_nothing(
    made_report: Write, open_page: OpenPage, hash: str
) -> None:
    page = open_page(made_report(), hash)
    page.locator("#pictures").scroll_into_view_if_needed()
    page.locator("#pictures .cell").first.wait_for()
    assert page.locator("#curves g.mark[tabindex]").count() == 6


def test_another_address_shows_another_view(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(images=False))
    with page.expect_navigation():
        page.evaluate("location.hash = '#curves&curves.x=setting:steps'")
    page.locator("#curves[aria-labelledby]:not([hidden])").wait_for()
    assert page.locator("[data-name='curves.x']").input_value() == "setting:steps"


def test_on_paper_there_are_no_controls_and_nothing_is_folded(
    made_report: Write, open_page: OpenPage
) -> None:
    page = open_page(made_report(images=False, settings={"guidance": list(range(1, 16))}))
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#scores tbody").first.locator("td.value").count() == 15
    assert page.locator(".bar").is_hidden()
    assert page.locator("#curves select").first.is_hidden()
    assert page.locator("#curves svg.chart").is_visible()
