"""``starter_judge``: pictures of the starter's world held to their prompts, in a graph and alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import mezzotint
from mezzotint.evaluation import starter_judge
from mezzotint.graphs.store import Store
from mezzotint.nodes import render_scene, upscale

PROMPTS = [
    "a star",
    "a ring and a square",
    "three stars",
    "a blue cross",
    "a star left of a circle",
    "a red circle and a blue star",
]
TASKS = ["single", "two", "counting", "colors", "position", "attribution"]
GRAPH = """
inputs:
  prompt: {each: [a star, a dog, two rings]}
  shown: a star
  seed: {each: {range: 2}}
nodes:
  scene: {use: render_scene, prompt: $shown, seed: $seed}
  judge: {use: starter_judge, images: $scene, prompt: $prompt}
  share: {use: mean, number: $judge.correct, over: seed}
  best: {use: best_of, images: $scene, score: $judge.correct, over: [prompt, seed]}
outputs: {correct: $judge.correct, reason: $judge.reason, share: $share, best: $best.score}
"""


def test_scenes_obey_their_prompts_in_all_six_tasks():
    found = starter_judge(render_scene(PROMPTS, list(range(6))), PROMPTS)
    assert found.correct == [True] * 6
    assert found.task == TASKS
    assert found.reason == [""] * 6


def test_another_prompts_scene_does_not_and_the_reason_is_said():
    scenes = render_scene(PROMPTS, [0] * 6)
    found = starter_judge(scenes, [*PROMPTS[1:], PROMPTS[0]])
    assert found.correct == [False] * 6
    assert found.task == [*TASKS[1:], TASKS[0]]
    assert found.reason[0] == "number of objects: expected 2; found 1 star"
    assert all(found.reason)


def test_enlarged_pictures_are_judged_like_the_originals():
    large = upscale(render_scene(PROMPTS, [1] * 6), scale=4.0)
    assert starter_judge(large, PROMPTS).correct == [True] * 6


def test_a_blank_picture_shows_nothing():
    (why,) = starter_judge(torch.full((1, 3, 64, 64), 0.5), ["a star"]).reason
    assert why == "number of objects: expected 1; found nothing"


def test_a_picture_that_is_not_square_is_refused():
    with pytest.raises(ValueError, match="square, and these pictures are 80×64"):
        starter_judge(torch.zeros(1, 3, 64, 80), ["a star"])


def test_a_prompt_that_cannot_be_read_fails_alone_and_the_rest_is_counted(tmp_path: Path):
    (tmp_path / "graph.yaml").write_text(GRAPH)
    with Store(tmp_path / "store") as store:
        run = mezzotint.load(tmp_path / "graph.yaml").run(store=store)
    assert [run["share"][0], run["share"][2]] == [1, 0]
    assert run["best"].value == 1
    assert run["reason"][0] == ""
    assert "'a dog' names nothing of the starter's world" in run["reason"].failures[2]
