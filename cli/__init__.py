"""The command line: ``mezzotint try``, ``run`` and the other commands of :mod:`.app`."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script. Nothing heavy is imported before a command needs it."""
    try:
        from .app import app

        app()
    except KeyboardInterrupt:  # before or after a command, which minds its own interruptions
        sys.exit(130)


__all__ = ["main"]
