"""What the outputs of a workflow's nodes become, while it is made a graph."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Made:
    """A value of the graph: the reference to it, and the type of ComfyUI's socket that it came out of."""

    reference: str
    socket: str


@dataclass(frozen=True)
class Checkpoint(Made):
    """A model, or its text encoder or autoencoder: in the graph they are one."""


@dataclass(frozen=True)
class Prompt(Made):
    """An encoded text. The reference is to the model that encodes it; the node is known by ``node``."""

    node: str


@dataclass(frozen=True)
class Empty(Made):
    """Where nothing is drawn yet: the size in pixels of what is to be."""

    width: int
    height: int
    node: str
