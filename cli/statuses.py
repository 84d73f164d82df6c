"""Exit statuses, and how whatever goes wrong in a command becomes a message and one of them."""

from __future__ import annotations

import functools
import os
import sqlite3
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, ParamSpec

import typer

from .terminal import printable

if TYPE_CHECKING:
    from ..graphs.problem import Problem

P = ParamSpec("P")

#: Set to 1 to see where an unexpected error comes from.
TRACEBACK = "MEZZOTINT_TRACEBACK"


class Status(IntEnum):
    """What a command's exit status says."""

    FINE = 0
    BROKEN = 1
    MISTAKE = 2
    ITEMS_FAILED = 3
    GATE_INCONCLUSIVE = 4
    GATE_FAILED = 100
    INTERRUPTED = 130
    TERMINATED = 143


def reporting(command: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command so that no error shows a traceback, and each ends in its status."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
            sys.stdout.flush()  # here, where a closed pipe can still be met in silence
        except (typer.Exit, typer.BadParameter):
            raise
        except BrokenPipeError:
            swallow_output()
            raise typer.Exit(Status.BROKEN) from None
        except KeyboardInterrupt:
            say("Stopped.")
            raise typer.Exit(Status.INTERRUPTED) from None
        except Exception as error:
            raise typer.Exit(_report(error)) from None

    return wrapped


def say(message: str) -> None:
    """Write to stderr: messages are never wrapped, so that editors and grep find their places."""
    typer.echo(printable(message), err=True)


def show_problems(problems: list[Problem], *, word: str = "") -> None:
    """Each problem as ``file:line:column: message``, its hint on a line of its own."""
    for problem in problems:
        said = f"{word}{problem.message}"
        say(f"{problem.place}: {said}" if problem.place else said)
        if problem.hint:
            say(f"    {problem.hint}")


def swallow_output() -> None:
    """Point stdout at nothing, so that the interpreter's last flush doesn't complain about a closed pipe."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # a stdout that is no file has nothing to flush
        return


def _report(error: Exception) -> Status:
    from ..graphs.problem import GraphError
    from ..graphs.run_database import DamagedError
    from .advice import advice

    if isinstance(error, GraphError):
        show_problems(error.problems)
        return Status.MISTAKE
    if os.environ.get(TRACEBACK):
        say("".join(traceback.format_exception(error)).rstrip())
    elif isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        say(f"mezzotint: {name}{error.strerror}")
    elif isinstance(error, sqlite3.OperationalError):  # a full disk, a folder that can't be written
        say(f"mezzotint: the store or the run folder can't be used: {error}")
    elif isinstance(error, DamagedError):
        say(f"mezzotint: {error}")
    elif isinstance(error, MemoryError):
        say("mezzotint: the memory is full")
    else:
        say(f"mezzotint: unexpected {type(error).__name__}: {error}")
        say(f"    {TRACEBACK}=1 in the environment shows where it comes from")
    if advised := advice(error):
        say(f"    {advised}")
    return Status.BROKEN
