"""The FID Inception: the network of its peers, and weights from a path, a cache or their publisher."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file
from torch.nn.functional import interpolate

from mezzotint.evaluation import extractor_by_name
from mezzotint.evaluation.extractors import inception_extractor
from mezzotint.evaluation.extractors.inception_extractor import WEIGHTS
from mezzotint.nodes.pictures import to_8bit


def close(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """Equal to float32 rounding, which random weights magnify: either is 2e-5 from the same in float64."""
    torch.testing.assert_close(ours, theirs, atol=1e-4 * float(theirs.abs().max()), rtol=0)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    grains = [torch.rand(1, 3, side, side, generator=generator) for side in (3, 11, 40)]
    return torch.cat([interpolate(grain, (72, 96), mode="bilinear") for grain in grains])


@pytest.fixture(scope="module")
def features(images, inception_weights):
    return extractor_by_name(f"inception-v3:{inception_weights}@tf1")(images)


@pytest.fixture
def nothing_here(tmp_path, monkeypatch):
    """Caches with nothing in them."""
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


def publish(monkeypatch, path, digest=None):
    """Let `path` be what the publisher sends."""
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    published = replace(WEIGHTS, url=path.as_uri(), sha256=digest or content)
    monkeypatch.setattr(inception_extractor, "WEIGHTS", published)


def test_features_and_logits_are_those_of_torch_fidelity(images, features, inception_weights):
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    wanted = ["2048", "logits_unbiased"]
    peer = FeatureExtractorInceptionV3("peer", wanted, feature_extractor_weights_path=str(inception_weights))
    their_features, their_logits = peer(to_8bit(images))
    close(features, their_features)
    logits = extractor_by_name(f"inception-v3:{inception_weights}").logits(features)
    assert logits.shape == (3, 1008)
    close(logits, their_logits)


def test_random_weights_tell_pictures_apart(features):
    apart = torch.corrcoef(features)[~torch.eye(len(features), dtype=torch.bool)]
    assert apart.max() < 0.95
    assert (features.std(0) > 0).float().mean() > 0.9


def test_features_do_not_depend_on_the_batch(images, features, inception_weights):
    extractor = extractor_by_name(f"inception-v3:{inception_weights}@tf1")
    alone = torch.cat([extractor(image[None]) for image in images])
    close(alone, features)


def test_it_says_what_decides_its_features(inception_weights):
    extractor = extractor_by_name(f"inception-v3:{inception_weights}")
    made = extractor.preprocessing
    assert (made.height, made.width, made.rule) == (299, 299, "clean")
    assert (extractor.dimension, extractor.dtype) == (2048, "float32")


def test_weights_are_read_from_safetensors_too(images, features, inception_weights, tmp_path):
    save_file(torch.load(inception_weights, weights_only=True), tmp_path / "same.safetensors")
    assert torch.equal(extractor_by_name(f"inception-v3:{tmp_path}/same.safetensors@tf1")(images), features)


@pytest.mark.parametrize("name", [WEIGHTS.name, *WEIGHTS.also])
@pytest.mark.parametrize("place", ["cache/weights", "torch/hub/checkpoints"])
def test_published_weights_are_found_in_the_caches(nothing_here, place, name):
    assert extractor_by_name("inception-v3").digest() is None
    folder = nothing_here / place
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"weights")
    found = extractor_by_name("inception-v3").digest()
    assert found == extractor_by_name(f"inception-v3:{folder / name}").digest() != None  # noqa: E711


def test_weights_that_are_not_here_are_fetched_when_a_run_asks(
    nothing_here, monkeypatch, inception_weights, images, features
):
    publish(monkeypatch, inception_weights)
    extractor = extractor_by_name("inception-v3@tf1")
    assert extractor.digest() is None
    assert extractor.digest(fetch=True) == extractor.digest() != None  # noqa: E711
    assert torch.equal(extractor(images), features)
    assert [path.name for path in (nothing_here / "cache" / "weights").iterdir()] == [WEIGHTS.name]


@pytest.mark.parametrize("digest", [None, "0" * 64])
def test_one_message_says_what_is_missing_from_where_and_where_to_put_it(nothing_here, monkeypatch, digest):
    source = nothing_here / "published.pth"
    source.write_bytes(b"weights")
    publish(monkeypatch, source, digest)
    reason = "what came has the SHA-256"
    if digest is None:
        source.unlink()
        reason = "No such file"
    with pytest.raises(ValueError, match=reason) as error:
        extractor_by_name("inception-v3").digest(fetch=True)
    for said in ("inception-v3: its weights are not on this disk", source.as_uri(), "inception-v3:FILE"):
        assert said in str(error.value)
    assert str(nothing_here / "cache" / "weights") in str(error.value)
    assert list((nothing_here / "cache" / "weights").iterdir()) == []


def test_a_pickle_that_runs_code_is_not_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    torch.save({"fc.weight": Trap()}, tmp_path / "trap.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Trap(), protocol=2))
    for name in ("trap.pth", "plain.pth"):
        with pytest.raises(ValueError, match=f"{name} "):
            extractor_by_name(f"inception-v3:{tmp_path / name}")(torch.zeros(1, 3, 8, 8))
    assert not (tmp_path / "sprung").exists()


def without(name):
    return lambda weights: weights.pop(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("Mixed_7c.branch_pool.bn.weight"), r"Mixed_7c\.branch_pool\.bn\.weight is missing"),
        (
            lambda weights: weights.update(
                {"fc.weight": torch.zeros(1000, 2048), "AuxLogits.fc.weight": torch.zeros(1)}
            ),
            r"fc\.weight is \[1000, 2048\], not \[1008, 2048\]; these are ImageNet weights of torchvision",
        ),
    ],
)
def test_weights_of_another_network_are_an_error(inception_weights, tmp_path, change, message):
    weights = torch.load(inception_weights, weights_only=True)
    change(weights)
    torch.save(weights, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=f"other.pth can't be loaded: not the FID Inception: {message}"):
        extractor_by_name(f"inception-v3:{tmp_path}/other.pth")(torch.zeros(1, 3, 8, 8))


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_a_file_that_holds_no_weights_is_an_error(tmp_path, name):
    (tmp_path / name).write_bytes(b"not weights at all")
    with pytest.raises(ValueError, match=f"{name} (is damaged|holds more)"):
        extractor_by_name(f"inception-v3:{tmp_path / name}")(torch.zeros(1, 3, 8, 8))


def test_planning_with_it_imports_no_torch(inception_weights):
    code = (
        "import sys; from mezzotint.evaluation import extractor_by_name as e\n"
        f"x = e('inception-v3:{inception_weights}@tf1'); x.digest(); x.dimension; x.preprocessing\n"
        "found = {'torch', 'numpy', 'PIL'} & set(sys.modules)\n"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
