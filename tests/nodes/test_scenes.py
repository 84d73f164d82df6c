"""``render_scene``: real pictures of a prompt, drawn without a model."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mezzotint.nodes import to_8bit
from mezzotint.nodes.scenes import render_scene
from mezzotint.starter.judge import background, detect, satisfies
from mezzotint.starter.sentences import parse
from mezzotint.starter.tasks import TASKS, phrase, sample_spec

RNG = np.random.default_rng(3)
PROMPTS = [phrase(sample_spec(RNG, task), RNG) for task in TASKS for _ in range(10)]


def pixels(images: torch.Tensor) -> np.ndarray:
    return to_8bit(images).permute(0, 2, 3, 1).numpy()


def test_a_scene_shows_what_its_prompt_says() -> None:
    images = render_scene(PROMPTS, list(range(len(PROMPTS))))
    assert images.shape == (len(PROMPTS), 3, 64, 64)
    assert images.dtype == torch.float32
    for prompt, picture in zip(PROMPTS, pixels(images), strict=True):
        spec = parse(prompt)
        assert satisfies(spec, detect(picture)), prompt
        assert spec.background in (None, background(picture)), prompt


def test_a_scene_depends_on_its_seed_and_on_what_its_prompt_says_alone() -> None:
    together = render_scene(["a star", "a ring", "a star"], [0, 0, 1])
    assert torch.equal(render_scene(["A  star."], [0])[0], together[0])
    assert not torch.equal(together[0], together[2])
    # Another prompt's scene isn't the same one with another shape in it.
    assert background(pixels(together)[0]) != background(pixels(together)[1]) or not torch.allclose(
        together[0, :, 0, 0], together[1, :, 0, 0]
    )


def test_seeds_may_be_any_whole_number() -> None:
    assert len(render_scene(["a star"] * 2, [-(1 << 63), (1 << 63) - 1])) == 2


def test_scenes_are_the_same_on_every_machine() -> None:
    (picture,) = pixels(render_scene(["a red star on a white background"], [0]))
    (found,) = detect(picture)
    assert (found.shape, found.color, found.size) == ("star", "red", "medium")
    assert found.center == pytest.approx((42.6, 17.8), abs=0.5)


@pytest.mark.parametrize("prompt", ["four large crosses", "a large star below a large ring"])
def test_large_objects_are_drawn_where_they_fit(prompt: str) -> None:
    for picture in pixels(render_scene([prompt] * 20, list(range(20)))):
        assert satisfies(parse(prompt), detect(picture))


def test_a_prompt_of_another_world_is_an_error() -> None:
    with pytest.raises(ValueError, match="'a dog' names nothing of"):
        render_scene(["a dog"], [0])
