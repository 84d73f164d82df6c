"""Results one by one, as a run in a thread makes them."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..calls import Interrupted
from ..forms import PLAIN_DATA
from ..items_table import point_of
from ..types import AnyType, PortType

if TYPE_CHECKING:
    import numpy
    from PIL.Image import Image

    from ..check import CheckedGraph
    from ..running import Delivered, Sink

#: Points of a box of a streamed run: the first results come when those of one box are done.
STREAMED_BLOCK = 16


@dataclass(frozen=True)
class Streamed:
    """One output at one point.

    Attributes:
        output: its name.
        index: its place among the output's points, the last axis fastest.
        point: the values of the output's axes.
        item: what was made; None where that failed. A picture is a tensor, float32 ``[3, H, W]`` in [0, 1].
        flags: words about it, such as ``blank``.
        missing: of a reduction, how many members it lacks through failure.
        failure: why there is no item; None where there is one.
    """

    output: str
    index: int
    point: Mapping[str, Any]
    item: Any
    flags: tuple[str, ...] = ()
    missing: int = 0
    failure: str | None = None
    kind: PortType = field(default_factory=AnyType, repr=False)

    def __repr__(self) -> str:
        is_plain = self.item is None or isinstance(self.item, (*PLAIN_DATA, list))
        told = self.failure or (repr(self.item) if is_plain else self.kind.name)
        return f"<{self.output}[{self.index}] of {dict(self.point)}: {told}>"

    def pil(self) -> Image:
        """The item as a PIL image; TypeError for what is no picture, LookupError for what failed."""
        picture: Image = self.kind.picture(self._made())
        return picture

    def numpy(self, dtype: str | None = None) -> numpy.ndarray[Any, Any]:
        """The item as an array, of a picture uint8 ``[H, W, 3]``; see :meth:`..OutputValues.numpy`."""
        made: numpy.ndarray[Any, Any] = self.kind.array([self._made()], dtype)[0]
        return made

    def tensor(self) -> Any:
        """The item as a tensor of torch, of a picture float32 ``[3, H, W]`` in [0, 1]."""
        return self.kind.tensor([self._made()])[0]

    def _made(self) -> Any:
        if self.failure is not None:
            raise LookupError(f"{self.output}[{self.index}] was not made: {self.failure}")
        return self.item


class Stream:
    """A run under way, as an iterator of :class:`Streamed`, asynchronous or not, to be gone through once.

    The run begins with the loop, in a thread of its own, and ends with it: leaving the loop early stops the
    run at its next step and waits for its thread. Everything finished is stored, so the same graph goes on
    from there. What ends the run is raised in the loop::

        for made in graph.stream(prompt=each("a red circle", "two stars")):
            print(made.output, made.point, made.failure or made.item)

        async for made in graph.stream(...):    # in a notebook or a service; the event loop goes on meanwhile
            ...

    An ``async for`` that is left early has its run stopped in the background; with
    ``async with graph.stream(...) as stream:`` around it, that is waited for.
    """

    def __init__(
        self, graph: CheckedGraph, run: Callable[[Sink, Callable[[], bool]], None], waiting: int
    ) -> None:
        if waiting < 1:
            raise ValueError(f"waiting={waiting}: at least one result waits for the loop")
        self._results = _Results(graph, waiting)
        self._run = run
        self._thread: threading.Thread | None = None

    def __iter__(self) -> Iterator[Streamed]:
        self._start()
        try:
            while (made := self._results.wait()) is not None:
                yield made
        finally:
            self.close()

    async def __aiter__(self) -> AsyncIterator[Streamed]:
        loop = asyncio.get_running_loop()
        come = asyncio.Event()

        def tell() -> None:
            try:
                loop.call_soon_threadsafe(come.set)
            except RuntimeError:  # the loop was closed in the middle: nobody will take anything more
                self._results.close()

        self._results.tell(tell)
        self._start()
        try:
            while True:
                come.clear()
                made, over = self._results.take()
                if made is not None:
                    yield made
                elif over:
                    return
                else:
                    await come.wait()
        finally:
            await self.aclose()

    def close(self) -> None:
        """Stop the run, unless it is over, and wait for its thread; raises what went wrong in stopping."""
        self._results.close()
        if self._thread is not None:
            self._thread.join()
        self._results.check()

    async def aclose(self) -> None:
        """The same, without holding up the event loop."""
        self._results.close()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        self._results.check()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _start(self) -> None:
        if self._thread is not None:
            raise RuntimeError("a stream is gone through once; graph.stream(...) makes another")
        # A daemon, so that a program may end in the middle of a loop.
        self._thread = threading.Thread(
            target=copy_context().run, args=(self._work,), name="mezzotint run", daemon=True
        )
        self._thread.start()

    def _work(self) -> None:
        try:
            self._run(self._results, self._results.is_closed)
        except BaseException as error:
            self._results.end(error)
        else:
            self._results.end(None)


class _Results:
    """Where a run leaves its results and a loop takes them. A full one makes the run wait."""

    def __init__(self, graph: CheckedGraph, room: int) -> None:
        self._graph = graph
        self._lengths = {name: len(axis) for name, axis in graph.axes.items()}
        self._room = room
        self._waiting: deque[Streamed] = deque()
        self._changed = threading.Condition()
        self._tell: Callable[[], object] = lambda: None
        self._is_over = False
        self._is_closed = False
        self._error: BaseException | None = None

    # Of the run

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        return set()

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        for output, portion in delivered:
            source = self._graph.outputs[output]
            axes, kind = self._graph.axes_of(source), self._graph.type_of(source) or AnyType()
            for index, made in portion.items():
                point = self._graph.values_at(point_of(index, axes, self._lengths))
                item = None if made.failure is not None else kind.give([made.item], True)
                self._put(Streamed(output, index, point, item, made.flags, made.missing, made.failure, kind))

    def _put(self, made: Streamed) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < self._room or self._is_closed)
            if self._is_closed:
                return
            self._waiting.append(made)
            self._changed.notify_all()
        self._tell()

    def is_closed(self) -> bool:
        return self._is_closed

    def end(self, error: BaseException | None) -> None:
        """The run is over, and this is what it raised."""
        with self._changed:
            self._is_over = True
            self._error = error
            self._changed.notify_all()
        self._tell()

    # Of the loop

    def tell(self, tell: Callable[[], object]) -> None:
        """Have ``tell`` called whenever there is something to take, from another thread."""
        self._tell = tell

    def take(self) -> tuple[Streamed | None, bool]:
        """A result if one is there, and whether there will be no more; raises what ended the run."""
        with self._changed:
            if self._waiting:
                made = self._waiting.popleft()
                self._changed.notify_all()
                return made, False
            if self._is_over:
                self.check()
            return None, self._is_over

    def wait(self) -> Streamed | None:
        """The next result, as soon as it is there; None when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_over)
        return self.take()[0]

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def check(self) -> None:
        """Raise what ended the run, once, unless that is having been stopped from here."""
        error, self._error = self._error, None
        if error is not None and not (self._is_closed and isinstance(error, Interrupted)):
            raise error
