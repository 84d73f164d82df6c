"""The prompt in a workflow of ComfyUI's API format, as its pictures carry it.

``{"3": {"class_type": "KSampler", "inputs": {"positive": ["6", 0], …}}, …}``: from the nodes whose pictures
nobody takes, up to the samplers, along their positive conditioning, to the texts that were encoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: Where the conditioning that a sampler follows comes in: samplers, guiders, and guiders without a negative.
_CONDITIONINGS = ("positive", "guider", "conditioning")
#: The texts of encoders, the one most like plain words first: SDXL and Flux have two, often equal.
_TEXTS = ("text", "prompt", "t5xxl", "text_g", "clip_l", "text_l")
#: The inputs of nodes that hold or pass on a text.
_STRINGS = ("value", "string", "text", "prompt", "String", "Text")
#: Texts that are joined by a node, in this order.
_JOINED = (("string_a", "string_b"), ("text1", "text2"), ("text_a", "text_b"))

#: No workflow that people make has more samplers, more nodes between a sampler and its texts, or more that
#: pass a text on; one that does would only keep its reader busy.
_MOST_SAMPLERS, _FARTHEST, _PASSED_ON = 50, 200, 20

Nodes = Mapping[str, Mapping[str, Any]]


def prompt_of_workflow(workflow: Any) -> str | None:
    """What the samplers of a workflow follow; None for none, and for several that follow different texts.

    Nothing of it is trusted. Unknown nodes are passed through; loops end where they meet themselves. None
    too for a workflow that is far larger than people make them.
    """
    nodes = _nodes(workflow)
    starts = dict.fromkeys(_start(nodes, sampler) for sampler in _samplers(nodes))
    if len(starts) > _MOST_SAMPLERS:
        return None
    try:
        found = {_joined(texts) for start in starts if (texts := _texts(nodes, start))}
    except _EndlessError:
        return None
    return found.pop() if len(found) == 1 else None


class _EndlessError(Exception):
    """A workflow in which a text is farther from its sampler than in any that people make."""


def _nodes(workflow: Any) -> Nodes:
    """The inputs of the nodes by name, of whatever the data holds that looks like nodes."""
    if not isinstance(workflow, Mapping):
        return {}
    return {
        name: node["inputs"]
        for name, node in workflow.items()
        if isinstance(node, Mapping) and isinstance(node.get("inputs"), Mapping)
    }


def _link(nodes: Nodes, value: Any) -> tuple[str, int] | None:
    """The node and the output that an input names; None for a plain value, and for what isn't there."""
    if not (isinstance(value, list) and len(value) == 2 and type(value[1]) is int):
        return None
    name = str(value[0]) if isinstance(value[0], (str, int)) else ""
    return (name, value[1]) if name in nodes else None


def _samplers(nodes: Nodes) -> list[str]:
    """The samplers nearest to the pictures: those behind them in the workflow only led to what they took."""
    linked = {
        link[0] for inputs in nodes.values() for value in inputs.values() if (link := _link(nodes, value))
    }
    pending = [name for name in nodes if name not in linked]
    seen = set(pending)
    samplers = []
    while pending:
        name = pending.pop()
        if any(_link(nodes, nodes[name].get(port)) for port in ("positive", "guider")):
            samplers.append(name)
            continue
        for value in nodes[name].values():
            link = _link(nodes, value)
            if link and link[0] not in seen:
                seen.add(link[0])
                pending.append(link[0])
    return samplers


def _start(nodes: Nodes, sampler: str) -> tuple[str, int]:
    """The node and the output that a sampler's positive conditioning comes from."""
    return next(link for port in _CONDITIONINGS if (link := _link(nodes, nodes[sampler].get(port))))


def _texts(nodes: Nodes, start: tuple[str, int]) -> list[str]:
    """The texts that a conditioning was made of, in the order of the inputs."""
    found: list[str] = []
    pending = [start]
    seen: set[tuple[str, int]] = set()
    while pending:
        name, output = pending.pop()
        if (name, output) in seen:
            continue
        if len(seen) == _FARTHEST:
            raise _EndlessError
        seen.add((name, output))
        inputs = nodes[name]
        text = next(filter(None, (_text(nodes, inputs[key]) for key in _TEXTS if key in inputs)), None)
        if text is not None:
            found.append(text)
            continue
        pending += reversed(list(_upwards(nodes, inputs, output)))
    return found


def _upwards(nodes: Nodes, inputs: Mapping[str, Any], output: int) -> Iterator[tuple[str, int]]:
    """Where a conditioning came from: of a node that takes both, its second output is the negative one's."""
    if "positive" in inputs and "negative" in inputs:
        link = _link(nodes, inputs["negative" if output == 1 else "positive"])
        if link:
            yield link
        return
    for key, value in inputs.items():
        link = _link(nodes, value)
        if link and key.partition("_")[0] in ("conditioning", "positive", "cond", "guider"):
            yield link


def _text(nodes: Nodes, value: Any) -> str | None:
    """A text, or that of the node which holds it, however many pass it on."""
    seen: set[str] = set()
    while not isinstance(value, str):
        link = _link(nodes, value)
        if link is None or link[0] in seen:
            return None
        if len(seen) == _PASSED_ON:
            raise _EndlessError
        seen.add(link[0])
        inputs = nodes[link[0]]
        for keys in _JOINED:
            parts = [inputs.get(key) for key in keys]
            if all(isinstance(part, str) for part in parts):
                separator = inputs.get("delimiter", " ")
                return (separator if isinstance(separator, str) else " ").join(map(str, parts))
        value = next((inputs[key] for key in _STRINGS if key in inputs), None)
    return value.strip() or None


def _joined(texts: list[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
