"""``reference``: a set of pictures of the graph, as what other sets are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..graphs.members import Member, Members
from ..graphs.node import node, unchanged
from .extractors import Extractor, ExtractorName, extractor_by_name
from .features import EmbeddedImages, embedded
from .references import Reference, ReferenceSet

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt


class GatheredReference:
    """Keeps the features of the pictures of a set, each with where it stood and what unit it is of."""

    def __init__(self, extractor: Extractor) -> None:
        self.extractor = extractor
        self._rows: dict[tuple[tuple[str, int], ...], npt.NDArray[numpy.float32]] = {}
        self._members: dict[tuple[tuple[str, int], ...], Member] = {}

    def update(self, images: EmbeddedImages, members: Members) -> None:
        """Add features ``[B, d]``, or pictures ``[B, 3, H, W]`` in [0, 1], with where each stands."""
        for row, member in zip(embedded(images, self.extractor), members, strict=True):
            place = tuple(member.place.items())
            self._rows[place] = row.copy()  # a view would keep the whole batch alive
            self._members[place] = member

    def merge(self, other: GatheredReference) -> None:
        """Add what another state has gathered."""
        self._rows |= other._rows
        self._members |= other._members

    def compute(self) -> Reference:
        """The reference, its pictures in the order of their places.

        Raises ValueError for fewer than two pictures, and for features of another dimension than the
        extractor's: those of another extractor.
        """
        import numpy

        from .references.feature_sets import FeatureSet, Origin, feature_rows

        if len(self._rows) < 2:
            raise ValueError(f"a reference takes at least 2 images, got {len(self._rows)}")
        places = sorted(self._rows, key=lambda place: [index for _, index in place])
        rows = feature_rows(numpy.stack([self._rows[place] for place in places]), "the reference")
        if rows.shape[1] != self.extractor.dimension:
            raise ValueError(
                f"the features have dimension {rows.shape[1]}, and the extractor {self.extractor.name!r} "
                f"yields {self.extractor.dimension}; say at the reference which extractor made them"
            )
        names = tuple(", ".join(f"{axis} {index}" for axis, index in place) for place in places)
        members = [self._members[place] for place in places]
        units = tuple(member.unit for member in members)
        crossed = tuple(dict.fromkeys(axis for member in members for axis in member.crossed))
        held = FeatureSet(rows, names, Origin.of(self.extractor), units, crossed)
        return ReferenceSet("set", features=held)


@node(version=2, converts={1: unchanged})
def reference(*, extractor: ExtractorName = "starter") -> GatheredReference:
    """Make a reference of pictures that the graph draws or loads, for metrics to compare others with.

    It holds the features of every picture, so it serves all metrics that use the same extractor; one with
    another extractor is refused. A metric of one reference for each point, such as each setting or (by
    `by`) each category, compares like with like. It remembers the prompt of each picture: where a set has the
    same prompts, `fd`, `kid` and `cmmd` take that into account in how sure they are.

    Args:
        images: The pictures; rounded to 8 bits first.
        extractor: That of the metrics that the reference is for; the names that `fd` takes.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> real = nodes.reference(scenes)
    >>> nodes.fd(scenes, reference=real, extractor="starter") < 1e-3
    True
    """
    return GatheredReference(extractor_by_name(extractor))
