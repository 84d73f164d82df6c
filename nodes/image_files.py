"""``load_images`` and ``save_images``: pictures from files, and to files of a name and kind of one's own."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

from ..graphs.digest import file_digest
from ..graphs.node import FileName, Range, node
from ..graphs.types import PortType
from .arrays import pack, to_numpy, unpack
from .picture_texts import Format, write
from .pictures import Images, to_8bit

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image

#: Formats by the ending of a file's name.
FORMATS: dict[str, Format] = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


class ImageFileType(PortType):
    """The path of a picture's file; a batch is a list of them. In keys its content stands for it."""

    name = "ImageFile"
    stacks = True
    reads = "the path of a picture's file"
    reads_files = True
    names_files = True

    def parse(self, value: object) -> Path:
        if not isinstance(value, (str, Path)) or not str(value):
            raise ValueError("expected the path of a picture's file; a folder of them is each: {folder: …}")
        path = Path(value).expanduser()
        try:
            found, is_folder = path.is_file(), path.is_dir()
        except (OSError, ValueError):  # too long for a path, or no text of one
            found = is_folder = False
        if is_folder:
            raise ValueError("this is a folder; its pictures are an input of each: {folder: …}")
        if not found:
            looked = "" if path.is_absolute() else f" (looked for from {Path.cwd()})"
            raise ValueError(f"there is no file {path}{looked}")
        return path

    def digest(self, item: Path) -> bytes:
        return file_digest(item).encode()

    def shape(self, item: Path) -> Hashable:
        from .picture_files import size

        width, height = size(item)
        return width, height

    def stack(self, items: Sequence[Path]) -> list[Path]:
        return list(items)

    def encode(self, item: Path) -> bytes:
        return str(item).encode()

    def decode(self, data: bytes) -> Path:
        return Path(data.decode())


#: A batch of paths of pictures' files.
ImageFile = Annotated[list[Path], ImageFileType()]


def _colour(options: Mapping[str, Any]) -> tuple[int, ...]:
    """The colour that ``background`` names; ValueError for none."""
    from PIL import ImageColor

    background = options["background"]
    try:
        return ImageColor.getrgb(background)[:3]
    except ValueError as error:
        raise ValueError(f"background {background!r} is no colour; try white, black or #808080") from error


@node(version=1, check=_colour)
def load_images(file: ImageFile, *, background: str = "white") -> Images:
    """Read pictures from files, upright as their EXIF data says.

    Keys depend on what a file holds, not on its name.

    Args:
        file: the path of one, looked for beside the graph file or the table that it stands in, then from the
            working directory; or an input of `each: {folder: D}`.
        background: what shows through transparent pixels: a colour's name, or "#rrggbb".

    Raises:
        ValueError: a file that is missing, damaged or no picture, or a colour that there isn't.

    >>> from mezzotint import nodes
    >>> nodes.load_images(file="photo.png").shape
    torch.Size([3, 64, 64])
    """
    import numpy
    import torch

    from .picture_files import read

    colour = _colour({"background": background})
    paths = file if isinstance(file, list) else [file]
    return torch.from_numpy(numpy.stack([read(Path(path), colour) for path in paths]))


@dataclass(frozen=True)
class PictureFile:
    """What is to be a picture's file: pixels uint8 ``[3, H, W]``, how to encode them, and how well."""

    pixels: numpy.ndarray[Any, Any]
    format: Format
    quality: int


class PictureFilesType(PortType):
    """Pictures on their way to files; a batch is a list of them."""

    name = "PictureFiles"
    stacks = True
    suffix = ".png"
    folder = "images"

    def shape(self, item: PictureFile) -> Hashable:
        return tuple(item.pixels.shape)

    def stack(self, items: Sequence[PictureFile]) -> list[PictureFile]:
        return list(items)

    def split(self, batch: Sequence[PictureFile], count: int) -> list[PictureFile]:
        if len(batch) != count:
            raise ValueError(f"{count} items went in and {len(batch)} picture files came out")
        return list(batch)

    def encode(self, item: PictureFile) -> bytes:
        return pack({"pixels": item.pixels}, {"format": item.format, "quality": item.quality})

    def decode(self, data: bytes) -> PictureFile:
        arrays, note = unpack(data)
        return PictureFile(arrays["pixels"], note["format"], note["quality"])

    def nbytes(self, item: PictureFile) -> int:
        return int(item.pixels.nbytes)

    def picture(self, item: PictureFile) -> Image:
        from PIL import Image

        return Image.fromarray(item.pixels.transpose(1, 2, 0).copy())

    def export(self, item: PictureFile, metadata: Mapping[str, str]) -> bytes:
        """The content of the file: a picture that carries ``metadata``."""
        return write(self.picture(item), item.format, metadata, item.quality)


#: Pictures on their way to files of the run folder.
PictureFiles = Annotated[list[PictureFile], PictureFilesType()]


# Not kept: rounding is done again sooner than read back, and the run folder has the files.
@node(version=1, keep="none")
def save_images(
    images: Images,
    *,
    pattern: Annotated[str, FileName(tuple(FORMATS))] = "{index}.png",
    quality: Annotated[int, Range(1, 100)] = 90,
) -> PictureFiles:
    """Save pictures under names of one's own, as PNG, JPEG or WebP.

    Make it an output of the graph: the files go to that output's folder in the run folder, and the same
    command completes them. Each file carries the graph and the point that drew it.

    Args:
        images: the pictures; they are rounded to 8 bits.
        pattern: the name of each file. `{prompt}` is the value of an input there (text becomes letters,
            digits and hyphens), `{prompt.index}` its number on the axis, `{row.column}` a column of a record,
            and `{index}` the numbers on all axes. A slash makes folders. The ending, .png, .jpg or .webp,
            says how it is encoded.
        quality: of JPEG and WebP, as Pillow counts it; PNG is lossless.
    """
    import numpy

    ending = PurePosixPath(pattern).suffix.lower()
    if ending not in FORMATS:
        raise ValueError(f"pattern {pattern!r} has none of the endings {', '.join(FORMATS)}")
    kind = FORMATS[ending]
    pixels = to_8bit(to_numpy(images))
    return [PictureFile(numpy.ascontiguousarray(one), kind, quality) for one in pixels]
