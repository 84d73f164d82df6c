"""Features of a set of pictures with what they were made with, so that no other extractor's are compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from ..extractors import Extractor


@dataclass(frozen=True)
class Origin:
    """What features were made with: an extractor's name, its digest, and its resize rule ("" if not said).

    The digest decides whether features compare; the name and the rule say what to do where they don't.
    """

    extractor: str
    digest: str
    resize: str = ""

    @classmethod
    def of(cls, extractor: Extractor, resize: str = "") -> Origin:
        """What features of this extractor are made with; loads no weights, though it may fetch them."""
        digest = extractor.digest(fetch=True)
        assert digest is not None, "fetched weights have a digest"
        return cls(extractor.name, digest, resize)

    @classmethod
    def from_json(cls, text: str | bytes | None, source: Path | str) -> Origin | None:
        """What a file says; None for a file of another tool. ValueError for what we can't have written."""
        if text is None:
            return None
        try:
            said = json.loads(text)
            return cls(str(said["extractor"]), str(said["digest"]), str(said["resize"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{source} says in no way that can be read what it was made with") from error

    def to_json(self) -> str:
        """What goes into files beside the numbers."""
        return json.dumps(asdict(self), sort_keys=True)

    def expect(self, extractor: Extractor, name: str) -> None:
        """Raise ValueError unless features of ``extractor`` compare with those of the reference ``name``."""
        if self.digest == extractor.digest(fetch=True):
            return
        made = f"the reference {name} was made with the extractor {self.extractor!r}"
        if self.extractor == extractor.name:
            rule = f" (it resized by {self.resize!r})" if self.resize else ""
            raise ValueError(
                f"{made} as it was then{rule}: its weights, or the way it resizes, have changed since; "
                "make the reference again"
            )
        raise ValueError(
            f"{made}, and it is compared with features of {extractor.name!r}; "
            f"say extractor: {self.extractor}, or make the reference with {extractor.name!r}"
        )


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """Features ``[n, d]``, float32 as they were extracted, and a name for each picture.

    ``origin`` is None for what another tool has written. Of pictures that a graph has drawn, ``units`` are
    the labels ``[n]`` of what was drawn independently, such as prompts, and ``crossed`` the axes that all
    units share; files say neither.
    """

    rows: npt.NDArray[numpy.float32]
    names: tuple[str, ...]
    origin: Origin | None = None
    units: tuple[str, ...] = ()
    crossed: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """32 hex digits of all that is here."""
        digest = hashlib.blake2b(json.dumps([self.rows.shape, self.names]).encode(), digest_size=16)
        digest.update(b"" if self.origin is None else self.origin.to_json().encode())
        if self.units:
            digest.update(json.dumps([self.units, self.crossed]).encode())
        digest.update(self.rows.data)
        return digest.hexdigest()

    @cached_property
    def lengths(self) -> npt.NDArray[numpy.float32]:
        """The Euclidean length of each feature, ``[n]``."""
        import numpy

        found: npt.NDArray[numpy.float32] = numpy.linalg.norm(self.rows, axis=1)
        return found

    @property
    def dimension(self) -> int:
        return int(self.rows.shape[1])

    def __len__(self) -> int:
        return len(self.rows)


def feature_rows(values: Any, name: str) -> npt.NDArray[numpy.float32]:
    """An array as rows of features; ValueError, which calls the set ``name``, for what are none.

    That is another shape than ``[n, d]``, no rows, values that are no real numbers, NaN and infinity.
    """
    import numpy

    rows = numpy.asarray(values)
    if rows.ndim != 2 or not rows.size:
        raise ValueError(f"{name} should hold features [n, d]; it holds {list(rows.shape)}")
    if rows.dtype.kind not in "fiu":
        raise ValueError(f"{name} holds features of {rows.dtype}, not real numbers")
    with numpy.errstate(over="ignore"):  # what float32 can't hold becomes infinity, and is told below
        narrow: npt.NDArray[numpy.float32] = numpy.ascontiguousarray(rows, dtype=numpy.float32)
    bad = int((~numpy.isfinite(narrow).all(axis=1)).sum())
    if bad:
        raise ValueError(f"{bad} of {len(rows)} features in {name} hold NaN or infinity")
    return narrow
