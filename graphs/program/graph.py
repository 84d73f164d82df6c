"""A graph in a Python program: load it, give it values, run it, use what it made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..calls import Device, Interrupted, PlainDevice
from ..check import CheckedGraph, check
from ..execution import execute
from ..file_names import file_names
from ..grammar import GraphSpec, InputSpec
from ..plan import Plan, plan
from ..problem import Place, Problems, fail
from ..registry import Registry
from ..running import Event, Outcome, Settings, Sink
from ..source import Tree, read_text
from ..spec import check_name, override, parse_spec, parse_value, read_spec
from ..spelling import spell
from ..store import Store
from .building import Building
from .caller import caller, each_beside
from .each import EachValues, each
from .graph_node import GraphNode
from .outputs import Results
from .saving import in_memory, save, with_paths
from .streaming import STREAMED_BLOCK, Stream
from .watching import Preview, RunProgress, Watching

__all__ = ["EachValues", "Graph", "each"]


class Graph(Building):
    """A graph, read from a file or built in code, with the node types it may use.

    ``Graph()`` is empty, with the built-in node types and those of installed packages; :meth:`input`,
    :meth:`add` and :meth:`output` build it. ``print(graph)`` shows the file that means the same. Giving
    values, :meth:`given`, makes another graph.
    """

    def __init__(
        self,
        spec: GraphSpec | None = None,
        registry: Registry | None = None,
        device: Callable[[], Device] | None = None,
        *,
        name: str = "graph",
        description: str = "",
    ) -> None:
        super().__init__()
        self.spec = spec or GraphSpec(Place("<python>"), name, description.strip(), {}, {}, {})
        if registry is None:
            from ... import default_device
            from ... import registry as built_in  # the root knows the floors above, where node types live

            registry, device = built_in(), device or default_device
        self.registry = registry
        self._device = device or PlainDevice
        self._read: GraphSpec | None = None
        self._checked: CheckedGraph | None = None

    @classmethod
    def load(
        cls,
        path: str | Path,
        registry: Registry | None = None,
        device: Callable[[], Device] | None = None,
    ) -> Graph:
        """Read a graph file; GraphError where it isn't one."""
        graph = cls(read_spec(Path(path)), registry, device)
        graph._read = graph.spec
        return graph

    @classmethod
    def parse(
        cls,
        text: str,
        registry: Registry | None = None,
        device: Callable[[], Device] | None = None,
        *,
        name: str = "graph",
        folder: str | Path = "",
    ) -> Graph:
        """Read the text of a graph file that would lie in ``folder``; GraphError where it isn't one.

        >>> from mezzotint import Graph
        >>> nodes = "nodes: {star: {use: render_scene, prompt: a red star, seed: 1}}"
        >>> g = Graph.parse(f"{nodes}\\noutputs: {{star: $star}}")
        >>> print(g)
        mezzotint: 1
        nodes:
          star: {use: render_scene, prompt: a red star, seed: 1}
        outputs: {star: $star}
        """
        slips = Problems()
        tree = read_text(text, str(Path(folder, "<text>")), slips)
        return cls(parse_spec(tree, name, Path(folder), slips), registry, device)

    def save(self, path: str | Path) -> Path:
        """Write the graph to a file, which it is the graph of from then on; graphs in memory beside it.

        Files that it names are named as they are reached from there. GraphError for what no file can say,
        and where another graph lies already in the place of one that is only in memory.
        """
        self.spec = save(self.spec, self.registry, Path(path))
        self._read = self.spec
        return Path(path)

    def __str__(self) -> str:
        files = in_memory(self.spec.nodes)
        remark = f"# .save(path) writes {' and '.join(files)} beside it\n" if files else ""
        return remark + spell(with_paths(self.spec, self.registry)).rstrip()

    def __repr__(self) -> str:
        parts = (("input", self.spec.inputs), ("node", self.spec.nodes), ("output", self.spec.outputs))
        counted = (f"{len(each)} {word}{'' if len(each) == 1 else 's'}" for word, each in parts)
        return f"<Graph {self.spec.name}: {', '.join(counted)}>"

    def is_changed(self) -> bool:
        return self.spec is not self._read

    def override(self, settings: Mapping[str, InputSpec]) -> Graph:
        """The graph with inputs (``name``) and options (``node.option``) as given."""
        return self.like(override(self.spec, settings))

    def like(self, spec: GraphSpec) -> Graph:
        """Another graph with the same node types, on the same device."""
        return Graph(spec, self.registry, self._device)

    def as_node(self, name: str | None = None) -> GraphNode:
        """The graph as a function of its inputs, to call or to add to another graph.

        >>> from mezzotint import Graph
        >>> g = Graph()
        >>> scene = g.add("render_scene", prompt=g.input("prompt"), seed=g.input("seed", 1))
        >>> g.output(image=scene)
        >>> draw = g.as_node("draw")
        >>> draw
        <graph draw(*, prompt: 'Text', seed: 'Integer' = 1)>
        >>> draw(prompt="a red star").shape
        torch.Size([3, 64, 64])
        >>> draw(prompt=["a red star", "a blue ring"]).shape
        torch.Size([2, 3, 64, 64])
        >>> outer = Graph()
        >>> image = outer.add(draw, prompt=outer.input("prompt"))
        >>> outer.output(big=outer.add("upscale", images=image))
        """
        if name is not None:
            check_name(name, caller())
        graph = self if name in (None, self.spec.name) else self.like(replace(self.spec, name=name or ""))
        return GraphNode(graph, name or self.spec.name)

    def given(self, **values: Any) -> Graph:
        """The same with plain Python values, or :func:`each` of several.

        Files are looked for beside the code that names them first, as those of a graph file are beside it.
        """
        place = caller()
        settings = {}
        for name, value in values.items():
            content = value.content if isinstance(value, EachValues) else {"value": value}
            given = parse_value(Tree.of(content, place), name, Path())
            settings[name] = (
                given if given.each is None else replace(given, each=each_beside(given.each, place))
            )
        return self.override(settings)

    def check(self) -> CheckedGraph:
        """Check everything that can be known before a run; GraphError lists what is wrong."""
        if self._checked is None or self._checked.spec is not self.spec:
            if not self.spec.outputs and not self.spec.problems:
                raise fail(
                    self.spec.place, "the graph has no outputs", "add some: graph.output(images=image)"
                )
            checked = check(self.spec, self.registry)
            if not checked.unset:
                for names in file_names(checked).values():
                    names.check()
            self._checked = checked
        return self._checked

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
        """Run the graph in a thread and yield its results as they come; see :class:`..Stream`.

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
