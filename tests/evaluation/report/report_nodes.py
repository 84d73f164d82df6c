"""Nodes that paint tiny pictures and score them, for runs to report on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mezzotint import Boolean, Images, Integer, Number, Text, node
from mezzotint.evaluation.uncertainty.estimate import Score
from mezzotint.evaluation.uncertainty.means import mean_estimate
from mezzotint.graphs.members import Member, Members

if TYPE_CHECKING:
    import torch


@node(version=1)
def paint(text: Text, seed: Integer, *, steps: int = 4) -> Images:
    """A picture as bright as its text is long; "blank" paints nothing, "bad" fails."""
    import torch

    return torch.stack([_picture(one, number, steps) for one, number in zip(text, seed, strict=True)])


def _picture(text: str, seed: int, steps: int) -> torch.Tensor:
    import torch

    if text == "bad":
        raise ValueError("can't read /home/somebody/secret/brush.png")
    picture = torch.full((3, 6, 8), min(1.0, (len(text) + steps) / 40))
    if text != "blank":
        picture[seed % 3, :3] = 0.0
    return picture


@node(version=1)
def light(images: Images) -> Number:
    """The mean of all pixels."""
    return [float(picture.mean()) for picture in images]


@node(version=1)
def is_light(images: Images) -> Boolean:
    """Whether a picture is more white than black."""
    return [float(picture.mean()) > 0.3 for picture in images]


@node(version=1)
def told(images: Images) -> Text:
    """A picture in words."""
    return [f"<b>{float(picture.mean()):.2f}</b>" for picture in images]


class _Average:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.members: list[Member] = []

    def update(self, number: Number, members: Members) -> None:
        self.values += number
        self.members += members

    def merge(self, other: _Average) -> None:
        self.values += other.values
        self.members += other.members

    def compute(self) -> Score:
        units = [member.unit for member in self.members]
        return mean_estimate(self.values, units).placed(self.members)


@node(version=1, better="higher")
def average() -> _Average:
    """The mean of numbers, with the influence of each."""
    return _Average()
