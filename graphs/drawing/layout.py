"""Where the boxes of a diagram stand: columns from left to right, ordered so that few edges cross.

Layers by longest path, order by barycentres, then heights pulled towards neighbours: the method of
Sugiyama, Tagawa and Toda (1981), plainly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from .diagram import Diagram, Edge

_SWEEPS = 12
#: Vertical room of a box and of an edge that passes through a column, in pixels.
_BOX_ROOM = 76.0
_EDGE_ROOM = 26.0


@dataclass
class Layout:
    """For every box its column, and the height of its middle; for every edge its points between boxes."""

    column: dict[str, int] = field(default_factory=dict)
    height: dict[str, float] = field(default_factory=dict)
    bends: dict[Edge, list[tuple[int, float]]] = field(default_factory=dict)


def lay_out(diagram: Diagram) -> Layout:
    """Place every box of a diagram."""
    column = _columns(diagram)
    layers: list[list[str]] = [[] for _ in range(max(column.values(), default=0) + 1)]
    for name, index in column.items():
        layers[index].append(name)
    links: dict[str, set[str]] = {name: set() for name in diagram.boxes}
    passing: dict[Edge, list[str]] = {}
    for number, edge in enumerate(diagram.edges):
        chain = [edge.source]
        for index in range(column[edge.source] + 1, column[edge.target]):
            between = f"{number}@{index}"  # no box's id holds an @
            layers[index].append(between)
            links[between] = set()
            chain.append(between)
        chain.append(edge.target)
        for left, right in pairwise(chain):
            links[left].add(right)
            links[right].add(left)
        passing[edge] = chain[1:-1]
    _order(layers, links)
    height = _heights(layers, links)
    bends = {
        edge: [(column[edge.source] + 1 + step, height[name]) for step, name in enumerate(names)]
        for edge, names in passing.items()
    }
    return Layout(column, {name: height[name] for name in diagram.boxes}, bends)


def _columns(diagram: Diagram) -> dict[str, int]:
    column: dict[str, int] = {}
    for name in diagram.boxes:  # every box stands before those that it leads to
        column[name] = 1 + max((column[edge.source] for edge in diagram.into(name)), default=-1)
    for name, box in diagram.boxes.items():
        if box.kind == "input":  # beside the first that takes it, so that its edges are short
            column[name] = min((column[edge.target] for edge in diagram.out_of(name)), default=1) - 1
    return column


def _order(layers: list[list[str]], links: dict[str, set[str]]) -> None:
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for index in range(1, len(layers)) if forward else range(len(layers) - 2, -1, -1):
            beside = layers[index - 1 if forward else index + 1]
            place = {name: position for position, name in enumerate(beside)}
            now = {name: position for position, name in enumerate(layers[index])}
            layers[index].sort(key=lambda name: (_mean(links[name], place, now[name]), now[name]))


def _mean(names: set[str], place: dict[str, int], otherwise: float) -> float:
    found = [place[name] for name in names if name in place]
    return sum(found) / len(found) if found else otherwise


def _heights(layers: list[list[str]], links: dict[str, set[str]]) -> dict[str, float]:
    height: dict[str, float] = {}
    for layer in layers:
        top = 0.0
        for name in layer:
            height[name] = top + _room(name) / 2
            top += _room(name)
        for name in layer:
            height[name] -= top / 2
    for _ in range(_SWEEPS):
        for layer in layers:
            wished = {
                name: sum(height[other] for other in links[name]) / len(links[name])
                if links[name]
                else height[name]
                for name in layer
            }
            _spread(layer, wished, height)
    highest = min((height[name] - _room(name) / 2 for name in height), default=0.0)
    return {name: value - highest for name, value in height.items()}


def _spread(layer: list[str], wished: dict[str, float], height: dict[str, float]) -> None:
    """Heights near those wished for, in order and without overlap."""
    previous: str | None = None
    for name in layer:
        lowest = wished[name]
        if previous is not None:
            lowest = max(lowest, height[previous] + (_room(previous) + _room(name)) / 2)
        height[name] = lowest
        previous = name
    drift = sum(height[name] - wished[name] for name in layer) / len(layer) if layer else 0.0
    for name in layer:
        height[name] -= drift


def _room(name: str) -> float:
    return _EDGE_ROOM if "@" in name else _BOX_ROOM
