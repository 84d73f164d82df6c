"""The distance between two folders equals each peer's, files and resizing included, with the same weights."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mezzotint.evaluation import ReferenceType, fd
from mezzotint.nodes.picture_files import read
from mezzotint.nodes.pictures import ImagesType

pytestmark = pytest.mark.slow

SIZES = [(40, 64), (330, 310)]
IMAGES = 5
HEARD = 3
"""How many features are left: with all 2,048 each peer's distance takes half a minute."""


@pytest.fixture(scope="module")
def weights(inception_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The random Inception with its last normalisation silenced, but for the first features."""
    weights = torch.load(inception_weights, weights_only=True)
    last = ("branch1x1", "branch3x3_2a", "branch3x3_2b", "branch3x3dbl_3a", "branch3x3dbl_3b", "branch_pool")
    for branch in last:
        for part in ("weight", "bias"):
            weights[f"Mixed_7c.{branch}.bn.{part}"][HEARD if branch == "branch1x1" else 0 :] = 0
    path = tmp_path_factory.mktemp("silenced") / "weights.pth"
    torch.save(weights, path)
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders of smooth random pictures, smaller and larger than the network's input."""
    random = np.random.default_rng(0)
    made = []
    for name, brightness in (("real", 80), ("drawn", 256)):
        folder = tmp_path_factory.mktemp(name)
        for index in range(IMAGES):
            grain = random.integers(0, brightness, (4 + 3 * index, 5 + 2 * index, 3), np.uint8)
            Image.fromarray(grain).resize(SIZES[index % 2], Image.Resampling.BILINEAR).save(
                folder / f"{index}.png"
            )
        made.append(folder)
    return made[0], made[1]


@cache
def ours(folders: tuple[Path, Path], weights: Path, rule: str) -> float:
    real, drawn = folders
    state = fd(ReferenceType().parse(real), extractor=f"inception-v3:{weights}@{rule}")
    for path in sorted(drawn.iterdir()):
        state.update(ImagesType().stack([read(path)]))
    return state.compute()


def test_tf1_gives_the_fid_of_torch_fidelity(folders, weights):
    from torch_fidelity import calculate_metrics

    peer = calculate_metrics(
        input1=str(folders[0]),
        input2=str(folders[1]),
        fid=True,
        feature_extractor_weights_path=str(weights),
        batch_size=1,
        cuda=False,
        cache=False,
        verbose=False,
        save_cpu_ram=True,
    )["frechet_inception_distance"]
    assert ours(folders, weights, "tf1") == pytest.approx(peer, rel=1e-4)


def test_torch_antialias_gives_the_fid_of_torchmetrics(folders, weights):
    from torchmetrics.image.fid import FrechetInceptionDistance

    peer = FrechetInceptionDistance(feature_extractor_weights_path=str(weights))
    for folder, real in zip(folders, (True, False), strict=True):
        for path in folder.iterdir():
            pixels = torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1)
            peer.update(pixels[None], real=real)
    assert ours(folders, weights, "torch-antialias") == pytest.approx(float(peer.compute()), rel=1e-4)


def test_clean_gives_the_fid_of_clean_fid(folders, weights, monkeypatch):
    from cleanfid.fid import compare_folders
    from torch_fidelity import feature_extractor_inceptionv3 as peers

    # clean-fid's own network is a download; torch-fidelity's is the same but for resizing, which is done.
    monkeypatch.setattr(peers, "interpolate_bilinear_2d_like_tensorflow1x", lambda resized, **_: resized)
    monkeypatch.setattr(peers, "vassert", lambda *_: None)
    network = peers.FeatureExtractorInceptionV3("peer", ["2048"], str(weights))
    peer = compare_folders(
        *map(str, folders),
        lambda resized: network(resized)[0][:, :HEARD],  # its distance wants a covariance of full rank
        mode="clean",
        device=torch.device("cpu"),
        verbose=False,
    )
    assert ours(folders, weights, "clean") == pytest.approx(peer, rel=1e-4)


def test_the_rules_give_three_different_distances(folders, weights):
    found = [ours(folders, weights, rule) for rule in ("clean", "tf1", "torch-antialias")]
    assert min(abs(a / b - 1) for a, b in zip(found, found[1:] + found[:1], strict=True)) > 1e-3
