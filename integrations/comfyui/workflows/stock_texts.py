"""Checkpoints, upscalers and prompts of ComfyUI's as ours."""

from __future__ import annotations

from collections.abc import Sequence

from ....graphs.problem import fail
from .conversion import Conversion
from .draft import literal
from .made import Checkpoint, Made, Prompt
from .prompts import LONG, plain_text
from .stock import STOCK, widget
from .workflow import Link, Value, WorkflowNode


def checkpoint(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    reference = load(to, node, "ckpt_name", widget(node, "ckpt_name"))
    return [Checkpoint(reference, kind) for kind in STOCK[node.class_type].outputs]


def load(to: Conversion, node: WorkflowNode, name: str, called: str) -> str:
    """The node that loads a checkpoint of ComfyUI's."""
    source = to.draft.input("checkpoint", _weights(to, node, name, "checkpoints", called))
    return to.draft.node(to.named(node, "model"), "load_model", {"source": source})


def upscaler(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    path = _weights(to, node, "model_name", "upscale_models", widget(node, "model_name"))
    fields = {"source": literal(path)}
    return [Made(to.draft.node(to.named(node, "upscaler"), "load_upscaler", fields), "UPSCALE_MODEL")]


def _weights(to: Conversion, node: WorkflowNode, name: str, kind: str, called: str) -> str:
    try:
        return to.models.weights(kind, called)
    except ValueError as error:
        raise fail(to.place(node, name), f"{node}: {name} is {called!r}", str(error)) from None


def text(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    clip = to.wire(node, "clip", "CLIP")
    return [Prompt(clip.reference, "CONDITIONING", node.id)]


def words_of(to: Conversion, prompt: Prompt, wished: str) -> str:
    """The text that was encoded, as an input of the graph or a reference to what made it; once a node."""
    if prompt.node not in to.words:
        node = to.workflow.nodes[prompt.node]
        given = node.inputs.get("text")
        if isinstance(given, Link):
            to.words[prompt.node] = _wired(to, node, given)
            return to.words[prompt.node]
        try:
            plain = plain_text(widget(node, "text"))
        except ValueError as error:
            raise fail(to.place(node, "text"), f"{node}: text can't be kept", str(error)) from None
        if len(plain.split()) > LONG:
            to.note(
                "A prompt is long: ComfyUI encodes what goes beyond 75 tokens in parts of its own, and "
                "here it is cut off and the picture flagged `truncated`."
            )
        to.words[prompt.node] = to.draft.input(wished, plain) if plain or wished == "prompt" else ""
    return to.words[prompt.node]


def _wired(to: Conversion, node: WorkflowNode, link: Link) -> str:
    """The reference to a text that comes over a wire; GraphError for one that reads otherwise there."""
    source = to.workflow.nodes[link.node]
    typed = source.inputs.get("value")
    if not (source.class_type in STOCK and isinstance(typed, Value) and isinstance(typed.value, str)):
        to.note("Parentheses in texts that come over wires are weights in ComfyUI, and letters here.")
    elif any(sign in typed.value for sign in "()") or "embedding:" in typed.value:
        what = f"{node}: text from {source} holds parentheses or embedding:"
        raise fail(typed.place, what, "type it into the CLIPTextEncode itself")
    return to.wire(node, "text", "STRING").reference


def conditioning(to: Conversion, node: WorkflowNode) -> str:
    """What a sampler follows and what it steers away from, encoded together."""
    positive, negative = (to.wire(node, name, "CONDITIONING") for name in ("positive", "negative"))
    if not isinstance(positive, Prompt) or not isinstance(negative, Prompt):
        if positive == negative:
            return positive.reference
        what = f"{node}: its conditioning comes from a node of mezzotint's, which holds the negative too"
        raise fail(to.place(node, "negative"), what, "wire it to positive and to negative alike")
    if positive.reference != negative.reference:
        what = f"{node}: positive and negative are encoded by different models"
        raise fail(to.place(node, "negative"), what, "encode both with the CLIP of one checkpoint")
    return encoded(to, positive, negative)


def encoded(to: Conversion, positive: Prompt, negative: Prompt | None) -> str:
    """The node that encodes a prompt and its negative, once for each pair."""
    pair = (positive.node, "" if negative is None else negative.node)
    if pair not in to.texts:
        fields = {"model": positive.reference, "prompt": words_of(to, positive, "prompt")}
        away = "" if negative is None else words_of(to, negative, "negative")
        if away:
            fields["negative"] = away
        wished = to.named(to.workflow.nodes[positive.node], "text")
        to.texts[pair] = to.draft.node(wished, "text_encode", fields)
    return to.texts[pair]


def value(to: Conversion, node: WorkflowNode) -> Sequence[Made]:
    """A value that goes over a wire: an input of the graph."""
    reference = to.draft.input(to.named(node, "value"), widget(node, "value"))
    return [Made(reference, STOCK[node.class_type].outputs[0])]
