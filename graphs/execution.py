"""One run of a checked graph, with all that goes around it: keys, store, run folder, whoever watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from . import stepping
from .calls import Device, Interrupted, Job
from .check import CheckedGraph, Step
from .engine import Engine
from .keys import Keys
from .record import RunFolder
from .running import Delivered, Event, Outcome, Settings, Sink
from .store import Store

#: Takes a step of a call under way: of which node, for which items, and how far it is.
Watch = Callable[[Step, Sequence[Job], stepping.Progress], None]


def execute(
    graph: CheckedGraph,
    device: Device,
    sink: Sink | None = None,
    *,
    out: Path | None = None,
    root: Path = Path("runs"),
    store: Store | None = None,
    settings: Settings | None = None,
    report: Callable[[Event], None] = lambda event: None,
    watch: Watch | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[Path | None, Outcome]:
    """Run a graph; its outputs go to ``sink``, to a run folder, or to both.

    There is a folder where ``out`` names one or there is no sink. Without a ``store`` it is the user's own.
    Returns the folder, and what the run did. Raises Interrupted where it was told to stop, and whatever
    ``report`` and ``watch`` raise; everything finished is stored.
    """
    settings = settings or Settings()
    with ExitStack() as stack:
        stack.enter_context(settings.tracer.span("run", "run"))
        keys = Keys(graph, fetch=True)
        folder: RunFolder | None = None
        into: Sink
        if sink is None or out is not None:
            folder = stack.enter_context(RunFolder(out, graph, keys, settings, root))
            into = folder if sink is None else _Both(sink, folder)
        else:
            into = sink
        engine = Engine(
            graph,
            store or stack.enter_context(Store()),
            into,
            device=device,
            settings=settings,
            report=report,
            should_stop=should_stop,
            keys=keys,
            ledger=folder,
        )
        with _tables(folder, engine), _watched(engine, watch):
            outcome = engine.run()
    return folder.folder if folder is not None else None, outcome


class _Both:
    """A sink in memory and a run folder beside it."""

    def __init__(self, sink: Sink, folder: RunFolder) -> None:
        self._sink = sink
        self._folder = folder

    def recorded(self, output: str, keys: Mapping[int, bytes]) -> set[int]:
        return self._sink.recorded(output, keys)  # what is wanted in memory, whatever the folder holds

    def put(self, delivered: Sequence[tuple[str, Mapping[int, Delivered]]]) -> None:
        self._folder.put(delivered)
        self._sink.put(delivered)


@contextmanager
def _watched(engine: Engine, watch: Watch | None) -> Iterator[None]:
    """Holds while calls tell their steps to ``watch``, and to whoever watches the run from outside."""
    if watch is None:
        yield
        return
    outside = stepping.watcher()

    def hear(told: stepping.Progress) -> None:
        if engine.caller.calling is not None:
            watch(*engine.caller.calling, told)
        outside(told)

    with stepping.watched(hear):
        yield


@contextmanager
def _tables(folder: RunFolder | None, engine: Engine) -> Iterator[None]:
    """Write the tables of a run folder when a run ends, however it ends."""

    def finish(*, complete: bool) -> None:
        if folder is not None:
            with engine.span("tables"):
                folder.finish(engine.outcome, complete=complete, made_with=_machine(engine.device))

    try:
        yield
    except Interrupted:
        finish(complete=False)
        raise
    except BaseException:
        with suppress(Exception):  # to be told is what broke the run, not what follows from it
            finish(complete=False)
        raise
    finish(complete=True)


def _machine(device: Device) -> dict[str, Any]:
    """What a run's record says of where it ran."""
    return {"python": sys.version.split()[0], "versions": device.versions()}
