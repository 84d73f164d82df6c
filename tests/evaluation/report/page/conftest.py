"""Made-up reports, written once each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))  # the made_* modules beside this file

from made_report import write_report
from made_sizes import Made


@pytest.fixture(scope="session")
def shared_reports(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Made], Path]:
    """Writes each report once, for all tests that only look at it."""
    written: dict[str, Path] = {}

    def write(made: Made) -> Path:
        if repr(made) not in written:
            written[repr(made)] = write_report(tmp_path_factory.mktemp("shared") / "report", made)
        return written[repr(made)]

    return write


@pytest.fixture
def made_report(tmp_path: Path, shared_reports: Callable[[Made], Path]) -> Callable[..., Path]:
    """A report of the given sizes, by its page; ``own``: one that the test may damage."""

    def write(own: bool = False, **sizes: Any) -> Path:
        made = Made(**sizes)
        return write_report(tmp_path / "report", made) if own else shared_reports(made)

    return write
