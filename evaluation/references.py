"""References: the real images that generated ones are compared with, or their statistics.

A reference in a graph is a handle. It says where the images are and digests what they hold; they are
opened when a metric first needs their statistics (:mod:`.reference_store`).
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from ..graphs.digest import file_digest, files_digest
from ..graphs.types import PortType

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif"})
STARTER_IMAGES = 1000
"""How many scenes the reference ``starter`` renders: eight for each dimension of the starter's features."""
STARTER_SEED = 0

Kind = Literal["starter", "folder", "statistics"]


@dataclass(frozen=True)
class ReferenceSet:
    """A handle: ``starter`` (scenes of the starter's world), a folder of images, or a file of statistics."""

    kind: Kind
    path: Path | None = None

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return "starter" if self.path is None else str(self.path)

    @cached_property
    def digest(self) -> str:
        """32 hex digits of what the reference holds; files are read, unless unchanged since the last time."""
        if self.path is None:
            # What the scenes hold is decided by the code that draws them.
            world = Path(__file__).resolve().parent.parent / "starter"
            drawn_by = files_digest([world / "world.py", world / "tasks.py"], world)
            recipe = f"{STARTER_IMAGES} {STARTER_SEED} {drawn_by}"
            return hashlib.blake2b(recipe.encode(), digest_size=16).hexdigest()
        if self.kind == "statistics":
            return file_digest(self.path)
        return files_digest(self.images(), self.path)

    def images(self) -> list[Path]:
        """The image files of a folder and the folders in it, sorted; hidden files are none."""
        assert self.path is not None
        found = []
        for folder, folders, files in os.walk(self.path):
            folders[:] = [name for name in folders if not name.startswith(".")]
            found += [
                Path(folder, name)
                for name in files
                if not name.startswith(".") and Path(name).suffix.lower() in IMAGE_SUFFIXES
            ]
        return sorted(found)


class ReferenceType(PortType):
    """A reference; a micro-batch shares one."""

    name = "Reference"
    names_files = True
    reads = "'starter', a folder of images, or an .npz file of statistics (mu, sigma)"

    def literal_schema(self) -> dict[str, Any]:
        return {"type": "string", "description": self.reads}

    def parse(self, value: object) -> ReferenceSet:
        """A handle from ``starter`` or a path (a relative one from the working directory).

        Raises ValueError for a path that doesn't exist, a folder without images, and a file that holds no
        statistics. No image is decoded.
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
            if not reference.images():
                kinds = ", ".join(sorted(IMAGE_SUFFIXES))
                raise ValueError(f"the reference folder {value} holds no images ({kinds})")
            return reference
        if not path.is_file():
            raise ValueError(f"there is no reference {str(value)!r}; expected {self.reads}")
        _expect_statistics(path, str(value))
        return ReferenceSet("statistics", path)

    def digest(self, item: ReferenceSet) -> bytes:
        """What the reference holds, wherever it lies."""
        return bytes.fromhex(item.digest)

    def encode(self, item: ReferenceSet) -> bytes:
        return json.dumps({"kind": item.kind, "path": None if item.path is None else str(item.path)}).encode()

    def decode(self, data: bytes) -> ReferenceSet:
        stored: dict[str, Any] = json.loads(data)
        return ReferenceSet(stored["kind"], None if stored["path"] is None else Path(stored["path"]))

    def cell(self, item: ReferenceSet) -> str:
        return item.kind


#: The images a set is compared with. It doesn't stack: a call gets one.
Reference = Annotated[ReferenceSet, ReferenceType()]


def _expect_statistics(path: Path, name: str) -> None:
    """Look into the archive without NumPy, which checking a graph has no other use for."""
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {entry.removesuffix(".npy") for entry in archive.namelist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise ValueError(f"the reference file {name} is no .npz file of statistics (mu, sigma)") from error
    if not {"mu", "sigma"} <= arrays:
        found = ", ".join(sorted(arrays)) or "nothing"
        raise ValueError(f"the reference file {name} should hold the arrays mu and sigma; it holds {found}")
