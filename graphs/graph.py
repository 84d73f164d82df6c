"""A graph in a Python program: load it, give it values, run it, use what it made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .calls import Device, Interrupted, PlainDevice
from .check import CheckedGraph, check
from .engine import Engine
from .file_names import file_names
from .grammar import GraphSpec, InputSpec
from .keys import Keys
from .outputs import OutputValues, Results
from .plan import Plan, plan
from .problem import Place
from .record import RunFolder
from .registry import Registry
from .running import Event, Outcome, Settings
from .source import Tree
from .spec import override, parse_value, read_spec
from .store import Store


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
