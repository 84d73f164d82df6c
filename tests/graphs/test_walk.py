"""Walks: boxes cover every point once, reduced axes lie innermost, foreign axes are not multiplied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mezzotint.graphs.check import CheckedGraph
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.walk import Walk, plan_walks

Load = Callable[[str], CheckedGraph]


@pytest.fixture
def graph(tmp_path: Path) -> Load:
    registry = Registry()
    registry.add_file(Path(__file__).with_name("engine_nodes.py"))

    def load(text: str) -> CheckedGraph:
        path = tmp_path / "graph.yaml"
        path.write_text(text, "utf-8")
        return Graph.load(path, registry).check()

    return load


SCORED = """
inputs: {a: {each: {range: 5}}, b: {each: {range: 7}}, c: {each: {range: 3}}}
nodes:
  left: {use: mix, left: $a, right: $b}
  both: {use: mix, left: $left, right: $c}
  over_a: {use: gather, number: $both, over: a}
  rest: {use: mix, left: $both, right: $over_a}
outputs: {both: $both, rest: $rest}
"""


def points_of(walk: Walk, axes: tuple[str, ...]) -> Counter[tuple[int, ...]]:
    return Counter(
        tuple(point.values()) for box in walk.boxes() if box.is_first(axes) for point in box.points(axes)
    )


@pytest.mark.parametrize("block", [1, 2, 4, 20, 64, 1000])
def test_boxes_hold_every_point_once_and_no_more_than_the_block(graph: Load, block: int) -> None:
    for walk in plan_walks(graph(SCORED), block):
        for axes in ((), ("a",), ("a", "c"), ("a", "b", "c")):
            assert set(points_of(walk, axes).values()) == {1}
        assert all(box.count(walk.axes) <= block for box in walk.boxes())


def test_the_axes_of_a_reduction_are_innermost(graph: Load) -> None:
    first, last = plan_walks(graph(SCORED))
    assert first.axes == ("b", "c", "a")
    assert [step.name for step in first.reducers] == ["over_a"]
    assert [step.name for step in last.taken] == ["over_a"]


def test_each_box_with_points_is_once_the_first_and_once_the_last(graph: Load) -> None:
    walk = plan_walks(graph(SCORED), 4)[0]
    for axes in (("a",), ("b", "c"), ()):
        boxes = list(walk.boxes())
        held = {tuple(box.ranges[axis] for axis in axes) for box in boxes}
        assert sum(box.is_first(axes) for box in boxes) == len(held)
        assert sum(box.is_last(axes) for box in boxes) == len(held)


def test_outputs_over_other_axes_do_not_multiply_each_other(graph: Load) -> None:
    text = """
    inputs: {a: {each: {range: 100}}, b: {each: {range: 50}}, c: {each: {range: 100}}}
    nodes:
      one: {use: mix, left: $a, right: $b}
      two: {use: mix, left: $b, right: $c}
      three: {use: measure, text: "${b}"}
    outputs: {one: $one, two: $two, three: $three}
    """
    walks = plan_walks(graph(text), 100)
    assert [walk.axes for walk in walks] == [("a", "b"), ("b", "c")]
    assert sum(1 for walk in walks for _ in walk.boxes()) == 100


def test_a_box_projects_its_points_on_fewer_axes(graph: Load) -> None:
    box = next(iter(plan_walks(graph(SCORED), 1000)[0].boxes()))
    source, target = list(box.points(("a", "b", "c"))), list(box.points(("c", "a")))
    for point, local in zip(source, box.project(("a", "b", "c"), ("c", "a")), strict=True):
        assert target[local] == {"c": point["c"], "a": point["a"]}
