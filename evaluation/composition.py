"""``starter_judge``: whether a picture of the starter's world shows what its prompt says."""

from __future__ import annotations

from typing import NamedTuple

from ..graphs.node import node
from ..graphs.types import Boolean, Text
from ..nodes.pictures import Images


class Verdict(NamedTuple):
    """For each image: whether it obeys, which task its prompt is of, and the first thing wrong."""

    correct: Boolean
    task: Text
    reason: Text


@node(version=1, batch=64)
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
