"""What a run made, in the memory of a Python program: its outputs, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..check import CheckedGraph
from ..problem import nearest
from ..running import Delivered, Outcome
from ..types import AnyType, PortType

if TYPE_CHECKING:
    import numpy
    import pandas
    import pyarrow
    from PIL.Image import Image


Made = TypeVar("Made")


class OutputValues(Sequence[Any]):
    """One output over its axes: a sequence of items in the order of the points, the last axis fastest.

    An item that failed raises LookupError where it is asked for, alone or among all; ``failures`` says why,
    and tables have null for it. A picture is a tensor, float32 ``[3, H, W]`` in [0, 1]. The methods that hand
    over all items at once make one dimension of them, ``N``; ``.reshape(*output.shape, ...)`` makes that one
    for each axis.
    """

    def __init__(self, name: str, kind: PortType | None, axes: Mapping[str, Sequence[Any]]) -> None:
        self.name = name
        self.axes = dict(axes)
        #: The type of the items; that of any value for an input of the graph.
        self.kind = kind or AnyType()
        self._delivered: dict[int, Delivered] = {}

    def __len__(self) -> int:
        return len(self._delivered)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        delivered = self._delivered[range(len(self))[index]]
        if delivered.failure is not None:
            raise LookupError(f"{self.name}[{index}] was not made: {delivered.failure}")
        # The same whether it was made now or comes from the store.
        return self.kind.give([delivered.item], True)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        items = "1 item" if len(self) == 1 else f"{len(self)} items"
        axes = " × ".join(f"{axis} ({len(values)})" for axis, values in self.axes.items())
        return f"<{items} of {self.name} over {axes}>" if axes else f"<{items} of {self.name}>"

    def _repr_html_(self) -> str:
        from .notebook import html

        return html([self])

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(map(len, self.axes.values()))

    @property
    def value(self) -> Any:
        """The only item of an output without axes, or with one point."""
        if len(self) != 1:
            raise LookupError(
                f"{self.name} has {len(self)} values over {', '.join(self.axes)}; iterate over them"
            )
        return self[0]

    @property
    def points(self) -> list[dict[str, Any]]:
        """For each item the values of its axes."""
        points: list[dict[str, Any]] = [{}]
        for axis, values in self.axes.items():
            points = [{**point, axis: value} for point in points for value in values]
        return points

    @property
    def failures(self) -> dict[int, str]:
        """Why items are absent, by index."""
        return {index: made.failure for index, made in sorted(self._delivered.items()) if made.failure}

    @property
    def flags(self) -> list[tuple[str, ...]]:
        """Words about each item, such as ``blank``."""
        return [self.at(index).flags for index in range(len(self))]

    @property
    def missing(self) -> list[int]:
        """For each reduction how many members it lacks through failure."""
        return [self.at(index).missing for index in range(len(self))]

    def pil(self) -> list[Image]:
        """The items as PIL images; TypeError for an output that holds no pictures."""
        return self._made(lambda items: [self.kind.picture(item) for item in items])

    def numpy(self, dtype: str | None = None) -> numpy.ndarray[Any, Any]:
        """The items as one array, ``[N, ...]``.

        Pictures are uint8 ``[N, H, W, 3]``, as their PNG files hold them, or as they were made, float32 in
        [0, 1], with ``dtype="float32"``; numbers float64, whole numbers int64, truth values bool, texts and
        records objects, all ``[N]``; latents the samples ``[N, C, h, w]``. Raises TypeError for what is no
        array (a model), ValueError where pictures differ in size.
        """
        return self._made(lambda items: self.kind.array(items, dtype))

    def tensor(self) -> Any:
        """The items as one tensor of torch: pictures float32 ``[N, 3, H, W]`` in [0, 1], latents the samples.

        Raises TypeError for what is none, ValueError where sizes differ.
        """
        return self._made(self.kind.tensor)

    def arrow(self) -> pyarrow.Table:
        """A table, one row an item: where it stands, what it is, or why it is absent.

        The columns are those of a run folder's ``items.parquet``: of each axis ``AXIS.index`` and ``AXIS``,
        its value (where that is a record, ``AXIS.COLUMN``); the item; ``flags``, ``missing`` and
        ``failure``. A score that says how sure it
        is has ``NAME.standard_error`` and the ends of its 95 % interval, ``NAME.low`` and ``NAME.high``,
        beside it. Pictures are the content of a PNG file, latents that of a safetensors file.
        """
        from .frames import table

        return table([self], files=True)

    def pandas(self) -> pandas.DataFrame:
        """The same as a data frame; ImportError where pandas isn't installed."""
        from .frames import frame

        return frame(self.arrow())

    def at(self, index: int) -> Delivered:
        """All that a run delivered of one item; a failure raises nothing here."""
        return self._delivered[index]

    def take(self, delivered: Mapping[int, Delivered]) -> None:
        """Take what a run delivers."""
        self._delivered.update(delivered)

    def _made(self, make: Callable[[list[Any]], Made]) -> Made:
        """What is made of all items; LookupError where some are absent."""
        failures = self.failures
        if failures:
            index, why = next(iter(failures.items()))
            raise LookupError(
                f"{len(failures)} of {len(self)} {self.name} were not made, [{index}] since {why}; "
                "take the others by index, or a table, which has null for what is absent"
            )
        try:
            return make([self.at(index).item for index in range(len(self))])
        except (TypeError, ValueError) as error:
            raise type(error)(f"{self.name}: {error}") from error


@dataclass
class Results(Mapping[str, OutputValues]):
    """What a run made, by output name; ``folder`` is the run folder, where one was asked for."""

    outputs: dict[str, OutputValues]
    outcome: Outcome = field(default_factory=Outcome)
    folder: Path | None = field(default=None, repr=False)

    @classmethod
    def of(cls, graph: CheckedGraph) -> Results:
        """Room for what a run of a graph makes."""
        return cls(
            {
                name: OutputValues(
                    name,
                    graph.type_of(source),
                    {axis: graph.axes[axis].values for axis in graph.axes_of(source)},
                )
                for name, source in graph.outputs.items()
            }
        )

    def __getitem__(self, name: str) -> OutputValues:
        if name not in self.outputs:
            raise KeyError(f"there is no output {name!r}; {nearest(name, self.outputs)}")
        return self.outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.outputs)

    def __len__(self) -> int:
        return len(self.outputs)

    def __repr__(self) -> str:
        return f"Results({self.outputs!r})"

    def _repr_html_(self) -> str:
        from .notebook import html

        return html(list(self.outputs.values()))

    def arrow(self, *, files: bool = False) -> dict[tuple[str, ...], pyarrow.Table]:
        """A table for each set of axes, by their names; outputs that vary over the same ones share its rows.

        The columns are those of :meth:`OutputValues.arrow`. Pictures, and whatever else would be a file of a
        run folder, have a column only with ``files``.

        >>> run.arrow()["prompt", "seed"]
        """
        from .frames import table

        return {axes: table(values, files=files) for axes, values in self.by_axes().items()}

    def pandas(self, *, files: bool = False) -> dict[tuple[str, ...], pandas.DataFrame]:
        """The same as data frames; ImportError where pandas isn't installed."""
        from .frames import frame

        return {axes: frame(made) for axes, made in self.arrow(files=files).items()}

    def by_axes(self) -> dict[tuple[str, ...], list[OutputValues]]:
        """The outputs by the axes that they vary over."""
        found: dict[tuple[str, ...], list[OutputValues]] = {}
        for values in self.outputs.values():
            found.setdefault(tuple(values.axes), []).append(values)
        return found

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        return set()  # values are wanted in memory, whatever a folder holds

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        for output, portion in delivered:
            self.outputs[output].take(portion)
