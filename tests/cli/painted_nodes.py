"""A painter that costs nothing: pictures that depend on prompt, seed and style."""

from __future__ import annotations

import hashlib
from typing import Annotated

import numpy as np

from mezzotint import Images, Integer, Text, node
from mezzotint.graphs.node import Range


@node(version=1)
def paint(text: Text, seed: Integer, *, style: Annotated[int, Range(0, 100)] = 0) -> Images:
    """A picture of one colour with a corner of another; a prompt that says so fails."""
    pictures = np.zeros((len(text), 3, 12, 12), np.float32)
    for picture, prompt, number in zip(pictures, text, seed, strict=True):
        if prompt == "fail" and style == 7:
            raise ValueError("this style can't paint that")
        colours = hashlib.blake2b(f"{prompt} {number} {style}".encode(), digest_size=6).digest()
        picture[:] = np.frombuffer(colours[:3], np.uint8)[:, None, None] / 255
        picture[:, :4, :4] = np.frombuffer(colours[3:], np.uint8)[:, None, None] / 255
    return pictures
