"""Sampling under a watcher: the same picture bit for bit, seen through the noise, and stopped at will."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import torch

from mezzotint.graphs import stepping
from mezzotint.nodes import families, to_pil
from mezzotint.nodes.conditioning import ConditioningBatch
from mezzotint.nodes.decoding import decode
from mezzotint.nodes.encoding import encode
from mezzotint.nodes.families import lanes
from mezzotint.nodes.families.schedulers import SchedulerName
from mezzotint.nodes.latents import LatentBatch, LatentTag
from mezzotint.nodes.sampling import sample
from mezzotint.nodes.text import text_encode

PROMPTS = ["red", "a blue star", "stripes"]
SEEDS = [3, 1, 4]


@pytest.fixture(params=[1, 3], ids=["in one", "in lanes"])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def draw(model: Any, **settings: Any) -> torch.Tensor:
    latents = sample(model, text_encode(model, PROMPTS), SEEDS, **{"steps": 4, **settings})
    drawn: torch.Tensor = latents.samples
    return drawn


@pytest.mark.parametrize("scheduler", get_args(SchedulerName))
def test_pictures_are_the_same_bit_for_bit(model: Any, scheduler: str) -> None:
    alone = draw(model, scheduler=scheduler)
    heard = []

    def watch(told: stepping.Progress) -> None:
        heard.append((told.step, told.picture()))

    with stepping.watched(watch):
        assert torch.equal(draw(model, scheduler=scheduler), alone)
    assert [step for step, _ in heard] == list(range(1, len(heard) + 1))
    assert all(picture.size == (64, 64) for _, picture in heard)


@pytest.mark.parametrize("scheduler", ["default", "euler_ancestral", "dpm++_2m_sde"])
@pytest.mark.parametrize("strength", [None, 0.6])
def test_in_lanes_too_from_noise_and_from_a_picture(
    model: Any, threads: int, scheduler: str, strength: float | None
) -> None:
    settings: dict[str, Any] = {"scheduler": scheduler}
    if strength is not None:
        start = encode(model, torch.linspace(0, 1, 3 * 3 * 64 * 64).reshape(3, 3, 64, 64))
        settings |= {"latents": start, "strength": strength, "steps": 5}
    alone = draw(model, **settings)
    heard: list[int] = []
    with stepping.watched(lambda told: heard.append(told.step if told.picture() else 0)):
        assert torch.equal(draw(model, **settings), alone)
    assert heard == list(range(1, len(heard) + 1))
    assert heard


@pytest.mark.parametrize("scheduler", ["ddim", "euler", "dpm++_2m"])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_the_last_estimate_is_the_picture(checkpoint: Any, scheduler: Any, prediction: str) -> None:
    from mezzotint.nodes.loading import load_model

    model = load_model(source=str(checkpoint(prediction_type=prediction)), device="cpu")
    pictures = []
    with stepping.watched(lambda told: pictures.append(told.picture())):
        latents = sample(model, text_encode(model, PROMPTS), SEEDS, steps=6, scheduler=scheduler)
    found = torch.frombuffer(bytearray(pictures[-1].tobytes()), dtype=torch.uint8).int()
    expected = to_pil(decode(model, latents)[0])
    difference = (found - torch.frombuffer(bytearray(expected.tobytes()), dtype=torch.uint8).int()).abs()
    assert difference.max() <= 8  # some schedulers leave a trace of noise


class EnoughError(Exception):
    """What a watcher may raise."""


def test_a_watcher_that_raises_stops_every_lane(model: Any, threads: int) -> None:
    heard: list[int] = []

    def watch(told: stepping.Progress) -> None:
        heard.append(told.step)
        if told.step == 2:
            raise EnoughError

    with pytest.raises(EnoughError), stepping.watched(watch):
        draw(model, steps=500)
    assert heard == [1, 2]
    assert draw(model).shape == (3, 4, 8, 8)


def test_ctrl_c_ends_every_lane(model: Any, threads: int) -> None:
    heard: list[int] = []

    def watch(told: stepping.Progress) -> None:
        heard.append(told.step)
        if told.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    # Whoever starts the tests in the background has Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), stepping.watched(watch):
            draw(model, steps=900)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(heard) < 900
    assert draw(model).shape == (3, 4, 8, 8)


@pytest.mark.parametrize("threads", [2], indirect=True)
def test_a_lane_that_fails_is_told_of_though_it_stopped_the_others(threads: int) -> None:
    def compute(part: slice) -> None:
        if part.start > 0:
            raise EnoughError
        while True:
            stepping.done(1, 1)

    with pytest.raises(EnoughError):
        lanes.in_parts(2, compute)


class OneByOne:
    """A family that samples one picture a call, in two steps."""

    batches = False

    def size(self, width: int | None, height: int | None) -> tuple[int, int]:
        return 64, 64

    def sample(self, conditioning: ConditioningBatch, seeds: Any, **_: Any) -> LatentBatch:
        stepping.done(1, 2)
        stepping.done(2, 2)
        return LatentBatch(torch.ones(1, 4, 8, 8), LatentTag("one", "numbers", 64, 64))


def test_pictures_drawn_one_by_one_are_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "adapter", lambda model: OneByOne())
    prompts = ConditioningBatch("one", {"prompt_embeds": torch.ones(3, 1)}, (0, 0, 0))
    heard = []
    with stepping.watched(lambda told: heard.append((told.step, told.steps))):
        sample("any model", prompts, [1, 2, 3])
    assert heard == [(step, 6) for step in range(1, 7)]
