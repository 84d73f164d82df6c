"""The prompt that a picture's file carries, whichever program wrote it there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .carried import GRAPH, MOST_TEXT, OUTPUT, read_texts
from .comfyui_prompt import prompt_of_workflow
from .graph_prompt import prompt_of_graph
from .picture_texts import COMMENT

#: A prompt longer than this is none.
MOST_PROMPT = 20_000

#: What ends the prompt in AUTOMATIC1111's text: the negative one, or the settings.
_A1111_END = re.compile(r"^(?:Negative prompt:|Steps: )", re.MULTILINE)
#: Names of networks, which are no words of the prompt, and the weight of words: ``(red:1.2)``.
_NETWORK = re.compile(r"<(?:lora|lyco|hypernet):[^<>]*>", re.IGNORECASE)
_WEIGHTED = re.compile(r"\(([^():]*):\s*[0-9.]+\s*\)")
#: What follows Midjourney's prompt: its parameters, and the number of the job.
_MIDJOURNEY_END = re.compile(r"\s(?:--[a-z]|Job ID: )")


@dataclass(frozen=True)
class CarriedPrompt:
    """What a picture was asked to show, and the program that noted it."""

    text: str
    program: str


def read_prompt(path: Path) -> CarriedPrompt | None:
    """The prompt in a picture's file; None where it carries none, or none that is sure.

    Known are ours (their graph), ComfyUI (its API workflow), AUTOMATIC1111's web UI and those like it,
    Fooocus, InvokeAI, NovelAI and Midjourney. Names of networks and weights of words are taken out.
    Nothing that the file says is trusted: it is plain data of bounded size. Raises ValueError, with the
    reason, for a file that is missing, damaged or no picture.
    """
    texts = read_texts(path, header_only=True)
    for key, (program, read) in _READERS.items():
        text = texts.get(key)
        if text is None or len(text) > MOST_TEXT:
            continue
        found = read(text, texts)
        prompt = "" if found is None else plain_words(found)
        if prompt and len(prompt) <= MOST_PROMPT:
            return CarriedPrompt(prompt, program)
    return None


def plain_words(prompt: str) -> str:
    """A prompt without names of networks and weights of words, on one line."""
    bare = _NETWORK.sub("", prompt[: 2 * MOST_PROMPT])
    unweighted = _WEIGHTED.sub(r"\1", bare)
    while unweighted != bare:  # weights inside weights
        bare, unweighted = unweighted, _WEIGHTED.sub(r"\1", unweighted)
    return " ".join(unweighted.encode("utf-8", "ignore").decode().split()).strip(" ,")


def _of_ours(text: str, texts: Mapping[str, str]) -> str | None:
    return prompt_of_graph(_json(text), texts.get(OUTPUT, ""))


def _of_comfyui(text: str, _: Mapping[str, str]) -> str | None:
    return prompt_of_workflow(_json(text))


def _of_parameters(text: str, _: Mapping[str, str]) -> str | None:
    """AUTOMATIC1111's text, or Fooocus's JSON under the same key."""
    if text.lstrip().startswith("{"):
        return _entry(text, "prompt")
    return _A1111_END.split(text, maxsplit=1)[0]


def _of_comment(text: str, texts: Mapping[str, str]) -> str | None:
    return _of_parameters(text, texts) if _A1111_END.search(text) else None


def _of_invokeai(text: str, _: Mapping[str, str]) -> str | None:
    return _entry(text, "positive_prompt")


def _of_novelai(text: str, _: Mapping[str, str]) -> str | None:
    return _entry(text, "prompt")


def _of_midjourney(text: str, _: Mapping[str, str]) -> str | None:
    return _MIDJOURNEY_END.split(text, maxsplit=1)[0] if "Job ID: " in text else None


def _entry(text: str, key: str) -> str | None:
    found = _json(text)
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, str) else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


#: By the key of a picture's text: whose it is, and how its prompt is read.
_READERS: dict[str, tuple[str, Callable[[str, Mapping[str, str]], str | None]]] = {
    GRAPH: ("mezzotint", _of_ours),
    "prompt": ("ComfyUI", _of_comfyui),
    "parameters": ("AUTOMATIC1111's web UI or one like it", _of_parameters),
    COMMENT: ("AUTOMATIC1111's web UI or one like it", _of_comment),
    "invokeai_metadata": ("InvokeAI", _of_invokeai),
    "Comment": ("NovelAI", _of_novelai),
    "Description": ("Midjourney", _of_midjourney),
}
