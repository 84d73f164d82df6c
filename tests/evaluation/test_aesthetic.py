"""LAION's aesthetic predictor: the published network, spelled out here, over a tiny CLIP."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from mezzotint.evaluation import aesthetic, aesthetics, extractor_by_name


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand(3, 3, 40, 30, generator=torch.Generator().manual_seed(0))


class Published(nn.Module):
    """The MLP of simple_inference.py, for features of 16 numbers in place of 768."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(16, 1024),
            nn.Dropout(0.2),
            nn.Linear(1024, 128),
            nn.Dropout(0.2),
            nn.Linear(128, 64),
            nn.Dropout(0.1),
            nn.Linear(64, 16),
            nn.Linear(16, 1),
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return self.layers(features / features.norm(dim=-1, keepdim=True))[:, 0]


@pytest.fixture(scope="module")
def published() -> Published:
    torch.manual_seed(0)
    return Published().eval()


@pytest.fixture
def file(published, tmp_path) -> Path:
    torch.save(published.state_dict(), tmp_path / "sac+logos+ava1-l14-linearMSE.pth")
    return tmp_path / "sac+logos+ava1-l14-linearMSE.pth"


def test_it_equals_the_published_network(published, file, tiny_clip, images):
    name = f"clip:{tiny_clip}"
    with torch.no_grad():
        expected = published(extractor_by_name(name)(images)).tolist()
    assert aesthetic(images, model=name, predictor=str(file)) == pytest.approx(expected, abs=1e-6)


def test_the_first_version_is_a_single_layer(tiny_clip, images, tmp_path):
    torch.manual_seed(1)
    layer = nn.Linear(16, 1)
    torch.save(layer.state_dict(), tmp_path / "sa_0_4_vit_l_14_linear.pth")
    features = extractor_by_name(f"clip:{tiny_clip}")(images)
    expected = layer(features / features.norm(dim=-1, keepdim=True))[:, 0].tolist()
    found = aesthetic(images, model=f"clip:{tiny_clip}", predictor=f"{tmp_path}/sa_0_4_vit_l_14_linear.pth")
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.fixture
def nothing_here(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


def test_the_published_predictor_is_fetched_when_a_run_asks_and_checked(
    nothing_here, monkeypatch, file, tiny_clip, images
):
    resolve = aesthetic.node_type.option("predictor").content.resolve
    assert resolve("laion-v2", {}, False) is None
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    sent = replace(aesthetics.PREDICTOR, url=file.as_uri(), sha256=digest)
    monkeypatch.setattr(aesthetics, "PREDICTOR", sent)
    assert resolve("laion-v2", {}, True) == resolve("laion-v2", {}, False) == resolve(str(file), {}, False)
    assert len(aesthetic(images, model=f"clip:{tiny_clip}")) == 3


def test_one_message_says_where_to_get_it_and_where_to_put_it(nothing_here, monkeypatch):
    lost = replace(aesthetics.PREDICTOR, url=(nothing_here / "lost.pth").as_uri())
    monkeypatch.setattr(aesthetics, "PREDICTOR", lost)
    with pytest.raises(
        ValueError, match=r"aesthetic: its weights are not on this disk.*predictor: FILE"
    ) as said:
        aesthetic.node_type.option("predictor").content.resolve("laion-v2", {}, True)
    assert str(nothing_here / "cache" / "weights") in str(said.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers.0.weight": torch.zeros(1024, 768)}, "takes 768 numbers where the model's features have 16"),
        ({"layers.2.weight": torch.zeros(128, 1000)}, "takes 1000 numbers where its layers give 1024"),
        ({"layers.9.weight": torch.zeros(2, 1), "layers.9.bias": torch.zeros(2)}, "ends in 2 numbers"),
        ({"layers.1.running_mean": torch.zeros(4)}, "'layers.1.running_mean' is no part of a linear layer"),
        ({"layers.8.weight": torch.zeros(1, 1)}, "one of its layers isn't linear"),
    ],
)
def test_a_file_of_something_else_is_a_clear_error(published, tiny_clip, images, tmp_path, change, message):
    torch.save({**published.state_dict(), **change}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=message):
        aesthetic(images, model=f"clip:{tiny_clip}", predictor=str(tmp_path / "other.pth"))


def test_a_pickle_that_runs_code_is_not_opened(tiny_clip, images, tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    (tmp_path / "trap.pth").write_bytes(pickle.dumps(Trap(), protocol=2))
    with pytest.raises(ValueError, match="trap"):
        aesthetic(images, model=f"clip:{tiny_clip}", predictor=str(tmp_path / "trap.pth"))
    assert not (tmp_path / "sprung").exists()


def test_no_pictures_give_no_scores(tiny_clip, file):
    assert aesthetic(torch.zeros(0, 3, 8, 8), model=f"clip:{tiny_clip}", predictor=str(file)) == []
