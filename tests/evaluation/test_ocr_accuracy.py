"""Text drawn into pictures is read back, bent and blurred too; what is misspelt costs what it should."""

from __future__ import annotations

import socket

import numpy
import pytest
import torch
from PIL import Image, ImageDraw, ImageFilter, ImageFont

import mezzotint
from mezzotint.evaluation import ocr_accuracy
from mezzotint.evaluation.ocr import _widened
from mezzotint.evaluation.optional_packages import OptionalPackage
from mezzotint.graphs.problem import GraphError
from mezzotint.nodes.pictures import to_pil

pytest.importorskip("rapidocr")


def drawn(*lines: str, size: int = 34) -> Image.Image:
    picture = Image.new("RGB", (256, 160), "white")
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        draw.text((16, 24 + 56 * number), line, font=ImageFont.load_default(size), fill="black")
    return picture


def batch(*pictures: Image.Image) -> torch.Tensor:
    return torch.stack([torch.from_numpy(numpy.array(one)).permute(2, 0, 1) / 255 for one in pictures])


def test_what_is_drawn_is_read_without_the_network(monkeypatch):
    monkeypatch.setattr(socket, "socket", None)  # whoever opens one fails
    result = ocr_accuracy(batch(drawn("Open daily")), ['a sign that says "OPEN DAILY"'])
    assert result.read == ["Open daily"]
    assert result.accuracy == result.words == result.exact == [1.0]


def test_each_picture_is_compared_with_its_own_text():
    pictures = batch(drawn("Open dialy"), drawn("Closed"), Image.new("RGB", (256, 160), "white"))
    result = ocr_accuracy(pictures, ['"Open daily"'] * 3)
    assert result.accuracy[0] == pytest.approx(0.8)
    assert result.words == [0.5, 0.0, 0.0]
    assert result.exact == [0.0, 0.0, 0.0]
    assert result.accuracy[1] < 0.5
    assert (result.accuracy[2], result.read[2]) == (0.0, "")


def test_the_wanted_text_may_come_on_its_own_and_capitals_may_count():
    pictures = batch(drawn("Hello", "World"))
    assert ocr_accuracy(pictures, ["a poster"], ["hello world"]).exact == [1.0]
    assert ocr_accuracy(pictures, ["a poster"], ["hello world"], case=True).accuracy[0] == pytest.approx(
        9 / 11
    )


def bent(picture: Image.Image) -> Image.Image:
    return picture.rotate(8, Image.Resampling.BICUBIC, fillcolor="white")


def blurred(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def noisy(picture: Image.Image) -> Image.Image:
    noise = numpy.random.default_rng(0).normal(0, 25, (picture.height, picture.width, 3))
    return Image.fromarray((numpy.asarray(picture) + noise).clip(0, 255).astype("uint8"))


@pytest.mark.parametrize("distort", [bent, blurred, noisy])
def test_distorted_text_is_still_read(distort):
    result = ocr_accuracy(batch(distort(drawn("Mezzotint"))), ["'mezzotint'"])
    assert result.accuracy[0] >= 0.85


@pytest.mark.parametrize(
    ("size", "wide"),
    [((300, 100), (300, 100)), ((700, 2), (700, 175)), ((3, 900), (225, 900)), ((1, 1), (1, 1))],
)
def test_an_endless_picture_is_widened_before_the_reader_enlarges_it(size, wide):
    widened = _widened(Image.new("RGB", size, "red"))
    assert widened.size == wide
    assert widened.getextrema() == ((255, 255), (0, 0), (0, 0))


def test_a_banner_is_read_as_it_is():
    banner = Image.new("RGB", (900, 60), "white")
    draw = ImageDraw.Draw(banner)
    draw.text((300, 8), "Grand opening", font=ImageFont.load_default(34), fill="black")
    assert ocr_accuracy(batch(banner), ["'grand opening'"]).exact == [1.0]


def test_a_prompt_without_quotes_is_refused_and_says_what_to_give():
    with pytest.raises(ValueError, match=r"no text is in quotes in 'a cat'.*`wanted`"):
        ocr_accuracy(batch(drawn("cat")), ["a cat"])


def test_pictures_and_texts_must_pair_up():
    with pytest.raises(ValueError, match="1 images can't be compared with 2 texts"):
        ocr_accuracy(batch(drawn("cat")), ["'a'", "'b'"])


def test_without_its_package_a_graph_is_refused_before_it_runs(monkeypatch, tmp_path):
    missing = OptionalPackage("rapidocr", ("no_such_module",), "ocr", "ocr_accuracy")
    monkeypatch.setattr("mezzotint.evaluation.ocr.PACKAGE", missing)
    to_pil(batch(drawn("Open"))[0]).save(tmp_path / "open.png")
    (tmp_path / "graph.yaml").write_text(
        "inputs: {image: {each: {folder: .}}}\n"
        "nodes:\n"
        "  read: {use: ocr_accuracy, images: $image.image, text: 'a sign', wanted: open}\n"
        "outputs: {accuracy: $read.accuracy}\n"
    )
    with pytest.raises(GraphError, match=r"graph.yaml:3:.*rapidocr.*pip install 'mezzotint\[ocr\]'"):
        mezzotint.load(tmp_path / "graph.yaml").check()
