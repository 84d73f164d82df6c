"""References: the real images that generated ones are compared with, or their statistics.

A reference in a graph is a handle. It says where the images are and digests what they hold; they are
opened when a metric first needs their statistics (:mod:`.reference_store`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from ...graphs.digest import digest_of, file_digest, files_digest
from ...graphs.tables import IMAGE_SUFFIXES
from ...graphs.types import PortType
from ...nodes.picture_folders import FoundPictures, pictures_below
from .feature_sets import FeatureSet, Origin
from .reference_files import what_holds

STARTER_IMAGES = 1000
"""How many scenes the reference ``starter`` renders: eight for each dimension of the starter's features."""
STARTER_SEED = 0

Kind = Literal["starter", "folder", "statistics", "features", "set"]


@dataclass(frozen=True)
class ReferenceSet:
    """A handle: ``starter`` (scenes of the starter's world), a folder of images, a file of statistics or of
    features, or (``set``) the features of images that a graph has drawn or loaded, which it then holds.
    """

    kind: Kind
    path: Path | None = None
    features: FeatureSet | None = None

    @property
    def name(self) -> str:
        """What it is called in messages."""
        if self.features is not None:
            return "of the graph's own images"
        return "starter" if self.path is None else str(self.path)

    @cached_property
    def digest(self) -> str:
        """32 hex digits of what the reference holds; files are read, unless unchanged since the last time."""
        if self.features is not None:
            return self.features.digest
        if self.path is None:
            # What the scenes hold is decided by the code that draws them.
            world = Path(__file__).resolve().parents[2] / "starter"
            drawn_by = files_digest([world / "world.py", world / "tasks.py"], world)
            return digest_of([STARTER_IMAGES, STARTER_SEED, drawn_by])
        if self.kind != "folder":
            return file_digest(self.path)
        found = self.found()
        digest = files_digest(found.pictures, self.path)
        if not found.unreadable:
            return digest
        # Another set than the one without them, whose features may be kept.
        return digest_of([digest, sorted(str(path.relative_to(self.path)) for path in found.unreadable)])

    def images(self) -> list[Path]:
        """The image files of a folder and the folders in it that can be opened, sorted."""
        return self.found().pictures

    def found(self) -> FoundPictures:
        """The image files of a folder, and what there can't be opened."""
        assert self.path is not None
        return pictures_below(self.path)


class ReferenceType(PortType):
    """A reference; a micro-batch shares one."""

    name = "Reference"
    names_files = True
    alike = ("extractor",)
    reads = "'starter', a folder of images, or a file of their statistics or features (.npz, .npy, .parquet)"

    def literal_schema(self) -> dict[str, Any]:
        return {"type": "string", "description": self.reads}

    def parse(self, value: object) -> ReferenceSet:
        """A handle from ``starter`` or a path (a relative one from the working directory).

        Raises ValueError for a path that doesn't exist, a folder without images, and a file that holds
        neither statistics nor features. No image is decoded, and of a file only headers are read.
        """
        if isinstance(value, ReferenceSet):
            return value
        if value == "starter":
            return ReferenceSet("starter")
        if not isinstance(value, (str, Path)) or not str(value):
            raise ValueError(f"expected {self.reads}")
        path = Path(value).expanduser().absolute()
        if path.is_dir():
            reference = ReferenceSet("folder", path)
            found = reference.found()
            if not found.pictures and not found.unreadable:
                kinds = ", ".join(sorted(IMAGE_SUFFIXES))
                raise ValueError(f"the reference folder {value} holds no images ({kinds})")
            return reference
        if not path.is_file():
            raise ValueError(f"there is no reference {str(value)!r}; expected {self.reads}")
        return ReferenceSet(what_holds(path), path)

    def split(self, batch: object, count: int) -> list[Any]:
        if not isinstance(batch, ReferenceSet):
            what = f"a Reference is one set of real pictures, and this is a {type(batch).__name__}"
            raise ValueError(f"{what}; mezzotint.nodes.reference(pictures, extractor=...) makes one")
        return [batch]

    def digest(self, item: ReferenceSet) -> bytes:
        """What the reference holds, wherever it lies."""
        return bytes.fromhex(item.digest)

    def encode(self, item: ReferenceSet) -> bytes:
        from ...nodes.arrays import pack

        note = {"kind": item.kind, "path": None if item.path is None else str(item.path)}
        if item.features is None:
            return pack({}, note)
        held = item.features
        said = {"names": held.names, "origin": None if held.origin is None else held.origin.to_json()}
        drawn = {"units": held.units, "crossed": held.crossed}
        return pack({"features": held.rows}, {**note, **said, **drawn})

    def decode(self, data: bytes) -> ReferenceSet:
        from ...nodes.arrays import unpack

        arrays, note = unpack(data)
        path = None if note["path"] is None else Path(note["path"])
        if "features" not in arrays:
            return ReferenceSet(note["kind"], path)
        origin = Origin.from_json(note["origin"], "a stored reference")
        names, units, crossed = (tuple(note[said]) for said in ("names", "units", "crossed"))
        held = FeatureSet(arrays["features"], names, origin, units, crossed)
        return ReferenceSet(note["kind"], path, held)

    def nbytes(self, item: ReferenceSet) -> int:
        return super().nbytes(item) if item.features is None else int(item.features.rows.nbytes)

    def cell(self, item: ReferenceSet) -> str:
        return item.kind if item.features is None else f"{len(item.features)} images"


#: The images a set is compared with. It doesn't stack: a call gets one.
Reference = Annotated[ReferenceSet, ReferenceType()]
