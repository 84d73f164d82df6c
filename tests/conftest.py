"""A browser for the tests of pages, Chromium without a window; and properties without a clock."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores among them; each with threads for all of them would wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

OpenPage = Callable[..., "Page"]

# By default an example that takes more than 0.2 s fails its test, as any may on a busy machine.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; tests that want it are skipped where it isn't installed.

    Of a module, not of the session: while it is open, an event loop counts as running in this thread, and
    other tests may want one of their own.
    """
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("there is no Chromium; Debian's package is called chromium")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open an HTML file, at a place in it: ``open_page(path, "scores", color_scheme="dark")``.

    It may complain of nothing, but of missing files where ``complaining``, and ask for nothing but files.
    Other names are options of the browser's context, such as ``viewport``.
    """
    contexts, wrong = [], []

    def open_page(path: Path, place: str = "", *, complaining: bool = False, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: None if complaining else wrong.append(line.text))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(("file:", "data:", "blob:")) else wrong.append(request.url)
            ),
        )
        page.goto(path.resolve().as_uri() + (f"#{place}" if place else ""))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package of nodes as pip leaves it: ``install("toys", source, name="toy-nodes")``.

    ``point`` is what its entry point says when that isn't the module, ``offers`` the name that it goes by.
    """
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)

    def install(
        module: str, source: str, *, name: str = "", version: str = "1.0", offers: str = "", point: str = ""
    ) -> Path:
        file = site / f"{module}.py"
        file.write_text(source, "utf-8")
        info = site / f"{(name or module).replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        about = f"Metadata-Version: 2.1\nName: {name or module}\nVersion: {version}\n"
        (info / "METADATA").write_text(about)
        entry = f"[mezzotint.nodes]\n{offers or module} = {point or module}\n"
        (info / "entry_points.txt").write_text(entry)
        importlib.invalidate_caches()
        return file

    yield install
    for module in set(sys.modules) - before:
        if str(site) in str(getattr(sys.modules[module], "__file__", "")):
            del sys.modules[module]
