"""mezzotint: text-to-image pipelines as YAML graphs, run over every prompt, seed and setting, and scored.

>>> import mezzotint
>>> graph = mezzotint.load("examples/txt2img.yaml")
>>> run = graph.run(prompt=mezzotint.each("a red circle", "two green stars"), steps=12)
>>> run["images"].pil()
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

    from .evaluation.detections import Detections
    from .evaluation.uncertainty.estimate import Estimate, Score
    from .graphs.calls import Device
    from .graphs.forms import Taken
    from .graphs.marks import Content, Effort, FileName, Range, Through
    from .graphs.members import Member, Members
    from .graphs.node import DeclarationError, node, unchanged
    from .graphs.problem import GraphError
    from .graphs.program.each import each
    from .graphs.program.graph import Graph
    from .graphs.program.outputs import OutputValues, Results
    from .graphs.program.streaming import Stream, Streamed
    from .graphs.program.watching import Preview, RunProgress
    from .graphs.promises import check_reducer, check_type
    from .graphs.registry import Registry
    from .graphs.running import Settings
    from .graphs.store import Store
    from .graphs.types import AnyValue, Boolean, Integer, Number, PlainType, Points, PortType, Record, Text
    from .nodes.conditioning import Conditioning
    from .nodes.latents import Latents
    from .nodes.model import Model
    from .nodes.pictures import Images

__version__ = "0.1.0"

#: Where each public name lives; nothing is imported before it is used.
_HOMES = {
    "Graph": ".graphs.program.graph",
    "each": ".graphs.program.each",
    "node": ".graphs.node",
    "DeclarationError": ".graphs.node",
    "unchanged": ".graphs.node",
    "PortType": ".graphs.types",
    "PlainType": ".graphs.types",
    "Taken": ".graphs.forms",
    "check_reducer": ".graphs.promises",
    "check_type": ".graphs.promises",
    "Content": ".graphs.marks",
    "Effort": ".graphs.marks",
    "FileName": ".graphs.marks",
    "Range": ".graphs.marks",
    "Through": ".graphs.marks",
    "Registry": ".graphs.registry",
    "GraphError": ".graphs.problem",
    "OutputValues": ".graphs.program.outputs",
    "Preview": ".graphs.program.watching",
    "Results": ".graphs.program.outputs",
    "RunProgress": ".graphs.program.watching",
    "Settings": ".graphs.running",
    "Store": ".graphs.store",
    "Stream": ".graphs.program.streaming",
    "Streamed": ".graphs.program.streaming",
    "AnyValue": ".graphs.types",
    "Boolean": ".graphs.types",
    "Integer": ".graphs.types",
    "Number": ".graphs.types",
    "Points": ".graphs.types",
    "Member": ".graphs.members",
    "Members": ".graphs.members",
    "Record": ".graphs.types",
    "Text": ".graphs.types",
    "Detections": ".evaluation.detections",
    "Estimate": ".evaluation.uncertainty.estimate",
    "Score": ".evaluation.uncertainty.estimate",
    "Conditioning": ".nodes.conditioning",
    "Images": ".nodes.pictures",
    "Latents": ".nodes.latents",
    "Model": ".nodes.model",
    # What ComfyUI looks for in a folder of nodes.
    "NODE_CLASS_MAPPINGS": ".integrations.comfyui",
    "NODE_DISPLAY_NAME_MAPPINGS": ".integrations.comfyui",
    "WEB_DIRECTORY": ".integrations.comfyui",
}

#: Packages that are at hand after ``import mezzotint`` alone.
_PACKAGES = ("nodes", "evaluation")

__all__ = [
    "AnyValue",
    "Boolean",
    "Conditioning",
    "Content",
    "DeclarationError",
    "Detections",
    "Effort",
    "Estimate",
    "FileName",
    "Graph",
    "GraphError",
    "Images",
    "Integer",
    "Latents",
    "Member",
    "Members",
    "Model",
    "Number",
    "OutputValues",
    "PlainType",
    "Points",
    "PortType",
    "Preview",
    "Range",
    "Record",
    "Registry",
    "Results",
    "RunProgress",
    "Score",
    "Settings",
    "Store",
    "Stream",
    "Streamed",
    "Taken",
    "Text",
    "Through",
    "call",
    "check_reducer",
    "check_type",
    "each",
    "load",
    "node",
    "registry",
    "unchanged",
]


def registry(files: Iterable[Path] = ()) -> Registry:
    """The built-in node types, those of installed packages, and those of the given Python files."""
    from . import evaluation, nodes
    from .graphs import template
    from .graphs.registry import Registry

    built_in = [template.__name__]
    for package in (nodes, evaluation):
        built_in += [f"{package.__name__}{module}" for module in package.MODULES]
    return Registry.load(built_in, files, version=__version__)


def call(node: str | Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call a node without a graph, on one item or a batch: ``call("smiles.smile", picture, width=3)``.

    ``node`` is the name of a built-in node type or of an installed package's, or a function declared with
    ``@node``. Pictures may be PIL images, arrays or tensors, one or several, and come back as the same kind;
    ``mezzotint.nodes.upscale(picture)`` is ``call("upscale", picture)``.

    Raises LookupError for a name that nobody has, TypeError for arguments that the node doesn't have, and
    ValueError for values that it can't take.
    """
    from .graphs.problem import nearest
    from .graphs.program.direct import call
    from .nodes.device import TorchDevice

    declared = getattr(node, "node_type", None)
    if isinstance(node, str):
        known = registry()
        if node not in known:
            hint = nearest(node, known.names()) or "`mezzotint nodes` lists them"
            raise LookupError(f"there is no node type {node!r}; {hint}")
        declared = known[node]
    if declared is None:
        raise TypeError(f"{node!r} is neither the name of a node type nor a function declared with @node")
    return call(declared, TorchDevice(), *args, **kwargs)


def default_device() -> Device:
    """What graphs run on where nothing else is said: a GPU if there is one."""
    from .nodes.device import TorchDevice

    return TorchDevice()


def load(path: str | Path, nodes: Iterable[str | Path] = ()) -> Graph:
    """Read a graph file. ``nodes`` are Python files that declare further node types.

    Raises :class:`GraphError` where the file isn't a graph; what else is wrong with it shows in ``check``.
    """
    from .graphs.program.graph import Graph

    return Graph.load(path, registry(map(Path, nodes)), default_device)


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f".{name}", __name__)
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_PACKAGES})


def _under_own_name() -> ModuleType:
    """This package as ``mezzotint``: what is loaded by that name already, or else loaded now."""
    import importlib.util
    import logging

    loaded = sys.modules.get("mezzotint")
    if loaded is None:
        spec = importlib.util.spec_from_file_location("mezzotint", __file__)
        assert spec is not None
        assert spec.loader is not None
        loaded = sys.modules["mezzotint"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
    elif getattr(loaded, "__version__", None) != __version__:
        logging.getLogger("mezzotint").warning(
            "mezzotint %s in %s is not used, for mezzotint %s in %s is loaded already; keep one of the two",
            __version__,
            Path(__file__).parent,
            loaded.__version__,
            Path(str(loaded.__file__)).parent,
        )
    return loaded


if __name__ != "mezzotint":
    # ComfyUI loads a folder of nodes by its path, under a name of its own. All that is here is then what the
    # package has under its own name, so that there is one registry and one set of types, whoever imports it.
    _own = _under_own_name()
    globals().update({name: value for name, value in vars(_own).items() if not name.startswith("__")})
    __getattr__ = _own.__getattr__
