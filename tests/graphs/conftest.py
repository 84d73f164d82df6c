"""Fixtures for the tests of the language and the engine: toy node types, and how often they were called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.check import CheckedGraph, check
from mezzotint.graphs.problem import GraphError, Place
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.source import Tree
from mezzotint.graphs.spec import override, parse_value, read_spec

Checked = Callable[..., CheckedGraph]
Problems = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the digests and the store of a test out of the user's cache."""
    monkeypatch.setenv("MEZZOTINT_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def registry() -> Registry:
    """The toy node types of ``toy_nodes.py``, loaded afresh, so that their counters start at 0."""
    registry = Registry()
    registry.add_file(Path(__file__).with_name("toy_nodes.py"))
    return registry


@pytest.fixture
def calls(registry: Registry) -> Counter[str]:
    """How often each toy node type was called, by name."""
    counter: Counter[str] = registry["shout"].function.__globals__["CALLS"]
    return counter


@pytest.fixture
def items(registry: Registry) -> Counter[str]:
    """How many items the calls of each toy node type held, by name."""
    counter: Counter[str] = registry["shout"].function.__globals__["ITEMS"]
    return counter


@pytest.fixture
def checked(tmp_path: Path, registry: Registry) -> Checked:
    """Check the text of a graph, which may name files of the test's folder; keywords are settings."""

    def check_text(text: str, settings: dict[str, Any] | None = None) -> CheckedGraph:
        path = tmp_path / "graph.yaml"
        path.write_text(text, "utf-8")
        place = Place("--set")
        given = {
            name: parse_value(Tree.of(value, place), name, Path.cwd())
            for name, value in (settings or {}).items()
        }
        return check(override(read_spec(path), given), registry)

    return check_text


@pytest.fixture
def problems(tmp_path: Path, checked: Checked) -> Problems:
    """Everything found wrong with the text of a graph, each as ``line:column: message hint``."""

    def problems_of(text: str, settings: dict[str, Any] | None = None) -> list[str]:
        try:
            checked(text, settings)
        except GraphError as error:
            shown = [" ".join(str(problem).split()) for problem in error.problems]
            return [line.replace(f"{tmp_path}/", "").replace("graph.yaml:", "") for line in shown]
        return []

    return problems_of
