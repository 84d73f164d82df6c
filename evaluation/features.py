"""Features: what an extractor makes of a picture, and a CLIP of a text, as items of their own.

A metric's port goes through ``features`` or ``text_features``, so every metric that uses the same extractor,
in this run or another, shares one pass over the pictures.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ..graphs.node import Content, Through, node
from ..graphs.types import PortType, Text
from ..nodes.arrays import all_finite, pack, to_numpy, to_torch, unpack
from ..nodes.pictures import Images
from .extractors import ExtractorName, extractor_by_name
from .extractors.clip_models import ClipModel
from .extractors.clip_names import clip_digest

if TYPE_CHECKING:
    import numpy

    from ..nodes.arrays import Array
    from .extractors import Extractor

    FloatArray = numpy.ndarray[Any, numpy.dtype[numpy.float32]]

#: An option that names a CLIP; it enters keys by the digest of its weights.
ClipName = Annotated[str, Content(clip_digest)]

#: Conventions of the CLIP score, by name, and what each puts before every text.
PREFIXES = {"100": "", "hessel": "A photo depicts "}
Convention = Literal["100", "hessel"]
LongTexts = Literal["cut", "pieces"]


class TruncatedTextWarning(UserWarning):
    """Some texts were longer than the model reads, so their ends had no say in the score."""


class FeaturesType(PortType):
    """Features. An item is a float32 array ``[d]``; a batch is ``[B, d]``, in NumPy."""

    name = "Features"
    stacks = True
    suffix = ".npy"
    folder = "features"

    def digest(self, item: FloatArray) -> bytes:
        return hashlib.blake2b(self.encode(item), digest_size=16).digest()

    def shape(self, item: FloatArray) -> Hashable:
        return int(item.shape[0])

    def stack(self, items: Sequence[FloatArray]) -> FloatArray:
        import numpy

        return numpy.stack(items)

    def split(self, batch: Array, count: int) -> list[Any]:
        """Items of a batch ``[count, d]``; ValueError for another shape."""
        rows = to_numpy(batch)
        if rows.ndim != 2 or len(rows) != count:
            raise ValueError(f"{count} items went in and features of shape {list(rows.shape)} came out")
        return [row.copy() for row in rows.astype("float32", copy=False)]

    def is_item(self, value: object) -> bool:
        return getattr(value, "ndim", 0) == 1

    def is_batch(self, value: object) -> bool:
        return getattr(value, "ndim", 0) == 2

    def give(self, items: Sequence[FloatArray], single: bool) -> Any:
        """An array ``[d]``, or ``[B, d]`` of several."""
        return items[0] if single else self.stack(items)

    def encode(self, item: FloatArray) -> bytes:
        return pack({"features": item}, {})

    def decode(self, data: bytes) -> FloatArray:
        return unpack(data)[0]["features"]

    def nbytes(self, item: FloatArray) -> int:
        return int(item.nbytes)

    def is_finite(self, item: FloatArray) -> bool:
        return all_finite(item)

    def export(self, item: FloatArray, metadata: Mapping[str, str]) -> bytes:
        """NumPy's file of the array ``[d]``, which has no place for ``metadata``."""
        return _npy(item)


#: Features of pictures: float32 ``[B, d]``.
Features = Annotated["numpy.ndarray", FeaturesType()]


@dataclass(frozen=True)
class TextFeatures:
    """Features of texts, float32 ``[B, d]``, and whether each text was longer than the model reads."""

    features: FloatArray
    truncated: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.truncated)


class TextFeaturesType(PortType):
    """Features of texts. An item is a batch of one; what is made of a truncated text is flagged so."""

    name = "TextFeatures"
    stacks = True
    suffix = ".npy"
    folder = "features"

    def shape(self, item: TextFeatures) -> Hashable:
        return int(item.features.shape[1])

    def stack(self, items: Sequence[TextFeatures]) -> TextFeatures:
        import numpy

        rows = numpy.concatenate([item.features for item in items])
        return TextFeatures(rows, tuple(flag for item in items for flag in item.truncated))

    def split(self, batch: TextFeatures, count: int) -> list[TextFeatures]:
        if not isinstance(batch, TextFeatures) or len(batch) != count or len(batch.features) != count:
            raise ValueError(f"{count} texts went in and {type(batch).__name__} of another length came out")
        return [
            TextFeatures(batch.features[index : index + 1].copy(), batch.truncated[index : index + 1])
            for index in range(count)
        ]

    def is_batch(self, value: object) -> bool:
        return isinstance(value, TextFeatures)

    def give(self, items: Sequence[TextFeatures], single: bool) -> Any:
        """One :class:`TextFeatures`, also of a single item."""
        return self.stack(items)

    def encode(self, item: TextFeatures) -> bytes:
        return pack({"features": item.features}, {"truncated": list(item.truncated)})

    def decode(self, data: bytes) -> TextFeatures:
        arrays, note = unpack(data)
        return TextFeatures(arrays["features"], tuple(note["truncated"]))

    def nbytes(self, item: TextFeatures) -> int:
        return int(item.features.nbytes) + 64

    def is_finite(self, item: TextFeatures) -> bool:
        return all_finite(item.features)

    def flags(self, item: TextFeatures) -> tuple[str, ...]:
        """``truncated`` when the text was longer than the model reads."""
        return ("truncated",) if any(item.truncated) else ()

    def export(self, item: TextFeatures, metadata: Mapping[str, str]) -> bytes:
        """NumPy's file of the array ``[d]``, which has no place for ``metadata``."""
        return _npy(item.features[0])


def _npy(array: FloatArray) -> bytes:
    import numpy

    file = BytesIO()
    numpy.save(file, array, allow_pickle=False)
    return file.getvalue()


@node(version=1, batch=64)
def features(images: Images, *, extractor: ExtractorName = "starter") -> Features:
    """Turn pictures into an extractor's features, which metrics compare.

    Metrics that are given pictures do this by themselves, once for all that use the same extractor. A graph
    names it to hand features to several nodes, or to deliver them, as a `.npy` file for each picture.

    Args:
        images: the pictures; rounded to 8 bits first.
        extractor: `starter`, or another name that `fd` takes.

    >>> from PIL import Image
    >>> from mezzotint import nodes
    >>> nodes.features(Image.open("photo.png"), extractor="starter").shape
    (128,)
    """
    return embedded(images, extractor_by_name(extractor))


@node(version=1, batch=256)
def text_features(
    text: Text,
    *,
    model: ClipName = "starter",
    convention: Convention = "100",
    long_texts: LongTexts = "cut",
) -> Annotated[TextFeatures, TextFeaturesType()]:
    """Turn texts into the features of a CLIP's text tower, not normalised.

    A text longer than the model's context loses its end, as in open_clip; it is flagged `truncated`, and so
    is what is made of it. By pieces nothing is lost; features are then means of unit-length ones.

    Args:
        text: the texts.
        model: `starter`, `clip:ARCHITECTURE/WEIGHTS` (a tag of open_clip or a file), or `clip:FOLDER`.
        convention: of the CLIP score that they are for; `hessel` puts "A photo depicts" before each text.
        long_texts: `cut` ends a text where the context does, `pieces` reads all of it, piece by piece.

    >>> from mezzotint import nodes
    >>> len(nodes.text_features(["a red circle", "two green stars"], model="starter"))
    2
    """
    return embedded_texts(text, model, convention, long_texts)


#: Ports of metrics. People give them pictures or texts; the function gets what an extractor makes of them.
EmbeddedImages = Annotated["numpy.ndarray", FeaturesType(), Through(features)]
#: The same where the node's option that names the extractor is called ``model``.
ClipEmbeddedImages = Annotated["numpy.ndarray", FeaturesType(), Through(features, extractor="model")]
EmbeddedTexts = Annotated[TextFeatures, TextFeaturesType(), Through(text_features)]


def embedded(images: Any, extractor: Extractor) -> FloatArray:
    """Features float32 ``[B, d]`` of pictures ``[B, 3, H, W]`` in [0, 1]; what are features already stay so.

    Raises ValueError for pictures that the extractor can't take.
    """
    import numpy

    if images.ndim == 2:
        return to_numpy(images)
    if not len(images):
        return numpy.zeros((0, extractor.dimension), "float32")
    return to_numpy(extractor(to_torch(images)))


def embedded_texts(
    texts: Sequence[str] | TextFeatures,
    model: str,
    convention: Convention = "100",
    long_texts: LongTexts = "cut",
) -> TextFeatures:
    """Features of texts; what are features already stay so. Texts that lose their end are warned of."""
    import numpy

    from .long_texts import features_by_pieces

    if isinstance(texts, TextFeatures):
        return texts
    clip = ClipModel(model).loaded
    if not texts:
        return TextFeatures(numpy.zeros((0, 0), "float32"), ())
    distinct = list(dict.fromkeys(texts))  # the images of one prompt share its encoding
    prefix = PREFIXES[convention]
    if long_texts == "pieces":
        rows, truncated = features_by_pieces(clip, distinct, prefix)
    else:
        whole = [prefix + text for text in distinct]
        rows, truncated = to_numpy(clip.text_features(whole)), clip.truncated(whole)
    if any(truncated):
        warnings.warn(
            f"{sum(truncated)} of {len(distinct)} texts have {'a word of ' if long_texts == 'pieces' else ''}"
            f"more than the {clip.context_length} tokens that the model reads; what comes after them has no "
            "say in the score",
            TruncatedTextWarning,
            stacklevel=3,
        )
    at = {text: index for index, text in enumerate(distinct)}
    places = [at[text] for text in texts]
    return TextFeatures(rows[places], tuple(truncated[place] for place in places))
