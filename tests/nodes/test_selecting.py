"""``best_of``: the best picture of a set, whatever the order it came in, and what became of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import mezzotint
from mezzotint import each
from mezzotint.graphs.store import Store
from mezzotint.nodes.selecting import best_of

NODES = '''
from typing import Annotated
import torch
from mezzotint.graphs.node import node
from mezzotint.graphs.types import Integer, Number
from mezzotint.nodes.pictures import Images

@node(version=1)
def shade(number: Integer) -> Images:
    """A picture of two shades."""
    base = torch.tensor(number).float()[:, None, None, None].expand(-1, 3, 2, 2) / 100
    return base + torch.tensor([0.0, 0.01])

@node(version=1)
def judge(number: Integer) -> Number:
    """A score that fails for 3."""
    if 3 in number:
        raise ValueError("three")
    return [float(n % 5) for n in number]
'''
GRAPH = """
inputs: {number: {each: [1, 2, 3, 7, 0]}}
nodes:
  picture: {use: shade, number: $number}
  score: {use: judge, number: $number}
  best: {use: best_of, images: $picture, score: $score, over: number}
  big: {use: upscale, images: $best.image, scale: 2, method: nearest}
outputs: {big: $big, score: $best.score, place: $best.place}
"""


def update(state: Any, numbers: list[int], scores: list[float], indices: list[int] | None = None) -> None:
    images = torch.tensor(numbers)[:, None, None, None].expand(-1, 3, 4, 4) / 100
    points = [{"seed": (index, f"value {index}")} for index in indices or range(len(numbers))]
    state.update(images, scores, points)


def test_the_highest_score_wins_and_its_picture_goes_on(tmp_path: Path) -> None:
    (tmp_path / "shades.py").write_text(NODES)
    (tmp_path / "graph.yaml").write_text(GRAPH)
    graph = mezzotint.load(tmp_path / "graph.yaml", nodes=[tmp_path / "shades.py"])
    with Store(tmp_path / "store") as store:
        run = graph.run(store=store)
        # Of 1, 2, 7 and 0 (3 failed), 2 and 7 score 2, and 2 came first.
        assert run["score"].value == 2
        assert run["place"].value == {"number": {"index": 1, "value": 2}}
        assert run["big"].tensor().shape == (1, 3, 4, 4)
        assert run["big"].value[0, 0, 0] == pytest.approx(0.02)
        assert run["score"].missing == [1]
        again = graph.run(store=store)
        assert again["place"].value == run["place"].value
        assert torch.equal(again["big"].tensor(), run["big"].tensor())
        alone = graph.run(store=store, number=each([7, 4]))
        assert (alone["score"].value, alone["place"].value["number"]["value"]) == (4, 4)


def test_the_lowest_wins_where_that_is_asked_for() -> None:
    state = best_of(best="lowest")
    update(state, [5, 6, 7], [0.5, 0.1, 0.1])
    assert state.compute().score == 0.1
    assert state.compute().place == {"seed": {"index": 1, "value": "value 1"}}


@given(scores=st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=12), seed=st.randoms())
def test_neither_order_nor_batches_nor_merging_change_the_best(scores: list[float], seed: Any) -> None:
    order = list(range(len(scores)))
    seed.shuffle(order)
    whole, first, second = best_of(), best_of(), best_of()
    update(whole, order, [scores[at] for at in order], order)
    for position, at in enumerate(order):
        update((first, second)[position % 2], [at], [scores[at]], [at])
    second.merge(first)
    expected = scores.index(max(scores))
    for state in (whole, second):
        assert state.compute().place["seed"]["index"] == expected
        assert state.compute().score == max(scores)
        assert torch.equal(state.compute().image, torch.full((1, 3, 4, 4), expected / 100))


def test_the_best_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="the best of no pictures"):
        best_of().compute()


def test_files_of_a_folder_are_named_without_their_path() -> None:
    state = best_of()
    state.update(
        torch.zeros(1, 3, 2, 2), [1.0], [{"photo": (0, {"image": Path("/home/me/a.png"), "name": "a.png"})}]
    )
    assert state.compute().place == {"photo": {"index": 0, "value": {"image": "a.png", "name": "a.png"}}}
