"""``aesthetic``: how much people would like a picture, by the aesthetic predictor of LAION."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..graphs.digest import file_digest
from ..graphs.node import Content, node
from ..graphs.types import Number
from .extractors import extractor_by_name
from .extractors.weight_files import PublishedFile, read_weights
from .features import ClipEmbeddedImages, ClipName, embedded

if TYPE_CHECKING:
    import numpy

    Layer = tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]

PUBLISHED = "laion-v2"
PREDICTOR = PublishedFile(
    needed_by="aesthetic",
    url="https://github.com/christophschuhmann/improved-aesthetic-predictor/raw/main/"
    "sac%2Blogos%2Bava1-l14-linearMSE.pth",
    name="sac+logos+ava1-l14-linearMSE.pth",
    sha256="21dd590f3ccdc646f0d53120778b296013b096a035a2718c9cb0d511bff0f1e0",
    size="4 MB",
    by_path="predictor: FILE",
)
"""Trained on ratings of SAC, LAION-logos and AVA."""

#: The names of the published predictors' parts: ``layers.6.weight`` (v2), or ``weight`` (v1, a single layer).
_PART = re.compile(r"(?:layers\.(\d+)\.)?(weight|bias)")


def _find(predictor: str, *, fetch: bool) -> Path | None:
    return PREDICTOR.find(None if predictor == PUBLISHED else predictor, fetch=fetch)


def _digest(predictor: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    path = _find(predictor, fetch=fetch)
    return None if path is None else file_digest(path)


@node(version=1, better="higher")
def aesthetic(
    images: ClipEmbeddedImages,
    *,
    model: ClipName = "clip:ViT-L-14/openai",
    predictor: Annotated[str, Content(_digest, names_files=True)] = PUBLISHED,
) -> Number:
    """How much people would like each picture, about 1 to 10, whatever its prompt.

    LAION's aesthetic predictor (Schuhmann, 2022): linear layers, one after another, over the features of
    CLIP ViT-L/14 at unit length, trained on people's ratings. Its fine-tuned taste is that of photographs
    and paintings on the web of 2022.

    Args:
        images: The pictures; rounded to 8 bits first.
        model: The CLIP that the predictor was trained over, `clip:ViT-L-14/openai` for the published ones.
        predictor: `laion-v2` (sac+logos+ava1-l14-linearMSE.pth, fetched when a run first needs it), or a file
            of linear layers, such as that one or v1's sa_0_4_vit_l_14_linear.pth.

    Raises:
        ValueError: the predictor's file can't be had, is no chain of linear layers, or wants features of
            another dimension.
    """
    from .measures.moments import unit_rows

    path = _find(predictor, fetch=True)
    assert path is not None
    rows = embedded(images, extractor_by_name(model))
    if not len(rows):
        return []
    values = unit_rows(rows)
    for weight, bias in _layers(path, values.shape[1]):
        values = values @ weight.T + bias
    return [float(value) for value in values[:, 0]]


def _layers(path: Path, dimension: int) -> list[Layer]:
    """Weights ``[out, in]`` and biases ``[out]``, float64, in order; dropout between them is for training."""
    parts: dict[int, dict[str, Any]] = {}
    for name, tensor in read_weights(path).items():
        match = _PART.fullmatch(name)
        if match is None:
            raise ValueError(f"{path} is no aesthetic predictor: {name!r} is no part of a linear layer")
        parts.setdefault(int(match.group(1) or 0), {})[match.group(2)] = tensor.double().numpy()
    layers: list[Layer] = []
    width = dimension
    for _, part in sorted(parts.items()):
        weight, bias = part.get("weight"), part.get("bias")
        if weight is None or bias is None or weight.ndim != 2 or bias.shape != weight.shape[:1]:
            raise ValueError(f"{path} is no aesthetic predictor: one of its layers isn't linear")
        if weight.shape[1] != width:
            what = f"the model's features have {width} numbers" if not layers else f"its layers give {width}"
            raise ValueError(f"{path} takes {weight.shape[1]} numbers where {what}; give the model it is for")
        layers.append((weight, bias))
        width = weight.shape[0]
    if width != 1 or not layers:
        raise ValueError(f"{path} is no aesthetic predictor: it ends in {width} numbers, not in one")
    return layers
