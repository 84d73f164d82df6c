"""The page without its pictures: what each section shows, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., Path]
OpenPage = Callable[..., Any]

HOSTILE_IN_TITLE = "<script>window.hurt = 1</script>"


def sections(page: Any) -> list[str]:
    return page.eval_on_selector_all("main section:not([hidden])", "all => all.map(one => one.id)")


def test_every_section_is_there(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(runs=2))
    assert sections(page) == [
        "scores",
        "comparison",
        "categories",
        "curves",
        "pictures",
        "failures",
        "graph",
        "protocol",
    ]
    assert page.locator("#sections a").count() == 8
    assert page.locator("#graph svg.mezzotint-graph rect").count() == 2
    assert page.locator("#failures tbody tr").count() == 2


def test_what_there_is_nothing_of_is_not_shown(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(settings={}, images=False))
    assert sections(page) == ["scores", "categories", "failures", "graph", "protocol"]
    assert page.locator("#failures .lede").inner_text() == "Nothing failed."


def test_the_head_says_what_ran_and_how_much_of_it(made_report: Write, open_page: OpenPage) -> None:
    head = open_page(made_report()).locator("#masthead").inner_text()
    for part in (
        "prompt\u00a0(8) × seed\u00a0(4) × guidance\u00a0(3) × steps\u00a0(2)",
        "192",
        "2 blank",
        "complete",
        "starter 1",
    ):
        assert part in head


def test_a_half_finished_run_says_so_first(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(complete=False))
    assert "Half-finished" in page.locator(".banner").inner_text()
    assert "12 of 96 items" in page.locator("#masthead .note").inner_text()
    assert page.locator(".state.half").count() == 1


def test_every_score_has_its_interval_or_the_reason_for_none(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(settings={}))
    rows = page.locator("#scores tbody tr")
    by_name = {}
    for row in rows.all():
        by_name[row.locator(".metric").inner_text().split()[0]] = row
    assert set(by_name) == {"clip_score", "correct", "fd", "seconds", "vendi"}
    assert "48.0 ± 1.4" in by_name["clip_score"].inner_text()
    assert "45.3 to 50.7" in by_name["clip_score"].inner_text()
    assert "32 pictures of 8 prompts · 1\u00a0missing · 2\u00a0blank" in by_name["clip_score"].inner_text()
    assert "corrected" in by_name["fd"].inner_text()
    assert "given the reference" in by_name["fd"].inner_text()
    assert "no interval" in by_name["vendi"].inner_text()
    assert "below 4 pictures a dimension" in by_name["vendi"].inner_text()
    assert by_name["clip_score"].locator(".whisker .span").count() == 1
    assert by_name["vendi"].locator(".whisker .span").count() == 0
    assert by_name["correct"].locator("[title='higher is better']").inner_text().strip() == "↑"


def test_an_interval_is_drawn_where_its_numbers_are(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(settings={}))
    share = page.locator("#scores tbody").filter(has_text="correct").locator(".whisker .span").first
    assert float(share.get_attribute("x1").rstrip("%")) == pytest.approx(100 * (0.45 - 1.96 * 0.035))
    assert float(share.get_attribute("x2").rstrip("%")) == pytest.approx(100 * (0.45 + 1.96 * 0.035))


def test_a_reason_that_all_scores_of_a_name_share_is_said_once(
    made_report: Write, open_page: OpenPage
) -> None:
    page = open_page(made_report(settings={"steps": [4, 12]}, images=False))
    vendi = page.locator("#scores tbody").filter(has=page.locator(".metric", has_text="vendi"))
    assert vendi.inner_text().count("below 4 pictures a dimension") == 1
    assert vendi.get_by_text("no interval", exact=True).count() == 2
    said = page.evaluate("""format.alike(["32 for 128: takes 1,292", "40 for 128: takes 900"])""")
    assert said == "32 to 40 for 128: takes 900 to 1,292"
    assert page.evaluate("""format.alike(["32 are few", "32 are many"])""") is None


def test_many_settings_are_folded_and_unfold_by_keyboard(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(settings={"guidance": list(range(1, 16))}, images=False))
    group = page.locator("#scores tbody").first
    assert group.locator("tr").count() == 1 + 12 + 1
    group.get_by_role("button", name="Show 3 more of clip_score").press("Enter")
    assert group.locator("tr").count() == 1 + 15 + 1


def test_scores_can_be_had_best_first(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report())
    page.locator("#scores select").select_option("best")
    fd = page.locator("#scores tbody").filter(has=page.locator(".metric", has_text="fd"))
    values = [float(text.split()[0]) for text in fd.locator("td.value").all_inner_texts()]
    assert values == sorted(values)
    clip = page.locator("#scores tbody").first.locator("td.value").all_inner_texts()
    assert [float(text.split()[0]) for text in clip] == sorted(
        (float(t.split()[0]) for t in clip), reverse=True
    )


def test_a_comparison_gives_difference_interval_and_verdict(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(runs=2))
    rows = page.locator("#comparison tbody tr:not(.group)")
    assert rows.count() == 18
    for row in rows.all():
        text = row.inner_text()
        apart = "B\nbetter" in text or "Bbetter" in text
        assert apart or "can't be told apart" in text
        # The mark wears a run's colour only where one is better.
        assert row.locator(".whisker.undecided").count() == (0 if apart else 1)
        assert " to " in text
    rows.first.locator("summary").press("Enter")
    assert "with these prompts" in rows.first.inner_text()  # the sentence


def test_more_than_two_runs_are_ranked_in_groups(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(runs=3, settings={"steps": [4, 12]}))
    assert page.locator("#comparison .ranking li").count() == 6
    assert page.locator("#comparison .ranking li").first.locator(".tied").all_inner_texts() == ["C", "A\nB"]
    page.locator("#comparison select").select_option("0,2")
    assert "C against A" in page.locator("#comparison select option:checked").inner_text()
    assert page.locator("#comparison tbody tr:not(.group)").count() == 6


def test_runs_that_can_not_be_compared_say_why(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(runs=2, refused="fd: the extractors differ\n  inception-v3 and dinov2"))
    assert "inception-v3 and dinov2" in page.locator("#comparison .banner").inner_text()
    assert page.locator("#comparison table").count() == 0


def test_bars_by_category_hold_the_other_settings(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(runs=2))
    bodies = page.locator("#categories tbody")
    assert bodies.count() == 6
    assert bodies.first.locator("tr").count() == 2  # two runs
    page.locator("#categories [data-name='categories.group']").select_option("guidance")
    assert bodies.first.locator("tr").count() == 6  # two runs of three guidances, at one number of steps
    page.locator("#categories [data-name='categories.order']").select_option("best")
    assert page.locator("#categories .category").first.inner_text() == "single"
    assert page.locator("#categories .whisker .fill").count() == 36


def test_the_protocol_marks_where_runs_differ(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(runs=2))
    assert page.locator("#protocol .differs").all_inner_texts() == ["torch\t2.9\t2.10"]
    assert page.locator("#protocol summary").first.inner_text().startswith("clip_score")


def test_a_curve_joins_two_scores_over_a_setting(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report())
    chart = page.locator("#curves svg.chart")
    assert chart.get_attribute("aria-label") == "fd against clip_score"
    assert chart.locator("path.curve").count() == 2  # one a number of steps
    assert chart.locator("g.mark[tabindex]").count() == 6
    assert chart.locator(".cross").count() == 12  # both ways
    assert chart.locator(".corner").text_content() == "better ↘"
    page.locator("[data-name='curves.over']").select_option("steps")
    assert chart.locator("path.curve").count() == 3
    page.locator("[data-name='curves.x']").select_option("setting:steps")
    assert chart.locator(".cross").count() == 6  # a setting has no interval
    assert page.locator("[data-name='curves.over']").is_disabled()


def test_points_of_a_curve_tell_their_numbers_by_keyboard(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report())
    point = page.locator("#curves g.mark[tabindex]").first
    point.focus()
    told = page.locator(".tooltip").inner_text()
    assert "guidance\u00a01" in told
    assert "95 % interval" in told
    assert "corrected" in told
    page.keyboard.press("Escape")
    assert page.locator(".tooltip").is_hidden()
    page.locator("#curves summary").click()
    assert page.locator("#curves tbody tr").count() == 6


def test_hostile_texts_are_only_texts(made_report: Write, open_page: OpenPage) -> None:
    page = open_page(made_report(runs=2, hostile=True, complete=False))
    page.locator("#pictures").scroll_into_view_if_needed()
    page.locator("#pictures .cell").first.wait_for()
    assert page.locator("h1").inner_text() == HOSTILE_IN_TITLE
    assert page.evaluate("window.hurt") is None
    assert page.locator("script:not([src]), foreignObject, [onclick], [onerror]").count() == 0
    assert page.locator("#pictures .label").first.inner_text() == HOSTILE_IN_TITLE
    page.locator("#pictures .cell").first.click()
    assert page.locator("dialog .point dd").first.inner_text() == HOSTILE_IN_TITLE
    assert page.evaluate("window.hurt") is None


def test_a_report_without_its_data_says_so(made_report: Write, open_page: OpenPage) -> None:
    index = made_report(own=True)
    (index.parent / "data" / "report.js").unlink()
    page = open_page(index, complaining=True)
    assert "is the folder of the report whole?" in page.locator("main .note").inner_text()


def test_a_report_of_another_version_says_so(made_report: Write, open_page: OpenPage) -> None:
    index = made_report(own=True, images=False)
    data = index.parent / "data" / "report.js"
    data.write_text(data.read_text().replace('"schema":1', '"schema":2', 1))
    assert "another version" in open_page(index).locator("main .note").inner_text()
