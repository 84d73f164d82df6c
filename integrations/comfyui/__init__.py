"""A pack of nodes for ComfyUI, made of the declarations of all node types.

The repository cloned into ``custom_nodes`` is one. So is a file there of this line, where the package is
installed::

    from mezzotint.integrations.comfyui import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS, WEB_DIRECTORY

In reading order: :mod:`.pack` (which node types appear, and as what), :mod:`.node_class` (the class of one),
:mod:`.inputs` and :mod:`.widgets` (its sockets and widgets), :mod:`.sockets` with :mod:`.pictures`,
:mod:`.latents` and :mod:`.conditioning` (values at the border), :mod:`.calling` (what happens when it runs),
:mod:`.shown` (what stands on the node afterwards).

Nothing is built before one of the names is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    NODE_CLASS_MAPPINGS: dict[str, type]
    NODE_DISPLAY_NAME_MAPPINGS: dict[str, str]

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS", "WEB_DIRECTORY"]

#: Scripts for ComfyUI's page, which show results on nodes.
WEB_DIRECTORY = str(Path(__file__).parent / "web")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .pack import node_pack

    found = node_pack()
    return found.classes if name == "NODE_CLASS_MAPPINGS" else found.titles
