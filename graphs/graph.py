"""A graph in a Python program: load it, give it values, run it, use what it made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .calls import Device, Interrupted, PlainDevice
from .check import CheckedGraph, check
from .execution import execute
from .file_names import file_names
from .grammar import GraphSpec, InputSpec
from .outputs import Results
from .plan import Plan, plan
from .problem import Place
from .registry import Registry
from .running import Event, Outcome, Settings, Sink
from .source import Tree
from .spec import override, parse_value, read_spec
from .store import Store
from .streaming import STREAMED_BLOCK, Stream
from .watching import Preview, RunProgress, Watching


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

    def _repr_html_(self) -> str:
        """The graph drawn, as a notebook shows it; what is wrong with it where it can't be."""
        from .notebook import graph_html

        return graph_html(self.check)

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
        progress: Callable[[RunProgress], object] | None = None,
        preview: Callable[[Preview], object] | None = None,
        every: int = 5,
        **values: Any,
    ) -> Results:
        """Run the graph with ``values`` for its inputs and hand back its outputs.

        ``out`` also writes a run folder. ``progress`` is called with a :class:`.RunProgress` after every call
        of a node and after every step of sampling; ``preview`` with a :class:`.Preview`, a picture of what is
        being drawn, after every ``every`` steps. What they raise ends the run and is raised here; like
        Ctrl-C, it costs no more than the call under way, since everything finished is stored. Items that fail
        raise when they are asked for, not before. An input that is called like one of these keywords is
        given by :meth:`given`.
        """
        graph = self.given(**values).check()
        graph.require_complete()
        results = Results.of(graph)
        watching = Watching(graph, progress, preview, every)

        def told(event: Event) -> None:
            report(event)
            watching.report(event)

        results.folder, results.outcome = execute(
            graph,
            self._device(),
            results,
            out=None if out is None else Path(out),
            store=store,
            settings=settings,
            report=told,
            watch=watching.step,
        )
        return results

    def stream(
        self,
        *,
        out: str | Path | None = None,
        store: Store | None = None,
        settings: Settings | None = None,
        waiting: int = 8,
        **values: Any,
    ) -> Stream:
        """Run the graph in a thread and yield its results as they come; see :class:`.Stream`.

        For ``for`` and for ``async for``. ``out``, ``store`` and ``settings`` are those of :meth:`run`, but
        for blocks of fewer points (``Settings.block``), so that the first result needn't wait for 63 more.
        ``waiting`` results are kept for a loop that is slow to take them; then the run waits, too.
        """
        graph = self.given(**values).check()
        graph.require_complete()

        def run(sink: Sink, should_stop: Callable[[], bool]) -> None:
            def stop_at_a_step(*_: object) -> None:
                if should_stop():
                    raise Interrupted(Path())

            execute(
                graph,
                self._device(),
                sink,
                out=None if out is None else Path(out),
                store=store,
                settings=settings or Settings(block=STREAMED_BLOCK),
                watch=stop_at_a_step,
                should_stop=should_stop,
            )

        return Stream(graph, run, waiting)

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
        folder, outcome = execute(
            graph,
            self._device(),
            out=out,
            root=root,
            store=store,
            settings=settings,
            report=report,
            should_stop=should_stop,
        )
        assert folder is not None
        return folder, outcome
