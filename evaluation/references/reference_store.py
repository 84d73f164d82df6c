"""The features and statistics of a reference under an extractor: computed on first use, then kept on disk.

Under ``references`` in the cache folder, each in a file named by the digests of the reference and of the
extractor: of two processes that compute the same, either may write it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ...graphs.digest import cache_folder, digest_of
from ..extractors import Extractor
from ..measures.frechet import Statistics
from . import ReferenceSet
from .feature_sets import FeatureSet, Origin
from .reference_files import read_features, read_saved_statistics, write_features, write_statistics
from .reference_images import Progress, Skip, extract, number_of_images, silent

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

Held = TypeVar("Held")
Made = TypeVar("Made")

#: Rises when the same reference and extractor give other features, so that old files are left alone.
REVISION = 2
#: How many sets of features, and of statistics, a process holds on to: those used last.
HELD = 4

_statistics: dict[str, Statistics] = {}
_features: dict[str, FeatureSet] = {}
_lock = threading.RLock()


def reference_statistics(reference: ReferenceSet, extractor: Extractor) -> Statistics:
    """Mean and covariance of the reference's features, float64.

    Raises ValueError for images that can't be read, fewer than two of them, a damaged file, and for features
    or statistics of another extractor or another dimension than the extractor's.
    """
    with _lock:
        name = _name(reference, extractor)
        found = _statistics.get(name)
        if found is None:
            found = _found_statistics(reference, extractor, _folder() / f"{name}.npz")
        return _hold(_statistics, name, found)


def reference_features(reference: ReferenceSet, extractor: Extractor) -> npt.NDArray[numpy.float32]:
    """The features of every image of the reference, float32 ``[n, d]``, in the order of the images' names.

    Raises ValueError as :func:`reference_statistics` does, and for a reference that holds statistics only.
    """
    return reference_set(reference, extractor).rows


def reference_as(
    make: Callable[[npt.NDArray[numpy.float32]], Made], reference: ReferenceSet, extractor: Extractor
) -> Made:
    """What ``make`` makes of the features of a reference, once for all metrics and settings of a sweep.

    Raises ValueError as :func:`reference_features` does.
    """
    made: Made = _made(make, reference_set(reference, extractor))
    return made


def reference_set(
    reference: ReferenceSet, extractor: Extractor, progress: Progress = silent, skip: Skip | None = None
) -> FeatureSet:
    """As :func:`reference_features`, with the name of each image; ``progress`` is told how far it is.

    With ``skip``, images of a folder that can't be read are left out and ``skip`` is told of each. The
    features of such a part are not kept, since nobody else asks for just those.
    """
    with _lock:
        if reference.kind == "statistics":
            raise ValueError(
                f"the reference {reference.name} holds statistics only (mu, sigma), which a Fréchet distance "
                "takes; what compares with the features of every image takes the folder of images, "
                "or a file of their features: mezzotint reference FOLDER -o features.parquet"
            )
        name = _name(reference, extractor)
        if name in _features:
            return _hold(_features, name, _features[name])
        if not _has_images(reference):
            return _hold(_features, name, _given_features(reference, extractor))
        kept = _folder() / f"{name}.features.npz"
        with suppress(ValueError):  # absent or damaged: computed again
            found = read_features(kept)
            if found.dimension == extractor.dimension:
                return _hold(_features, name, found)
        found = extract(reference, extractor, progress, skip)
        if len(found) < number_of_images(reference):
            return found
        _keep(lambda: write_features(kept, found))
        return _hold(_features, name, found)


# A set of features is one object while it is held.
@lru_cache(maxsize=2 * HELD)
def _made(make: Callable[[npt.NDArray[numpy.float32]], Any], features: FeatureSet) -> Any:
    return make(features.rows)


def _found_statistics(reference: ReferenceSet, extractor: Extractor, kept: Path) -> Statistics:
    if reference.kind == "statistics":
        assert reference.path is not None
        saved = read_saved_statistics(reference.path)
        _expect(reference, extractor, saved.origin, saved.statistics.dimension)
        return saved.statistics
    with suppress(ValueError):  # absent or damaged: computed again
        found = read_saved_statistics(kept).statistics
        if found.dimension == extractor.dimension:
            return found
    features = reference_set(reference, extractor)
    if len(features) < 2:
        raise ValueError(f"the reference {reference.name} holds {len(features)} image; it takes at least 2")
    found = Statistics.of_features(features.rows)
    if _has_images(reference):  # features alone are summed up sooner than looked after
        _keep(lambda: write_statistics(kept, found, features.origin))
    return found


def _given_features(reference: ReferenceSet, extractor: Extractor) -> FeatureSet:
    """The features that a reference consists of."""
    given = reference.features
    if given is None:
        assert reference.path is not None
        given = read_features(reference.path)
    _expect(reference, extractor, given.origin, given.dimension)
    return given


def _has_images(reference: ReferenceSet) -> bool:
    return reference.kind in ("starter", "folder")


def _expect(reference: ReferenceSet, extractor: Extractor, origin: Origin | None, dimension: int) -> None:
    """Raise ValueError unless features of the extractor compare with what a reference holds."""
    if origin is not None:
        origin.expect(extractor, reference.name)
    if dimension != extractor.dimension:
        raise ValueError(
            f"the reference {reference.name} has {reference.kind} of dimension {dimension}, and the "
            f"extractor {extractor.name!r} yields features of dimension {extractor.dimension}; "
            f"{reference.kind} compare only with features of the extractor they were made with"
        )


def _name(reference: ReferenceSet, extractor: Extractor) -> str:
    return digest_of([REVISION, reference.digest, extractor.digest(fetch=True)])


def _folder() -> Path:
    return cache_folder() / "references"


def _hold(held: dict[str, Held], name: str, value: Held) -> Held:
    """Hold a value on to, as the one used last; of too many the one that wasn't used for longest goes."""
    held.pop(name, None)
    while len(held) >= HELD:
        del held[next(iter(held))]
    held[name] = value
    return value


def _keep(write: Callable[[], None]) -> None:
    with suppress(OSError):  # a cache that can't be written is done without
        write()
