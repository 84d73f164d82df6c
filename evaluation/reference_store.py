"""The features and statistics of a reference under an extractor: computed on first use, then kept on disk.

Under ``references`` in the cache folder, each in a file named by the digests of the reference and of the
extractor: of two processes that compute the same, either may write it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..graphs.digest import cache_folder
from .extractors import Extractor
from .feature_sets import FeatureSet, Origin
from .frechet import Statistics
from .reference_files import read_features, read_saved_statistics, write_features, write_statistics
from .reference_images import Progress, Skip, extract, number_of_images, silent
from .references import ReferenceSet

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

#: Rises when the same reference and extractor give other features, so that old files are left alone.
REVISION = 2
#: How many sets of features a process holds on to.
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
        if reference.kind == "statistics":
            return _saved_statistics(reference, extractor)
        name = _name(reference, extractor)
        if name not in _statistics:
            kept = _folder() / f"{name}.npz"
            found = _kept_statistics(kept, extractor.dimension)
            if found is None:
                features = reference_set(reference, extractor)
                if len(features) < 2:
                    raise ValueError(
                        f"the reference {reference.name} holds {len(features)} image; it takes at least 2"
                    )
                found = Statistics.of_features(features.rows)
                _keep(lambda: write_statistics(kept, found, features.origin))
            _statistics[name] = found
        return _statistics[name]


def reference_features(reference: ReferenceSet, extractor: Extractor) -> npt.NDArray[numpy.float32]:
    """The features of every image of the reference, float32 ``[n, d]``, in the order of the images' names.

    Raises ValueError as :func:`reference_statistics` does, and for a reference that holds statistics only.
    """
    return reference_set(reference, extractor).rows


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
                "takes; this metric compares with the features of every image. Give it the folder of images, "
                "or a file of their features: mezzotint reference FOLDER -o features.parquet"
            )
        name = _name(reference, extractor)
        if name not in _features:
            found, whole = _found_features(reference, extractor, name, progress, skip)
            if not whole:
                return found
            while len(_features) >= HELD:
                del _features[next(iter(_features))]
            _features[name] = found
        return _features[name]


def _found_features(
    reference: ReferenceSet, extractor: Extractor, name: str, progress: Progress, skip: Skip | None
) -> tuple[FeatureSet, bool]:
    """The features, and whether they are those of all images."""
    if reference.kind in ("features", "set"):
        held = reference.features
        if held is None:
            assert reference.path is not None
            held = read_features(reference.path)
        _expect(reference, extractor, held.origin, held.dimension)
        return held, True
    kept = _folder() / f"{name}.features.npz"
    with suppress(ValueError):  # absent or damaged: computed again
        found = read_features(kept)
        if found.dimension == extractor.dimension:
            return found, True
    found = extract(reference, extractor, progress, skip)
    whole = len(found) == number_of_images(reference)
    if whole:
        _keep(lambda: write_features(kept, found))
    return found, whole


def _saved_statistics(reference: ReferenceSet, extractor: Extractor) -> Statistics:
    assert reference.path is not None
    name = _name(reference, extractor)
    if name not in _statistics:
        saved = read_saved_statistics(reference.path)
        _expect(reference, extractor, saved.origin, saved.statistics.dimension)
        _statistics[name] = saved.statistics
    return _statistics[name]


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
    named = f"{REVISION} {reference.digest} {extractor.digest(fetch=True)}"
    return hashlib.blake2b(named.encode(), digest_size=16).hexdigest()


def _folder() -> Path:
    return cache_folder() / "references"


def _kept_statistics(path: Path, dimension: int) -> Statistics | None:
    try:
        statistics = read_saved_statistics(path).statistics
    except ValueError:  # absent or damaged: computed again
        return None
    return statistics if statistics.dimension == dimension else None


def _keep(write: Callable[[], None]) -> None:
    with suppress(OSError):  # a cache that can't be written is done without
        write()
