"""The world: what a scene may be, and which of them training never sees."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

from mezzotint.starter import tasks, world


def draw(index: int, task: tasks.Task | None = None) -> world.Example:
    return world.sample(np.random.default_rng((1, index)), task)


def test_the_package_says_where_its_weights_lie_without_importing_numpy_or_torch():
    code = "import sys, mezzotint.starter as s; s.DIFFUSION.name; print({'numpy', 'torch'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_a_scene_is_the_same_for_the_same_seed():
    first, second = draw(3), draw(3)
    assert first == second
    assert (world.render(first.scene) == world.render(second.scene)).all()
    assert draw(4) != first


def test_a_picture_is_64_pixels_of_rgb():
    picture = world.render(draw(0).scene)
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8


def test_objects_keep_their_distance_from_each_other_and_from_the_edge():
    for index in range(300):
        for item in draw(index).scene.objects:
            assert all(item.extent / 2 + 2 <= at <= 62 - item.extent / 2 for at in item.center)
        for one, other in combinations(draw(index).scene.objects, 2):
            apart = max(abs(a - b) for a, b in zip(one.center, other.center, strict=True))
            assert apart >= (one.extent + other.extent) / 2 + world.GAP - 1e-9


def test_held_out_colours_and_shapes_never_meet():
    met = {(o.color, o.shape) for index in range(1500) for o in draw(index).scene.objects}
    assert not met & tasks.HELD_OUT_PAIRS
    assert len(met) == len(tasks.COLORS) * len(tasks.SHAPES) - len(tasks.HELD_OUT_PAIRS)


def test_the_readmes_prompts_are_of_pairs_that_were_trained():
    assert not {("red", "circle"), ("green", "star")} & tasks.HELD_OUT_PAIRS


def test_training_captions_are_never_held_out_and_the_others_always_are():
    for index in range(100):
        rng = np.random.default_rng((2, index))
        assert not tasks.is_held_out(world.sample(rng).caption)
        assert tasks.is_held_out(world.sample(rng, trained=False).caption)


def test_a_fifth_of_all_captions_is_held_out():
    rng = np.random.default_rng(0)
    held = [tasks.is_held_out(tasks.phrase(tasks.sample_spec(rng), rng)) for _ in range(3000)]
    assert 0.17 < np.mean(held) < 0.23


@pytest.mark.parametrize("task", tasks.TASKS)
def test_every_task_can_be_drawn(task: tasks.Task):
    example = draw(0, task)
    assert example.spec.task == task
    assert len(example.scene.objects) == example.spec.count


def test_held_out_pairs_need_a_task_that_names_colours():
    with pytest.raises(ValueError, match="single"):
        tasks.sample_spec(np.random.default_rng(0), "single", pairs="held_out")
    spec = tasks.sample_spec(np.random.default_rng(0), "attribution", pairs="held_out")
    assert (spec.wants[0].color, spec.wants[0].shape) in tasks.HELD_OUT_PAIRS


def test_reference_images_begin_alike_however_many_are_asked_for():
    few, more = list(world.reference_images(3)), list(world.reference_images(6))
    assert all((one == other).all() for one, other in zip(few, more, strict=False))
    assert not (more[0] == next(world.reference_images(1, seed=1))).all()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (tasks.Spec("single", (tasks.Want("star"),)), "a star"),
        (tasks.Spec("colors", (tasks.Want("cross", "orange"),)), "an orange cross"),
        (tasks.Spec("counting", (tasks.Want("cross", count=3),)), "three crosses"),
        (tasks.Spec("two", (tasks.Want("ring"), tasks.Want("star"))), "a ring and a star"),
        (tasks.Spec("position", (tasks.Want("ring"), tasks.Want("star")), "left"), "a ring left of a star"),
        (tasks.Spec("single", (tasks.Want("star"),), background="mint"), "a star on a mint background"),
        (tasks.Spec("colors", (tasks.Want("star", "red", "small"),)), "a photo of a small red star"),
    ],
)
def test_captions_are_english(spec: tasks.Spec, said: str):
    rng = np.random.default_rng(0)
    assert said in {tasks.phrase(spec, rng) for _ in range(200)}
