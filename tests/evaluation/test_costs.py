"""What a picture cost, as nodes: seconds, peak memory, joules."""

from __future__ import annotations

from pathlib import Path

import pytest

import mezzotint
from mezzotint.evaluation import Mean, joules, peak_memory, seconds
from mezzotint.graphs.costs import Cost

GRAPH = """
inputs: {prompt: a red circle, seed: {each: {range: 2}}}
nodes:
  model: {use: load_model, source: starter}
  text: {use: text_encode, model: $model, prompt: $prompt}
  latent: {use: sample, model: $model, conditioning: $text, seed: $seed, steps: 2}
  image: {use: decode, model: $model, latents: $latent}
  blind: {use: clip_score, images: $image, text: $prompt}
  best: {use: best_of, images: $image, score: $blind, over: seed}
  seconds: {use: seconds, images: $image}
  of_best: {use: seconds, images: $best.image}
  of_text: {use: seconds, images: $text}
  memory: {use: peak_memory, images: $image}
  joules: {use: joules, images: $image}
outputs:
  {image: $image, seconds: $seconds, of_best: $of_best, of_text: $of_text, memory: $memory, joules: $joules}
"""


def test_each_node_hands_on_its_part_of_the_cost():
    costs = [Cost(1.5, 7, None), Cost(None, None, 3.0)]
    assert seconds(costs) == [1.5, None]
    assert peak_memory(costs) == [7, None]
    assert joules(costs) == [None, 3.0]


def test_a_mean_of_absent_numbers_is_refused():
    with pytest.raises(ValueError, match="1 of 2 numbers are absent"):
        Mean().update([1.0, None])


def test_a_graph_that_takes_the_mean_of_absent_numbers_says_why_it_has_none(tmp_path: Path):
    text = GRAPH.replace("outputs:", "  mean: {use: mean, number: $joules, over: seed}\noutputs:")
    (tmp_path / "graph.yaml").write_text(text.replace("joules: $joules", "mean: $mean"))
    run = mezzotint.load(tmp_path / "graph.yaml").run(out=tmp_path / "run")
    (reason,) = run["mean"].failures.values()
    assert "2 of 2 numbers are absent: they couldn't be measured" in reason


def test_drawn_pictures_say_what_they_cost_in_graph_and_tables(tmp_path: Path):
    import pyarrow.parquet

    (tmp_path / "graph.yaml").write_text(GRAPH)
    run = mezzotint.load(tmp_path / "graph.yaml").run(out=tmp_path / "run")
    each = list(run["seconds"])
    assert all(0 < one < 60 for one in each)
    drawing = [one - run["of_text"].value for one in each]  # the text was encoded once for both
    assert run["of_best"].value > run["of_text"].value + sum(drawing)  # both were drawn to find it
    assert list(run["joules"]) == [None, None]  # no such counter here, which is no zero
    table = pyarrow.parquet.read_table(tmp_path / "run" / "items.parquet").to_pylist()
    rows = [row for row in table if row["image"]]
    assert [row["seconds"] for row in rows] == each
    assert [row["joules"] for row in rows] == [None, None]
