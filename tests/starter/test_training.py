"""Training: each stage takes a few small steps, and a resumed run is the run that was never stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from mezzotint.starter import (
    dataset,
    loop,
    models,
    train_clip,
    train_denoiser,
    train_text,
    train_vae,
    vocabulary,
)
from mezzotint.starter.latents import Latents
from mezzotint.starter.tasks import Spec, Want, phrase, sample_spec
from mezzotint.starter.world import render

PICTURES = np.stack([render(dataset.example(index).scene) for index in range(20)])


def silent(line: str) -> None:
    pass


def toy_latents() -> Latents:
    rng = np.random.default_rng(0)
    tokens = train_text.tokenize(["a red circle"] * 32).numpy().astype(np.int16)
    return Latents(rng.normal(size=(8, 8, 8, 8)).astype(np.float16), tokens.reshape(8, 4, -1))


def vae(folder: Path, stop_at: int | None = None) -> torch.nn.Module:
    return train_vae.train(folder, 4, 2, pictures=PICTURES, stop_at=stop_at, say=silent)


def text(folder: Path, stop_at: int | None = None) -> torch.nn.Module:
    return train_text.train(folder, 4, batch=8, stop_at=stop_at, say=silent)


def denoiser(folder: Path, stop_at: int | None = None) -> torch.nn.Module:
    return train_denoiser.train(
        folder, toy_latents(), None, 4, batch=4, channels=(32, 32), stop_at=stop_at, say=silent
    )


def clip(folder: Path, stop_at: int | None = None) -> torch.nn.Module:
    return train_clip.train(folder, 4, batch=4, stop_at=stop_at, say=silent)


@pytest.mark.parametrize("stage", [vae, text, denoiser, clip])
def test_a_resumed_run_is_the_run_that_was_never_stopped(
    stage: Callable[..., torch.nn.Module], tmp_path: Path
):
    whole = stage(tmp_path / "whole").state_dict()
    halved = stage(tmp_path / "halved", stop_at=2).state_dict()
    stopped = {key: weight.clone() for key, weight in halved.items()}
    resumed = stage(tmp_path / "halved").state_dict()
    for key, weight in whole.items():
        torch.testing.assert_close(resumed[key], weight, rtol=1e-5, atol=1e-6)
    assert any(not torch.equal(stopped[key], weight) for key, weight in resumed.items())


def test_a_trained_stage_can_be_loaded_without_unpickling(tmp_path: Path):
    trained = text(tmp_path)
    loaded = loop.load_trained("text", train_text.Reader(), tmp_path, averaged=True)
    for key, weight in trained.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], weight)


def test_a_stage_that_has_not_run_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="vae"):
        loop.load_trained("vae", models.new_vae(), tmp_path, averaged=True)


def test_the_rate_warms_up_stays_and_falls():
    schedule = loop.Schedule(steps=100, rate=1.0, warmup=10, floor=0.1, tail=0.5)
    assert schedule.factor(0) == pytest.approx(0.1)
    assert schedule.factor(10) == schedule.factor(50) == 1.0
    assert 0.1 < schedule.factor(75) < 1.0
    assert schedule.factor(100) == pytest.approx(0.1)


def test_every_word_of_the_world_is_one_token():
    words = models.tokenizer()
    rng = np.random.default_rng(0)
    longest = 0
    for _ in range(200):
        caption = phrase(sample_spec(rng), rng)
        numbers = words(caption).input_ids
        assert len(numbers) == len(caption.split()) + 2
        longest = max(longest, len(numbers))
    assert longest <= vocabulary.LENGTH


def test_any_text_has_tokens():
    words = models.tokenizer()
    assert words.unk_token_id not in words("Über 東京, 🙂 & <b>!").input_ids[1:-1]


def test_tokens_begin_and_end_as_the_encoder_expects():
    words, encoder = models.tokenizer(), models.new_text_encoder()
    numbers = words("a red circle").input_ids
    assert (numbers[0], numbers[-1]) == (encoder.config.bos_token_id, encoder.config.eos_token_id)
    assert numbers[-1] == len(words) - 1


def test_labels_say_what_a_spec_says():
    spec = Spec("counting", (Want("star", "red", count=3),), background="white")
    assert train_text.labels(spec) == [4, 1, 0, 3, 0, 0, 0, 0, 0, 1]


def test_the_shortened_text_encoding_of_the_clip_is_open_clips_own():
    model = models.new_clip().eval()
    tokens = train_text.tokenize(["a red circle", "a photo of two small stars on a white background"])
    torch.testing.assert_close(train_clip.encode_text(model, tokens), model.encode_text(tokens))
