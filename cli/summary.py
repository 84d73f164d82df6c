"""What a run says at its end: where things are, what was made, scores, flags, failures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .statuses import Status, say
from .terminal import count, duration, write

if TYPE_CHECKING:
    from ..graphs.calls import Failure
    from ..graphs.plan import Plan
    from ..graphs.running import Outcome

#: A summary fits one screen: this many kinds of failure, and this many lines of each.
_MOST_KINDS = 8
_MOST_TEXT = 300


@dataclass
class Summary:
    """The end of a run, or what its folder tells of it later, without a ``plan``.

    One that was broken off, or ended by too many failures, isn't ``complete``.
    """

    folder: Path
    outcome: Outcome
    plan: Plan | None
    seconds: float
    complete: bool = True

    @property
    def made(self) -> int:
        return sum(self.outcome.made.values())

    @property
    def reused(self) -> int:
        """Items that were in the store when the run began."""
        return self.plan.stored if self.plan is not None else 0

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """The content of ``metrics.json``, by output."""
        try:
            found = json.loads((self.folder / "metrics.json").read_text("utf-8"))["metrics"]
        except (OSError, ValueError, KeyError):  # somebody took it away: the summary goes on without
            return {}
        return dict(found)

    def record(self) -> dict[str, Any]:
        """The last event of ``--json``."""
        outcome = self.outcome
        return {
            "event": "finished",
            "folder": str(self.folder),
            "seconds": round(self.seconds, 3),
            "complete": self.complete,
            "made": dict(outcome.made),
            "stored": self.reused,
            "failed": len(outcome.failures),
            "failed_before": len(outcome.left_alone),
            "skipped": sum(outcome.skipped.values()),
            "flags": dict(outcome.flags),
            "damaged": outcome.damaged,
            "peak_memory": outcome.peak_memory,
            "metrics": self.metrics,
            "exit_status": int(Status.ITEMS_FAILED if outcome.failures else Status.FINE),
        }

    def show(self, about: Sequence[tuple[str, str]] = (), *, scores: bool = True) -> None:
        """Write the summary to stdout; ``about`` are lines that stand before it."""
        from rich.table import Table
        from rich.text import Text

        rows = Table.grid(padding=(0, 2, 0, 0))
        rows.add_column(no_wrap=True, style="dim")
        rows.add_column(overflow="fold")
        for name, line in about:
            rows.add_row(name, Text(line))
        rows.add_row("made", Text(self._made()))
        if self.reused:
            rows.add_row("reused", f"{count(self.reused, 'item')} from the store")
        if self.outcome.damaged:
            rows.add_row("remade", f"{count(self.outcome.damaged, 'stored item')} found damaged")
        for name, line in self._scores() if scores else ():
            rows.add_row(Text(name), Text(line, style="bold"))
        for flag, number in sorted(self.outcome.flags.items()):
            rows.add_row("flagged", Text(f"{count(number, 'output')} {flag}", style="yellow"))
        write(Text(str(self.folder), style="bold", overflow="fold"), rows)

    def _made(self) -> str:
        made = {name: number for name, number in self.outcome.made.items() if number}
        if not made and (self.outcome.failures or not self.complete):
            return f"nothing ({duration(self.seconds)})"
        if not made:
            return f"nothing: all was there ({duration(self.seconds)})"
        parts = ", ".join(f"{number:,} {name}" for name, number in made.items())
        return f"{count(self.made, 'item')} in {duration(self.seconds)}: {parts}"

    def _scores(self) -> list[tuple[str, str]]:
        from ..evaluation.results.run_folder import read_run
        from ..graphs.problem import GraphError
        from .scores import score_lines

        try:
            return list(score_lines(read_run(self.folder)))
        except GraphError as error:  # somebody took a file away: the summary goes on without
            found = error.problems[0]
            return [("scores", f"{found.message}: {found.hint}" if found.hint else found.message)]

    def show_failures(self) -> None:
        """Write what failed to stderr: grouped by node and message, the most frequent first."""
        groups: dict[tuple[str, str], list[Failure]] = {}
        for failure in self.outcome.failures:
            groups.setdefault((failure.step, f"{failure.error}: {failure.message}"), []).append(failure)
        skipped = sum(self.outcome.skipped.values())
        tail = f"; {count(skipped, 'item')} that needed them skipped" if skipped else ""
        say(f"\n{count(len(self.outcome.failures), 'item')} failed{tail}")
        ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
        for (step, message), failures in ordered[:_MOST_KINDS]:
            times = f", {len(failures):,} times" if len(failures) > 1 else ""
            say(f"  {step}{times}: {_short(message)}")
            if failures[0].point:
                say(f"      {'first ' if times else ''}at {_point(failures[0].point)}")
        if len(ordered) > _MOST_KINDS:
            say(f"  and {count(len(ordered) - _MOST_KINDS, 'other kind')} of failure")
        say(f"  with tracebacks: {self.folder / 'failures.jsonl'}")
        before = len(self.outcome.left_alone)
        if before:
            say(f"  {before:,} of them failed before and {'was' if before == 1 else 'were'} left alone")
        if self.plan is not None and not self.complete:  # told later, it may have stopped for another reason
            now = count(self.outcome.failed_now, "failure")
            say(f"  stopped at {now}, as --max-failures says; the same command goes on with the rest")
        say("  --retry-failed tries them again")


def show_number(value: Any) -> str:
    """A score to four digits; a record by its entries; null for what is missing."""
    from ..graphs.items_table import as_text

    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return _short(as_text(value))


def _point(point: Mapping[str, Any]) -> str:
    return ", ".join(f"{axis} {_place_on_axis(value)}" for axis, value in point.items())


def _place_on_axis(value: Any) -> str:
    """A value of an axis, short: of a picture's record its name, which says more than a path's beginning."""
    from ..graphs.items_table import as_text

    if isinstance(value, Mapping) and "image" in value and "name" in value:
        value = str(value["name"])
    return repr(_short(value, 60)) if isinstance(value, str) else _short(as_text(value), 60)


def _short(text: str, limit: int = _MOST_TEXT) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
