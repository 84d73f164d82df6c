"""Four ways to watch a run: bars on a terminal, lines in a pipe, JSON events, or nothing."""

from __future__ import annotations

import json
import sys
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import typer

from .statuses import say, swallow_output
from .tally import NodeTally, Tally
from .terminal import count, duration, rate

if TYPE_CHECKING:
    from ..graphs.running import Event
    from .stopping import Stopping

#: Seconds between two lines about a node that is under way.
_PAUSE = 10.0


class Silent(AbstractContextManager["Silent"]):
    """Counts, and shows nothing; the other ways are this with something to see."""

    def __init__(self) -> None:
        self.tally = Tally()

    def __call__(self, event: Event) -> None:
        self.show(event, self.tally.take(event))

    def __exit__(self, *_: object) -> None:
        return

    def show(self, event: Event, node: NodeTally | None) -> None:
        return


class Lines(Silent):
    """Plain lines on stderr: one when a node is done, and now and then one about the node at work."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[tuple[str, str]] = set()
        self._last = time.monotonic()

    def show(self, event: Event, node: NodeTally | None) -> None:
        if event.kind == "planned" and event.plan is not None:
            say(f"{count(event.plan.to_do, 'item')} to make, {event.plan.stored:,} stored")
        elif event.kind == "note":
            say(f"{event.step}: {event.message}")
        elif event.kind == "failed" and (event.step, event.message) not in self._said:
            self._said.add((event.step, event.message))  # the summary counts the rest of them
            say(f"{event.step}: failed: {event.message}")
        if node is not None:
            now = time.monotonic()
            if node.done == node.total or now - self._last > _PAUSE:
                self._last = now
                say(f"{event.step}: {pace(node)}")

    def __exit__(self, *_: object) -> None:
        for name, node in self.tally.nodes.items():
            if 0 < node.done < node.total:  # the rest was skipped, or the run interrupted
                say(f"{name}: {node.done:,} of {node.total:,}")


class JsonLines(Silent):
    """One JSON object an event, on stdout."""

    def __init__(self, stopping: Stopping) -> None:
        super().__init__()
        self._stopping = stopping

    def show(self, event: Event, node: NodeTally | None) -> None:
        self.write(_record(event))

    def write(self, record: dict[str, Any]) -> None:
        """Write one object. A reader that has gone stops the run, not the item that is being made."""
        try:
            typer.echo(json.dumps(record, ensure_ascii=False, default=str))
            sys.stdout.flush()
        except BrokenPipeError:
            self._stopping.pipe_closed = True
            swallow_output()


def pace(node: NodeTally) -> str:
    """``16 of 32, 3.1/s, 5.2 s left``."""
    said = [f"{node.done:,} of {node.total:,}"]
    if node.failed:
        said.append(f"{node.failed:,} failed")
    if node.per_second is not None:
        said.append(rate(node.per_second))
    if node.left:
        said.append(f"{duration(node.left)} left")
    return ", ".join(said)


def _record(event: Event) -> dict[str, Any]:
    if event.kind == "planned" and event.plan is not None:
        lines = [
            {
                "node": name,
                "type": line.step.type.qualified,
                "axes": list(line.step.axes),
                "items": line.items,
                "stored": line.stored,
                "to_do": line.to_do,
            }
            for name, line in event.plan.steps.items()
        ]
        return {"event": "planned", "nodes": lines}
    record: dict[str, Any] = {"event": event.kind, "node": event.step}
    if event.kind in ("made", "failed"):
        record["count"] = event.count
    if event.kind == "made":
        record["seconds"] = round(event.seconds, 6)
    return {**record, "message": event.message} if event.message else record
