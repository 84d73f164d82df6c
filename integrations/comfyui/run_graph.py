"""Graphs as nodes of a canvas: each graph file one of its own, and one node that runs any of them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, ClassVar

from ...graphs.problem import GraphError
from ...graphs.program.graph import Graph
from ...graphs.registry import Registry
from ...nodes.device import TorchDevice
from .graph_files import EXAMPLES, graph_file, graph_files
from .graph_inputs import PictureInput, as_files, inputs_of
from .graph_results import first_values, kinds_of, output_socket, shown, values_of
from .graph_running import fingerprint, setting, watched, written

log = logging.getLogger("mezzotint")

CATEGORY = "mezzotint/graphs"
#: Of this node and not of its graph, so no input of a graph can be called so.
FOLDER = "run folder"
_FOLDER = (
    "BOOLEAN",
    {
        "default": False,
        "tooltip": "Also leave a run folder in output/mezzotint: pictures, tables, failures, the graph.",
    },
)


class GraphNode:
    """A graph file on a canvas: its inputs are widgets, its outputs sockets. Subclassed for each file."""

    INPUT_IS_LIST = True
    OUTPUT_NODE = True
    FUNCTION = "run"
    CATEGORY = CATEGORY
    path: ClassVar[Path]
    registry: ClassVar[Registry]
    DISPLAY_NAME: ClassVar[str]
    RETURN_NAMES: ClassVar[tuple[str, ...]]

    @classmethod
    def graph(cls) -> Graph:
        """The graph as its file says now."""
        return Graph.load(cls.path, cls.registry, TorchDevice)

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - as ComfyUI calls it
        required: dict[str, Any] = {}
        optional: dict[str, Any] = {}
        for name, found in inputs_of(cls.graph()).items():
            (required if found.face.required else optional)[name] = found.declaration()
        return {"required": required, "optional": {**optional, FOLDER: _FOLDER}}

    @classmethod
    def IS_CHANGED(cls, **values: Any) -> str:  # noqa: N802 - as ComfyUI calls it
        """Names what the file and the tables and pictures that it names hold."""
        return fingerprint(cls.graph())

    def run(self, **values: Any) -> dict[str, Any]:
        """Run the graph over what came in; several values of an input are an axis."""
        folder = values.pop(FOLDER, [False])[0]
        graph = self.graph()
        settings = {}
        for name, found in inputs_of(graph).items():
            given = values.get(name)
            content = found.content(given) if given else None
            if content is not None:
                settings[name] = setting(name, content)
        graph = graph.override(settings)
        kinds = kinds_of(graph)
        missing = [name for name in self.RETURN_NAMES if name not in kinds]
        if missing:
            raise ValueError(f"{self.path.name} has no output {missing[0]!r} any more; start ComfyUI anew")
        results = watched(graph, save=folder)
        sockets = tuple(values_of(results[name], kinds[name]) for name in self.RETURN_NAMES)
        return {"ui": shown(results, kinds), "result": sockets}


class RunGraph:
    """Runs any graph file, with its inputs written as YAML."""

    DISPLAY_NAME = "Run graph"
    DESCRIPTION = (
        "Runs a graph file of the folder mezzotint_graphs in ComfyUI's input folder. What it makes first of "
        "each kind goes out; all of it is shown."
    )
    INPUT_IS_LIST = True
    OUTPUT_NODE = True
    FUNCTION = "run"
    CATEGORY = CATEGORY
    RETURN_TYPES = ("IMAGE", "FLOAT", "STRING")
    RETURN_NAMES = ("images", "numbers", "texts")
    OUTPUT_IS_LIST = (True, True, True)
    registry: ClassVar[Registry]

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802 - as ComfyUI calls it
        inputs = (
            "Values for the graph's inputs, as YAML: `steps: 4`, `prompt: {each: [a circle, two stars]}`. "
            "$images and $texts stand for what comes in at the sockets."
        )
        return {
            "required": {
                "graph": (list(graph_files()), {"tooltip": "A file of mezzotint_graphs, or an example."}),
                "inputs": ("STRING", {"multiline": True, "default": "", "tooltip": inputs}),
            },
            "optional": {
                "images": ("IMAGE", {"tooltip": "Pictures for an input of the graph: `photo: $images`."}),
                "texts": ("STRING", {"forceInput": True, "tooltip": "Texts for an input: `prompt: $texts`."}),
                FOLDER: _FOLDER,
            },
        }

    @classmethod
    def IS_CHANGED(cls, graph: list[str | None], **values: Any) -> str:  # noqa: N802 - as ComfyUI calls it
        """As of the graph that is chosen."""
        return "" if graph[0] is None else fingerprint(cls._load(graph[0]))

    @classmethod
    def _load(cls, name: str) -> Graph:
        return Graph.load(graph_file(name), cls.registry, TorchDevice)

    def run(
        self,
        graph: list[str],
        inputs: list[str],
        images: list[Any] | None = None,
        texts: list[str] | None = None,
        **values: Any,
    ) -> dict[str, Any]:
        """Run the graph of that name with these inputs."""
        loaded = self._load(graph[0])
        own = inputs_of(loaded)
        settings = {}
        for name, tree in written(inputs[0]).items():
            content: Any = tree.plain()
            if content == "$images":
                content = as_files(images or [])
            elif content == "$texts":
                content = {"each": list(texts or [])}
            elif isinstance(own.get(name), PictureInput) and not _names_folder(content):
                raise ValueError(f"{name}: pictures come in at the socket; write `{name}: $images`")
            settings[name] = setting(name, content)
        chosen = loaded.override(settings)
        kinds = kinds_of(chosen)
        results = watched(chosen, save=values.get(FOLDER, [False])[0])
        sockets = tuple(first_values(results, kinds, socket) for socket in self.RETURN_TYPES)
        return {"ui": shown(results, kinds), "result": sockets}


def _names_folder(content: Any) -> bool:
    each = content.get("each") if isinstance(content, dict) else None
    return isinstance(each, dict) and "folder" in each


def graph_class(name: str, path: Path, registry: Registry) -> type[GraphNode]:
    """The node class of a graph file; GraphError where the graph isn't right."""
    graph = Graph.load(path, registry, TorchDevice)
    kinds = kinds_of(graph)
    return type(
        f"graph.{name}",
        (GraphNode,),
        {
            "path": path,
            "registry": registry,
            "DISPLAY_NAME": f"Graph: {name.replace('_', ' ')}",
            "DESCRIPTION": graph.spec.description,
            "RETURN_TYPES": tuple(output_socket(kind).name for kind in kinds.values()),
            "RETURN_NAMES": tuple(kinds),
            "OUTPUT_IS_LIST": (True,) * len(kinds),
        },
    )


def classes(registry: Registry) -> dict[str, Any]:
    """A node class for every graph file, and the one that runs any; by class id.

    A file with something wrong with it is told in the log, and left out; but an example may need nodes of
    its own.
    """
    found: dict[str, Any] = {"Mezzotint.run_graph": type("RunGraph", (RunGraph,), {"registry": registry})}
    for name, path in graph_files().items():
        try:
            found[f"Mezzotint.graph.{name}"] = graph_class(name, path, registry)
        except GraphError as error:
            level = logging.DEBUG if path.is_relative_to(EXAMPLES) else logging.WARNING
            log.log(level, "the graph %s is no node, for something is wrong with it:\n%s", path, error)
    return found
