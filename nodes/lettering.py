"""Small text on a contact sheet: wrapped to its box, cut with an ellipsis where it doesn't fit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

#: Cells narrower or lower than this, in pixels, get no labels: nothing legible would fit.
SMALLEST_CELL = 32

#: Lines above a column or a cell, at most.
MOST_LINES = 3

MARGIN = 3


class Lettering:
    """Pillow's built-in font at a size that suits cells of ``width`` by ``height`` pixels."""

    def __init__(self, width: int, height: int) -> None:
        self.legible = min(width, height) >= SMALLEST_CELL
        self._size = max(9, min(width // 10, 28))
        self._cell_width = width

    @cached_property
    def _font(self) -> Any:
        from PIL import ImageFont

        return ImageFont.load_default(self._size)

    @property
    def line_height(self) -> int:
        return round(self._size * 1.25)

    def height_of(self, labels: Sequence[str], width: int) -> int:
        """Pixels that the tallest of the labels takes when wrapped to ``width``; 0 when all are empty."""
        lines = max((len(self.wrap(label, width, MOST_LINES)) for label in labels), default=0)
        return lines * self.line_height + 2 * MARGIN if lines else 0

    def width_of(self, labels: Sequence[str]) -> int:
        """Pixels of the gutter for row labels: as wide as the longest needs, at most as wide as a cell."""
        longest = max((self._font.getlength(label) for label in labels), default=0)
        return min(round(longest) + 2 * MARGIN, self._cell_width) if longest else 0

    def wrap(self, label: str, width: int, most: int) -> list[str]:
        """The lines of a label in ``width`` pixels, ``most`` of them at most."""
        room = width - 2 * MARGIN
        lines: list[str] = []
        for word in label.split():
            if lines and self._font.getlength(f"{lines[-1]} {word}") <= room:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        cut = len(lines) > most
        lines = lines[:most]
        return [self._shorten(line, room, cut and number == most - 1) for number, line in enumerate(lines)]

    def write(self, sheet: Image.Image, label: str, box: tuple[int, int, int, int]) -> None:
        """Write a label into a box, centred, in black."""
        from PIL import ImageDraw

        left, top, right, bottom = box
        lines = self.wrap(label, right - left, max(1, (bottom - top) // self.line_height))
        y = top + (bottom - top - len(lines) * self.line_height) / 2
        pen = ImageDraw.Draw(sheet)
        for line in lines:
            pen.text(((left + right) / 2, y), line, fill=(0, 0, 0), font=self._font, anchor="ma")
            y += self.line_height

    def _shorten(self, line: str, room: int, cut: bool) -> str:
        if not cut and self._font.getlength(line) <= room:
            return line
        while line and self._font.getlength(f"{line}…") > room:
            line = line[:-1]
        return f"{line.rstrip()}…"
