"""Watching a run from a program: how far it is, and what its pictures are about to be."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import stepping

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..calls import Job
    from ..check import CheckedGraph, Step
    from ..running import Event


@dataclass(frozen=True)
class RunProgress:
    """How far a run is: told when it is planned, after every call of a node, and after every step of one.

    Attributes:
        node: the node at work, by its name in the graph; empty when the run has just been planned.
        done: items of that node that are made, or have failed.
        to_do: items of that node that are to be made; what is stored already is none of them.
        run_done: items of all nodes that are made, or have failed.
        run_to_do: items of all nodes that are to be made. A run ends below it where items failed, since
            those that are made of them are skipped.
        step: steps done of a call under way, such as the denoising of a batch; 0 when a call has ended.
        steps: steps of that call; 0 when a call has ended.
        seconds: since the run began.
    """

    node: str
    done: int
    to_do: int
    run_done: int
    run_to_do: int
    step: int
    steps: int
    seconds: float


@dataclass(frozen=True)
class Preview:
    """A picture that is being drawn, as it will be as far as can be made out.

    Attributes:
        picture: a PIL image of the first picture of the batch.
        point: which one that is: the values of its axes.
        points: the same of every picture of the batch.
        node: the node that draws it, by its name in the graph.
        step: steps done.
        steps: steps in all.
    """

    picture: Image = field(repr=False)
    point: Mapping[str, Any]
    points: Sequence[Mapping[str, Any]]
    node: str
    step: int
    steps: int


class Watching:
    """Tells a program of a run, by calls of ``progress`` and ``preview``.

    ``preview`` is called after every ``every`` steps and after the last; making the picture takes as long as
    decoding one, so a smaller number makes a run slower. Nothing that is drawn changes.
    """

    def __init__(
        self,
        graph: CheckedGraph,
        progress: Callable[[RunProgress], object] | None = None,
        preview: Callable[[Preview], object] | None = None,
        every: int = 5,
    ) -> None:
        if every < 1:
            raise ValueError(f"a preview every {every} steps makes no sense; every=1 is after each")
        self._graph = graph
        self._progress = progress
        self._preview = preview
        self._every = every
        self._started = time.monotonic()
        self._to_do: Mapping[str, int] = {}
        self._done: Counter[str] = Counter()

    def report(self, event: Event) -> None:
        """Take what a run reports."""
        if event.plan is not None:
            self._to_do = {name: line.to_do for name, line in event.plan.steps.items()}
            self._tell("")
        elif event.kind in ("made", "failed"):
            self._done[event.step] += event.count
            self._tell(event.step)

    def step(self, step: Step, jobs: Sequence[Job], told: stepping.Progress) -> None:
        """Take a step of a call that makes ``jobs``."""
        self._tell(step.name, told)
        if self._preview is None or (told.step % self._every and told.step != told.steps):
            return
        picture = told.picture()
        if picture is not None:
            points = [self._graph.values_at(job.point) for job in jobs]
            self._preview(Preview(picture, points[0], points, step.name, told.step, told.steps))

    def _tell(self, node: str, told: stepping.Progress | None = None) -> None:
        if self._progress is None:
            return
        self._progress(
            RunProgress(
                node,
                self._done[node],
                self._to_do.get(node, 0),
                self._done.total(),
                sum(self._to_do.values()),
                told.step if told else 0,
                told.steps if told else 0,
                time.monotonic() - self._started,
            )
        )
