"""Runs compared: what is paired, what is refused, and what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mezzotint.evaluation.comparing.comparison import (
    Comparison,
    Row,
    compare,
    compare_contenders,
    compare_settings,
)
from mezzotint.evaluation.comparing.contenders import Contender
from mezzotint.evaluation.results.run_folder import Run
from mezzotint.graphs.problem import GraphError

WriteRun = Callable[..., Run]


def numbers(*shape: int, seed: int = 0, shift: float = 0.0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape) + shift


def by_name(found: Comparison, category: str | None = None) -> dict[str, Row]:
    return {row.name: row for row in found.rows if row.category == category}


def test_a_better_run_is_called_better_and_an_equal_one_is_not(write_run: WriteRun) -> None:
    noise = numbers(20, 2)
    same = numbers(20, 2, seed=4)
    a = write_run("a", {"clip": noise, "aesthetic": same})
    b = write_run("b", {"clip": noise + numbers(20, 2, seed=1) / 4 + 1, "aesthetic": same[::-1]})
    rows = by_name(compare([a, b]))
    assert (rows["clip"].verdict, rows["aesthetic"].verdict) == ("better", "undecided")
    assert rows["clip"].words.startswith("b is better than a: b − a is 1.0")
    assert (rows["clip"].wins, rows["clip"].losses, rows["clip"].units) == (20, 0, 20)
    assert by_name(compare([b, a]))["clip"].verdict == "worse"


def test_less_is_better_where_the_metric_says_so(write_run: WriteRun) -> None:
    a = write_run("a", {"slips": numbers(20, 1)}, better="lower")
    b = write_run("b", {"slips": numbers(20, 1) + numbers(20, 1, seed=1) / 9 - 1}, better="lower")
    (row,) = [row for row in compare([a, b]).rows if row.category is None]
    assert (row.verdict, row.wins, row.losses) == ("better", 20, 0)


def test_what_pictures_cost_is_not_tested_for_they_share_a_machine(write_run: WriteRun) -> None:
    a = write_run("a", {"seconds": numbers(20, 1), "clip": numbers(20, 1)}, better="lower")
    b = write_run("b", {"seconds": numbers(20, 1) - 1, "clip": numbers(20, 1) - 1}, better="lower")
    row = by_name(compare([a, b]))["seconds"]
    assert (row.p, row.p_holm, row.verdict) == (None, None, "untested")
    assert row.difference == pytest.approx(-1)
    assert "share its machine" in row.words


def test_a_difference_that_bias_may_explain_is_not_called_better(made: Any) -> None:
    adds = {f"prompt {place}": value for place, value in enumerate(np.linspace(-0.1, 0.1, 12))}
    few = {"interval": None, "reason": "too few pictures"}
    sides = [
        Contender(name, [made.of_set(value, adds, corrected=value - 4, **few)], [], True)
        for name, value in (("a", 9.0), ("b", 5.0))
    ]
    (row,) = compare_contenders(sides).rows
    assert row.verdict == "differs"
    assert "which is better can't be said" in row.words


def test_a_score_without_better_is_higher_or_lower(write_run: WriteRun) -> None:
    a = write_run("a", {"length": numbers(20, 1)}, better=None)
    b = write_run("b", {"length": numbers(20, 1) + numbers(20, 1, seed=1) / 9 - 1}, better=None)
    assert by_name(compare([a, b]))["length"].verdict == "lower"
    assert "a is higher than b" in by_name(compare([a, b]))["length"].words


def test_chances_allow_for_all_tests_and_categories_are_tests_of_their_own(write_run: WriteRun) -> None:
    outputs = {name: numbers(12, 1, seed=seed) for seed, name in enumerate("uvw")}
    others = {name: values + numbers(12, 1, seed=9) for name, values in outputs.items()}
    a = write_run("a", outputs, categories=["one", "two"] * 6)
    b = write_run("b", others, categories=["one", "two"] * 6)
    found = compare([a, b])
    assert found.by == "row.category"
    overall = by_name(found)
    least = min(overall.values(), key=lambda row: row.p or 1.0)
    assert least.p_holm == pytest.approx(min(1.0, 3 * (least.p or 1.0)))
    of_two = by_name(found, "two")
    assert [row.units for row in of_two.values()] == [6, 6, 6]
    assert {row.category for row in compare([a, b], by="none").rows} == {None}


def test_runs_measured_unlike_are_refused_with_every_field_and_both_values(write_run: WriteRun) -> None:
    values = {"clip": numbers(8, 1), "blank": numbers(8, 1) > 0}
    a = write_run("a", values, protocol={"clip": {"model": "starter", "model.digest": "12ab"}})
    b = write_run("b", values, protocol={"clip": {"model": "ViT-L-14", "convention": "hessel"}})
    with pytest.raises(GraphError) as refused:
        compare([a, b])
    said = str(refused.value)
    assert "clip was not measured alike: model is 'starter' in a, 'ViT-L-14' in b" in said
    assert "model.digest is '12ab' in a, null in b" in said
    assert "convention is null in a, 'hessel' in b" in said
    assert "--force compares them all the same, and says so; --metrics blank leaves them out" in said
    forced = by_name(compare([a, b], force=True))["clip"]
    assert set(forced.unlike) == {"model", "model.digest", "convention"}
    assert "measured unlike" in forced.words
    assert [row.name for row in compare([a, b], only=["blank"]).rows if row.category is None] == ["blank"]


def test_a_metric_that_one_run_lacks_is_said_to_be_missing(write_run: WriteRun) -> None:
    a = write_run("a", {"clip": numbers(8, 1), "fd": numbers(8, 1)})
    b = write_run("b", {"clip": numbers(8, 1)}, complete=False)
    found = compare([a, b])
    row = by_name(found)["fd"]
    assert (row.verdict, row.p) == ("untested", None)
    assert row.words == "not compared: b has no fd yet: its run isn't finished"
    assert "the run of b isn't finished: what is there is compared" in found.notes


def test_runs_that_share_nothing_are_a_mistake(write_run: WriteRun) -> None:
    a = write_run("a", {"clip": numbers(8, 1)})
    others = write_run("others", {"clip": numbers(8, 1)}, prompts=[f"other {row}" for row in range(8)])
    with pytest.raises(GraphError, match="nothing can be compared: they share no prompt"):
        compare([a, others])
    with pytest.raises(GraphError, match="others has no clip"):
        compare([a, write_run("more", {"fd": numbers(8, 1)})], only=["clip"], labels=["a", "others"])
    with pytest.raises(GraphError, match="two runs or more"):
        compare([a])
    with pytest.raises(GraphError, match="no run has a score 'clop'"):
        compare([a, others], only=["clop"])
    with pytest.raises(GraphError, match="no column 'kind'"):
        compare([a, others], by="kind")


def test_one_prompt_has_no_chance_and_no_verdict(write_run: WriteRun) -> None:
    a, b = (write_run(name, {"clip": numbers(1, 4, seed=seed)}) for seed, name in enumerate("ab"))
    row = by_name(compare([a, b]))["clip"]
    assert (row.p, row.p_holm, row.interval, row.verdict) == (None, None, None, "untested")
    assert row.words.startswith("can't be judged: one prompt")


def test_a_run_beside_itself_is_equal(write_run: WriteRun) -> None:
    a = write_run("a", {"clip": numbers(8, 2), "right": numbers(8, 2) > 0})
    rows = by_name(compare([a, a], labels=["A", "B"]))
    assert rows["clip"].words == "A and B are equal at every prompt"
    assert [row.verdict for row in rows.values()] == ["undecided", "undecided"]


def test_seeds_that_all_prompts_share_are_told(write_run: WriteRun) -> None:
    a, b = (write_run(name, {"clip": numbers(8, 2, seed=seed)}, per=[]) for seed, name in enumerate("ab"))
    (note,) = compare([a, b]).notes
    assert note.startswith("all prompts share the values of seed")


def test_more_runs_are_ranked_with_those_that_cant_be_told_apart(write_run: WriteRun) -> None:
    noise = numbers(20, 2)
    runs = [
        write_run(name, {"clip": noise + numbers(20, 2, seed=seed) / 3 + shift})
        for seed, (name, shift) in enumerate({"low": 0.0, "high": 2.0, "alike": 2.05}.items(), 1)
    ]
    found = compare(runs)
    (ranking,) = found.ranking
    assert [set(group) for group in ranking.groups] == [{1, 2}, {0}]
    assert ranking.order[-1] == 0
    assert len([row for row in found.rows if row.category is None]) == 3


def test_values_are_of_what_is_shared_and_ranks_of_whole_runs(write_run: WriteRun) -> None:
    prompts = [f"prompt {row}" for row in range(10)]
    runs = [
        write_run(name, {"clip": numbers(8, 2, seed=place)}, prompts=prompts[place : place + 8])
        for place, name in enumerate("abc")
    ]
    found = compare(runs)
    for row in found.rows:
        assert row.difference == pytest.approx(row.value_b - row.value_a)  # type: ignore[operator]
    assert any("only some of their prompts and seeds in common" in note for note in found.notes)
    (ranking,) = found.ranking
    wholes = {row.a: row.whole_a for row in found.rows} | {row.b: row.whole_b for row in found.rows}
    assert list(ranking.values) == [wholes[run] for run in ranking.order]


def test_settings_of_one_run_are_compared_as_runs_are(write_run: WriteRun) -> None:
    values = numbers(20, 2, 1) + np.array([0.0, 1.0, 1.0]) + numbers(20, 2, 3, seed=1) / 5
    run = write_run("sweep", {"clip": values}, steps=[4, 8, 12])
    found = compare_settings(run, "steps")
    assert found.labels == ("steps=4", "steps=8", "steps=12")
    assert [set(group) for group in found.ranking[0].groups] == [{1, 2}, {0}]
    assert all(row.at == {} for row in found.rows)
    with pytest.raises(GraphError, match="'stops' is no setting") as refused:
        compare_settings(run, "stops")
    assert "did you mean 'steps'?" in str(refused.value)


def test_runs_with_settings_are_compared_at_each_that_both_have(write_run: WriteRun) -> None:
    a = write_run("a", {"clip": numbers(8, 1, 2)}, steps=[4, 8])
    b = write_run("b", {"clip": numbers(8, 1, 2)}, steps=[8, 12])
    found = compare([a, b], by="none")
    assert [row.at for row in found.rows] == [{"steps": 8}]
    assert set(found.notes) == {f"{name} has 1 score that no other has" for name in "ab"}


def test_the_record_is_plain_data(write_run: WriteRun) -> None:
    runs = [write_run(name, {"clip": numbers(8, 2, seed=seed)}) for seed, name in enumerate("abc")]
    record = compare(runs).record()
    assert json.loads(json.dumps(record)) == record
    assert record["runs"] == ["a", "b", "c"]
    assert set(record["rows"][0]) >= {"a", "b", "difference", "interval", "p", "p_holm", "verdict", "words"}
