"""Every number of a run as a score: its value, how sure it is, what it lacks, and what each unit adds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mezzotint.evaluation.results.categories import category_column
from mezzotint.evaluation.results.protocols import protocol_differences
from mezzotint.evaluation.results.run_folder import read_run
from mezzotint.evaluation.results.scores import Score, absences, scores
from mezzotint.evaluation.uncertainty.means import mean_estimate
from mezzotint.evaluation.uncertainty.shares import share_estimate
from mezzotint.graphs.problem import GraphError


def by_key(found: list[Score]) -> dict[tuple[Any, ...], Score]:
    return {(score.name, *score.at.values()): score for score in found}


def test_numbers_are_means_and_truth_values_shares_for_each_setting(folder: Path) -> None:
    found = by_key(scores(read_run(folder)))
    assert list(found) == [
        ("fd", 4),
        ("fd", 12),
        ("clip", 4),
        ("clip", 12),
        ("right", 4),
        ("right", 12),
    ]
    assert [score.kind for score in found.values()] == ["set", "set", "mean", "mean", "share", "share"]
    units = [prompt for prompt in "abcd" for _ in range(2)]
    values = np.array([row + seed / 2 for row in range(4) for seed in range(2)])
    clip, expected = found["clip", 12].estimate, mean_estimate(values + 10, units)
    assert float(clip) == float(expected) == 1.75 + 10
    assert (clip.standard_error, clip.interval) == (expected.standard_error, expected.interval)
    assert (clip.n, clip.clusters, clip.conditional_on) == (8, 4, ())
    right = share_estimate([(row + seed) % 2 == 0 for row in range(4) for seed in range(2)], units)
    assert found["right", 4].estimate.interval == right.interval
    assert found["right", 4].better == "higher"


def test_a_reduction_is_as_it_was_recorded_with_the_influence_of_its_members(folder: Path) -> None:
    fd = by_key(scores(read_run(folder)))["fd", 12]
    estimate = fd.estimate
    assert (float(estimate), estimate.corrected, estimate.standard_error) == (4.0, 3.5, 0.5)
    assert (estimate.interval, estimate.n, estimate.clusters) == ((3.0, 5.0), 8, 4)
    assert (estimate.conditional_on, estimate.flagged) == (("reference",), {"blank": 1})
    assert (fd.better, fd.missing, fd.protocol) == ("lower", 0, {"node": "mezzotint.score@1"})
    assert fd.contributions == pytest.approx(
        {"a red circle": -0.3, "a star": -0.1, "two hearts": 0.1, "a blue box": 0.3}
    )
    assert fd.cells == {}


def test_a_score_has_its_cells_by_unit_and_seed(folder: Path) -> None:
    clip = by_key(scores(read_run(folder)))["clip", 4]
    assert clip.cells["two hearts", "1"] == 2.5
    assert len(clip.cells) == 8
    assert clip.contributions["a red circle"] == pytest.approx((0 + 0.5 - 2 * 1.75) / 8)


def test_equal_prompts_are_one_unit_and_its_cells_their_mean(writer: Any) -> None:
    rows = writer.rows("row seed", lambda row, seed: {"clip": float(row)})
    for row in rows:
        row["row.prompt"] = "a star" if row["row.index"] else "a heart"
    (clip,) = scores(read_run(writer.write(rows, items={"clip": writer.output("row seed")})))
    assert (clip.estimate.n, clip.estimate.clusters) == (8, 2)
    assert clip.cells == {
        ("a heart", "0"): 0,
        ("a heart", "1"): 0,
        ("a star", "0"): 2,
        ("a star", "1"): 2,
    }


def test_what_failed_is_blank_or_was_not_come_to_is_counted(writer: Any) -> None:
    def cells(row: int, seed: int) -> dict[str, Any] | None:
        if row == 3:
            return None  # the run was stopped
        if (row, seed) == (0, 0):
            return {"clip": None, "failure": "it broke"}
        return {"clip": 1.0 + row, "flags": "blank odd" if row == 1 else ""}

    folder = writer.write(writer.rows("row seed", cells), items={"clip": writer.output("row seed")})
    (clip,) = scores(read_run(folder))
    assert (clip.estimate.n, clip.missing) == (5, 3)
    assert clip.estimate.flagged == {"blank": 2, "odd": 2}
    assert float(clip.estimate) == (1 + 2 + 2 + 3 + 3) / 5


def test_what_failed_altogether_is_an_absence_and_no_score(writer: Any) -> None:
    value = {"point": {"steps": 4}, "value": None, "missing": 8, "failure": "all members failed"}
    fd = writer.output("steps", over=["row", "seed"], values=[value])
    rows = writer.rows("row seed steps", lambda *_: {"clip": None, "failure": "it broke"})
    rows += writer.rows("steps", lambda _: {"fd": None})
    folder = writer.write(rows, metrics={"fd": fd}, items={"clip": writer.output("row seed steps")})
    run = read_run(folder)
    assert scores(run) == []
    found = {(absence.name, absence.at["steps"]): absence for absence in absences(run)}
    assert (found["fd", 4].missing, found["fd", 4].reason) == (8, "all members failed")
    assert found["clip", 12].missing == 8


def test_a_number_for_each_prompt_is_averaged_over_prompts(writer: Any) -> None:
    rows = writer.rows("row", lambda row: {"spread": row / 10, "missing": int(row == 2)})
    spread = writer.output("row", over=["seed"], values=[])
    (score,) = scores(read_run(writer.write(rows, metrics={"spread": spread})))
    assert (score.kind, score.estimate.n, score.estimate.clusters) == ("mean", 4, 4)
    assert float(score.estimate) == pytest.approx(0.15)
    assert score.missing == 1  # a picture, not a prompt
    assert score.cells["two hearts", ""] == 0.2


def test_seeds_that_all_prompts_share_are_what_a_score_is_conditional_on(writer: Any) -> None:
    from_axes = {
        "row": {"role": "unit", "length": 4, "label": "row.prompt"},
        "seed": {"role": "seed", "length": 2, "label": "seed"},
    }
    rows = writer.rows("row seed", lambda row, seed: {"clip": float(row)})
    about = {"clip": writer.output("row seed")}
    (crossed,) = scores(read_run(writer.write(rows, items=about, axes=from_axes)))
    (own,) = scores(read_run(writer.write(rows, items=about, name="own")))
    assert crossed.estimate.conditional_on == ("seed",)
    assert protocol_differences(crossed, own) == {"seeds": ("crossed", None)}
    assert protocol_differences(own, own) == {}


def test_with_seeds_alone_each_is_a_unit(writer: Any) -> None:
    rows = writer.rows("seed", lambda seed: {"clip": float(seed)})
    (clip,) = scores(read_run(writer.write(rows, items={"clip": writer.output("seed")})))
    assert (clip.estimate.n, clip.estimate.clusters, clip.estimate.conditional_on) == (2, 2, ())
    assert clip.contributions == {"0": -0.25, "1": 0.25}


def test_one_value_has_no_standard_error_and_the_reason(writer: Any) -> None:
    size = writer.output("", over=[], values=[{"point": {}, "value": 3.5, "missing": 0}])
    rows = writer.rows("steps", lambda steps: {"seconds": 2.0})
    folder = writer.write(rows, metrics={"size": size}, items={"seconds": writer.output("steps")})
    for score in scores(read_run(folder)):
        assert score.estimate.standard_error is None
        assert score.estimate.reason


def test_what_pictures_cost_has_a_mean_and_no_interval_for_they_share_calls(writer: Any) -> None:
    rows = writer.rows("row", lambda row: {"seconds": 1.0 + row})
    node = "mezzotint.seconds@1"
    value = {"point": {}, "value": 2.5, "standard_error": 0.1, "interval": [2.3, 2.7], "n": 4, "clusters": 4}
    mean = writer.output("", over=["row"], values=[value], protocol={"number.node": node})
    each = writer.output("row", protocol={"node": node})
    run = read_run(writer.write(rows, metrics={"mean": mean}, items={"seconds": each}))
    for took in scores(run):
        assert (took.estimate, took.contributions) == (2.5, {})
        assert (took.estimate.n, took.estimate.clusters) == (4, 4)
        assert (took.estimate.standard_error, took.estimate.interval) == (None, None)
        assert "share its cost" in took.estimate.reason


def test_texts_whole_numbers_and_pictures_are_no_scores(writer: Any) -> None:
    rows = writer.rows("row", lambda row: {"words": "a", "count": row, "images": "a.png"})
    kinds = {"words": "text", "count": "integer", "images": "images"}
    run = read_run(
        writer.write(rows, items={name: writer.output("row", kind) for name, kind in kinds.items()})
    )
    assert scores(run) == absences(run) == []


def test_categories_have_scores_of_their_own(folder: Path) -> None:
    run = read_run(folder)
    assert category_column(run) == "row.category"
    found = scores(run, "row.category")
    assert found[:2] == scores(run)[:2]
    two = by_key(found)["clip", 4, "two"]
    assert (float(two.estimate), two.estimate.n, two.estimate.clusters, two.missing) == (2.25, 2, 1, 0)
    assert two.at == {"steps": 4, "row.category": "two"}
    assert by_key(found)["right", 12, "one"].estimate.n == 6


def test_a_category_lacks_what_its_prompts_lack(writer: Any) -> None:
    def cells(row: int, seed: int) -> dict[str, Any] | None:
        return {"clip": 1.0} if (row, seed) != (2, 1) else None

    folder = writer.write(writer.rows("row seed", cells), items={"clip": writer.output("row seed")})
    found = by_key(scores(read_run(folder), "row.category"))
    assert (found["clip", "one"].missing, found["clip", "two"].missing) == (0, 1)


def test_a_number_for_each_prompt_is_of_the_category_of_its_pictures(writer: Any) -> None:
    rows = writer.rows("row seed", lambda row, seed: {"task": "count" if row > 1 else "colour"})
    rows += writer.rows("row", lambda row: {"spread": float(row)})
    for row in rows:
        del row["row.category"]
    items = {"task": writer.output("row seed", "text")}
    spread = writer.output("row", over=["seed"], values=[])
    run = read_run(writer.write(rows, metrics={"spread": spread}, items=items))
    assert category_column(run) == "task"
    found = by_key(scores(run, "task"))
    assert (float(found["spread", "colour"].estimate), float(found["spread", "count"].estimate)) == (0.5, 2.5)


def test_the_category_of_a_suite_comes_first(writer: Any) -> None:
    rows = writer.rows("row", lambda row: {"clip": 1.0, "row.kind": "x"})
    items = {"clip": writer.output("row")}
    suite = "suite: {category: row.kind}\noutputs: {}\n"
    assert category_column(read_run(writer.write(rows, items=items, graph=suite))) == "row.kind"
    lost = "suite: {category: row.lost}\noutputs: {}\n"
    assert category_column(read_run(writer.write(rows, items=items, graph=lost, name="b"))) == "row.category"


def test_a_run_stopped_before_its_first_score_has_none(writer: Any) -> None:
    rows = writer.rows("row seed steps", lambda *_: {"fd": np.nan, "fd.influence": np.nan})
    metrics = {"fd": writer.output("steps", over=["row", "seed"], values=[])}
    run = read_run(writer.write(rows, metrics=metrics, complete=False))
    assert scores(run) == absences(run) == []


def test_a_run_without_categories_has_none(writer: Any) -> None:
    rows = writer.rows("steps", lambda _: {"clip": 1.0})
    assert category_column(read_run(writer.write(rows, items={"clip": writer.output("steps")}))) is None


def test_an_unknown_category_is_one_message(folder: Path) -> None:
    with pytest.raises(GraphError, match=r"no column 'row\.categry'\n.*'row\.category'"):
        scores(read_run(folder), "row.categry")


def test_a_reduction_by_category_has_the_influence_of_that_category(writer: Any) -> None:
    axes = {
        "row": {"role": "unit", "length": 4, "label": "row.prompt"},
        "row.category": {"role": "category", "length": 2, "label": "row.category"},
    }
    about = {"missing": 0, "standard_error": 1.0, "clusters": 3}
    values = [
        {"point": {"row.category": "one"}, "value": 3.0, "n": 3, **about},
        {"point": {"row.category": "two"}, "value": 2.0, "n": 1, **about},
    ]
    rows = writer.rows("row", lambda row: {"fd.influence": [0.1, 0.2, 0.0, -0.3][row]})
    rows += [
        {"row.category.index": index, "row.category": name, "fd": 1.0}
        for index, name in ((0, "one"), (1, "two"))
    ]
    fd = writer.output("row.category", over=["row"], values=values)
    one, two = scores(read_run(writer.write(rows, metrics={"fd": fd}, axes=axes)), "row.category")
    assert one.contributions == {"a red circle": 0.1, "a star": 0.2, "a blue box": -0.3}
    assert two.contributions == {"two hearts": 0.0}


def test_influence_that_not_all_members_have_is_left_out(writer: Any) -> None:
    value = {"point": {}, "value": 3.0, "missing": 0, "standard_error": 1.0, "n": 4, "clusters": 4}
    fd = writer.output("", over=["row"], values=[value])
    rows = writer.rows("row", lambda row: {"fd.influence": 0.1 if row else None})
    (score,) = scores(read_run(writer.write(rows, metrics={"fd": fd})))
    assert score.contributions == {}
    assert score.estimate.standard_error == 1.0


def test_settings_are_equal_however_their_columns_hold_them(writer: Any) -> None:
    """7 stands as 7.0 in a column that also holds 7.5; records that nothing labels count with all entries."""
    axes = {
        "row": {"role": "unit", "length": 4, "label": "row.prompt"},
        "way": {"role": "setting", "length": 2, "label": "way.index"},
    }
    ways: tuple[dict[str, Any], ...] = ({"scale": 7.0, "mode": "fast"}, {"scale": 7.5, "mode": None})
    rows = [
        {
            **row,
            "clip": 1.0,
            "way.index": at,
            **{f"way.{key}": value for key, value in way.items()},
        }
        for row in writer.rows("row", lambda _: {})
        for at, way in enumerate(ways)
    ]
    values = [
        {"point": {"way": {key: value for key, value in way.items() if value}}, "value": 2.0, "missing": 0}
        for way in ways
    ]
    metrics = {"fd": writer.output("way", over=["row"], values=values)}
    rows += [{"way.index": 0, "fd": 2.0}]
    run = read_run(writer.write(rows, metrics=metrics, items={"clip": writer.output("row way")}, axes=axes))
    fd, fd_too, clip, clip_too = scores(run)
    assert fd.at == clip.at == {"way": '{"mode": "fast", "scale": 7}'}
    assert fd_too.at == clip_too.at
    assert fd.key[1] == clip.key[1]


def test_a_column_of_something_else_is_one_message(writer: Any) -> None:
    rows = writer.rows("row", lambda _: {"clip": "much"})
    run = read_run(writer.write(rows, items={"clip": writer.output("row")}))
    with pytest.raises(GraphError, match="'clip' holds string, where numbers are expected"):
        scores(run)


def test_no_torch_is_imported(folder: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from mezzotint.evaluation import read_run, scores; "
        f"print(len(scores(read_run({str(folder)!r}))), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["6", "False"]
