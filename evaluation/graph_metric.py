"""A graph as a torchmetrics ``Metric``: its scores beside any others, in a training or evaluation loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy
import torch

from ..graphs.check import CheckedGraph
from ..graphs.draft import Output
from ..graphs.problem import nearest
from ..graphs.program.face import face_inputs
from ..graphs.types import BooleanType, NumberType, PlainType
from ..nodes.arrays import pack, to_numpy, to_torch, unpack
from ..nodes.pictures import ImagesType, to_8bit
from .torch_metric import TorchMetric

if TYPE_CHECKING:
    from ..graphs.program.graph import Graph
    from ..graphs.types import PortType
    from ..nodes.arrays import Array


class GraphMetric(TorchMetric):
    """The scores of a graph, over all that was added.

    Without ``fed``, the graph draws what it scores: ``update()`` asks for it, ``compute()`` draws and scores.
    Given the source of a model in memory (:func:`mezzotint.nodes.model_of`), it draws with the weights as
    they are at that moment. With ``fed``, ``update`` takes a batch for each of these inputs of the graph,
    such as the pictures of a loop and their prompts; pictures are kept in 8 bits, on the CPU, until
    ``compute`` runs the graph over all of them, of every process. Random states stay as they are.

    ``compute`` gives a dictionary of the outputs that are numbers and made of reductions, for each point of
    axes that the graph has by itself one. Reductions over a fed input reduce all that was added.
    """

    def __init__(self, graph: Graph, fed: Sequence[str] = (), **settings: Any) -> None:
        """``settings`` are those of every torchmetrics ``Metric``.

        Raises GraphError for a graph with mistakes; ValueError where it gives no number that a reduction has
        made, and for a name in ``fed`` that is no input of pictures or plain values.
        """
        checked = graph.check()
        scores = [name for name in checked.outputs if _is_score(checked, name)]
        if not scores:
            raise ValueError(
                f"the graph {graph.spec.name!r} gives no score of a set; add a reduction, such as `mean`, to "
                "its outputs"
            )
        inputs = face_inputs(graph.spec, graph.registry)
        for name in fed:
            if name not in inputs:
                raise ValueError(f"the graph has no input {name!r}; {nearest(name, inputs) or 'it has none'}")
            if not isinstance(inputs[name].type, (ImagesType, PlainType)):
                raise ValueError(
                    f"input {name!r} takes {inputs[name].type.name}; pictures and plain values can be added"
                )
        types = {name: inputs[name].type for name in fed}
        super().__init__(partial(_FedGraph, graph, types, scores), label=graph.spec.name, **settings)
        self.fed = types

    def update(self, *values: Any, **named: Any) -> None:
        """Add a batch for each fed input, by position or by name; pictures in any form, as nodes take them.

        What is single goes with every item of the batch. Raises TypeError where one is missing or unknown,
        ValueError for batches of unequal lengths and for what isn't of an input's type.
        """
        given = {**dict(zip(self.fed, values, strict=False)), **named}
        if len(values) + len(named) != len(given) or given.keys() != self.fed.keys():
            raise TypeError(f"the graph takes {', '.join(self.fed) or 'nothing'}; got {', '.join(given)}")
        taken = {name: kind.take(given[name]) for name, kind in self.fed.items()}
        counts = {name: len(each.items) for name, each in taken.items() if not each.single}
        if len(set(counts.values())) > 1:
            told = " and ".join(f"{count} of {name}" for name, count in counts.items())
            raise ValueError(f"{told}; give as many of each, or one for all")
        count = next(iter(counts.values()), 1)
        self._add({name: each.items * count if each.single else each.items for name, each in taken.items()})

    def _filter_kwargs(self, **named: Any) -> dict[str, Any]:
        """What a MetricCollection is given by name and this one takes."""
        return {name: value for name, value in named.items() if name in self.fed}


def _is_score(graph: CheckedGraph, name: str) -> bool:
    """Whether an output is a number that a reduction has made, or that is made of such."""
    source = graph.outputs[name]
    if not isinstance(graph.type_of(source), (NumberType, BooleanType)):
        return False
    sources = [source]
    while sources:
        found = sources.pop()
        if isinstance(found, Output):
            step = graph.steps[found.step]
            if step.type.is_reducer:
                return True
            sources += step.inputs()
    return False


class _FedGraph:
    """What was added to a metric of a graph: a state that travels as an array of bytes.

    A column holds the values of a fed input; pictures as uint8 ``[3, H, W]``.
    """

    def __init__(self, graph: Graph, fed: Mapping[str, PortType], scores: Sequence[str]) -> None:
        self.graph = graph
        self.scores = scores
        self._pictures = {name for name, kind in fed.items() if isinstance(kind, ImagesType)}
        self._columns: dict[str, list[Any]] = {name: [] for name in fed}

    def update(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Add items of as many rows for each fed input."""
        for name, items in columns.items():
            self._columns[name] += map(_in_8_bits, items) if name in self._pictures else items

    def merge(self, other: _FedGraph) -> None:
        """Add what another state holds."""
        for name, column in other._columns.items():
            self._columns[name] += column

    def pack(self) -> numpy.ndarray[Any, Any]:
        """The state as one array ``[1, bytes]`` of uint8, for :meth:`absorb` to take in elsewhere."""
        pictures = {
            f"{index}.{name}": picture
            for name in self._pictures
            for index, picture in enumerate(self._columns[name])
        }
        plain = {name: column for name, column in self._columns.items() if name not in self._pictures}
        return numpy.frombuffer(bytearray(pack(pictures, {"plain": plain})), numpy.uint8)[None]

    def absorb(self, packed: numpy.ndarray[Any, Any]) -> None:
        """Add what another state has packed."""
        pictures, note = unpack(packed.tobytes())
        for name, column in note["plain"].items():
            self._columns[name] += column
        numbered = [(int(index), name) for index, _, name in (key.partition(".") for key in pictures)]
        for index, name in sorted(numbered):
            self._columns[name].append(pictures[f"{index}.{name}"])

    def compute(self) -> dict[str, float]:
        """Run the graph over all that was added; ValueError where it wants something and nothing was."""
        if self._columns and not any(self._columns.values()):
            raise ValueError("nothing was added, so there is nothing to score")
        given = {
            name: list(map(to_torch, column)) if name in self._pictures else column
            for name, column in self._columns.items()
        }
        card = [torch.cuda.current_device()] if torch.cuda.is_available() else []
        # Networks that are built before their weights are read draw on the random state of the loop.
        with torch.random.fork_rng(devices=card):
            results = self.graph.as_node()(**given)
        outputs = list(self.graph.spec.outputs)
        made = dict(zip(outputs, results if len(outputs) > 1 else [results], strict=True))
        scores: dict[str, float] = {}
        for name in self.scores:
            if isinstance(made[name], list):  # one for each point of axes that the graph has by itself
                scores |= {f"{name}[{index}]": score for index, score in enumerate(made[name])}
            else:
                scores[name] = made[name]
        return scores


def _in_8_bits(item: Array) -> numpy.ndarray[Any, Any]:
    return to_8bit(to_numpy(item))
