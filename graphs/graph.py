"""A graph in a Python program: load it, give it values, run it, use what it made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .calls import Device, Interrupted, PlainDevice
from .check import CheckedGraph, check
from .engine import Engine
from .file_names import file_names
from .grammar import GraphSpec, InputSpec
from .keys import Keys
from .plan import Plan, plan
from .problem import Place
from .record import RunFolder
from .registry import Registry
from .running import Delivered, Event, Outcome, Settings
from .source import Tree
from .spec import override, parse_value, read_spec
from .store import Store
from .types import PortType


@dataclass(frozen=True)
class EachValues:
    """Several values for one input; made by :func:`each`."""

    content: Mapping[str, Any]


def each(*values: Any, per: str | None = None, **source: Any) -> EachValues:
    """Give an input each of several values, so that it becomes an axis.

    ``each("a red circle", "two stars")``, ``each(range(4))``, ``each(["a", "b"])``, or a source by name as
    in a graph file: ``each(file="prompts.csv", column="text", limit=10)``, ``each(folder="photos")``.
    ``per`` names an input that has seeds of its own for each of its values.
    """
    if bool(values) == bool(source):
        raise TypeError("each takes values, or one source by name (file=, folder=, zip=), not both")
    listed: Any = source
    if values:
        listed = list(values)
        if len(values) == 1 and not isinstance(values[0], (str, Mapping)) and hasattr(values[0], "__iter__"):
            listed = list(values[0])
    return EachValues({"each": listed, **({"per": per} if per else {})})


class OutputValues(Sequence[Any]):
    """One output over its axes: a sequence of items in the order of the points, the last axis fastest."""

    def __init__(self, name: str, kind: PortType | None, axes: Mapping[str, Sequence[Any]]) -> None:
        self.name = name
        self.axes = dict(axes)
        self._kind = kind
        self._delivered: dict[int, Delivered] = {}

    def __len__(self) -> int:
        return len(self._delivered)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        delivered = self._delivered[range(len(self))[index]]
        if delivered.failure is not None:
            raise LookupError(f"{self.name}[{index}] was not made: {delivered.failure}")
        return delivered.item

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        items = "1 item" if len(self) == 1 else f"{len(self)} items"
        axes = " × ".join(f"{axis} ({len(values)})" for axis, values in self.axes.items())
        return f"<{items} of {self.name} over {axes}>" if axes else f"<{items} of {self.name}>"

    @property
    def value(self) -> Any:
        """The only item of an output without axes, or with one point."""
        if len(self) != 1:
            raise LookupError(
                f"{self.name} has {len(self)} values over {', '.join(self.axes)}; iterate over them"
            )
        return self[0]

    @property
    def points(self) -> list[dict[str, Any]]:
        """For each item the values of its axes."""
        points: list[dict[str, Any]] = [{}]
        for axis, values in self.axes.items():
            points = [{**point, axis: value} for point in points for value in values]
        return points

    @property
    def failures(self) -> dict[int, str]:
        """Why items are absent, by index."""
        return {index: made.failure for index, made in sorted(self._delivered.items()) if made.failure}

    @property
    def flags(self) -> list[tuple[str, ...]]:
        """Words about each item, such as ``blank``."""
        return [self._delivered[index].flags for index in range(len(self))]

    @property
    def missing(self) -> list[int]:
        """For each reduction how many members it lacks through failure."""
        return [self._delivered[index].missing for index in range(len(self))]

    def pil(self) -> list[Any]:
        """The items as PIL images; TypeError for an output that holds no pictures."""
        if self._kind is None:
            raise TypeError(f"{self.name} holds no pictures")
        return [self._kind.picture(item) for item in self]

    def tensor(self) -> Any:
        """The items stacked to one batch, for images a float tensor ``[N, 3, H, W]`` in [0, 1]."""
        return self._kind.stack(list(self)) if self._kind is not None else list(self)

    def take(self, delivered: Mapping[int, Delivered]) -> None:
        """Take what a run delivers."""
        self._delivered.update(delivered)


@dataclass
class Results(Mapping[str, OutputValues]):
    """What a run made, by output name."""

    outputs: dict[str, OutputValues]
    outcome: Outcome = field(default_factory=Outcome)
    folder: RunFolder | None = field(default=None, repr=False)

    def __getitem__(self, name: str) -> OutputValues:
        return self.outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)

    def __len__(self) -> int:
        return len(self.outputs)

    def __repr__(self) -> str:
        return f"Results({self.outputs!r})"

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        return set()  # values are wanted in memory, whatever a folder holds

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        for output, portion in delivered:
            self.outputs[output].take(portion)
        if self.folder is not None:
            self.folder.put(delivered)


class Graph:
    """A graph file with the node types it may use. Giving values makes another graph; nothing is changed."""

    def __init__(
        self, spec: GraphSpec, registry: Registry, device: Callable[[], Device] = PlainDevice
    ) -> None:
        self.spec = spec
        self.registry = registry
        self._device = device

    @classmethod
    def load(cls, path: str | Path, registry: Registry, device: Callable[[], Device] = PlainDevice) -> Graph:
        """Read a graph file; GraphError where it isn't one."""
        return cls(read_spec(Path(path)), registry, device)

    def override(self, settings: Mapping[str, InputSpec]) -> Graph:
        """The graph with inputs (``name``) and options (``node.option``) as given."""
        return Graph(override(self.spec, settings), self.registry, self._device)

    def given(self, **values: Any) -> Graph:
        """The same with plain Python values, or :func:`each` of several."""
        place = Place("<python>")
        settings = {}
        for name, value in values.items():
            content = value.content if isinstance(value, EachValues) else {"value": value}
            settings[name] = parse_value(Tree.of(content, place), name, Path())
        return self.override(settings)

    def check(self) -> CheckedGraph:
        """Check everything that can be known before a run; GraphError lists what is wrong."""
        return self._checked

    @cached_property
    def _checked(self) -> CheckedGraph:
        checked = check(self.spec, self.registry)
        if not checked.unset:
            for names in file_names(checked).values():
                names.check()
        return checked

    def plan(self, store: Store | None = None) -> Plan:
        """What a run would do."""
        graph = self.check()
        if store is not None:
            return plan(graph, store)
        with Store() as opened:
            return plan(graph, opened)

    def run(
        self,
        *,
        out: str | Path | None = None,
        store: Store | None = None,
        settings: Settings | None = None,
        report: Callable[[Event], None] = lambda event: None,
        **values: Any,
    ) -> Results:
        """Run the graph with ``values`` for its inputs and hand back its outputs.

        ``out`` also writes a run folder. Items that fail raise when they are asked for, not before.
        """
        graph = self.given(**values).check()
        graph.require_complete()
        results = Results(
            {
                name: OutputValues(
                    name,
                    graph.type_of(source),
                    {axis: graph.axes[axis].values for axis in graph.axes_of(source)},
                )
                for name, source in graph.outputs.items()
            }
        )
        settings = settings or Settings()
        with ExitStack() as stack:
            stack.enter_context(settings.tracer.span("run", "run"))
            keys = Keys(graph, fetch=True)
            if out is not None:
                results.folder = stack.enter_context(RunFolder(Path(out), graph, keys, settings))
            opened = store or stack.enter_context(Store())
            device = self._device()
            engine = Engine(
                graph,
                opened,
                results,
                device=device,
                settings=settings,
                report=report,
                keys=keys,
                ledger=results.folder,
            )
            with _tables(results.folder, engine):
                results.outcome = engine.run()
        return results

    def run_to_folder(
        self,
        out: Path | None = None,
        *,
        root: Path = Path("runs"),
        store: Store | None = None,
        settings: Settings | None = None,
        report: Callable[[Event], None] = lambda event: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> tuple[Path, Outcome]:
        """Run the graph into a run folder, holding nothing in memory beyond a block; raises Interrupted."""
        graph = self.check()
        graph.require_complete()
        settings = settings or Settings()
        with ExitStack() as stack:
            stack.enter_context(settings.tracer.span("run", "run"))
            keys = Keys(graph, fetch=True)
            folder = stack.enter_context(RunFolder(out, graph, keys, settings, root))
            opened = store or stack.enter_context(Store())
            device = self._device()
            engine = Engine(
                graph,
                opened,
                folder,
                device=device,
                settings=settings,
                report=report,
                should_stop=should_stop,
                keys=keys,
                ledger=folder,
            )
            with _tables(folder, engine):
                outcome = engine.run()
        return folder.folder, outcome


@contextmanager
def _tables(folder: RunFolder | None, engine: Engine) -> Iterator[None]:
    """Write the tables of a run folder when a run ends, however it ends."""

    def finish(*, complete: bool) -> None:
        if folder is not None:
            with engine.span("tables"):
                folder.finish(engine.outcome, complete=complete, made_with=machine(engine.device))

    try:
        yield
    except Interrupted:
        finish(complete=False)
        raise
    except BaseException:
        with suppress(Exception):  # to be told is what broke the run, not what follows from it
            finish(complete=False)
        raise
    finish(complete=True)


def machine(device: Device) -> dict[str, Any]:
    """What a run's record says of where it ran."""
    return {"python": sys.version.split()[0], "versions": device.versions()}
