"""``best_of``: the best of several pictures, by a score."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from ..graphs.items_table import without_paths
from ..graphs.node import node
from ..graphs.types import Number, NumberType, Points, RecordType
from .arrays import to_torch
from .pictures import Images


class Best(NamedTuple):
    """A picture ``[1, 3, H, W]``, its score, and by axis the index and the value where it stood."""

    image: Images
    score: Annotated[float, NumberType()]
    place: Annotated[dict[str, Any], RecordType()]


class BestPicture:
    """Holds the best picture so far, ``[1, 3, H, W]``; of equal ones that of the first point."""

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._rank: tuple[float, tuple[int, ...]] | None = None
        self._best: Best | None = None

    def update(self, images: Images, score: Number, points: Points) -> None:
        """Take a batch ``[B, 3, H, W]`` in [0, 1] with a score each, and where each stands."""
        pixels = to_torch(images)
        for index, (value, point) in enumerate(zip(score, points, strict=True)):
            rank = (-self._sign * value, tuple(place for place, _ in point.values()))
            if self._rank is None or rank < self._rank:
                where = {
                    axis: {"index": place, "value": without_paths(held)}
                    for axis, (place, held) in point.items()
                }
                # A copy: a view would keep the whole batch alive.
                self._rank, self._best = rank, Best(pixels[index : index + 1].clone(), value, where)

    def merge(self, other: BestPicture) -> None:
        """Take over the best of another set, if it is better."""
        if other._rank is not None and (self._rank is None or other._rank < self._rank):
            self._rank, self._best = other._rank, other._best

    def compute(self) -> Best:
        """The best picture; ValueError for a set without any."""
        if self._best is None:
            raise ValueError("the best of no pictures")
        return self._best


@node(version=1)
def best_of(*, best: Literal["highest", "lowest"] = "highest") -> BestPicture:
    """Keep the picture of the best score over the axes it reduces, for further nodes to use.

    Of equal scores the first wins, by the order of the axes.

    Args:
        images: the pictures.
        score: a number for each.
        best: which score wins; the lowest for distances.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> best = nodes.best_of(scenes, score=nodes.clip_score(scenes, text="two green stars"))
    >>> best.image.shape, best.place["item"]["index"] % 2
    (torch.Size([3, 64, 64]), 1)
    """
    return BestPicture(1 if best == "highest" else -1)
