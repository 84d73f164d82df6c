"""Images: in [0, 1], lossless in the store, 8 bits in a PNG, and the same 8 bits for whatever scores them."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mezzotint.nodes.pictures import ImagesType, quantize, to_8bit, to_pil

KIND = ImagesType()


def noise(height: int = 8, width: int = 6, seed: int = 0) -> torch.Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None, max_examples=30)
@given(height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 99))
def test_the_store_gives_back_every_bit(height: int, width: int, seed: int) -> None:
    item = noise(height, width, seed)
    stored = KIND.decode(KIND.encode(item))
    assert stored.dtype == np.float32
    assert np.array_equal(stored, item.numpy())
    assert KIND.encode(stored) == KIND.encode(item)
    assert KIND.digest(stored) == KIND.digest(item)


def test_a_view_is_stored_as_it_looks() -> None:
    turned = noise(8, 8).transpose(1, 2)
    assert np.array_equal(KIND.decode(KIND.encode(turned)), turned.numpy())


def test_fresh_and_stored_items_stack_together() -> None:
    items: list[Any] = [noise(seed=1), KIND.decode(KIND.encode(noise(seed=2)))]
    batch = KIND.stack(items)
    assert isinstance(batch, torch.Tensor)
    assert torch.equal(batch, torch.stack([noise(seed=1), noise(seed=2)]))
    assert [KIND.shape(item) for item in KIND.split(batch, 2)] == [(3, 8, 6)] * 2
    batch[0] = 0  # nothing of a batch is a window on what was stored
    assert items[0].max() > 0


def test_a_split_item_does_not_keep_its_batch_alive() -> None:
    (item, _) = KIND.split(torch.zeros(2, 3, 4, 4), 2)
    assert item.untyped_storage().nbytes() == item.nbytes


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (torch.zeros(3, 4, 4), r"\[batch, 3, height, width\], and these are \[3, 4, 4\]"),
        (torch.zeros(2, 1, 4, 4), r"these are \[2, 1, 4, 4\]"),
        (torch.zeros(3, 3, 4, 4), "2 items went in and 3 images came out"),
        (torch.zeros(2, 3, 4, 4, dtype=torch.uint8), "floats from 0 to 1, and these are uint8"),
        (torch.full((2, 3, 4, 4), -1.0), r"in \[0, 1\], and these go from -1 to 0"),
    ],
)
def test_what_is_no_batch_of_images_is_refused(batch: torch.Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KIND.split(batch, 2)


def test_an_item_that_is_not_finite_is_found_without_its_neighbours() -> None:
    batch = torch.zeros(3, 3, 4, 4)
    batch[1, 0, 0, 0] = float("nan")
    batch[2, 0, 0, 0] = float("inf")
    good, nan, *_ = KIND.split(batch, 3)
    assert KIND.is_finite(good)
    assert not KIND.is_finite(nan)


def test_half_precision_becomes_single() -> None:
    (item,) = KIND.split(torch.rand(1, 3, 4, 4).bfloat16(), 1)
    assert item.dtype == torch.float32


def test_a_picture_of_one_colour_is_blank() -> None:
    flat = torch.tensor([0.2, 0.5, 0.9])[:, None, None].expand(3, 8, 8)
    assert KIND.flags(flat) == ("blank",)
    assert KIND.flags(flat + torch.rand(3, 8, 8) * 1e-4) == ("blank",)
    assert KIND.flags(noise()) == ()


def test_a_png_holds_what_quantize_says() -> None:
    item = noise(20, 30)
    data = KIND.export(item, {"point": '{"prompt": "一只猫"}', "graph": "a: 1"})
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (30, 20)
        assert picture.text == {"point": '{"prompt": "一只猫"}', "graph": "a: 1"}
    assert data == KIND.export(item.numpy(), {"point": '{"prompt": "一只猫"}', "graph": "a: 1"})


def test_reading_a_saved_png_equals_quantize(tmp_path: Path) -> None:
    item = noise(20, 30)
    path = tmp_path / "picture.png"
    path.write_bytes(KIND.export(item, {}))
    assert np.array_equal(KIND.parse(path), quantize(item).numpy())
    assert np.array_equal(quantize(item.numpy()), quantize(item).numpy())
    assert torch.equal(quantize(quantize(item)), quantize(item))


def test_rounding_is_the_same_for_tensors_and_arrays() -> None:
    halves = (torch.arange(256) + 0.5).div(255).clamp(0, 1)
    values = torch.cat([halves, torch.arange(256) / 255, torch.rand(1000)])
    assert np.array_equal(to_8bit(values).numpy(), to_8bit(values.numpy()))
    assert torch.equal(to_8bit(torch.arange(256) / 255), torch.arange(256, dtype=torch.uint8))


def test_files_of_every_mode_are_read(tmp_path: Path) -> None:
    colours: dict[str, Any] = {"L": 128, "RGBA": (128, 0, 0, 255), "P": 3, "1": 1, "CMYK": (0, 9, 9, 0)}
    for mode, colour in colours.items():
        path = tmp_path / f"{mode}.{'tiff' if mode == 'CMYK' else 'png'}"
        Image.new(mode, (4, 2), colour).save(path)
        item = KIND.parse(path)
        assert (item.shape, item.dtype) == ((3, 2, 4), np.float32)
    deep = np.array([[0, 32768], [65535, 1]], "uint16")
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert np.allclose(KIND.parse(tmp_path / "deep.png")[0], deep / 65535)


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    sideways = Image.new("RGB", (4, 2))
    exif = sideways.getexif()
    exif[0x0112] = 6
    sideways.save(tmp_path / "photo.jpg", exif=exif)
    assert KIND.parse(tmp_path / "photo.jpg").shape == (3, 4, 2)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not a picture")
    whole = KIND.export(noise(64, 64), {})
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    for name in ("text.png", "cut.png", "missing.png"):
        with pytest.raises(ValueError, match=name):
            KIND.parse(tmp_path / name)
    with pytest.raises(ValueError, match="can't be written as a literal"):
        KIND.parse("picture.png")


def test_pil_images_and_arrays_are_items_too() -> None:
    item = noise()
    assert np.array_equal(KIND.parse(to_pil(item)), quantize(item).numpy())
    assert np.array_equal(KIND.parse(KIND.picture(item)), quantize(item).numpy())
    assert torch.equal(KIND.parse(item), item)
    assert torch.equal(KIND.parse(item.numpy()), item)


def test_stored_pictures_are_exported_without_torch(tmp_path: Path) -> None:
    (tmp_path / "item").write_bytes(KIND.encode(noise()))
    code = """
import sys
from pathlib import Path
from mezzotint.nodes.pictures import ImagesType, quantize
kind = ImagesType()
item = kind.decode(Path(sys.argv[1]).read_bytes())
assert kind.export(item, {}) and kind.is_finite(item) and kind.flags(item) == () and quantize(item).size
assert 'torch' not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "item")], check=True)
