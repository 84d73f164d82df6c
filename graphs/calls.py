"""Calling node functions: micro-batches, halved when memory runs out or one item fails."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from .batching import Batch, BatchSizes
from .check import Step
from .costs import Cost
from .deadline import within
from .memory import Value
from .profile import Tracer
from .remarks import remarks
from .returned import ReturnedError, items_of
from .types import PortType

#: What is noted of a call that took too long and can't be ended.
LEFT_BEHIND = "a call that took too long can't be ended; it goes on beside the run, and ends with it"


class Device(Protocol):
    """What the engine must know of the machine that node functions run on."""

    @property
    def name(self) -> str:
        """What node functions compute on, for what is remembered of their speed."""
        ...

    def has_room(self) -> bool:
        """Whether as much memory as has been needed so far would fit once more."""
        ...

    def is_out_of_memory(self, error: BaseException) -> bool: ...

    def release(self) -> None:
        """Give back cached memory."""
        ...

    def inference(self) -> AbstractContextManager[Any]:
        """Holds while a node function runs."""
        ...

    def peak_memory(self) -> int | None:
        """Most memory the accelerator has held, in bytes; None where that is not known."""
        ...

    def meter(self) -> Callable[[], Cost]:
        """Start to measure; the call of what it returns tells what has been spent since."""
        ...

    def quiet(self) -> None:
        """Keep libraries from writing to the terminal."""
        ...

    def versions(self) -> dict[str, str]:
        """Versions of the libraries that results depend on."""
        ...


class PlainDevice:
    """A machine without an accelerator or libraries to mind; what the engine's own tests run on."""

    name = "plain"

    def has_room(self) -> bool:
        return True

    def is_out_of_memory(self, error: BaseException) -> bool:
        return isinstance(error, MemoryError)

    def release(self) -> None:
        return

    def inference(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def peak_memory(self) -> int | None:
        return None

    def meter(self) -> Callable[[], Cost]:
        started = time.perf_counter()
        return lambda: Cost(time.perf_counter() - started)

    def quiet(self) -> None:
        return

    def versions(self) -> dict[str, str]:
        return {}


@dataclass(frozen=True)
class Failure:
    """Why an item could not be made."""

    step: str
    node: str
    point: Mapping[str, Any]
    error: str
    message: str
    frames: str = field(repr=False, default="")

    @classmethod
    def of(cls, step: Step, point: Mapping[str, Any], error: BaseException) -> Failure:
        # Thousands of items may fail in one place: they share the text of its frames.
        frames = sys.intern("".join(traceback.format_tb(error.__traceback__)))
        return cls(step.name, step.type.qualified, point, type(error).__name__, _message(error), frames)

    @property
    def traceback(self) -> str:
        """Where the error was raised, as Python prints it."""
        return f"Traceback (most recent call last):\n{self.frames}{self.error}: {self.message}\n"


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as other:  # the error's own code
        return f"(no message: {type(other).__name__} in making it)"
    return text.encode("utf-8", "backslashreplace").decode()  # halves of surrogates are in names of files


@dataclass(frozen=True)
class Job:
    """One item to make. ``ports`` hold items (of a ``many`` port a tuple of them)."""

    key: bytes
    index: int
    ports: Mapping[str, Any]
    options: Mapping[str, Any]
    flags: tuple[str, ...]
    alike: Hashable
    point: Mapping[str, int] = field(default_factory=dict)


class Interrupted(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The run was asked to stop; everything finished is stored. ``folder`` is what it leaves behind."""

    def __init__(self, folder: Path, why: str = "the run was asked to stop") -> None:
        self.folder = folder
        super().__init__(why)


class NonFiniteError(ValueError):
    """A node made NaN or infinity."""


class Caller:
    """Calls node functions for one run, remembering what micro-batch each step can bear.

    A ``direct`` one serves a single call of somebody's program: the first error is raised as it is, warnings
    go where they would, and only memory that runs out makes a batch smaller.
    """

    def __init__(
        self,
        device: Device,
        batch: Batch,
        note: Callable[[str, str], None],
        tracer: Tracer,
        clock: Callable[[], float] = time.perf_counter,
        *,
        direct: bool = False,
    ) -> None:
        self.device = device
        self.note = note
        self.tracer = tracer
        self.clock = clock
        self.direct = direct
        #: What is being called, and what for.
        self.calling: tuple[Step, Sequence[Job]] | None = None
        self._sizes = BatchSizes(batch, device=device.name, has_room=device.has_room)
        self._limits: dict[str, int] = {}

    def micro_batches(self, step: Step, jobs: Sequence[Job]) -> Iterator[list[Job]]:
        """Jobs in groups that share options, shapes and all that doesn't stack."""
        groups: dict[Hashable, list[Job]] = {}
        for job in jobs:
            groups.setdefault(job.alike, []).append(job)
        for alike, group in groups.items():
            size = self._sizes.of(step, len(group), (alike, group[0].options))
            start = 0
            while start < len(group):
                batch = group[start : start + min(size.size, self._limits.get(step.name, size.size))]
                started = self.clock()
                yield batch
                limit = self._limits.get(step.name, len(batch))
                if limit < len(batch):
                    size.limit(limit)
                else:
                    size.measured(len(batch), self.clock() - started)
                start += len(batch)

    def make(self, step: Step, jobs: Sequence[Job]) -> list[tuple[Job, Value | Exception]]:
        """The values of a micro-batch, or for each item that can't be made the reason."""
        try:
            return self._call(step, jobs)
        except Exception as error:  # a node may raise anything
            ran_out = self.device.is_out_of_memory(error)
            if self.direct and not (ran_out and len(jobs) > 1):
                raise
            if len(jobs) == 1:
                return [(jobs[0], error)]
            if isinstance(error, ReturnedError):
                self.note(step.name, f"called again with fewer items: {error}")
        # Outside the handler: while it lasts, the traceback holds on to what the call had in memory.
        if ran_out:
            self.ran_out(step, len(jobs))
        made: list[tuple[Job, Value | Exception]] = []
        half = (len(jobs) + 1) // 2
        start = 0
        while start < len(jobs):
            size = min(half, self._limits.get(step.name, half))  # the first part may have run out, too
            made += self.make(step, jobs[start : start + size])
            start += size
        return made

    def ran_out(self, step: Step, count: int) -> None:
        """A call with ``count`` items ran out of memory: the step gets half as many from here on."""
        limit = min(self._limits.get(step.name, count), (count + 1) // 2)
        self._limits[step.name] = limit
        self.note(step.name, f"out of memory: micro-batch now {limit}")
        self.device.release()

    def _call(self, step: Step, jobs: Sequence[Job]) -> list[tuple[Job, Value | Exception]]:
        arguments = {**stack_ports(step, [job.ports for job in jobs]), **jobs[0].options}
        result = self.watched(step, lambda: step.type.function(**arguments), jobs, **shared(step, jobs[0]))
        with self.tracer.span("split", node=step.name):
            return self._split(step, jobs, result)

    def _split(self, step: Step, jobs: Sequence[Job], result: Any) -> list[tuple[Job, Value | Exception]]:
        columns = items_of(step.type, result, len(jobs))
        made: list[tuple[Job, Value | Exception]] = []
        for position, job in enumerate(jobs):
            items = {name: column[position] for name, column in columns.items()}
            made.append((job, finished(step, items, job.flags)))
        return made

    def watched(
        self, step: Step, function: Callable[[], Any], jobs: Sequence[Job] = (), **details: Any
    ) -> Any:
        """Run a node's code; its Python warnings become notes of the run."""
        self.calling = step, jobs
        if self.direct:
            return self._run(step, function)
        told = {"type": step.type.qualified, "items": len(jobs), **details}
        with remarks() as heard, self.tracer.span(step.name, "node", **told):
            result = self._run(step, function)
        for remark in heard:
            self.note(step.name, remark)
        return result

    def _run(self, step: Step, function: Callable[[], Any]) -> Any:
        def call() -> Any:
            with self.device.inference():  # holds for the thread that enters it
                try:
                    return function()
                except SystemExit as error:  # the run isn't the node's to end
                    raise RuntimeError(f"{step.type.name} called exit({error.code})") from error

        if step.timeout is None:
            return call()
        return within(step.timeout, call, lambda: self.note(step.name, LEFT_BEHIND))


def shared(step: Step, job: Job) -> dict[str, str]:
    """What a whole micro-batch shares, such as its model, in words."""
    return {
        port.name: str(job.ports[port.name])
        for port in step.type.ports
        if port.name in job.ports and not port.type.stacks and not port.many
    }


def finished(
    step: Step, items: Mapping[str, Any], flags: Iterable[str], missing: int = 0
) -> Value | Exception:
    """The value of finished items with their flags, or an error where one isn't what its type says."""
    own = set(flags)
    for name, item in items.items():
        kind = step.type.outputs[name]
        try:
            if not kind.is_finite(item):
                return NonFiniteError(f"{step.type.name} made NaN or infinity ({name})")
            own.update(kind.flags(item))
            # What later steps ask of an item is asked now, so that a wrong one fails here.
            kind.shape(item)
            kind.nbytes(item)
        except Exception as error:  # a type may raise anything of what isn't of it
            return error
    return Value(items, tuple(sorted(own)), missing)


def stack_ports(step: Step, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The arguments of a call: for each port the batch of its items over ``rows``."""
    arguments: dict[str, Any] = {}
    for name in rows[0]:
        port = step.type.port(name)
        assert port is not None
        column = [row[name] for row in rows]
        if port.many:
            arguments[name] = [_stack(port.type, entries) for entries in zip(*column, strict=True)]
        else:
            arguments[name] = _stack(port.type, column)
    return arguments


def _stack(kind: PortType, items: Sequence[Any]) -> Any:
    return kind.stack(items) if kind.stacks else kind.stack(items[:1])
