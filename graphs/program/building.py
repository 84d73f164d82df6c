"""A graph built in code: every word of the language as a call, checked where it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..check import check
from ..grammar import Each, GraphSpec, InputSpec, NodeSpec, Reference
from ..nesting import open_graphs
from ..node_type import NodeType
from ..problem import Place, Problems, fail, nearest, show
from ..registry import Registry
from ..source import Tree
from ..spec import check_name, parse_node, parse_value
from ..tables import read_axis
from ..types import INPUT_TYPES, PLAIN
from .caller import beside, caller, each_beside
from .each import EachValues
from .functions import with_function
from .handles import Handle, as_bare_text, handles_in, new_serial, written

#: Of long axes so many values are looked at when a node is added; all of them before a run.
_SKETCHED = 100
_TYPE_NAMES = {
    python: name for python, kind in PLAIN.items() for name, other in INPUT_TYPES.items() if kind == other
}


class Building:
    """A graph that inputs, nodes and outputs can be added to.

    Every method raises :class:`..GraphError` at once for what is wrong, with the line of the caller; what was
    wrong is not added.
    """

    spec: GraphSpec
    registry: Registry

    def __init__(self) -> None:
        self._serial = new_serial()
        self._sketches: dict[str, tuple[InputSpec, InputSpec]] = {}

    def input(
        self,
        name: str,
        value: Any = ...,
        *,
        type: str | type | None = None,
        help: str = "",
        min: float | None = None,
        max: float | None = None,
        inputs: Sequence[str] | None = None,
        outputs: Sequence[str] | None = None,
    ) -> Handle:
        """Add an input: with a default, with :func:`.each` of several values, or left for a run to give.

        With ``inputs`` and ``outputs`` it is an open graph, to be used as a node type; ``value`` is then a
        graph file.

        >>> from mezzotint import Graph, each
        >>> g = Graph(description="Draw each prompt.")
        >>> prompt = g.input("prompt", each("a red circle", "two stars"), help="what to draw")
        >>> seed = g.input("seed", each(range(4), per=prompt))
        >>> steps = g.input("steps", 12, min=1, max=50)
        """
        place = caller()
        entry: dict[str, Any] = {} if value is ... else {"value": value}
        if isinstance(value, EachValues):
            entry = dict(value.content)
        type_name = type if type is None or isinstance(type, str) else _TYPE_NAMES.get(type, type.__name__)
        said = {"type": type_name, "help": help, "min": min, "max": max}
        entry |= {key: word for key, word in said.items() if word not in (None, "")}
        if inputs is not None or outputs is not None:
            entry["graph"] = {"inputs": list(inputs or ()), "outputs": list(outputs or ())}
        spec = self._with_input(self.spec, name, entry, place)
        self._check(spec)
        self.spec = spec
        return self[name]

    def add(
        self,
        use: str | Callable[..., Any] | NodeType | Handle | Building,
        /,
        *,
        name: str | None = None,
        over: str | Handle | Sequence[str | Handle] | None = None,
        by: str | Handle | None = None,
        keep: str | None = None,
        timeout: float | None = None,
        note: str = "",
        **fields: Any,
    ) -> Handle:
        """Add a node: of a type by name, of a function declared with ``@node``, another graph, an open graph.

        A field takes a handle, text with handles in it, a list of handles where a port takes several, a plain
        value, or :func:`.each` of several values, which makes an input. A dollar sign in text is one. Left
        out, the ``name`` is that of the type. ``over``, ``by``, ``keep``, ``timeout`` and ``note`` are as in
        a file; the first two name inputs, or are their handles.

        >>> from mezzotint import Graph, each
        >>> g = Graph()
        >>> prompt = g.input("prompt", each("a red circle", "two stars"))
        >>> model = g.add("load_model", source="starter")
        >>> text = g.add("text_encode", model=model, prompt=f"{prompt} on a white background")
        >>> latent = g.add("sample", model=model, conditioning=text, seed=1, steps=each(4, 8))
        >>> image = g.add("decode", model=model, latents=latent, name="image")
        >>> sheet = g.add("grid", images=image, over=[prompt, "steps"])
        >>> g.output(images=image, sheet=sheet)
        >>> print(g)
        mezzotint: 1
        inputs:
          prompt: {each: [a red circle, two stars]}
          steps:  {each: [4, 8]}
        nodes:
          load_model:  {use: load_model, source: starter}
          text_encode: {use: text_encode, model: $load_model, prompt: "${prompt} on a white background"}
          sample:      {use: sample, model: $load_model, conditioning: $text_encode, seed: 1, steps: $steps}
          image:       {use: decode, model: $load_model, latents: $sample}
          grid:        {use: grid, images: $image, over: [prompt, steps]}
        outputs: {images: $image, sheet: $grid}
        """
        place = caller()
        inner = None if isinstance(use, Handle) else getattr(use, "graph", use)
        entry: dict[str, Any] = {}
        registry = self.registry
        if isinstance(inner, Building):
            entry = {"use": "graph", "file": str(inner.file())}
        elif isinstance(use, (str, Handle)):
            entry = {"use": use if isinstance(use, str) else self._written(use, place)}
        else:
            registry, type_name = with_function(self.registry, use, place)
            entry = {"use": type_name}
        title = inner.spec.name if isinstance(inner, Building) else str(entry["use"])
        node_name = self._node_name(name, title, place)
        spec = self.spec
        for key, value in fields.items():
            if isinstance(value, EachValues):
                made = self._free(spec, key, f"{node_name}_{key}")
                spec = self._with_input(spec, made, value.content, place)
                entry[key] = f"${made}"
            elif not (value is None and _is_port(registry, str(entry["use"]), key)):
                entry[key] = self._written(value, place)
        said: dict[str, Any] = {}
        if isinstance(over, (list, tuple)):
            said["over"] = [self._named(each, place) for each in over]
        elif over is not None:
            said["over"] = self._named(over, place)
        said["by"] = None if by is None else self._named(by, place)
        said |= {"keep": keep, "timeout": timeout, "note": as_bare_text(note)}
        entry |= {key: word for key, word in said.items() if word not in (None, "")}
        node = parse_node(Tree.of(entry, place), node_name, Path())
        if isinstance(inner, Building):
            node = replace(node, graph=inner.spec if inner.is_changed() else None)
        elif node.file is not None:
            node = replace(node, file=beside(node.file, place))
        spec = replace(spec, nodes={**spec.nodes, node_name: node})
        self._check(spec, registry)
        self.spec, self.registry = spec, registry
        return self[node_name]

    def output(self, **outputs: Handle) -> None:
        """Add outputs, each a handle: ``g.output(images=image, score=clip)``."""
        place = caller()
        made = dict(self.spec.outputs)
        for name, handle in outputs.items():
            if name in made:
                raise fail(place, f"there is an output {name!r} already", f"added at {made[name].place}")
            if not isinstance(handle, Handle):
                what = f"output {name!r} is {show(handle)}, not the handle of a node"
                raise fail(place, what, "give what g.add or g.input returned")
            check_name(name, place)
            self._own(handle, place)
            made[name] = Reference(handle._name, handle._attribute, place)
        spec = replace(self.spec, outputs=made)
        self._check(spec)
        self.spec = spec

    def __getitem__(self, name: str) -> Handle:
        """The handle of an input or a node by its name, such as one of a graph that was loaded."""
        given = self.spec.inputs.get(name)
        if given is not None:
            return Handle(self._serial, name, is_open=given.interface is not None)
        if name not in self.spec.nodes:
            known = [*self.spec.inputs, *self.spec.nodes]
            raise fail(caller(), f"there is no input or node {show(name)}", nearest(name, known))
        return Handle(self._serial, name, self._outputs(self.spec.nodes[name]))

    def file(self) -> Path:
        """The file that the graph was read from or saved to, else the name that it would get."""
        file = self.spec.place.file
        return Path(f"{self.spec.name}.yaml" if file.startswith("<") else file)

    def is_changed(self) -> bool:
        """Whether no file says what the graph is: it was built in code, or given values since it was read."""
        return True

    # What is written

    def _written(self, value: Any, place: Place) -> Any:
        """A field as a file says it, references and text with references in it included."""
        if isinstance(value, Handle):
            self._own(value, place)
            bare = as_bare_text(value)
            simple = all(letter.isalnum() or letter in "_-." for letter in bare)
            return f"${bare}" if simple else f"${{{bare}}}"
        if isinstance(value, str):
            for handle in handles_in(value):
                self._own(handle, place)
            return written(value)
        if isinstance(value, EachValues):
            raise fail(place, "each(…) stands for a whole field, not for a part of one")
        if isinstance(value, Mapping):
            return {key: self._written(part, place) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._written(part, place) for part in value]
        return value

    def _named(self, value: object, place: Place) -> str:
        if isinstance(value, Handle):
            self._own(value, place)
        elif not isinstance(value, str):
            raise fail(place, f"{show(value)} is no name of an input", "over=seed or over=[prompt, seed]")
        return as_bare_text(value)

    def _own(self, handle: Handle, place: Place) -> None:
        if handle._graph != self._serial:
            what = f"{handle!r} belongs to another graph"
            raise fail(place, what, f"this graph's own is graph[{handle._name!r}]; its copies have their own")

    def _with_input(self, spec: GraphSpec, name: str, entry: Mapping[str, Any], place: Place) -> GraphSpec:
        self._new_name(spec, name, place)
        for key in ("value", "each"):
            if _holds_handles(entry.get(key)):
                what = f"input {name!r} is made of other values, and an input is where values come from"
                raise fail(place, what, "put text together in a field of a node")
        given = parse_value(Tree.of(entry, place), name, Path())
        if given.each is not None:
            given = replace(given, each=each_beside(given.each, place))
        if given.interface is not None and given.default is not None:
            path = beside(Path(str(given.default.value)), place)
            given = replace(given, default=Tree(str(path), place))
        return replace(spec, inputs={**spec.inputs, name: given})

    # Names

    def _node_name(self, name: str | None, use: str, place: Place) -> str:
        if name is None:
            bare = use.lstrip("$").partition("@")[0].rpartition(".")[2]
            return self._free(self.spec, "".join(x if x.isalnum() else "_" for x in bare) or "node")
        self._new_name(self.spec, name, place)
        return name

    def _new_name(self, spec: GraphSpec, name: str, place: Place) -> None:
        check_name(name, place)
        for kind, known in (("an input", spec.inputs), ("a node", spec.nodes)):
            if name in known:
                what = f"there is {kind} {name!r} already; inputs and nodes share their names"
                raise fail(place, what, f"added at {known[name].place}")

    def _free(self, spec: GraphSpec, *names: str) -> str:
        """The first of several names that nothing has, or the last with a number."""
        taken = {*spec.inputs, *spec.nodes}
        number, free = 1, names[0]
        for free in names:
            if free not in taken:
                return free
        while free in taken:
            number += 1
            free = f"{names[-1]}_{number}"
        return free

    # Checks

    def _check(self, spec: GraphSpec, registry: Registry | None = None) -> None:
        inputs = {name: self._sketch(name, given) for name, given in spec.inputs.items()}
        check(replace(spec, inputs=inputs), registry or self.registry)

    def _sketch(self, name: str, given: InputSpec) -> InputSpec:
        """An input with the first of its values alone, so that adding a node doesn't read whole tables."""
        if given.each is None or given.each.count is not None:
            return given
        known = self._sketches.get(name)
        if known is None or known[0] is not given:
            axis = read_axis(name, given.each)
            first = range(min(len(axis), _SKETCHED))
            values = tuple(Tree.of(axis.values[index], axis.place_of(index)) for index in first)
            known = given, replace(given, each=Each(given.each.place, values=values))
            self._sketches[name] = known
        return known[1]

    def _outputs(self, node: NodeSpec) -> list[str]:
        if node.generator is not None:
            interface = self.spec.inputs[node.generator].interface
            return list(interface.outputs) if interface is not None else []
        if node.file is not None:
            scope = open_graphs(replace(self.spec, nodes={node.name: node}), Problems())
            return scope.inner[node.name].outputs() if node.name in scope.inner else []
        return list(self.registry[node.use].outputs) if node.use in self.registry else []


def _holds_handles(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_handles, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_holds_handles, value))
    return isinstance(value, (Handle, EachValues)) or (isinstance(value, str) and bool(handles_in(value)))


def _is_port(registry: Registry, use: str, key: str) -> bool:
    name = use.partition("@")[0]
    return name in registry and registry[name].port(key) is not None
