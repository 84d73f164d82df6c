"""``detect``: the objects in pictures, found and outlined by a Mask2Former."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from ..graphs.node import Content, Range, node
from ..nodes.device import resolve
from ..nodes.pictures import Images, to_8bit
from .detections import DetectedObjects, Detections
from .extractors.networks import loaded
from .extractors.pretrained import Pretrained, from_pretrained

if TYPE_CHECKING:
    import torch

KIND = "mask2former"
MOST = 100
"""Pairs of a query and a class that are looked at, as in mmdetection."""
LONGEST = 1333
"""The longer side of a picture of the usual 800 pixels, at most."""


def _digest(model: str, options: Mapping[str, Any], fetch: bool) -> str | None:
    _expect_detector(model, fetch)
    return Pretrained(model).digest(fetch=fetch)


@node(version=1, batch=8)
def detect(
    images: Images,
    *,
    model: Annotated[str, Content(_digest)] = "facebook/mask2former-swin-small-coco-instance",
    threshold: Annotated[float, Range(0, 1)] = 0.1,
    side: Annotated[int, Range(32, 4096)] | None = 800,
) -> Detections:
    """Find and outline the objects in images with a Mask2Former of transformers.

    Cheng et al., "Masked-attention Mask Transformer", 2022. Scores and boxes are those of mmdetection, which
    GenEval used: a class's probability times the mean of the mask's within it; the box is the mask's. The
    default model knows the 80 classes of COCO and is the nearest published one to GenEval's (Swin-S, the same
    data, other weights). Each picture is computed alone.

    Args:
        images: The images; rounded to 8 bits first.
        model: A hub id, which is fetched when a run first needs it, or a folder in transformers' layout.
        threshold: Objects of this score or less are left out. GenEval looks at those above 0.3.
        side: What the shorter side is scaled to, in pixels, the longer one to 1333 at most for 800; null
            leaves it to the checkpoint's own preprocessing.

    Raises:
        ValueError: a model that can't be had, or is no Mask2Former.
    """
    import torch

    _expect_detector(model, fetch=True)
    files = Pretrained(model).files(fetch=True)
    assert files is not None
    device = resolve("auto")
    network, processor = loaded(("detector", device), files, lambda: _load(files[0].parent, device))
    names = {int(index): name for index, name in network.config.id2label.items()}
    sizes = {} if side is None else {"size": _scaled(side), "size_divisor": 32}
    made = []
    with torch.inference_mode():
        for picture in to_8bit(images):
            inputs = processor(images=[torch.as_tensor(picture)], return_tensors="pt", **sizes)[
                "pixel_values"
            ]
            outputs = network(pixel_values=inputs.to(device))
            found = instances(
                outputs.class_queries_logits[0].float().cpu(),
                outputs.masks_queries_logits[0].float().cpu(),
                (inputs.shape[2], inputs.shape[3]),
                (picture.shape[1], picture.shape[2]),
                threshold,
            )
            made.append(
                DetectedObjects(
                    picture.shape[1],
                    picture.shape[2],
                    tuple(names[index] for index in found.classes.tolist()),
                    found.scores.numpy(),
                    found.boxes.numpy(),
                    found.masks.numpy(),
                    tuple(names[index] for index in sorted(names)),
                )
            )
    return made


class Instances(NamedTuple):
    """``n`` objects, the strongest first: class numbers ``[n]``, scores ``[n]``, boxes ``[n, 4]``, masks."""

    classes: torch.Tensor
    scores: torch.Tensor
    boxes: torch.Tensor
    masks: torch.Tensor


def instances(
    class_logits: torch.Tensor,
    mask_logits: torch.Tensor,
    input_size: tuple[int, int],
    size: tuple[int, int],
    threshold: float,
) -> Instances:
    """The objects in what a Mask2Former gives for one picture.

    ``class_logits`` are ``[queries, classes + 1]``, the last for none; ``mask_logits`` ``[queries, h, w]``.
    Masks are enlarged to the network's input, then to the picture's ``size``, as mmdetection does.
    """
    import torch
    from torch.nn.functional import interpolate

    probabilities = class_logits.softmax(-1)[:, :-1]
    count = probabilities.shape[1]
    likely, places = probabilities.flatten().topk(min(MOST, probabilities.numel()))
    # A mask can only lower the score, so that the others needn't be enlarged.
    likely, places = likely[likely > threshold], places[likely > threshold]
    if not len(places):
        none = torch.zeros(0)
        return Instances(none.long(), none, torch.zeros(0, 4), torch.zeros(0, *size, dtype=torch.bool))
    logits = mask_logits[places // count][None]
    for target in (input_size, size):
        logits = interpolate(logits, size=target, mode="bilinear", align_corners=False)
    masks = logits[0] > 0
    areas = masks.flatten(1).sum(1)
    scores = likely * (logits[0].sigmoid() * masks).flatten(1).sum(1) / (areas + 1e-6)
    kept = scores.argsort(descending=True, stable=True)
    kept = kept[(scores[kept] > threshold) & (areas[kept] > 0)]
    return Instances((places % count)[kept], scores[kept], _boxes(masks[kept]), masks[kept])


def _boxes(masks: torch.Tensor) -> torch.Tensor:
    """Float32 ``[n, 4]``: from the first pixel of each mask to one past its last."""
    import torch

    sides = []
    for filled in (masks.any(1), masks.any(2)):
        numbers = filled.byte()
        sides += [numbers.argmax(1), filled.shape[1] - numbers.flip(1).argmax(1)]
    left, right, top, bottom = sides
    return torch.stack([left, top, right, bottom], dim=1).float()


def _scaled(side: int) -> dict[str, int]:
    return {"shortest_edge": side, "longest_edge": side * LONGEST // 800}


def _expect_detector(model: str, fetch: bool) -> None:
    config = Pretrained(model).config(fetch=fetch)
    if config is not None and config.get("model_type") != KIND:
        raise ValueError(
            f"detect: {model} is of type {config.get('model_type')!r}, and not {KIND}; another detector's "
            "objects can be scored too, from a node of your own that gives Detections"
        )


def _load(folder: Path, device: str) -> tuple[Any, Any]:
    from transformers import AutoImageProcessor, Mask2FormerForUniversalSegmentation

    network = from_pretrained(Mask2FormerForUniversalSegmentation, folder, "detect", use_safetensors=True)
    processor = from_pretrained(AutoImageProcessor, folder, "detect")
    return network.to(device).float().eval().requires_grad_(False), processor
