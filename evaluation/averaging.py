"""Means of numbers over axes: one clip score a setting out of one an image, one score out of six tasks."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from ..graphs.node import node
from ..graphs.types import Number, NumberType, RecordType, Text

if TYPE_CHECKING:
    import numpy


class Mean:
    """Arithmetic mean, summed without rounding errors, so that neither batches nor order change it."""

    def __init__(self) -> None:
        self.count = 0
        self._partials: list[float] = []

    def update(self, number: Number) -> None:
        """Take finite numbers into the mean; ValueError for absent ones, which a mean can't leave out."""
        values = NumberType().stack(number)
        self.count += len(values)
        for value in values:
            self._add(value)

    def merge(self, other: Mean) -> None:
        """Take in the numbers that another mean has seen."""
        self.count += other.count
        for value in other._partials:
            self._add(value)

    def pack(self) -> numpy.ndarray[Any, Any]:
        """The state as one array ``[1, k]``, for :meth:`absorb` to take in on another machine."""
        import numpy

        return numpy.array([[float(self.count), *self._partials]])

    def absorb(self, packed: numpy.ndarray[Any, Any]) -> None:
        """Take in what another mean has packed."""
        count, *partials = packed[0].tolist()
        self.count += int(count)
        for value in partials:
            self._add(value)

    def compute(self) -> float:
        """The mean; ValueError when nothing was seen."""
        if not self.count:
            raise ValueError("the mean of no numbers")
        return fsum(self._partials) / self.count

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


@node(version=1, better="as input")
def mean() -> Mean:
    """Arithmetic mean of numbers over the reduced axes; of truth values, the share of true ones.

    Args:
        number: The numbers, such as the clip score of each image, or whether each is correct.
    """
    return Mean()


class TaskScores(NamedTuple):
    """The mean of the tasks' means, and the mean of each task by its name."""

    overall: Annotated[float, NumberType()]
    tasks: Annotated[dict[str, Any], RecordType()]


class TaskMean:
    """Means by task; exact, so that neither batches nor order change them."""

    def __init__(self) -> None:
        self._means: dict[str, Mean] = {}

    def update(self, correct: Number, task: Text) -> None:
        """Take numbers (1 for a correct image, 0 for another) with a task each."""
        for value, name in zip(correct, task, strict=True):
            self._means.setdefault(name, Mean()).update([value])

    def merge(self, other: TaskMean) -> None:
        """Take in what another state has seen."""
        for name, mean in other._means.items():
            self._means.setdefault(name, Mean()).merge(mean)

    def compute(self) -> TaskScores:
        """The means; ValueError when nothing was seen."""
        tasks = {name: mean.compute() for name, mean in sorted(self._means.items())}
        overall = Mean()
        overall.update(list(tasks.values()))
        return TaskScores(overall.compute(), tasks)


@node(version=1, better="as input")
def task_mean() -> TaskMean:
    """The mean over tasks of the share that is correct in each, so that every task has the same say.

    The overall score of GenEval. Tasks of which no image is there are left out.

    Args:
        correct: Whether each image is correct, or any number that says how well it does.
        task: The task that its prompt belongs to.
    """
    return TaskMean()
