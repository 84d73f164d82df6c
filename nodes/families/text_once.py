"""Keys and values of the text, computed once a call.

A denoiser attends to the same text at every step, and stock attention projects it anew each time. The
projections are the same numbers every time; here they are kept while the text is at hand.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

import torch

Projection = Callable[[torch.Tensor], torch.Tensor]


def project_text_once(unet: Any) -> None:
    """Have the cross-attention of a UNet keep what it made of the text, for as long as that lives."""
    for attention in unet.modules():
        if getattr(attention, "is_cross_attention", False):
            for projection in (attention.to_k, attention.to_v):
                projection.forward = Once(projection.forward)


class Once:
    """A function of a tensor that keeps its last result, on each thread, until the tensor goes.

    A tensor is known by being the same object; whoever changes it in place must not use this.
    """

    def __init__(self, compute: Projection) -> None:
        self._compute = compute
        self._of_thread = threading.local()

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        kept: dict[str, Any] = self._of_thread.__dict__
        if "of" not in kept or kept["of"]() is not states:
            kept["result"] = self._compute(states)
            kept["of"] = weakref.ref(states, lambda gone: _forget(kept, gone))
        result: torch.Tensor = kept["result"]
        return result


def _forget(kept: dict[str, Any], gone: Any) -> None:
    """Let go of a result whose tensor is gone, unless another has taken its place."""
    if kept.get("of") is gone:
        kept.clear()
