"""The grid of pictures: axes, order, filters, flickering, zoom, the large view, and ten thousand of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Write = Callable[..., Path]
OpenPage = Callable[..., Any]


def opened(open_page: OpenPage, index: Path, choice: str = "", **context: Any) -> Any:
    page = open_page(index, "pictures" + (f"&{choice}" if choice else ""), **context)
    page.locator("#pictures [role=grid] .cell, #pictures [role=grid].none").first.wait_for()
    return page


def choose(page: Any, name: str, value: str) -> None:
    page.locator(f"[data-name='pictures.{name}']").select_option(value)


def status(page: Any) -> str:
    return page.locator("#pictures [role=status]").inner_text()


def captions(page: Any) -> list[float]:
    texts = page.locator("#pictures .caption").all_inner_texts()
    return [float(text.replace("−", "-")) for text in texts if text != "–"]


def data(index: Path) -> dict[str, Any]:
    """The table of the first run's pictures, out of its script."""
    text = (index.parent / "data" / "images-0-0.js").read_text()
    quoted = text[text.index("JSON.parse('") + 12 : text.rindex("')")]
    return json.loads(quoted.replace("\\'", "'").replace("\\\\", "\\"))


def test_rows_are_prompts_and_columns_the_settings(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report(), viewport={"width": 1280, "height": 1500})
    heads = [text.replace("\u00a0", " ") for text in page.locator(".grid .head").all_inner_texts()]
    assert heads == [f"guidance {guidance} · steps {steps}" for guidance in (1, 3, 7) for steps in (4, 12)]
    assert status(page) == "48 pictures in 8 rows and 6 columns."
    first = page.locator(".grid .line").first
    assert first.locator("img").first.get_attribute("src").endswith("/0.webp")


def test_any_axis_can_be_rows_or_columns(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report())
    choose(page, "rows", "steps")
    choose(page, "columns", "seed")
    choose(page, "within", "-")
    assert status(page) == "8 pictures in 2 rows and 4 columns."
    assert page.locator(".grid .label").all_inner_texts() == ["4", "12"]
    choose(page, "at.prompt", "3")
    choose(page, "at.guidance", "2")
    # Prompt 3, seed 1, guidance 7, 12 steps: in C order, the last axis fastest.
    row = ((3 * 4 + 1) * 3 + 2) * 2 + 1
    sources = page.locator(".grid .line").nth(1).locator("img").evaluate_all("all => all.map(one => one.src)")
    assert sources[1].endswith(f"/{row}.webp")


def test_a_wall_of_pictures_is_sorted_by_any_score(made_report: Write, open_page: OpenPage) -> None:
    index = made_report()
    page = opened(
        open_page, index, "pictures.rows=*&pictures.side=small", viewport={"width": 1280, "height": 2000}
    )
    assert status(page) == "192 pictures."
    choose(page, "order", "worst")
    known = sorted(value for value in data(index)["scores"]["clip_score"] if value is not None)
    assert captions(page)[:20] == [round(value, 2) for value in known[:20]]
    choose(page, "order", "best")
    assert captions(page)[0] == round(known[-1], 2)
    choose(page, "score", "fd.influence")
    choose(page, "order", "worst")  # a distance is harmed by what raises it
    influences = data(index)["scores"]["fd.influence"]
    assert abs(captions(page)[0] - max(influences)) < 1e-3
    choose(page, "order", "influential")
    assert abs(abs(captions(page)[0]) - max(map(abs, influences))) < 1e-3


def test_rows_are_sorted_by_their_mean(made_report: Write, open_page: OpenPage) -> None:
    page = opened(
        open_page, made_report(failing=False), "pictures.side=small", viewport={"width": 1280, "height": 2000}
    )
    choose(page, "order", "worst")
    assert "rows sorted by their mean clip_score" in status(page)
    values = captions(page)
    means = [sum(values[at : at + 6]) / 6 for at in range(0, 48, 6)]
    assert means == sorted(means)


def test_a_category_or_words_narrow_what_is_shown(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report(prompts=30), viewport={"width": 1280, "height": 1500})
    category = page.locator("[data-name='pictures.category'] option").nth(1).get_attribute("value")
    choose(page, "category", category)
    rows = int(status(page).split(" in ")[1].split()[0])
    assert 0 < rows < 30
    choose(page, "category", "")
    label = page.locator(".grid .label").first.inner_text()
    search = page.locator("[data-name='pictures.search']")
    search.fill(label.upper())
    assert page.locator(".grid .label").first.inner_text() == label
    assert int(status(page).split(" in ")[1].split()[0]) < 30
    search.fill("no prompt has these words")
    assert status(page) == "No picture is of this category and holds these words."
    search.fill("blank")
    choose(page, "rows", "*")
    assert status(page) == "2 pictures."
    assert page.locator(".grid .flag").all_inner_texts() == ["blank", "blank"]


def test_what_is_not_there_is_named_and_kept(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report(), "pictures.rows=*")
    cells = page.locator(".grid .cell")
    assert cells.nth(1).locator(".absent").inner_text() == "failed"
    assert "safety checker" in cells.nth(1).locator(".absent").get_attribute("title")
    assert cells.nth(5).locator(".absent").inner_text() == "damaged file"


def test_two_runs_flicker_at_the_press_of_a_key(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report(runs=2))
    front = page.locator(".grid .cell .front").nth(2)
    assert front.is_visible()
    page.keyboard.down("f")
    behind = page.locator(".grid .cell .behind").nth(2)
    assert behind.is_visible()
    assert not front.is_visible()
    source = behind.get_attribute("src")
    assert source == front.get_attribute("src").replace("a" * 8, "b" * 8)
    page.keyboard.up("f")
    assert front.is_visible()
    button = page.get_by_role("button", name="Flicker")
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert not front.is_visible()


def test_settings_flicker_too(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report())
    choose(page, "within", "-")
    choose(page, "flicker", "steps:1")
    page.keyboard.down("f")
    sources = (
        page.locator(".grid .cell")
        .first.locator("img")
        .evaluate_all("all => all.map(one => one.src.split('/').pop())")
    )
    assert sources == ["1.webp", "0.webp"] or sources == ["0.webp"]  # row 1 failed: its word stands behind
    page.keyboard.up("f")


def test_f_is_a_letter_where_one_writes(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report(runs=2))
    page.locator("[data-name='pictures.search']").press("f")
    assert page.locator(".grid.flickering").count() == 0


def test_all_pictures_zoom_and_move_together(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report())
    grid = page.locator(".grid")
    grid.focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    scales = page.locator(".grid img").evaluate_all(
        "all => [...new Set(all.map(one => getComputedStyle(one).scale))]"
    )
    assert scales == ["2.25"]
    box = page.locator(".grid .cell .frame").nth(3).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 20, steps=4)
    page.mouse.up()
    moved = page.locator(".grid img").evaluate_all(
        "all => [...new Set(all.map(one => getComputedStyle(one).translate))]"
    )
    assert len(moved) == 1
    assert moved != ["0%"]
    assert page.locator("dialog[open]").count() == 0  # a drag is no click
    page.keyboard.press("+")
    assert "pictures/" in page.locator(".grid img").first.get_attribute(
        "src"
    )  # thumbnails are too small by now
    page.keyboard.press("0")
    assert page.locator(".grid.zoomed").count() == 0


def test_a_picture_opens_large_and_arrows_lead_to_its_neighbours(
    made_report: Write, open_page: OpenPage
) -> None:
    page = opened(open_page, made_report(runs=2))
    page.locator(".grid").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    assert dialog.locator(".point dd").first.inner_text() == page.locator(".grid .label").nth(1).inner_text()
    assert "worst of" in dialog.inner_text()
    page.keyboard.press("ArrowRight")
    assert "steps\n12" in dialog.locator(".point").inner_text()
    source = dialog.locator(".front img").get_attribute("src")
    page.keyboard.down("f")
    dialog.locator(".behind img").wait_for()
    assert dialog.locator(".behind img").get_attribute("src") != source
    page.keyboard.up("f")
    assert "pictures.open=0." in page.url
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert "pictures.open" not in page.url
    assert page.evaluate("document.activeElement.className").startswith("grid")


def test_a_link_opens_the_picture_it_names(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report(), "pictures.at.seed=2&pictures.open=0.14")
    page.locator("dialog[open] .front img").wait_for()
    point = page.locator("dialog .point")
    assert "seed\n2\nguidance\n3\nsteps\n4" in re.sub(r"\n+", "\n", point.inner_text())
    page.keyboard.press("ArrowRight")  # its neighbour, not the neighbour of the first
    assert "seed\n2\nguidance\n3\nsteps\n12" in re.sub(r"\n+", "\n", point.inner_text())


def test_a_list_of_pictures_that_is_gone_is_named(made_report: Write, open_page: OpenPage) -> None:
    index = made_report(own=True)
    (index.parent / "data" / "images-0-0.js").unlink()
    page = open_page(index, "pictures", complaining=True)
    page.locator("#pictures .note").wait_for()
    assert "data/images-0-0.js can't be read" in page.locator("#pictures .note").inner_text()


def test_a_thumbnail_that_is_gone_leaves_a_word(made_report: Write, open_page: OpenPage) -> None:
    index = made_report(own=True, failing=False)
    next((index.parent / "thumbnails").glob("*/images/0.webp")).unlink()
    page = open_page(index, "pictures", complaining=True)
    page.locator(".grid .absent").wait_for()
    assert page.locator(".grid .absent").inner_text() == "not readable"


def test_ten_thousand_pictures_cost_a_screenful(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report(prompts=2500, settings={}))
    assert status(page) == "10,000 pictures in 2,500 rows and 4 columns."
    assert page.locator(".grid img").count() < 60
    page.locator(".grid").focus()
    page.keyboard.press("End")
    last = page.locator(".grid .cell.active img")
    last.wait_for()
    assert last.get_attribute("src").endswith("/9999.webp")
    assert page.locator(".grid img").count() < 60
    choose(page, "rows", "*")
    choose(page, "order", "worst")
    values = captions(page)
    assert values == sorted(values)
    assert page.locator(".grid img").count() < 150
    page.locator(".grid").evaluate("one => { one.scrollTop = one.scrollHeight / 2 }")
    middle = int(page.locator(".grid").get_attribute("aria-rowcount")) // 2
    page.locator(f".grid .line[aria-rowindex='{middle}']").wait_for()
    assert page.locator(".grid img").count() < 150
    page.locator("[data-name='pictures.search']").fill("take 40")
    assert status(page) == "16 pictures."


def test_rows_of_few_pictures_stand_beside_each_other(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report(runs=2, prompts=7, settings={}))
    lines = page.locator(".grid .line")
    assert lines.count() == 4
    assert [line.locator(".label").count() for line in lines.all()] == [2, 2, 2, 1]
    assert [line.locator(".cell").count() for line in lines.all()] == [4, 4, 4, 2]
    labels = page.locator(".grid .label").all_inner_texts()
    page.locator(".grid").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert labels[3] in (page.locator(".grid .active").get_attribute("aria-label") or "")
    page.keyboard.press("End")
    assert labels[6] in (page.locator(".grid .active").get_attribute("aria-label") or "")


def test_a_grid_is_no_higher_than_its_pictures(made_report: Write, open_page: OpenPage) -> None:
    page = opened(open_page, made_report(prompts=1, settings={}, failing=False))
    grid, plane = page.locator(".grid"), page.locator(".plane")
    assert grid.evaluate("node => node.clientHeight") == plane.evaluate("node => node.offsetHeight")
