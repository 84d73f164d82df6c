"""``mezzotint run IMAGE``: draw a picture again from the graph that its file carries, and compare the two."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from .statuses import Status, say

if TYPE_CHECKING:
    from ..graphs.grammar import GraphSpec
    from ..graphs.program.graph import Graph
    from ..graphs.registry import Registry
    from ..nodes.carried import Carried
    from .difference import Difference


#: A sheet over thousands of prompts carries them all; before a question nobody reads as many.
_MOST_LINES = 100


@dataclass(frozen=True)
class Compared:
    """A picture drawn again beside the one that carried its graph."""

    drawn: Path
    difference: Difference
    same_key: bool

    @property
    def sentence(self) -> str:
        """How the two differ, and why, where rounding doesn't explain it."""
        said = f"{self.drawn}: {self.difference.sentence}"
        if self.difference.is_rounding:
            return said
        if self.same_key:
            return f"{said}; its key is the same, so another device or library drew it"
        return f"{said}; its key is another, so weights, settings or versions aren't those of the first time"

    def record(self) -> dict[str, Any]:
        """The event of ``--json`` that follows the last one of the run."""
        apart = asdict(self.difference)
        return {"event": "compared", "drawn": str(self.drawn), "same_key": self.same_key, **apart}


@dataclass(frozen=True)
class Redraw:
    """A picture whose graph is to be run once more."""

    path: Path
    carried: Carried

    @classmethod
    def of(cls, path: Path) -> Redraw:
        """Read what the picture carries; GraphError where that is nothing usable."""
        from ..graphs.problem import Place, fail
        from ..nodes.carried import read_carried

        try:
            return cls(path, read_carried(path))
        except ValueError as error:
            raise fail(Place(str(path), 0), str(error)) from None

    def spec(self) -> GraphSpec:
        """The graph it carries, as if it had been read from a file beside the picture."""
        from ..graphs.problem import Place
        from ..graphs.source import Tree
        from ..graphs.spec import parse_spec

        tree = Tree.of(self.carried.graph, Place(str(self.path), 0))
        return parse_spec(tree, self.path.stem, self.path.parent)

    def yaml(self) -> str:
        """The graph it carries, to be read."""
        from ..graphs.yaml_text import graph_text

        return graph_text(self.carried.graph)

    def offer(self, spec: GraphSpec, registry: Registry, *, yes: bool, quiet: bool = False) -> None:
        """Show what drawing it again would read and run, and ask; ends the command where the answer is no."""
        from .outside import what_it_reads

        if yes and quiet:
            return
        lines = self.yaml().splitlines()
        say(f"{self.path} carries this graph:\n")
        say("".join(f"    {line}\n" for line in lines[:_MOST_LINES]))
        if len(lines) > _MOST_LINES:
            say(f"    … {len(lines) - _MOST_LINES:,} more lines: `mezzotint show {self.path}` shows all\n")
        say("To draw it again it would")
        say(f"  use   {', '.join(dict.fromkeys(node.use for node in spec.nodes.values()))}")
        for where, value in what_it_reads(spec, registry):
            say(f"  read  {value!r} ({where})")
        if yes:
            return
        if not sys.stdin.isatty():
            say(f"\n{self.path}: not drawn, as nobody can be asked here")
            say("    say --yes to draw it without being asked")
            raise typer.Exit(Status.MISTAKE)
        if not typer.confirm("Draw it?", err=True):
            raise typer.Exit(Status.FINE)

    def compare(self, folder: Path) -> Compared | None:
        """The picture of this key in a run folder beside this one; None where several might be it."""
        from ..nodes.carried import read_carried
        from .difference import difference

        # Only a name that the graph itself has may lead to a folder.
        outputs = self.spec().outputs
        output = self.carried.output if self.carried.output in outputs else next(iter(outputs))
        drawn = sorted(path for path in (folder / "images" / output).rglob("*") if is_picture(path))
        keys = {path: read_carried(path).key for path in drawn}
        found = [path for path in drawn if keys[path] == self.carried.key] or drawn
        if len(found) != 1:
            return None
        return Compared(found[0], difference(found[0], self.path), keys[found[0]] == self.carried.key)


def is_picture(path: Path) -> bool:
    """Whether a file is named as a picture, not as a graph file."""
    from ..nodes.carried import SUFFIXES

    return path.suffix.lower() in SUFFIXES


def open_picture(
    redraw: Redraw, sets: list[str] | None, eaches: list[str] | None, inputs: Path | None,
    nodes: list[Path] | None, *, yes: bool, quiet: bool = False,
) -> Graph:  # fmt: skip
    """The graph of a picture with the values from outside put in, once it has been shown and agreed to."""
    from .. import registry
    from ..graphs.program.graph import Graph
    from ..nodes.device import TorchDevice
    from .overrides import read_overrides

    known = registry(nodes or ())
    graph = Graph(redraw.spec(), known, TorchDevice)
    graph = graph.override(read_overrides(inputs, sets or (), eaches or ()))
    redraw.offer(graph.spec, known, yes=yes, quiet=quiet)
    _require_weights(graph)
    return graph


def _require_weights(graph: Graph) -> None:
    """GraphError for weights that aren't here, with how to say where they are."""
    from ..graphs.keys import Keys
    from ..graphs.problem import GraphError

    checked = graph.check()
    checked.require_complete()
    keys = Keys(checked)
    for step in checked.steps.values():
        named = [option.name for option in step.type.options if option.content is not None]
        try:
            keys.digest_of(step)
        except GraphError as error:
            hint = "a picture carries no local paths; say where it lies: "
            hint += ", ".join(f"--set {step.name}.{name}=PATH" for name in named)
            raise GraphError([replace(problem, hint=hint) for problem in error.problems]) from None
