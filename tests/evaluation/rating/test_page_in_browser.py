"""The page as a rater meets it, opened from a folder in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mezzotint.evaluation.rating.blind_page import make_page
from mezzotint.evaluation.rating.key import RatingKey
from mezzotint.evaluation.rating.pairing import Contestant
from mezzotint.evaluation.rating.votes import Vote, read_votes

if TYPE_CHECKING:
    from playwright.sync_api import Page

Begin = Callable[..., "Page"]
MakeContestants = Callable[..., list[Contestant]]


def wait_for_pair(page: Page) -> None:
    """Wait until a pair is shown and can be voted on."""
    page.wait_for_selector("[data-choice=tie]:enabled")


def press(page: Page, *keys: str) -> None:
    """Press keys, each when there is a pair to vote on."""
    for key in keys:
        wait_for_pair(page)
        page.keyboard.press(key)


def shown(page: Page) -> tuple[str, str]:
    """The pictures on the left and on the right."""
    wait_for_pair(page)
    left, right = (str(page.get_attribute(place, "src")).removeprefix("pictures/") for place in ("#a", "#b"))
    return left, right


def saved(page: Page, rating: Path, key: RatingKey) -> list[Vote]:
    """The votes in the file that the page saves, as the command reads them."""
    with page.expect_download() as download:
        page.click("#save")
    path = rating.parent / download.value.suggested_filename
    download.value.save_as(path)
    ballots = read_votes([path], key)
    assert not ballots.problems
    return ballots.votes


@pytest.fixture
def begin(open_page: Callable[..., Page], key: RatingKey, rating: Path) -> Begin:
    """Open the page and begin as a rater."""

    def begin(rater: str = "Ann", **options: object) -> Page:
        page = open_page(rating / "page" / "index.html", **options)
        page.fill("#rater", rater)
        page.keyboard.press("Enter")
        wait_for_pair(page)
        return page

    return begin


def test_votes_by_keyboard_are_saved_as_a_file_that_is_read_back(
    begin: Begin, rating: Path, key: RatingKey
) -> None:
    page = begin()
    expected = []
    for press_key, choice in (
        ("ArrowLeft", 0),
        ("b", 1),
        ("ArrowDown", "tie"),
        ("x", "bad"),
        ("A", 0),
        ("t", "tie"),
    ):
        pictures = shown(page)
        expected.append((pictures[0], choice if isinstance(choice, str) else pictures[choice]))
        press(page, press_key)
    wait_for_pair(page)
    assert page.text_content("#count") == "6 of 8"
    votes = saved(page, rating, key)
    assert [(vote.left, vote.choice) for vote in votes] == expected
    assert {vote.rater for vote in votes} == {"Ann"}
    assert len({vote.pair for vote in votes}) == 6


def test_progress_survives_a_reload(begin: Begin, rating: Path, key: RatingKey) -> None:
    page = begin()
    press(page, "a", "b", "t")
    before = shown(page)
    page.reload()
    assert shown(page) == before
    assert page.text_content("#count") == "3 of 8"
    assert len(saved(page, rating, key)) == 3


def test_undo_takes_the_last_vote_back_and_shows_its_pair(begin: Begin, rating: Path, key: RatingKey) -> None:
    page = begin()
    press(page, "a")
    second = shown(page)
    press(page, "b", "u")
    assert shown(page) == second
    press(page, "t")
    wait_for_pair(page)
    assert [vote.choice for vote in saved(page, rating, key)][1:] == ["tie"]


def test_the_last_vote_can_be_undone_too_also_after_a_reload(begin: Begin) -> None:
    page = begin()
    press(page, *"aaaaaaaa")
    page.wait_for_selector("#done:not([hidden])")
    page.reload()
    page.wait_for_selector("#done:not([hidden])")
    page.keyboard.press("u")
    wait_for_pair(page)
    assert page.text_content("#count") == "7 of 8"


def test_a_skipped_pair_comes_again_at_the_end(begin: Begin) -> None:
    page = begin()
    first = shown(page)
    press(page, "s", *"ttttttt")
    assert shown(page) == first
    assert page.is_disabled("#skip")


def test_everybody_has_votes_and_an_order_of_their_own(begin: Begin) -> None:
    page = begin("Ann")
    orders = {}
    for rater in ("Ann", "Bob", "Cleo", "Dan"):
        if rater != "Ann":
            page.click("#who")
            page.fill("#rater", rater)
            page.click("#begin button")
        seen = []
        for _ in range(8):
            seen.append(shown(page))
            press(page, "t")
        orders[rater] = seen
        page.wait_for_selector("#done:not([hidden])")
    assert len({tuple(order) for order in orders.values()}) == 4
    pairs = {frozenset(pair) for pair in orders["Ann"]}
    assert all({frozenset(pair) for pair in order} == pairs for order in orders.values())
    # Some see every pair with its sides changed.
    sides = {frozenset(order) for order in orders.values()}
    assert len(sides) == 2
    page.click("#who")
    page.fill("#rater", "Ann")
    page.click("#begin button")
    page.wait_for_selector("#done:not([hidden])")


def test_known_raters_choose_their_name(
    open_page: Callable[..., Page], contestants: MakeContestants, rating: Path
) -> None:
    make_page(contestants("ours", "theirs"), rating, raters=["ann", "bob"], question="Which is prettier?")
    page = open_page(rating / "page" / "index.html")
    assert page.is_hidden("#rater")
    page.select_option("#raters", "bob")
    page.click("#begin button")
    wait_for_pair(page)
    assert page.text_content("#who") == "bob"
    assert page.text_content("#question") == "Which is prettier?"


def test_both_pictures_zoom_as_one_and_the_next_pair_is_whole_again(begin: Begin) -> None:
    page = begin()

    def transforms() -> list[str]:
        return [str(page.eval_on_selector(place, "image => image.style.transform")) for place in ("#a", "#b")]

    whole = transforms()
    press(page, "z", "Shift+ArrowRight")
    zoomed = transforms()
    assert zoomed[0] == zoomed[1] != whole[0]
    assert page.get_attribute("#zoom", "aria-pressed") == "true"
    press(page, "a")
    wait_for_pair(page)
    assert transforms() == whole


def test_a_held_key_is_one_vote(begin: Begin) -> None:
    page = begin()
    page.keyboard.down("t")
    wait_for_pair(page)
    page.keyboard.down("t")
    wait_for_pair(page)
    page.keyboard.up("t")
    assert page.text_content("#count") == "1 of 8"


def test_a_prompt_is_text_and_nothing_else(
    open_page: Callable[..., Page], contestants: MakeContestants, rating: Path
) -> None:
    prompt = "<img src=x onerror=alert(1)></script>"
    make_page(contestants("ours", "theirs", prompts=[prompt]), rating)
    page = open_page(rating / "page" / "index.html")
    page.fill("#rater", "Ann")
    page.click("#begin button")
    wait_for_pair(page)
    assert page.text_content("#prompt") == prompt


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_it_fits_a_phone_upright_and_on_its_side(begin: Begin, scheme: str) -> None:
    page = begin(color_scheme=scheme, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    for size in ((390, 844), (844, 390)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        width, height = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert width <= size[0]
        assert height <= size[1]
        for place in ("#a", "#b", "[data-choice=left]", "#undo", "#save"):
            box = page.locator(place).bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size[0] + 1
            assert box["y"] + box["height"] <= size[1] + 1
    page.tap("[data-choice=right]")
    page.wait_for_function("document.getElementById('count').textContent === '1 of 8'")


def test_everything_on_the_page_has_a_name_and_is_reached_by_tab(begin: Begin) -> None:
    page = begin()
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, img, input, progress')].filter((one) => one.checkVisibility()"
        " && !(one.ariaLabel || one.textContent.trim() || one.alt || one.labels?.length ||"
        " one.getAttribute('aria-labelledby'))).length"
    )
    assert unnamed == 0
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.dataset.choice"))
    assert reached >= {"left", "tie", "right", "bad", "skip", "zoom", "help", "save", "who"}
