"""Means of numbers over axes: one clip score a setting out of one an image, one score out of six tasks."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from ..graphs.members import Members
from ..graphs.node import node, unchanged
from ..graphs.types import NumberType, RecordType, Text
from .uncertainty.estimate import Estimate, Score
from .uncertainty.membership import Membership

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy


class CountedType(NumberType):
    """Numbers, among which truth values stay what they are: the mean of them is a share."""

    def _handed(self, value: Any) -> Any:
        return value if isinstance(value, bool) else super()._handed(value)

    def stack(self, items: Sequence[Any]) -> list[float]:
        return [
            item if isinstance(item, bool) else number
            for item, number in zip(items, super().stack(items), strict=True)
        ]


Counted = Annotated["Sequence[float]", CountedType()]


class Mean:
    """Arithmetic mean, summed without rounding errors, so that neither batches nor order change it.

    Of members that it is told, it keeps the numbers, and its value says how sure it is.
    """

    def __init__(self) -> None:
        self.count = 0
        self._partials: list[float] = []
        self._membership = Membership()
        self._values: list[float] = []

    def update(self, number: Counted, members: Members | None = None) -> None:
        """Take finite numbers into the mean; ValueError for absent ones, which a mean can't leave out."""
        values = CountedType().stack(number)
        self.count += len(values)
        for value in values:
            self._add(value)
        self._membership.update(len(values), members)
        if members is not None:
            self._values += values

    def merge(self, other: Mean) -> None:
        """Take in the numbers that another mean has seen."""
        self.count += other.count
        for value in other._partials:
            self._add(value)
        self._membership.merge(other._membership)
        self._values += other._values

    def pack(self) -> numpy.ndarray[Any, Any]:
        """The state as one array ``[1, k]``, for :meth:`absorb` to take in on another machine."""
        import numpy

        return numpy.array([[float(self.count), *self._partials]])

    def absorb(self, packed: numpy.ndarray[Any, Any]) -> None:
        """Take in what another mean has packed."""
        count, *partials = packed[0].tolist()
        self.count += int(count)
        self._membership.update(int(count), None)
        for value in partials:
            self._add(value)

    def compute(self) -> Score:
        """The mean; ValueError when nothing was seen."""
        if not self.count:
            raise ValueError("the mean of no numbers")
        value = fsum(self._partials) / self.count
        told = self._membership
        if not told.known:
            return Estimate(value)
        from .uncertainty.means import mean_or_share

        found = mean_or_share(self._values, told.units, crossed=told.crossed)
        return Estimate(value, found.uncertainty, found.influence).placed(told.members)

    def _add(self, value: float) -> None:
        # Exact partial sums: Shewchuk, "Adaptive Precision Floating-Point Arithmetic", 1997.
        kept = []
        for partial in self._partials:
            if abs(value) < abs(partial):
                value, partial = partial, value
            high = value + partial
            low = partial - (high - value)
            if low:
                kept.append(low)
            value = high
        self._partials = [*kept, value]


@node(version=2, converts={1: unchanged}, better="as input")
def mean() -> Mean:
    """Arithmetic mean of numbers over the reduced axes; of truth values, the share of true ones.

    Args:
        number: The numbers, such as the clip score of each image, or whether each is correct.

    >>> from mezzotint import nodes
    >>> score = nodes.mean([1, 2, 3, 4])
    >>> float(score), score.interval
    (2.5, (0.445..., 4.554...))
    """
    return Mean()


class TaskScores(NamedTuple):
    """The mean of the tasks' means, and the mean of each task by its name.

    ``by_task`` holds ``{task: {"value", "standard_error", "interval", "n", "clusters", "reason"}}``.
    """

    overall: Score
    tasks: Annotated[dict[str, Any], RecordType()]
    by_task: Annotated[dict[str, Any], RecordType()]


class TaskMean:
    """Means by task; exact, so that neither batches nor order change them."""

    def __init__(self) -> None:
        self._means: dict[str, Mean] = {}
        self._membership = Membership()
        self._values: list[float] = []
        self._tasks: list[str] = []

    def update(self, correct: Counted, task: Text, members: Members | None = None) -> None:
        """Take numbers (1 for a correct image, 0 for another) with a task each."""
        for at, (value, name) in enumerate(zip(correct, task, strict=True)):
            known = None if members is None else members[at : at + 1]
            self._means.setdefault(name, Mean()).update([value], known)
        self._membership.update(len(task), members)
        if members is not None:
            self._values += map(float, correct)
            self._tasks += task

    def merge(self, other: TaskMean) -> None:
        """Take in what another state has seen."""
        for name, mean in other._means.items():
            self._means.setdefault(name, Mean()).merge(mean)
        self._membership.merge(other._membership)
        self._values += other._values
        self._tasks += other._tasks

    def compute(self) -> TaskScores:
        """The means; ValueError when nothing was seen."""
        tasks = {name: mean.compute() for name, mean in sorted(self._means.items())}
        overall = Mean()
        overall.update(list(tasks.values()))
        value = overall.compute()
        told = self._membership
        if told.known:
            from .uncertainty.means import task_mean_estimate

            found = task_mean_estimate(self._values, self._tasks, told.units, crossed=told.crossed)
            value = Estimate(value, found.uncertainty, found.influence).placed(told.members)
        by_task = {name: {"value": float(found), **_told(found)} for name, found in tasks.items()}
        return TaskScores(value, {name: float(found) for name, found in tasks.items()}, by_task)


def _told(estimate: Estimate) -> dict[str, Any]:
    record = estimate.uncertainty.record()
    return {name: record[name] for name in ("standard_error", "interval", "n", "clusters", "reason")}


@node(version=2, converts={1: unchanged}, better="as input")
def task_mean() -> TaskMean:
    """The mean over tasks of the share that is correct in each, so that every task has the same say.

    The overall score of GenEval. Tasks of which no image is there are left out.

    Args:
        correct: Whether each image is correct, or any number that says how well it does.
        task: The task that its prompt belongs to.

    >>> from mezzotint import nodes
    >>> float(nodes.task_mean([True, False, True], task=["count", "count", "colour"]).overall)
    0.75
    """
    return TaskMean()
