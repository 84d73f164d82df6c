"""Learned upscalers are read by what their file holds, never unpickled, and tiles leave no seam."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import spandrel
import torch
from safetensors.torch import save_file

import mezzotint
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.store import Store
from mezzotint.nodes.learned_upscaling import load_upscaler, upscale_learned
from mezzotint.nodes.upscaler import UpscalerType, network

#: Pixels that a result of the compact network below depends on to each side: four convolutions of 3 by 3.
REACH = 4


def compact(scale: int, seed: int = 0, width: int = 16) -> dict[str, torch.Tensor]:
    """Random weights of the compact network of Real-ESRGAN: convolutions and PReLUs in a row."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    sizes = [(3, width), (width, width), (width, width), (width, 3 * scale**2)]
    for number, (before, after) in enumerate(sizes):
        weight = torch.rand(after, before, 3, 3, generator=generator) - 0.5
        state[f"body.{2 * number}.weight"] = weight / (1.5 * before**0.5)
        state[f"body.{2 * number}.bias"] = torch.zeros(after)
        if number < len(sizes) - 1:
            state[f"body.{2 * number + 1}.weight"] = torch.full((after,), 0.25)
    return state


def esrgan(width: int = 16, growth: int = 32) -> dict[str, torch.Tensor]:
    """Random weights of a tiny ESRGAN (one block, twice the size) under the names of its first release."""
    generator = torch.Generator().manual_seed(0)
    state: dict[str, torch.Tensor] = {}

    def conv(name: str, before: int, after: int) -> None:
        weight = torch.rand(after, before, 3, 3, generator=generator) - 0.5
        state[f"model.{name}.weight"] = weight / (1.2 * before**0.5)
        state[f"model.{name}.bias"] = torch.zeros(after)

    conv("0", 3, width)
    for block in (1, 2, 3):
        for number in range(5):
            after = width if number == 4 else growth
            conv(f"1.sub.0.RDB{block}.conv{number + 1}.0", width + number * growth, after)
    conv("1.sub.1", width, width)
    for name, after in (("3", width), ("5", width), ("7", 3)):
        conv(name, width, after)
    state["model.7.bias"] += 0.5
    return state


@pytest.fixture
def weights(tmp_path: Path) -> Callable[..., Path]:
    def write(state: dict[str, torch.Tensor], name: str = "upscaler.safetensors") -> Path:
        save_file(state, tmp_path / name)
        return tmp_path / name

    return write


def pictures(count: int = 2, height: int = 40, width: int = 72) -> torch.Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(1))


def upscaler(path: Path, **options: Any) -> Any:
    return load_upscaler(source=str(path), device="cpu", **options)


@pytest.mark.parametrize(("state", "scale"), [(compact(2), 2), (compact(4), 4), (esrgan(), 2)])
def test_it_equals_the_network_on_the_whole_picture(
    weights: Callable[..., Path], state: dict[str, torch.Tensor], scale: int
) -> None:
    handle = upscaler(weights(state))
    images = pictures()
    expected = spandrel.ModelLoader().load_from_state_dict(state)
    with torch.no_grad():
        whole = torch.cat([expected(image) for image in images.split(1)])
    for tile in (None, 512, 72):
        found = upscale_learned(handle, images, tile=tile)
        assert found.shape == (2, 3, 40 * scale, 72 * scale)
        assert found.dtype == torch.float32
        assert torch.equal(found, whole)
    assert whole.std() > 0.05


@pytest.mark.parametrize("tile", [32, 48])
def test_tiles_equal_the_whole_when_the_overlap_covers_the_receptive_field(
    weights: Callable[..., Path], tile: int
) -> None:
    handle = upscaler(weights(compact(2)))
    whole = upscale_learned(handle, pictures(), tile=None)
    tiled = upscale_learned(handle, pictures(), tile=tile, overlap=2 * REACH)
    assert (tiled - whole).abs().max() < 1e-5


def test_with_less_overlap_no_seam_shows(weights: Callable[..., Path]) -> None:
    # A flat picture: whatever varies within it, away from the border, comes from the tiles.
    handle = upscaler(weights(esrgan()))
    tile = 48

    def seam(overlap: int) -> float:
        side = 2 * (tile - overlap)  # two tiles each way, which share just what they must
        tiled = upscale_learned(handle, torch.full((1, 3, side, side), 0.5), tile=tile, overlap=overlap)
        inner = tiled[..., 48:-48, 48:-48]
        return max(inner.diff(dim=-1).abs().max().item(), inner.diff(dim=-2).abs().max().item())

    by_overlap = {overlap: seam(overlap) for overlap in (0, 4, 8)}
    print(f"largest step between pixels, by overlap: {by_overlap}")
    assert by_overlap[0] > 10 / 255  # without overlap it could be seen
    assert by_overlap[8] < 0.5 / 255  # less than half a shade from pixel to pixel
    assert by_overlap[8] < by_overlap[4] < by_overlap[0]


def test_a_picture_is_the_same_alone_and_in_a_batch(weights: Callable[..., Path]) -> None:
    handle = upscaler(weights(compact(2)))
    together = upscale_learned(handle, pictures(3))
    assert torch.equal(together[1:2], upscale_learned(handle, pictures(3)[1:2]))


def test_half_precision_is_close(weights: Callable[..., Path]) -> None:
    path = weights(compact(2))
    single, half = upscaler(path), upscaler(path, dtype="bfloat16")
    assert UpscalerType().digest(single) != UpscalerType().digest(half)
    assert (upscale_learned(half, pictures()) - upscale_learned(single, pictures())).abs().mean() < 0.02


def test_it_is_named_by_its_content(weights: Callable[..., Path]) -> None:
    one, other = upscaler(weights(compact(2))), upscaler(weights(compact(2), "renamed.safetensors"))
    kind = UpscalerType()
    assert kind.digest(one) == kind.digest(other) == kind.digest(replace(one, device="cuda"))
    assert network(one) is network(other)
    assert kind.digest(one) != kind.digest(upscaler(weights(compact(2, seed=1), "other.safetensors")))
    assert kind.decode(kind.encode(one)) == one


def test_pickled_files_are_never_read(tmp_path: Path) -> None:
    for name in ("model.pth", "model.pt", "model.ckpt", "model.bin"):
        (tmp_path / name).write_bytes(pickle.dumps({"body.0.weight": 1}))
        with pytest.raises(ValueError, match=r"is no \.safetensors file"):
            upscaler(tmp_path / name)
    # Nor one that goes by another name.
    (tmp_path / "model.safetensors").write_bytes(pickle.dumps({"body.0.weight": 1}))
    with pytest.raises(ValueError, match=r"is damaged, or no \.safetensors file"):
        upscaler(tmp_path / "model.safetensors")


def test_a_file_that_was_broken_off_is_known_before_anything_runs(weights: Callable[..., Path]) -> None:
    path = weights(compact(2))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"is damaged, .*a download that was broken off"):
        upscaler(path)


def test_what_is_no_upscaler_is_refused(weights: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"doesn't exist; expected a \.safetensors file"):
        upscaler(tmp_path / "missing.safetensors")
    with pytest.raises(ValueError, match="of no architecture that spandrel knows"):
        upscale_learned(upscaler(weights({"a": torch.zeros(1)})), pictures())
    grey = compact(2)
    grey["body.0.weight"] = torch.zeros(16, 1, 3, 3)
    grey["body.6.weight"], grey["body.6.bias"] = torch.zeros(4, 16, 3, 3), torch.zeros(4)
    with pytest.raises(ValueError, match="doesn't map RGB pictures to RGB pictures"):
        upscale_learned(upscaler(weights(grey)), pictures())
    with pytest.raises(ValueError, match="tile 32 is not more than twice the overlap 32"):
        upscale_learned(upscaler(weights(compact(2))), pictures(), tile=32)


def test_it_is_found_beside_the_graph_and_stored(weights: Callable[..., Path], tmp_path: Path) -> None:
    from PIL import Image

    weights(compact(2))
    Image.new("RGB", (20, 10), "teal").save(tmp_path / "a.png")
    (tmp_path / "graph.yaml").write_text("""
nodes:
  picture:  {use: load_images, file: a.png}
  upscaler: {use: load_upscaler, source: upscaler.safetensors, device: cpu}
  big:      {use: upscale_learned, upscaler: $upscaler, images: $picture}
outputs: {big: $big}
""")
    graph = mezzotint.load(tmp_path / "graph.yaml")
    with Store(tmp_path / "store") as store:
        assert graph.run(store=store)["big"].pil()[0].size == (40, 20)
        assert not graph.run(store=store).outcome.made
        weights(compact(2, seed=1))
        assert graph.run(store=store).outcome.made["big"] == 1
    (tmp_path / "graph.yaml").write_text(
        (tmp_path / "graph.yaml").read_text().replace("upscaler.safe", "upscaled.safe")
    )
    with pytest.raises(GraphError, match=r"graph\.yaml:4:.*load_upscaler\.source: .*doesn't exist"):
        mezzotint.load(tmp_path / "graph.yaml").run()
