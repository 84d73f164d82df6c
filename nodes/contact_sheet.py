"""``grid``: a contact sheet, pictures laid out over the axes that they vary over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any

from ..graphs.node import Range, node
from ..graphs.types import Points, format_scalar
from .arrays import to_numpy
from .pictures import Images, to_8bit

if TYPE_CHECKING:
    import numpy
    from PIL import Image

#: Shade of a cell without a picture, and of the paper.
MISSING, PAPER = (128, 128, 128), (255, 255, 255)

#: Sheets beyond this many pixels are refused: nothing could show them.
LARGEST_SHEET = 100_000_000


@dataclass(frozen=True)
class Cell:
    """One picture of a sheet: uint8 ``[H, W, 3]``, and where it stands on each reduced axis."""

    pixels: numpy.ndarray[Any, Any]
    indices: tuple[int, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Layout:
    """Cells by row and column, None where a picture is missing; and what is written beside them."""

    cells: dict[tuple[int, int], Cell | None]
    row_labels: list[str]
    column_labels: list[str]
    captions: dict[tuple[int, int], str]

    @property
    def rows(self) -> int:
        return len(self.row_labels)

    @property
    def columns(self) -> int:
        return len(self.column_labels)


class ContactSheet:
    """Collects pictures at 8 bits a channel, and lays them out once all are there."""

    def __init__(self, columns: int | None, padding: int, labels: bool) -> None:
        self._columns = columns
        self._padding = padding
        self._labels = labels
        self._cells: list[Cell] = []

    def update(self, images: Images, points: Points) -> None:
        """Take a batch ``[B, 3, H, W]`` in [0, 1], with where each picture stands."""
        for pixels, point in zip(to_8bit(to_numpy(images)), points, strict=True):
            indices = tuple(index for index, _ in point.values())
            values = tuple(value for _, value in point.values())
            self._cells.append(Cell(pixels.transpose(1, 2, 0), indices, values))

    def merge(self, other: ContactSheet) -> None:
        """Take over what another sheet collected."""
        self._cells += other._cells

    def compute(self) -> Images:
        """The sheet, float32 ``[1, 3, H, W]`` in [0, 1]; ValueError for none or far too many pictures."""
        import numpy
        import torch

        if not self._cells:
            raise ValueError("a grid needs at least one picture")
        cells = sorted(self._cells, key=lambda cell: cell.indices)
        layout = over_axes(cells) if self._columns is None else wrapped(cells, self._columns)
        sheet = numpy.asarray(draw(layout, self._padding, self._labels)).astype("float32") / 255
        return torch.from_numpy(numpy.ascontiguousarray(sheet.transpose(2, 0, 1)[None]))


@node(version=1)
def grid(
    *,
    columns: Annotated[int, Range(1, 1000)] | None = None,
    padding: Annotated[int, Range(0, 256)] = 2,
    labels: bool = True,
) -> ContactSheet:
    """Lay pictures out as one contact sheet over the axes it reduces, to look at.

    The last reduced axis runs along the columns, the others down the rows. A cell is as large as the largest
    picture; a missing picture leaves it grey.

    Args:
        images: the pictures.
        columns: fill rows of this many pictures in order instead, each with its own caption.
        padding: pixels between pictures, and around them.
        labels: write the values of the axes beside rows and columns, where cells are large enough to read.

    >>> from mezzotint import nodes
    >>> scenes = nodes.render_scene(["a red circle", "two green stars"] * 4, seed=range(8))
    >>> nodes.grid([nodes.to_pil(scene) for scene in scenes], columns=4).size
    (266, 168)
    """
    return ContactSheet(columns, padding, labels)


def over_axes(cells: Sequence[Cell]) -> Layout:
    """The last axis as columns, every combination of the others as a row; the missing leave a gap."""
    columns = _numbered((cell.indices[-1:], cell.values[-1:]) for cell in cells)
    rows = _numbered((cell.indices[:-1], cell.values[:-1]) for cell in cells)
    column_at = {place: number for number, place in enumerate(columns)}
    row_at = {place: number for number, place in enumerate(rows)}
    places: dict[tuple[int, int], Cell | None] = dict.fromkeys(product(row_at.values(), column_at.values()))
    places |= {(row_at[cell.indices[:-1]], column_at[cell.indices[-1:]]): cell for cell in cells}
    return Layout(
        places,
        [_words(values) for values in rows.values()],
        [_words(values) for values in columns.values()],
        {},
    )


def wrapped(cells: Sequence[Cell], columns: int) -> Layout:
    """Cells in order, so many a row; what each is stands above it."""
    places = {divmod(number, columns): cell for number, cell in enumerate(cells)}
    return Layout(
        dict(places),
        [""] * (-(-len(cells) // columns)),
        [""] * min(columns, len(cells)),
        # The last axis first: a seed is short, and what follows a long prompt would be cut off.
        {place: _words(cell.values[::-1]) for place, cell in places.items()},
    )


def draw(layout: Layout, padding: int, labels: bool) -> Image.Image:
    """The sheet as an RGB picture."""
    from PIL import Image

    from .lettering import Lettering

    height = max(cell.pixels.shape[0] for cell in layout.cells.values() if cell)
    width = max(cell.pixels.shape[1] for cell in layout.cells.values() if cell)
    lettering = Lettering(width, height)
    shown = labels and lettering.legible
    top = lettering.height_of(layout.column_labels, width) if shown else 0
    left = lettering.width_of(layout.row_labels) if shown else 0
    caption = lettering.height_of(list(layout.captions.values()), width) if shown else 0
    step_x, step_y = width + padding, height + caption + padding
    size = (left + padding + layout.columns * step_x, top + padding + layout.rows * step_y)
    if size[0] * size[1] > LARGEST_SHEET:
        raise ValueError(
            f"a grid of {layout.columns} by {layout.rows} pictures would be {size[0]} by {size[1]} pixels; "
            "lay out fewer pictures, or scale them down"
        )
    sheet = Image.new("RGB", size, PAPER)
    for (row, column), cell in layout.cells.items():
        x, y = left + padding + column * step_x, top + padding + row * step_y
        if shown and (row, column) in layout.captions:
            lettering.write(sheet, layout.captions[row, column], (x, y, x + width, y + caption))
        if cell is None:
            sheet.paste(MISSING, (x, y + caption, x + width, y + caption + height))
            continue
        high, wide = cell.pixels.shape[:2]
        corner = (x + (width - wide) // 2, y + caption + (height - high) // 2)
        sheet.paste(Image.fromarray(cell.pixels.copy()), corner)
    if shown:
        for column, label in enumerate(layout.column_labels):
            x = left + padding + column * step_x
            lettering.write(sheet, label, (x, 0, x + width, top))
        for row, label in enumerate(layout.row_labels):
            y = top + padding + row * step_y + caption
            lettering.write(sheet, label, (0, y, left, y + height))
    return sheet


def _numbered(places: Any) -> dict[tuple[int, ...], tuple[Any, ...]]:
    """Values by their indices, in the order of the indices."""
    return dict(sorted(dict(places).items(), key=lambda entry: entry[0]))


def _words(values: Sequence[Any]) -> str:
    """Axis values as a label; of a record, its columns."""
    pieces: list[str] = []
    for value in values:
        parts = list(value.values()) if isinstance(value, dict) else [value]
        pieces += [format_scalar(part) if isinstance(part, (str, bool, int, float)) else "" for part in parts]
    return ", ".join(piece for piece in pieces if piece)
