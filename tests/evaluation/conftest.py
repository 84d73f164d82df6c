"""A cache of its own for every test run, a tiny CLIP in open_clip's layout, and a random FID Inception."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

TINY = {
    "model_cfg": {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
        "text_cfg": {"context_length": 12, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
    },
    "preprocess_cfg": {"mean": [0.5, 0.4, 0.6], "std": [0.2, 0.3, 0.25], "interpolation": "bicubic"},
}


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache_of_the_tests(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEZZOTINT_CACHE", str(shared_cache))


@pytest.fixture(scope="session")
def make_tiny_clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Writes a random CLIP of 16 dimensions, for 32 pixels and 12 tokens, by its seed."""

    def make(seed: int) -> Path:
        import open_clip
        import torch
        from safetensors.torch import save_file

        folder = tmp_path_factory.mktemp("clip")
        (folder / "open_clip_config.json").write_text(json.dumps(TINY))
        torch.manual_seed(seed)
        model = open_clip.create_model(f"local-dir:{folder}")
        save_file(model.state_dict(), folder / "open_clip_model.safetensors")
        return folder

    return make


@pytest.fixture(scope="session")
def tiny_clip(make_tiny_clip: Callable[[int], Path]) -> Path:
    return make_tiny_clip(0)


@pytest.fixture(scope="session")
def inception_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seeded random FID Inception, for `inception-v3:FILE`: a .pth file that its peers read too."""
    import torch

    from mezzotint.evaluation.extractors.inception import random_weights

    path = tmp_path_factory.mktemp("inception") / "random.pth"
    torch.save(random_weights(seed=0), path)
    return path
