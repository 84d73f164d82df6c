"""How far a long call is: told by node functions, heard by whoever watches the call.

A function that works in steps calls :func:`done` after each::

    for step in range(steps):
        ...
        stepping.done(step + 1, steps, lambda: picture_of(latents))

Nothing comes of it unless somebody watches::

    with stepping.watched(lambda progress: print(progress.step, "of", progress.steps)):
        sample(model, conditioning, seed)

Watching belongs to a context (:mod:`contextvars`): calls side by side have watchers of their own, and a
function that starts threads hands its context on to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def _no_picture() -> None:
    return None


@dataclass(frozen=True)
class Progress:
    """How far a call is.

    Attributes:
        step: steps done so far, from 1.
        steps: steps in all.
        picture: makes a preview of the first item of the call's batch, as far as it can be made out; None
            where there is none to be had, or no memory for it. It is made when it is called, which takes as
            long as decoding one picture, and only inside the watcher's own call is it of this very step.
    """

    step: int
    steps: int
    picture: Callable[[], Image | None] = field(default=_no_picture, repr=False, compare=False)


Watcher = Callable[[Progress], None]


def _nobody(progress: Progress) -> None:
    return


_watcher: ContextVar[Watcher] = ContextVar("watcher", default=_nobody)


def watcher() -> Watcher:
    """Who watches this context; what it is told comes to nothing where nobody does."""
    return _watcher.get()


def done(step: int, steps: int, picture: Callable[[], Image | None] = _no_picture) -> None:
    """Tell whoever watches this context that ``step`` of ``steps`` are done; they may end the call here."""
    watcher()(Progress(step, steps, picture))


class _Ended(BaseException):
    """Carries what a watcher raised past everything that takes an exception for a failure of the work."""

    def __init__(self, error: Exception, watch: object) -> None:
        self.error = error
        self.watch = watch


@contextmanager
def watched(hears: Watcher) -> Iterator[None]:
    """Holds while ``hears`` is told of every step done in this context.

    It may be called from another thread than the one that began. An exception that it raises ends the call
    at that step and comes out here: that is how to stop a long call.
    """
    watch = object()

    def hear(progress: Progress) -> None:
        try:
            hears(progress)
        except Exception as error:
            raise _Ended(error, watch) from None

    token = _watcher.set(hear)
    try:
        yield
    except _Ended as ended:
        if ended.watch is not watch:
            raise
        raise ended.error from None
    finally:
        _watcher.reset(token)


@contextmanager
def part(index: int, count: int) -> Iterator[None]:
    """Holds for one of ``count`` equal parts, one after the other, whose steps are those of a single call."""
    outer = watcher()

    def whole(progress: Progress) -> None:
        steps = progress.steps
        outer(replace(progress, step=index * steps + progress.step, steps=count * steps))

    with watched(whole):
        yield
