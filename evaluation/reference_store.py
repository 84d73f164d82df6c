"""The statistics of a reference under an extractor: computed on first use, then kept on disk."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graphs.digest import cache_folder
from ..graphs.store import write_atomically
from .extractors import Extractor
from .frechet import Statistics
from .moments import Moments
from .references import STARTER_IMAGES, STARTER_SEED, ReferenceSet

if TYPE_CHECKING:
    import torch

BATCH = 64
#: Rises when the same reference and extractor give other statistics, so that old files are left alone.
REVISION = 1

_known: dict[str, Statistics] = {}
_lock = threading.RLock()


def reference_statistics(reference: ReferenceSet, extractor: Extractor) -> Statistics:
    """Mean and covariance of the reference's features, float64.

    They are kept for the process, and under ``references`` in the cache folder, named by the digests of the
    reference and the extractor. Raises ValueError for an image that can't be decoded, fewer than two
    images, a damaged file of statistics, or statistics of another dimension than the extractor's.
    """
    with _lock:
        if reference.kind == "statistics":
            return _from_file(reference, extractor)
        digest = extractor.digest(fetch=True)
        name = hashlib.blake2b(f"{REVISION} {reference.digest} {digest}".encode(), digest_size=16).hexdigest()
        if name not in _known:
            kept = cache_folder() / "references" / f"{name}.npz"
            _known[name] = _read_kept(kept, extractor.dimension) or _computed(reference, extractor, kept)
        return _known[name]


def read_statistics(path: Path) -> Statistics:
    """Statistics from an ``.npz`` file with arrays ``mu [d]`` and ``sigma [d, d]``; nothing is unpickled.

    The layout of pytorch-fid and clean-fid. An array ``n``, as written here, holds the number of images.
    Raises ValueError for a file of another layout, and for values that are no mean and covariance.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            mean, covariance = arrays["mu"], arrays["sigma"]
            count = int(arrays["n"]) if "n" in arrays else None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} can't be read as statistics (mu, sigma): {error}") from error
    if mean.ndim != 1 or covariance.shape != (len(mean), len(mean)) or not len(mean):
        shapes = f"{list(mean.shape)} and {list(covariance.shape)}"
        raise ValueError(f"{path} should hold mu [d] and sigma [d, d]; it holds {shapes}")
    if mean.dtype.kind not in "fiu" or covariance.dtype.kind not in "fiu":
        raise ValueError(f"{path} holds {mean.dtype} and {covariance.dtype}, not real numbers")
    mean, covariance = mean.astype(np.float64), covariance.astype(np.float64)
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError(f"{path} holds NaN or infinity")
    if not np.allclose(covariance, covariance.T, rtol=1e-4, atol=1e-6 * float(np.abs(covariance).max())):
        raise ValueError(f"sigma in {path} is not symmetric, so it is no covariance")
    return Statistics(mean, (covariance + covariance.T) / 2, count)


def write_statistics(path: Path, statistics: Statistics) -> None:
    """Write what :func:`read_statistics` reads, whole or not at all; OSError where that can't be done."""
    arrays: dict[str, Any] = {"mu": statistics.mean, "sigma": statistics.covariance}
    if statistics.count is not None:
        arrays["n"] = np.array(statistics.count)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_atomically(path, buffer.getvalue())


def _from_file(reference: ReferenceSet, extractor: Extractor) -> Statistics:
    assert reference.path is not None
    if reference.digest not in _known:
        _known[reference.digest] = read_statistics(reference.path)
    statistics = _known[reference.digest]
    if statistics.dimension != extractor.dimension:
        raise ValueError(
            f"the reference {reference.name} has statistics of dimension {statistics.dimension}, and the "
            f"extractor {extractor.name!r} yields features of dimension {extractor.dimension}; "
            "statistics compare only with features of the extractor they were made with"
        )
    return statistics


def _read_kept(path: Path, dimension: int) -> Statistics | None:
    try:
        statistics = read_statistics(path)
    except ValueError:  # absent or damaged: computed again
        return None
    return statistics if statistics.dimension == dimension else None


def _computed(reference: ReferenceSet, extractor: Extractor, kept: Path) -> Statistics:
    moments = Moments()
    for batch in _batches(_starter_scenes() if reference.kind == "starter" else _folder_images(reference)):
        moments.update(extractor(batch))
    if moments.count < 2:
        raise ValueError(f"the reference {reference.name} holds {moments.count} image; it takes at least 2")
    statistics = Statistics.of(moments)
    with suppress(OSError):  # a cache that can't be written is done without
        write_statistics(kept, statistics)
    return statistics


def _starter_scenes() -> Iterator[torch.Tensor]:
    import torch

    from ..starter.world import reference_images

    for scene in reference_images(STARTER_IMAGES, STARTER_SEED):
        yield torch.from_numpy(scene.copy()).permute(2, 0, 1).float() / 255


def _folder_images(reference: ReferenceSet) -> Iterator[torch.Tensor]:
    import torch

    from ..nodes.picture_files import read

    for path in reference.images():
        yield torch.from_numpy(read(path))


def _batches(images: Iterable[torch.Tensor]) -> Iterator[torch.Tensor]:
    """Consecutive images of one size, up to ``BATCH`` at a time."""
    import torch

    waiting: list[torch.Tensor] = []
    for image in images:
        if waiting and (len(waiting) == BATCH or waiting[0].shape != image.shape):
            yield torch.stack(waiting)
            waiting = []
        waiting.append(image)
    if waiting:
        yield torch.stack(waiting)
