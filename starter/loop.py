"""A training loop that can be stopped at any moment and goes on as if it hadn't been.

Every step draws its data and noise from a generator seeded by (seed, step), so a checkpoint needs no random
state: a resumed run computes what an uninterrupted one would have.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class Schedule:
    """Steps, the peak learning rate, its linear warm-up, and the decay of the running average of the weights.

    The last ``tail`` share of the steps lets the rate fall along half a cosine to ``floor`` of its peak.
    """

    steps: int
    rate: float
    warmup: int = 200
    floor: float = 0.02
    tail: float = 1.0
    average: float = 0.0
    weight_decay: float = 0.01

    def factor(self, step: int) -> float:
        """Share of the peak learning rate at ``step``."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        begin = max(self.warmup, round(self.steps * (1 - self.tail)))
        progress = min(1.0, max(0.0, (step - begin) / max(1, self.steps - begin)))
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * progress))


Loss = Callable[[int, torch.Generator], tuple[torch.Tensor, dict[str, float]]]


def run(
    name: str,
    module: nn.Module,
    loss: Loss,
    schedule: Schedule,
    work_dir: Path,
    *,
    seed: int = 0,
    rates: dict[str, float] | None = None,
    stop_at: int | None = None,
    save_every: float = 120.0,
    say: Callable[[str], None] = print,
) -> nn.Module:
    """Train ``module`` with AdamW and leave its weights (averaged, if asked for) in ``work_dir/<name>.pt``.

    ``loss(step, generator)`` returns the loss and numbers to show. ``rates`` scales the learning rate of the
    submodules it names. ``stop_at`` ends early, as an interruption would. Continues from a checkpoint if
    there is one. Returns the module holding the weights that generalise best: the running average, if there
    is one.
    """
    path = work_dir / f"{name}.pt"
    work_dir.mkdir(parents=True, exist_ok=True)
    groups = _groups(module, rates or {}, schedule)
    optimizer = torch.optim.AdamW(groups, lr=schedule.rate, betas=(0.9, 0.99), fused=True)
    average = {key: value.detach().clone() for key, value in module.state_dict().items()}
    start = 0
    if path.exists():
        saved = torch.load(path, map_location="cpu", weights_only=True)
        module.load_state_dict(saved["module"])
        optimizer.load_state_dict(saved["optimizer"])
        average, start = saved["average"], int(saved["step"])
        say(f"{name}: goes on from step {start}")
    end = min(schedule.steps, stop_at if stop_at is not None else schedule.steps)
    begun = last_save = last_word = time.monotonic()
    shown: dict[str, float] = {}
    module.train()
    for step in range(start, end):
        generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
        value, numbers = loss(step, generator)
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate * group["share"] * schedule.factor(step)
        optimizer.step()
        if schedule.average:
            # A young average forgets faster, or it would remember the initial noise.
            decay = min(schedule.average, (step + 1) / (step + 10))
            _move(average, module.state_dict(), 1 - decay)
        for key, number in {"loss": value.item(), **numbers}.items():
            shown[key] = number if key not in shown else 0.98 * shown[key] + 0.02 * number
        now = time.monotonic()
        if now - last_word > 15 or step + 1 == end:
            last_word = now
            pace = (now - begun) / (step + 1 - start)
            facts = " ".join(f"{key} {number:.4f}" for key, number in shown.items())
            left = (end - step - 1) * pace / 60
            say(f"{name}: step {step + 1}/{schedule.steps} {facts} {pace:.3f}s/step {left:.1f}min left")
        if now - last_save > save_every:
            last_save = now
            _save(path, module, optimizer, average, step + 1)
    _save(path, module, optimizer, average, end)
    if schedule.average:
        module.load_state_dict(average)
    return module.eval()


def load_trained(name: str, module: nn.Module, work_dir: Path, *, averaged: bool) -> nn.Module:
    """Load what :func:`run` left in ``work_dir``; raises FileNotFoundError when that stage hasn't run."""
    saved = torch.load(work_dir / f"{name}.pt", map_location="cpu", weights_only=True)
    module.load_state_dict(saved["average" if averaged else "module"])
    return module.eval()


def _groups(module: nn.Module, rates: dict[str, float], schedule: Schedule) -> list[dict[str, Any]]:
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, weight in module.named_parameters():
        share = rates.get(name.split(".")[0], 1.0)
        # Biases, norms and embeddings of one dimension aren't decayed.
        groups.setdefault((share, weight.ndim > 1), []).append(weight)
    return [
        {"params": weights, "share": share, "weight_decay": schedule.weight_decay if decayed else 0.0}
        for (share, decayed), weights in groups.items()
    ]


def _move(average: dict[str, torch.Tensor], weights: dict[str, torch.Tensor], share: float) -> None:
    """Move an average towards the weights by ``share``; whole numbers, such as position ids, are copied."""
    real = [key for key, weight in weights.items() if weight.is_floating_point()]
    torch._foreach_lerp_([average[key] for key in real], [weights[key].detach() for key in real], share)
    for key in weights.keys() - set(real):
        average[key].copy_(weights[key])


def _save(
    path: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: dict[str, torch.Tensor],
    step: int,
) -> None:
    saved = {
        "module": module.state_dict(),
        "optimizer": optimizer.state_dict(),
        "average": average,
        "step": step,
    }
    partial = path.with_suffix(".partial")
    torch.save(saved, partial)
    partial.replace(path)
