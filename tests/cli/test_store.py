"""``mezzotint store``: its size, and trimming it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from mezzotint.cli.sizes import read_size, show_size

Invoke = Callable[..., Result]


@pytest.mark.parametrize(
    ("text", "size"),
    [("5GB", 5 * 10**9), ("1.5 kB", 1500), ("2KiB", 2048), ("3 mib", 3 << 20), ("0", 0), ("12B", 12)],
)
def test_sizes_are_read_in_both_systems(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["5", "5XB", "lots", "-1GB", ""])
def test_a_wrong_size_is_said_with_what_is_accepted(invoke: Invoke, text: str) -> None:
    result = invoke("store", f"--trim={text}", toys=False)
    assert result.exit_code == 2
    assert "GB" in result.stderr


def test_sizes_are_shown_short() -> None:
    assert [show_size(size) for size in (0, 999, 1500, 2 * 10**9)] == ["0 B", "999 B", "1.5 kB", "2.0 GB"]


def test_the_store_is_shown_by_node_and_trimmed(invoke: Invoke) -> None:
    invoke("run", "graph.yaml", "--quiet")
    shown = invoke("store", toys=False)
    assert shown.exit_code == 0
    assert "toys.draw@2" in shown.stdout
    trimmed = json.loads(invoke("store", "--trim", "0", "--json", toys=False).stdout)
    assert trimmed["dropped_items"] == 9
    assert trimmed["bytes"] == 0
    assert invoke("run", "graph.yaml", "--quiet").exit_code == 0


def test_the_store_of_a_run_is_named_by_the_same_option(invoke: Invoke) -> None:
    invoke("run", "graph.yaml", "--quiet", "--store", "own")
    shown = json.loads(invoke("store", "--store", "own", "--json", toys=False).stdout)
    assert shown["folder"] == "own"
    assert shown["nodes"]


@pytest.mark.parametrize("option", ["--store", "--folder"])
def test_a_folder_that_is_no_store_is_left_alone(invoke: Invoke, folder: Path, option: str) -> None:
    result = invoke("store", option, "elsewhere", toys=False)
    assert result.exit_code == 2
    assert not (folder / "elsewhere").exists()
