"""Fixtures for the tests of the language and the engine: toy node types, and how often they were called."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mezzotint.graphs.registry import Registry


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
