"""LPIPS diversity: torchmetrics' own LPIPS over all pairs, without making the pairs."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

import mezzotint
from mezzotint.evaluation import LpipsSpread, lpips_diversity, modules
from mezzotint.evaluation.extractors.lpips import BACKBONES, Lpips
from mezzotint.graphs.members import Member
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.store import Store
from mezzotint.nodes.pictures import quantize


def convolutions(name: str) -> torch.nn.Module:
    with torch.device("meta"):
        return getattr(torchvision.models, BACKBONES[name].builder)(weights=None).features


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Seeded random weights of each backbone's convolutions."""
    folder, files = tmp_path_factory.mktemp("lpips"), {}
    generator = torch.Generator().manual_seed(0)
    for name in BACKBONES:
        files[name] = folder / f"{name}.safetensors"
        tensors = {
            f"features.{key}": torch.randn(like.shape, generator=generator) * (2 / like[0].numel()) ** 0.5
            for key, like in convolutions(name).state_dict().items()
        }
        save_file(tensors, files[name])
    return files


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    """Smooth pictures, so that activations differ from place to place."""
    coarse = torch.rand(6, 3, 5, 4, generator=torch.Generator().manual_seed(1))
    return torch.nn.functional.interpolate(coarse, (48, 40), mode="bicubic").clamp(0, 1)


def theirs(name: str, file: Path):
    """torchmetrics' network with its learned channels, over the same backbone."""
    from safetensors.torch import load_file
    from torchmetrics.functional.image import lpips

    features = convolutions(name)
    own = {key[len("features.") :]: value for key, value in load_file(file).items()}
    features.load_state_dict(own, assign=True)
    original = lpips._get_tv_model_features
    lpips._get_tv_model_features = lambda net, pretrained: features
    try:
        return lpips._LPIPS(net=name).eval()
    finally:
        lpips._get_tv_model_features = original


def gathered(lpips: Lpips, *batches: torch.Tensor) -> LpipsSpread:
    spread = LpipsSpread(lpips)
    for batch in batches:
        spread.update(batch)
    return spread


@pytest.fixture
def nothing_here(tmp_path, monkeypatch):
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


@pytest.mark.parametrize("name", BACKBONES)
def test_it_is_the_mean_of_torchmetrics_over_all_pairs(name, weights, images):
    peer, eight_bit = theirs(name, weights[name]), quantize(images)
    pairs = [
        peer(eight_bit[i : i + 1], eight_bit[j : j + 1], normalize=True).item()
        for i, j in combinations(range(6), 2)
    ]
    found = gathered(Lpips(name, str(weights[name])), images).compute()
    assert found == pytest.approx(float(np.mean(pairs)), rel=1e-5)


def test_the_distance_of_two_vectors_is_their_lpips(weights, images):
    x, y = Lpips("alex", str(weights["alex"])).embed(images[:2]).double()
    peer = theirs("alex", weights["alex"])(*quantize(images[:2]).split(1), normalize=True)
    assert (x - y).square().sum().item() == pytest.approx(peer.item(), rel=1e-5)


def test_it_depends_on_neither_batches_order_nor_shards(weights, images):
    lpips = Lpips("alex", str(weights["alex"]))
    whole = gathered(lpips, images).compute()
    merged = LpipsSpread(lpips)
    for part in images[[3, 0, 5, 1, 4, 2]].split([1, 0, 3, 2]):
        shard = LpipsSpread(lpips)
        shard.absorb(gathered(lpips, part).pack())
        merged.merge(shard)
    # The network's own float32 is all that may differ.
    assert merged.compute() == pytest.approx(whole, rel=1e-6)


def test_equal_pictures_have_none(weights, images):
    lpips = Lpips("alex", str(weights["alex"]))
    assert gathered(lpips, images[[0, 0, 0]]).compute() == pytest.approx(0, abs=1e-12)


def test_a_graph_gives_one_for_each_prompt(weights, tmp_path):
    (tmp_path / "graph.yaml").write_text(
        f"""
inputs:
  prompt: {{each: [a red circle, two blue stars]}}
  seed: {{each: {{range: 3}}}}
nodes:
  scene: {{use: render_scene, prompt: $prompt, seed: $seed}}
  looks: {{use: lpips_diversity, images: $scene, weights: {weights["alex"]}, over: seed}}
outputs: {{looks: $looks}}
"""
    )
    with Store(tmp_path / "store") as store:
        run = mezzotint.load(tmp_path / "graph.yaml").run(store=store)
    assert len(run["looks"]) == 2
    assert min(run["looks"]) > 0


def test_a_module_takes_floats_and_bytes(weights, images):
    metric = modules.LpipsDiversity(weights=str(weights["alex"]))
    metric.update(images[:3])
    metric.update((quantize(images[3:]) * 255).to(torch.uint8))
    expected = gathered(Lpips("alex", str(weights["alex"])), images).compute()
    assert metric.compute().item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("place", ["cache/weights", "torch/hub/checkpoints"])
def test_published_weights_are_found_in_the_caches(nothing_here, weights, name, place):
    assert Lpips(name).digest() is None
    (nothing_here / place).mkdir(parents=True)
    file = nothing_here / place / BACKBONES[name].weights.name
    file.write_bytes(weights[name].read_bytes())
    assert Lpips(name).digest() == Lpips(name, str(weights[name])).digest() != None  # noqa: E711


def test_one_message_says_what_is_missing_from_where_and_where_to_put_it(nothing_here, tmp_path):
    (tmp_path / "graph.yaml").write_text(
        "inputs: {seed: {each: {range: 2}}}\nnodes:\n"
        "  scene: {use: render_scene, prompt: a red circle, seed: $seed}\n"
        "  looks: {use: lpips_diversity, images: $scene, weights: ./gone.pth, over: seed}\n"
        "outputs: {looks: $looks}\n"
    )
    with pytest.raises(GraphError) as error:
        mezzotint.load(tmp_path / "graph.yaml").plan()
    said = str(error.value)
    for part in ("graph.yaml:4:", "gone.pth", "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"):
        assert part in said
    assert str(nothing_here / "cache" / "weights") in said


def test_weights_of_another_network_are_an_error(weights, images):
    with pytest.raises(ValueError, match=r"vgg\.safetensors holds no weights of alexnet: .*features|alexnet"):
        Lpips("alex", str(weights["vgg"])).embed(images)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_least_side_is_what_the_network_takes(name, weights):
    lpips, least = Lpips(name, str(weights[name])), BACKBONES[name].least
    assert lpips.embed(torch.rand(1, 3, least, least)).isfinite().all()
    with pytest.raises(
        ValueError, match=rf"pictures of {least} × {least} pixels or more, and these are 40 × 1"
    ):
        lpips.embed(torch.rand(1, 3, 1, 40))


def test_pictures_of_different_sizes_are_an_error(weights, images):
    lpips = Lpips("alex", str(weights["alex"]))
    with pytest.raises(ValueError, match="40 × 48 and 48 × 40; resize them"):
        gathered(lpips, images, images.transpose(2, 3))
    with pytest.raises(ValueError, match="resize them"):
        gathered(lpips, images).merge(gathered(lpips, images.transpose(2, 3)))


def test_different_networks_do_not_join(weights, images):
    first, second = (gathered(Lpips(name, str(file)), images[:2]) for name, file in weights.items())
    with pytest.raises(ValueError, match="different networks"):
        first.merge(second)


@pytest.mark.parametrize("n", [0, 1])
def test_without_a_pair_it_is_an_error(n, weights, images):
    with pytest.raises(ValueError, match=rf"at least 2 images to form a pair, got {n}"):
        gathered(Lpips("alex", str(weights["alex"])), images[:n]).compute()


def test_the_node_says_which_network(weights):
    state = lpips_diversity(backbone="vgg", weights=str(weights["vgg"]))
    assert state.lpips == Lpips("vgg", str(weights["vgg"]))
    assert lpips_diversity().lpips == Lpips("alex", None)


def members(count: int) -> list[Member]:
    return [Member({"seed": at}, f"seed {at}") for at in range(count)]


def test_the_mean_over_pairs_says_how_sure_it_is(weights, images):
    state, plain = (lpips_diversity(weights=str(weights["alex"])) for _ in range(2))
    state.update(images[:2], members(6)[:2])
    rest = lpips_diversity(weights=str(weights["alex"]))
    rest.update(images[2:], members(6)[2:])
    state.merge(rest)
    plain.update(images)
    found = state.compute()
    assert float(found) == pytest.approx(float(plain.compute()), rel=1e-9)
    vectors = Lpips("alex", str(weights["alex"])).embed(quantize(images)).numpy()
    pairs = ((vectors[:, None] - vectors[None]) ** 2).sum(axis=2)
    own = pairs.sum(axis=1) / 5
    assert found.influence == pytest.approx(2 / 6 * (own - own.mean()), rel=1e-3)
    assert found.interval[0] < found < found.interval[1]
    assert (found.n, found.clusters) == (6, 6)


def test_pictures_that_are_too_many_to_keep_have_no_standard_error(weights, images, monkeypatch):
    monkeypatch.setattr("mezzotint.evaluation.lpips_spread.KEPT", 1000)
    state = lpips_diversity(weights=str(weights["alex"]))
    state.update(images, members(6))
    found = state.compute()
    assert (found.standard_error, found.influence) == (None, None)
    assert "isn't told of 6 pictures of this size, to spare memory" in found.reason
