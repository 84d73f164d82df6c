"""Made-up reports, written once each, and a browser that must have nothing to complain of."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    where = shutil.which("chromium") or shutil.which("chromium-browser")
    if where is None:
        pytest.skip("no chromium on this machine")
    api = pytest.importorskip("playwright.sync_api", reason="playwright isn't installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=where, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def show(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens the page of a report; in the end none may have complained, or asked for what isn't a file.

    ``complaining``: the console may say that files are missing.
    """
    contexts: list[Any] = []
    complaints: list[str] = []
    asked: list[str] = []

    def opened(
        index: Path,
        hash: str = "",
        *,
        size: tuple[int, int] = (1280, 900),
        complaining: bool = False,
        **how: Any,
    ) -> Any:
        contexts.append(browser.new_context(viewport={"width": size[0], "height": size[1]}, **how))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        if not complaining:
            page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(index.as_uri() + (f"#{hash}" if hash else ""))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith("file:")] == []
