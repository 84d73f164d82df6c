"""Canvases as ComfyUI's page saves them, made into what it queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from widget_order import is_widget

Canvas = Mapping[str, Any]


def widgets_of(made: Any) -> list[str]:
    """The names of a class's widgets, in the order in which a canvas stores their values.

    The page adds one of its own after a seed, called ``""`` here.
    """
    types = made.INPUT_TYPES()
    names: list[str] = []
    for group in ("required", "optional"):
        for name, (kind, settings) in types.get(group, {}).items():
            if is_widget(kind, settings):
                seeds = kind == "INT" and name in ("seed", "noise_seed")
                names += [name, *[""] * bool(seeds or settings.get("control_after_generate"))]
    return names


def as_workflow(canvas: Canvas, classes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A canvas in API format; AssertionError where the values of widgets aren't as many as there are."""
    links = {link[0]: [str(link[1]), link[2]] for link in canvas["links"]}
    workflow = {}
    for node in canvas["nodes"]:
        names = widgets_of(classes[node["type"]])
        values = node.get("widgets_values") or []
        assert len(values) == len(names), (node["type"], names, values)
        inputs = {name: value for name, value in zip(names, values, strict=True) if name}
        inputs |= {socket["name"]: links[socket["link"]] for socket in node["inputs"] if socket["link"]}
        workflow[str(node["id"])] = {"class_type": node["type"], "inputs": inputs}
    return workflow
