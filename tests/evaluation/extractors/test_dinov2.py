"""DINOv2: the class token of transformers' own network, from a folder or the hub's cache."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from mezzotint.evaluation import extractor_by_name
from mezzotint.nodes.pictures import to_8bit

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def build(folder: Path, kind: str = "Dinov2", **settings: Any) -> Path:
    import transformers

    config = getattr(transformers, f"{kind}Config")(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14, **settings
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = getattr(transformers, f"{kind}Model")(config)
        for weight in network.parameters():  # fresh ones leave the class token nearly the same
            weight.data.normal_(0, 0.5)
    network.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def dinov2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dinov2"))


@pytest.fixture
def images() -> torch.Tensor:
    grains = torch.rand(3, 3, 7, 9, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(grains, (70, 90))


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub cache with nothing in it, and no way out."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def in_the_hub_cache(hub: Path, name: str, folder: Path) -> None:
    revision = "0" * 40
    repository = hub / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(revision)
    shutil.copytree(folder, repository / "snapshots" / revision)


@pytest.mark.parametrize("kind", ["Dinov2", "Dinov2WithRegisters"])
def test_features_are_the_class_token_of_transformers(kind, images, tmp_path):
    from cleanfid.resize import make_resizer
    from transformers import AutoModel

    folder = build(tmp_path / kind, kind)
    resize = make_resizer("PIL", False, "bicubic", (224, 224))  # as dgm-eval does it
    resized = [resize(picture.permute(1, 2, 0).numpy()) for picture in to_8bit(images)]
    pixels = torch.stack([torch.from_numpy(picture).permute(2, 0, 1) for picture in resized]) / 255
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    with torch.no_grad():
        peer = AutoModel.from_pretrained(folder).eval()((pixels - mean) / std).last_hidden_state[:, 0]
    extractor = extractor_by_name(f"dinov2:{folder}")
    features = extractor(images)
    torch.testing.assert_close(features, peer, atol=1e-5, rtol=0)
    assert features.shape == (3, extractor.dimension) == (3, 24)
    assert float(features.std(0).mean()) > 1e-3, "it tells pictures apart"
    alone = torch.cat([extractor(image[None]) for image in images])
    torch.testing.assert_close(alone, features, atol=1e-5, rtol=0)


def test_it_says_what_decides_its_features(dinov2):
    extractor = extractor_by_name(f"dinov2:{dinov2}")
    made = extractor.preprocessing
    assert (made.height, made.width, made.rule, made.mean, made.std) == (224, 224, "clean", MEAN, STD)
    assert (extractor.name, extractor.dtype) == (f"dinov2:{dinov2}", "float32")
    assert extractor_by_name(f"dinov2:{dinov2}@tf1").preprocessing.rule == "tf1"


def test_the_digest_is_of_its_files_wherever_they_lie_and_of_the_rule(dinov2, tmp_path):
    digest = extractor_by_name(f"dinov2:{dinov2}").digest()
    moved = shutil.copytree(dinov2, tmp_path / "moved")
    assert extractor_by_name(f"dinov2:{moved}").digest() == digest
    assert extractor_by_name(f"dinov2:{moved}@tf1").digest() not in (None, digest)


def test_the_large_one_is_meant_where_none_is_named(hub):
    extractor = extractor_by_name("dinov2")
    assert extractor == extractor_by_name("dinov2:facebook/dinov2-large")
    assert (extractor.name, extractor.dimension, extractor.digest()) == ("dinov2", 1024, None)


def test_what_the_hub_cache_holds_is_used_as_it_is(hub, dinov2, images):
    in_the_hub_cache(hub, "facebook/dinov2-large", dinov2)
    assert torch.equal(extractor_by_name("dinov2")(images), extractor_by_name(f"dinov2:{dinov2}")(images))
    assert extractor_by_name("dinov2").digest() == extractor_by_name(f"dinov2:{dinov2}").digest()


def test_what_can_not_be_fetched_is_an_error_that_says_what_to_do(hub):
    with pytest.raises(ValueError, match=r"'facebook/dinov2-large' is no folder here.*HF_HUB_OFFLINE is set"):
        extractor_by_name("dinov2").digest(fetch=True)


def change(**settings: Any) -> Any:
    def do(folder: Path) -> None:
        config = folder / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | settings))

    return do


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (change(model_type="vit"), "is of type 'vit', and not dinov2 or dinov2_with_registers"),
        (change(patch_size=15), "has patches of 15"),
        (change(hidden_size=None), "names no hidden_size"),
        (lambda folder: (folder / "config.json").write_text("[1]"), "holds no settings by name"),
        (lambda folder: (folder / "config.json").write_text("{"), "can't be read"),
        (lambda folder: (folder / "config.json").unlink(), "holds no config.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "lacks model.safetensors; only safetensors"),
        (
            lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
            "lacks model.safetensors; only safetensors",
        ),
    ],
)
def test_a_folder_of_something_else_is_an_error_before_anything_runs(dinov2, tmp_path, break_it, message):
    folder = shutil.copytree(dinov2, tmp_path / "broken")
    break_it(folder)
    with pytest.raises(ValueError, match=f"^dinov2: .*{message}"):
        extractor_by_name(f"dinov2:{folder}")


def test_damaged_weights_are_an_error(dinov2, tmp_path, images):
    folder = shutil.copytree(dinov2, tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ValueError, match="damaged can't be loaded"):
        extractor_by_name(f"dinov2:{folder}")(images)


def test_planning_with_it_imports_no_torch(dinov2):
    code = (
        "import sys; from mezzotint.evaluation import extractor_by_name as e\n"
        f"x = e('dinov2:{dinov2}@tf1'); x.digest(); x.dimension; x.preprocessing\n"
        "y = e('dinov2'); y.dimension; y.digest()\n"
        "found = {'torch', 'transformers', 'numpy', 'PIL'} & set(sys.modules)\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
