"""Detections: the objects that a detector finds in a picture, as any detector's node may give them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from ..graphs.types import PortType
from ..nodes.arrays import pack, unpack

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, numpy.dtype[Any]]


@dataclass(frozen=True, eq=False)
class DetectedObjects:
    """What was found in one picture of ``height`` × ``width`` pixels: ``n`` objects, in any order.

    ``boxes`` are float32 ``[n, 4]``: left, top, right, bottom, in pixels from the upper left corner.
    ``scores`` are float32 ``[n]`` in [0, 1]. ``masks`` are bool ``[n, height, width]``, or None from a
    detector that gives boxes only. ``classes`` are all names that the detector can give, or empty where that
    isn't known; with them, a class that it doesn't know is told from one that isn't there. Raises ValueError
    for arrays that don't fit each other.
    """

    height: int
    width: int
    labels: tuple[str, ...]
    scores: Array
    boxes: Array
    masks: Array | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.labels)
        expected = {"scores": (n,), "boxes": (n, 4), "masks": (n, self.height, self.width)}
        for name, shape in expected.items():
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise ValueError(f"{n} detections have {name} of shape {shape}, and these are {array.shape}")

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> DetectedObjects:
        """From plain data: ``{width, height, objects: [{label, score, box: [left, top, right, bottom]}]}``.

        ``classes`` may be added. Raises ValueError for anything else.
        """
        import numpy

        try:
            objects = record["objects"]
            return cls(
                int(record["height"]),
                int(record["width"]),
                tuple(str(one["label"]) for one in objects),
                numpy.array([float(one["score"]) for one in objects], "float32"),
                numpy.array([[float(side) for side in one["box"]] for one in objects], "float32").reshape(
                    -1, 4
                ),
                classes=tuple(map(str, record.get("classes", ()))),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"expected {DetectionsType.reads}; {type(error).__name__}: {error}") from error

    def record(self) -> dict[str, Any]:
        """Plain data, the strongest first, which :meth:`of` reads; masks and ``classes`` are left out."""
        order = (-self.scores).argsort(kind="stable")
        objects = [
            {
                "label": self.labels[at],
                "score": round(float(self.scores[at]), 4),
                "box": [round(float(side), 2) for side in self.boxes[at]],
            }
            for at in order
        ]
        return {"width": self.width, "height": self.height, "objects": objects}


class DetectionsType(PortType):
    """Detections. An item is the :class:`DetectedObjects` of one picture; a batch is a list of them."""

    name = "Detections"
    stacks = True
    reads = "a mapping of width, height and objects, each of label, score and box [left, top, right, bottom]"

    def literal_schema(self) -> dict[str, Any]:
        return {"type": "object", "required": ["width", "height", "objects"]}

    def parse(self, value: object) -> DetectedObjects:
        if isinstance(value, DetectedObjects):
            return value
        if not isinstance(value, Mapping):
            raise ValueError(f"expected {self.reads}")
        return DetectedObjects.of(value)

    def stack(self, items: Sequence[DetectedObjects]) -> list[DetectedObjects]:
        return list(items)

    def split(self, batch: Sequence[DetectedObjects], count: int) -> list[DetectedObjects]:
        if len(batch) != count or not all(isinstance(item, DetectedObjects) for item in batch):
            raise ValueError(f"{count} items went in; expected a list of as many Detections")
        return list(batch)

    def encode(self, item: DetectedObjects) -> bytes:
        import numpy

        arrays = {"scores": item.scores, "boxes": item.boxes}
        if item.masks is not None:
            arrays["masks"] = numpy.packbits(item.masks, axis=-1)  # a bit a pixel
        note = {"size": [item.height, item.width], "labels": item.labels, "classes": item.classes}
        return pack(arrays, note)

    def decode(self, data: bytes) -> DetectedObjects:
        import numpy

        arrays, note = unpack(data)
        height, width = note["size"]
        masks = arrays.get("masks")
        if masks is not None:
            masks = numpy.unpackbits(masks, axis=-1, count=width).astype(bool)
        classes = tuple(note["classes"])
        return DetectedObjects(
            height, width, tuple(note["labels"]), arrays["scores"], arrays["boxes"], masks, classes
        )

    def nbytes(self, item: DetectedObjects) -> int:
        masks = 0 if item.masks is None else item.masks.nbytes
        return int(item.boxes.nbytes + item.scores.nbytes + masks) + 64 * len(item.labels)

    def is_finite(self, item: DetectedObjects) -> bool:
        import numpy

        return bool(numpy.isfinite(item.boxes).all() and numpy.isfinite(item.scores).all())

    def cell(self, item: DetectedObjects) -> str:
        return json.dumps(item.record(), ensure_ascii=False)


#: Objects found in pictures: a list of :class:`DetectedObjects`, one a picture.
Detections = Annotated[list[DetectedObjects], DetectionsType()]
