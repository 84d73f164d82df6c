"""Texts longer than a model reads: cut into pieces that fit, at the borders of words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..nodes.arrays import to_numpy
from .measures.moments import unit_rows

if TYPE_CHECKING:
    import numpy

    from .extractors.clip_models import LoadedClip

    FloatArray = numpy.ndarray[Any, numpy.dtype[numpy.float32]]


def pieces(text: str, fits: Callable[[str], bool]) -> list[str]:
    """A text in pieces, each as long as fits, one at least; a word that doesn't fit alone is a piece.

    A text that fits whole stays as it is. Elsewhere pieces join their words by single spaces.
    """
    if fits(text):
        return [text]
    found: list[str] = []
    for word in text.split():
        longer = f"{found[-1]} {word}" if found else word
        if found and fits(longer):
            found[-1] = longer
        else:
            found.append(word)
    return found


def features_by_pieces(
    clip: LoadedClip, texts: Sequence[str], prefix: str = ""
) -> tuple[FloatArray, list[bool]]:
    """Features float32 ``[B, d]`` of texts of any length, and whether a word was too long for a piece.

    Each is the mean of its pieces' features at unit length, weighted by their words, so that its product with
    an image's feature at unit length is the mean of the pieces' cosines. ``prefix`` comes before each piece.
    """
    import numpy

    parts = [pieces(text, lambda piece: not clip.truncated([prefix + piece])[0]) for text in texts]
    flat = [prefix + piece for part in parts for piece in part]
    rows = unit_rows(to_numpy(clip.text_features(flat)))
    cut = clip.truncated(flat)
    means, truncated, start = [], [], 0
    for part in parts:
        end = start + len(part)
        words = [max(len(piece.split()), 1) for piece in part]
        means.append(numpy.average(rows[start:end], axis=0, weights=words))
        truncated.append(any(cut[start:end]))
        start = end
    return numpy.stack(means).astype("float32"), truncated
