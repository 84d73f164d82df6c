"""Progress bars, one a node, with items a second and the time that is left."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.spinner import Spinner
from rich.text import Text

from .progress import Silent
from .stopping import SAID
from .tally import NodeTally
from .terminal import console, duration, printable, rate

if TYPE_CHECKING:
    from ..graphs.running import Event
    from .stopping import Stopping


class Bars(Silent):
    """Bars on stderr while the run lasts; notes and first failures stand above them."""

    def __init__(self, stopping: Stopping) -> None:
        super().__init__()
        self._progress = _BarsWithClock(stopping)
        self._tasks: dict[str, TaskID] = {}
        self._said: set[tuple[str, str]] = set()

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        for name, task in self._tasks.items():  # what was skipped leaves a bar short of its end
            node = self.tally.nodes[name]
            self._progress.update(task, left=f"took {duration(node.seconds)}" if node.done else "")
        self._progress.ended = True
        self._progress.stop()

    def show(self, event: Event, node: NodeTally | None) -> None:
        if event.kind == "planned":
            for name, planned in self.tally.nodes.items():
                self._add(name, planned)
        elif event.kind in ("note", "failed") and (event.step, event.message) not in self._said:
            self._said.add((event.step, event.message))
            word = "failed: " if event.kind == "failed" else ""
            style = "red" if event.kind == "failed" else "yellow"
            self._progress.console.print(
                Text.assemble((f"{event.step}: ", style), f"{word}{printable(event.message)}"), soft_wrap=True
            )
        if node is not None:
            if event.step not in self._tasks:
                self._add(event.step, node)
            self._progress.update(
                self._tasks[event.step],
                completed=node.done,
                total=node.total,
                rate="" if node.per_second is None else rate(node.per_second),
                left=_left(node),
                failed=f"{node.failed:,} failed" if node.failed else "",
            )

    def _add(self, name: str, node: NodeTally) -> None:
        self._tasks[name] = self._progress.add_task(name, total=node.total, rate="", left="", failed="")


def _left(node: NodeTally) -> str:
    if node.done >= node.total:
        return f"took {duration(node.seconds)}"
    return f"{duration(node.left)} left" if node.left else ""


class _BarsWithClock(Progress):
    """The bars, and below them how long the run has taken, or that it is about to stop."""

    def __init__(self, stopping: Stopping) -> None:
        # First, since the parent's constructor asks for the renderables.
        self.stopping = stopping
        self.ended = False
        self._started = time.monotonic()
        self._spinner = Spinner("dots")
        super().__init__(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", justify="right", style="cyan"),
            TextColumn("{task.fields[left]}", style="dim"),
            TextColumn("{task.fields[failed]}", style="red"),
            console=console(err=True),
            refresh_per_second=8,
        )

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self.ended:
            return
        if self.stopping():
            yield Text(SAID, style="yellow")
        else:
            self._spinner.update(text=Text(duration(time.monotonic() - self._started), style="dim"))
            yield self._spinner
