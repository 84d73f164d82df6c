"""Pictures and latents that a run made, in the forms that programs want, and as a notebook shows them."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from PIL import Image

from mezzotint.graphs.program.outputs import OutputValues, Results
from mezzotint.graphs.program.streaming import Streamed
from mezzotint.graphs.running import Delivered
from mezzotint.graphs.types import NumberType, PortType
from mezzotint.nodes.latents import LatentBatch, LatentsType, LatentTag
from mezzotint.nodes.model import ModelType
from mezzotint.nodes.pictures import ImagesType

HOSTILE = '"><script>window.hit = 1</script><img src=x onerror="window.hit = 1">'


def output(
    items: Sequence[Any],
    kind: PortType | None = None,
    axes: Mapping[str, Any] | None = None,
    name: str = "images",
) -> OutputValues:
    values = OutputValues(name, kind or ImagesType(), axes or {"seed": range(len(items))})
    made = {
        index: Delivered(b"", failure=str(item)) if isinstance(item, Exception) else Delivered(b"", item)
        for index, item in enumerate(items)
    }
    values.take(made)
    return values


def pictures(count: int, width: int = 12, height: int = 8) -> list[torch.Tensor]:
    noise = torch.Generator().manual_seed(0)
    return list(torch.rand(count, 3, height, width, generator=noise))


def test_pictures_are_arrays_of_what_their_files_hold() -> None:
    values = output(pictures(4))
    found = values.numpy()
    assert (found.shape, found.dtype) == ((4, 8, 12, 3), numpy.uint8)
    assert all(
        (array == numpy.asarray(picture)).all() for array, picture in zip(found, values.pil(), strict=True)
    )


def test_or_the_floats_as_they_were_made() -> None:
    made = pictures(2)
    found = output(made).numpy("float32")
    assert found.dtype == numpy.float32
    assert (found.transpose(0, 3, 1, 2) == torch.stack(made).numpy()).all()
    assert torch.equal(output(made).tensor(), torch.stack(made))
    with pytest.raises(ValueError, match="uint8 or of float32, not of float64"):
        output(made).numpy("float64")


def test_a_streamed_picture_has_the_same_forms() -> None:
    (made,) = pictures(1)
    one = Streamed("images", 0, {}, made, kind=ImagesType())
    assert one.pil().size == (12, 8)
    assert one.numpy().shape == (8, 12, 3)
    assert torch.equal(one.tensor(), made)
    failed = Streamed("images", 3, {}, None, failure="it broke", kind=ImagesType())
    with pytest.raises(LookupError, match=r"images\[3\] was not made: it broke"):
        failed.pil()


def test_pictures_of_several_sizes_are_refused_as_one_array() -> None:
    values = output([*pictures(1), *pictures(1, 16, 16)])
    for ask in (values.numpy, values.tensor):
        with pytest.raises(ValueError, match=r"several sizes \(12 by 8, 16 by 16\)"):
            ask()
    assert [picture.size for picture in values.pil()] == [(12, 8), (16, 16)]


def test_latents_are_their_samples_and_no_pictures() -> None:
    tag = LatentTag("family", "space", 16, 16)
    values = output([LatentBatch(torch.full((1, 4, 2, 2), float(n)), tag) for n in range(3)], LatentsType())
    assert values.tensor().shape == values.numpy().shape == (3, 4, 2, 2)
    assert values.numpy()[:, 0, 0, 0].tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="images: Latents is not a picture"):
        values.pil()


def test_a_model_is_none_of_it() -> None:
    values = output(["a model"], ModelType(), {})
    for ask in (values.numpy, values.tensor, values.pil):
        with pytest.raises(TypeError, match="Model is no"):
            ask()


def test_a_table_of_pictures_holds_their_files() -> None:
    made = pictures(2)
    column = output([*made, ValueError("it broke")]).arrow()["images"].to_pylist()
    assert column[2] is None
    assert Image.open(io.BytesIO(column[0])).size == (12, 8)
    results = Results({"images": output(made)})
    assert "images" not in results.arrow()[("seed",)].column_names
    assert "images" in results.arrow(files=True)[("seed",)].column_names


def shown(text: str) -> list[Image.Image]:
    found = re.findall(r"data:image/\w+;base64,([^\"]+)", text)
    return [Image.open(io.BytesIO(base64.b64decode(data))) for data in found]


def test_a_notebook_shows_thumbnails_and_says_how_many_more_there_are() -> None:
    text = output(pictures(60, 512, 256))._repr_html_()
    assert len(shown(text)) == 50
    assert {picture.size for picture in shown(text)} == {(320, 160)}
    assert "and 10 more pictures" in text


def test_several_outputs_share_the_room() -> None:
    results = Results({name: output(pictures(60), name=name) for name in "ab"})
    assert len(shown(results._repr_html_())) == 50


def test_small_pictures_are_shown_without_loss() -> None:
    values = output(pictures(1))
    (picture,) = shown(values._repr_html_())
    assert picture.format == "PNG"
    assert picture.tobytes() == values.pil()[0].tobytes()


def test_what_is_absent_is_shown_with_its_reason() -> None:
    text = output([*pictures(1), ValueError("the <b>paint</b> dried")])._repr_html_()
    assert "the &lt;b&gt;paint&lt;/b&gt; dried" in text
    assert len(shown(text)) == 1


def test_strangers_text_does_nothing_in_a_page(open_page: Callable[..., Any], tmp_path: Path) -> None:
    axes = {"prompt": [HOSTILE, {"text": HOSTILE}, "plain"]}
    results = Results(
        {
            "images": output([*pictures(2), ValueError(HOSTILE)], axes=axes),
            "score": output([0.5, ValueError(HOSTILE), 1.5], NumberType(), axes, HOSTILE),
        }
    )
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><meta charset=utf-8>{results._repr_html_()}", "utf-8")
    page = open_page(path)
    assert page.evaluate("window.hit === undefined")
    assert page.evaluate("[...document.images].map(image => image.naturalWidth)") == [12, 12]
    assert page.locator("figure").count() == 3
    assert page.locator("td").first.inner_text().startswith('"><script>')
