"""Prompts and seeds as lists: what axes are to a graph."""

from __future__ import annotations

import pytest

from mezzotint import Graph, each, registry
from mezzotint.integrations.comfyui.prompts import Prompts


def test_every_prompt_has_as_many_seeds_of_its_own() -> None:
    prompts, seeds = Prompts().list("a star\n\n a cross \n", 3, 0)
    assert prompts == ["a star"] * 3 + ["a cross"] * 3
    assert len(set(seeds)) == 6


def test_the_seeds_are_those_that_a_graph_makes() -> None:
    graph = Graph(registry=registry())
    prompt = graph.input("prompt", each("a star", "a cross"))
    seed = graph.input("seed", each(range(3), per="prompt"))
    graph.output(seed=seed, scene=graph.add("render_scene", prompt=prompt, seed=seed))
    results = graph.run()
    assert Prompts().list("a star\na cross", 3, 0)[1] == list(results["seed"])


def test_another_prompt_changes_no_seed() -> None:
    alone = Prompts().list("a cross", 2, 5)[1]
    assert Prompts().list("a star\na cross", 2, 5)[1][2:] == alone


def test_no_prompt_at_all_is_told() -> None:
    with pytest.raises(ValueError, match="write one a line"):
        Prompts().list(" \n", 1, 0)
