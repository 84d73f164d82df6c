"""Prompts as ComfyUI writes them: words in parentheses carry a weight, unless a backslash is before them."""

from __future__ import annotations

import re

_WEIGHT = re.compile(r"(?<!\\)[()]")
_EMBEDDING = "embedding:"
#: More words than this may not fit the text encoder, which reads 75 tokens.
LONG = 50


def plain_text(text: str) -> str:
    """The words of a prompt of ComfyUI's; ValueError where they aren't all that it says."""
    if _EMBEDDING in text:
        raise ValueError("it names a textual inversion (embedding:…), which our text encoder doesn't read")
    found = _WEIGHT.search(text)
    if found:
        near = text[max(0, found.start() - 10) : found.start() + 20].strip()
        raise ValueError(
            f"it gives words a weight, near {near!r}, and our text encoder knows none; take the parentheses "
            r"out, or write \( and \) where they are meant as such"
        )
    return text.replace(r"\(", "(").replace(r"\)", ")")


def their_text(text: str) -> str:
    """A prompt as ComfyUI takes it for the same words; ValueError where it can't be said."""
    if _EMBEDDING in text:
        raise ValueError("ComfyUI would take embedding: for the name of a textual inversion")
    return text.replace("(", r"\(").replace(")", r"\)")
