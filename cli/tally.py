"""How far each node of a run has come, for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..graphs.plan import Plan
    from ..graphs.running import Event


@dataclass
class NodeTally:
    """One node's progress; ``seconds`` are those spent in the node itself."""

    total: int
    made: int = 0
    failed: int = 0
    seconds: float = 0.0

    @property
    def done(self) -> int:
        return self.made + self.failed

    @property
    def per_second(self) -> float | None:
        return self.made / self.seconds if self.made and self.seconds else None

    @property
    def left(self) -> float | None:
        """Seconds until the node is done at the pace so far."""
        pace = self.per_second
        return None if pace is None else max(0, self.total - self.done) / pace


@dataclass
class Tally:
    """All nodes of a run that have something to make, in the order in which they run."""

    nodes: dict[str, NodeTally] = field(default_factory=dict)
    plan: Plan | None = None

    def take(self, event: Event) -> NodeTally | None:
        """Count an event; the progress of its node, where it is about one."""
        if event.kind == "planned" and event.plan is not None:
            self.plan = event.plan
            self.nodes = {
                name: NodeTally(line.to_do) for name, line in event.plan.steps.items() if line.to_do
            }
        if event.kind not in ("made", "failed"):
            return None
        # A stored item that turns out to be damaged is made although no plan foresaw it.
        node = self.nodes.setdefault(event.step, NodeTally(0))
        if event.kind == "made":
            node.made += event.count
            node.seconds += event.seconds
        else:
            node.failed += event.count
        node.total = max(node.total, node.done)
        return node
