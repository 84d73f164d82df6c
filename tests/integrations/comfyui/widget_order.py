"""The widgets of every built-in node in their order, as JSON: ``python widget_order.py > widgets.json``."""

from __future__ import annotations

import json

from mezzotint import registry
from mezzotint.graphs.registry import Registry
from mezzotint.integrations.comfyui.pack import pack_of


def built_in() -> Registry:
    """The node types of this repository alone, whatever is installed."""
    everything = registry()
    own = {name: kind for name, kind in everything.types.items() if kind.package == "mezzotint"}
    return Registry(own)


def widget_order() -> dict[str, list[str]]:
    """The names of widgets by class id; a page adds one of its own after a seed, which counts too."""
    order = {}
    for name, made in pack_of(built_in()).classes.items():
        if name.startswith("Mezzotint.graph."):
            continue  # of a graph file, whose inputs are its own
        types = made.INPUT_TYPES()  # type: ignore[attr-defined]
        order[name] = [
            widget
            for group in ("required", "optional")
            for input_name, (kind, settings) in types.get(group, {}).items()
            if is_widget(kind, settings)
            for widget in [input_name, *["(after generate)"] * bool(settings.get("control_after_generate"))]
        ]
    return order


def is_widget(kind: object, settings: dict[str, object]) -> bool:
    """Whether ComfyUI's page shows a widget for an entry of ``INPUT_TYPES``."""
    if settings.get("forceInput"):
        return False
    return isinstance(kind, list) or settings.get("widgetType", kind) in ("INT", "FLOAT", "STRING", "BOOLEAN")


if __name__ == "__main__":
    print(json.dumps(widget_order(), indent=1))
