"""What the axes of a graph are to whoever judges it: units, seeds, settings, categories."""

from __future__ import annotations

import pytest

from mezzotint.graphs.check import CheckedGraph
from mezzotint.graphs.roles import Role, Sampling, label_key

DRAWN = """
inputs:
  prompt: {each: [a cat, a dog]}
  seed: {each: {range: 2}, per: prompt}
  noise: {each: {range: 3}}
  size: {each: [1, 2]}
  style: {each: [oil, ink]}
  mark: {each: ["!", "?"]}
nodes:
  text: {use: shout, text: "${prompt} in ${style}", mark: $mark}
  one: {use: draw, text: $text, seed: $seed}
  other: {use: draw, text: $text, seed: $noise}
  m: {use: mean, number: $one, over: [prompt, seed]}
  n: {use: mean, number: $other, over: [prompt, noise]}
outputs: {m: $m, n: $n, size: $size}
"""


def roles(graph: CheckedGraph) -> dict[str, Role]:
    return Sampling(graph).roles


def test_texts_that_are_reduced_are_units_and_all_others_settings(checked) -> None:
    found = roles(checked(DRAWN))
    assert found["prompt"] == Role("unit")
    assert found["style"] == Role("setting")  # reaches a port, but nothing takes it away
    assert found["mark"] == Role("setting")  # goes to an option
    assert found["size"] == Role("setting")


def test_what_goes_to_a_port_named_seed_is_a_seed_and_per_says_what_it_is_drawn_for(checked) -> None:
    found = roles(checked(DRAWN))
    assert found["seed"] == Role("seed", ("prompt",))
    assert found["noise"] == Role("seed")


def test_texts_are_units_where_nothing_is_reduced(checked) -> None:
    found = roles(
        checked("inputs: {t: {each: [a, b]}}\nnodes: {s: {use: shout, text: $t}}\noutputs: {s: $s}")
    )
    assert found == {"t": Role("unit")}


def test_what_a_by_makes_is_a_category(checked) -> None:
    graph = checked(
        """inputs: {row: {each: [{text: a, kind: x}, {text: b, kind: y}]}}
nodes:
  long: {use: length, text: $row.text}
  m: {use: mean, number: $long, over: row, by: row.kind}
outputs: {m: $m}"""
    )
    assert roles(graph) == {"row": Role("unit"), "row.kind": Role("category")}


def test_a_member_is_of_the_unit_that_its_prompt_is(checked) -> None:
    graph = checked(DRAWN)
    sampling, step = Sampling(graph), graph.steps["m"]
    assert sampling.unit(step, {"prompt": 1, "seed": 0, "style": 0, "mark": 0}) == "a dog"
    assert sampling.crossed(step) == ()
    assert sampling.crossed(graph.steps["n"]) == ("noise",)


def test_where_only_seeds_are_reduced_every_member_is_a_unit(checked) -> None:
    graph = checked(DRAWN.replace("over: [prompt, seed]", "over: seed"))
    sampling, step = Sampling(graph), graph.steps["m"]
    assert sampling.unit_axis(step) is None
    assert sampling.unit(step, {"prompt": 1, "seed": 1, "style": 0, "mark": 0}) == "seed 1"
    assert sampling.crossed(step) == ()


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ([{"Prompt": "a", "name": "x"}, {"Prompt": "b", "name": "y"}], "Prompt"),
        ([{"caption": "a"}, {"caption": 3}], None),
        ([{"name": "a.png"}], "name"),
        ([{"tag": "x"}], None),
        (["a", "b"], None),
        (range(3), None),
    ],
)
def test_records_are_told_apart_by_their_prompt_or_name(values, key) -> None:
    assert label_key(values) == key
