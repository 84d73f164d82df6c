"""The pictures of a reference, one after another, and their features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..extractors import Extractor
from . import STARTER_IMAGES, STARTER_SEED, ReferenceSet
from .feature_sets import FeatureSet, Origin, feature_rows

if TYPE_CHECKING:
    import numpy
    import torch

    from ...nodes.picture_folders import FoundPictures

BATCH = 64
#: Pixels of one batch, at most: four pictures of 2048 × 2048.
BATCH_PIXELS = 1 << 24
#: How many of the pictures that can't be read are named.
NAMED = 5


class Unreadable(NamedTuple):
    """A file that is no picture, or a damaged one, and why."""

    name: str
    reason: str


#: Told of every batch: how many pictures are done, and of how many.
Progress = Callable[[int, int], None]
#: Told of every picture that can't be read and is left out.
Skip = Callable[[Unreadable], None]


def silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


class UnreadableError(ValueError):
    """Some of a folder's pictures can't be read."""

    def __init__(self, folder: str, unreadable: list[Unreadable], total: int) -> None:
        self.unreadable = unreadable
        self.total = total
        reasons = "; ".join(one.reason for one in unreadable[:NAMED])
        more = f"; and {len(unreadable) - NAMED} more" if len(unreadable) > NAMED else ""
        super().__init__(
            f"{len(unreadable)} of {total} images in the reference {folder} can't be read: {reasons}{more}. "
            "Mend or remove them, or leave them out by name with `mezzotint reference --skip-unreadable`"
        )


def number_of_images(reference: ReferenceSet) -> int:
    """How many images a folder, or the starter's reference, holds, readable or not."""
    if reference.kind == "starter":
        return STARTER_IMAGES
    found = reference.found()
    return len(found.pictures) + len(found.unreadable)


def extract(
    reference: ReferenceSet,
    extractor: Extractor,
    progress: Progress = silent,
    skip: Skip | None = None,
) -> FeatureSet:
    """The features of a folder, or of the starter's scenes, in the order of their names.

    ``skip`` is told of each picture that can't be read, and the rest goes on; without it UnreadableError
    names them. Raises ValueError where fewer than two pictures are left.
    """
    import numpy

    from ...nodes.arrays import to_numpy

    total, left_out = number_of_images(reference), 0

    def leave_out(one: Unreadable) -> None:
        nonlocal left_out
        left_out += 1
        if skip is not None:
            skip(one)

    names: list[str] = []
    batches = []
    images = _starter() if reference.kind == "starter" else _folder(reference, skip and leave_out)
    for batch in _batches(images):
        batches.append(to_numpy(extractor(batch.images)))
        names += batch.names
        progress(len(names) + left_out, total)
    if len(names) < 2:
        raise ValueError(f"the reference {reference.name} holds {len(names)} image; it takes at least 2")
    rows = feature_rows(numpy.concatenate(batches), f"the reference {reference.name}")
    return FeatureSet(rows, tuple(names), Origin.of(extractor, extractor.preprocessing.rule))


class _Batch(NamedTuple):
    names: list[str]
    images: torch.Tensor


def _starter() -> Iterator[tuple[str, torch.Tensor]]:
    import torch

    from ...starter.world import reference_images

    for index, scene in enumerate(reference_images(STARTER_IMAGES, STARTER_SEED)):
        yield f"scene {index}", torch.from_numpy(scene.copy()).permute(2, 0, 1).float() / 255


def _folder(reference: ReferenceSet, skip: Skip | None) -> Iterator[tuple[str, torch.Tensor]]:
    import torch

    assert reference.path is not None
    found = reference.found()
    paths = sorted([*found.pictures, *found.unreadable])
    for index, path in enumerate(paths):
        name = _name(path, reference.path)
        try:
            pixels = _read(path, found)
        except ValueError as error:
            if skip is None:
                others = _unreadable(paths[index + 1 :], found, reference.path)
                unreadable = [Unreadable(name, str(error)), *others]
                raise UnreadableError(reference.name, unreadable, len(paths)) from error
            skip(Unreadable(name, str(error)))
            continue
        yield name, torch.from_numpy(pixels)


def _read(path: Path, found: FoundPictures) -> numpy.ndarray[Any, Any]:
    from ...nodes.picture_files import WHITE, read

    if path in found.unreadable:
        raise ValueError(f"{_text(path)} can't be opened: {found.unreadable[path]}")
    return read(path, WHITE)


def _unreadable(paths: Iterable[Path], found: FoundPictures, folder: Path) -> Iterator[Unreadable]:
    """Those of the files that can't be read: named all at once, rather than one a try."""
    for path in paths:
        try:
            _read(path, found)
        except ValueError as error:
            yield Unreadable(_name(path, folder), str(error))


def _name(path: Path, folder: Path) -> str:
    return _text(path.relative_to(folder))


def _text(path: Path) -> str:
    """A path for messages, even if it is no text."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode()


def _batches(images: Iterable[tuple[str, torch.Tensor]]) -> Iterator[_Batch]:
    """Consecutive images of one size, as many at a time as a batch may hold."""
    import torch

    names: list[str] = []
    waiting: list[torch.Tensor] = []
    for name, image in images:
        pixels = image.shape[1] * image.shape[2]
        full = len(waiting) == BATCH or (len(waiting) + 1) * pixels > BATCH_PIXELS
        if waiting and (full or waiting[0].shape != image.shape):
            yield _Batch(names, torch.stack(waiting))
            names, waiting = [], []
        names.append(name)
        waiting.append(image)
    if waiting:
        yield _Batch(names, torch.stack(waiting))
