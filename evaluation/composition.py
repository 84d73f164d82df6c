"""Nodes that ask whether the right objects are there, in number, colour and place."""

from __future__ import annotations

from functools import partial
from typing import Annotated, NamedTuple

from ..graphs.node import Range, node
from ..graphs.types import Boolean, Record, Text
from ..nodes.pictures import Images
from .detections import Detections
from .features import ClipName


class Verdict(NamedTuple):
    """For each image: whether it is correct, which task its prompt is of, and what is wrong."""

    correct: Boolean
    task: Text
    reason: Text


@node(version=1, batch=64, better="higher")
def starter_judge(images: Images, prompt: Text) -> Verdict:
    """Whether each image shows exactly what its prompt says, read by the starter's detector.

    For pictures of the starter's world only, where it is right in 99 of 100 rendered scenes. The prompt's
    objects and no others must be there, with the colours, sizes, relation and background that it names:
    stricter than GenEval, which lets further objects pass except in counting. The tasks are GenEval's six,
    as single, two, counting, colors, position and attribution; `reason` says the first thing wrong, from the
    coarsest to the finest, and is empty where nothing is. The mean of `correct` is the share that obeys.

    Args:
        images: square pictures; rounded to 8 bits and reduced to 64×64 first.
        prompt: what each was asked to show: a sentence of the world, such as `two red stars`.

    Raises:
        ValueError: a prompt that isn't a sentence of the world, or a picture that isn't square.

    >>> from mezzotint import nodes
    >>> nodes.starter_judge(nodes.render_scene("a red circle", seed=1), "a red circle").correct
    True
    """
    from ..nodes.arrays import to_numpy
    from ..nodes.pictures import to_8bit
    from ..starter.sentences import parse
    from ..starter.verdict import reason

    height, width = images.shape[2:]
    if height != width:
        raise ValueError(f"the starter's world is square, and these pictures are {width}×{height}")
    specs = [parse(text) for text in prompt]
    pixels = to_8bit(to_numpy(images)).transpose(0, 2, 3, 1)
    reasons = [reason(spec, picture) for spec, picture in zip(specs, pixels, strict=True)]
    return Verdict([not why for why in reasons], [spec.task for spec in specs], reasons)


@node(version=1, better="higher")
def geneval(
    images: Images,
    detections: Detections,
    metadata: Record,
    *,
    color_model: ClipName = "clip:ViT-L-14/openai",
    threshold: Annotated[float, Range(0, 1)] = 0.3,
    counting_threshold: Annotated[float, Range(0, 1)] = 0.9,
    max_objects: Annotated[int, Range(1, 1000)] = 16,
    max_overlap: Annotated[float, Range(0, 1)] = 1.0,
    position_threshold: Annotated[float, Range(0, 10)] = 0.1,
) -> Verdict:
    """GenEval: whether each image shows the objects that its prompt names.

    The protocol of Ghosh et al., "GenEval", 2023, with its published settings as defaults. Objects of the
    highest scores are counted, their colours told by a CLIP on masked crops, their places compared by their
    boxes; further objects don't matter, except in counting. `task` is the prompt's tag, `reason` all that is
    wrong, in the published words. The overall score is that of `task_mean`. Published scores were made with
    mmdetection's Mask2Former (Swin-S); another detector is another protocol.

    Args:
        images: The images.
        detections: The objects found in each, as `detect` or another detector gives them.
        metadata: The prompt's record: tag, include, exclude; a line of the published file, which
            `python -m mezzotint.evaluation.geneval_protocol.sentences` writes.
        color_model: The CLIP that tells colours: `clip:ARCHITECTURE/WEIGHTS`, `clip:FOLDER` or `starter`. It
            is loaded when a prompt first names a colour.
        threshold: The score above which a detection counts.
        counting_threshold: The same for prompts of the tag `counting`.
        max_objects: The most objects of a class.
        max_overlap: The intersection over union at which the weaker of two objects is dropped; 1 keeps both.
        position_threshold: How far the centres must lie apart, as a share of the sizes of both boxes.

    Raises:
        ValueError: a record that isn't like GenEval's, a class that the detector doesn't know, or detections
            in pictures of another size.
    """
    from ..nodes.arrays import to_torch
    from .geneval_protocol.colors import colors
    from .geneval_protocol.rules import Thresholds, Wanted, faults

    limits = Thresholds(threshold, counting_threshold, max_objects, max_overlap, position_threshold)
    tasks, reasons = [], []
    for image, found, record in zip(to_torch(images), detections, metadata, strict=True):
        height, width = image.shape[1:]
        if (found.height, found.width) != (height, width):
            raise ValueError(
                f"the detections are of a picture of {found.width}×{found.height} pixels, and this one has "
                f"{width}×{height}; detect objects in the pictures that are scored"
            )
        wanted = Wanted.of(record)
        tasks.append(wanted.tag)
        color = partial(colors, image, found, model=color_model)
        reasons.append("\n".join(faults(wanted, found, color, limits)))
    return Verdict([not why for why in reasons], tasks, reasons)
