"""``mezzotint plan``: what is to do before a run, and what is stored after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

Invoke = Callable[..., Result]


def rows(output: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[-4:] for line in output.splitlines() if line.strip()}


def test_a_plan_counts_items_over_their_own_axes(invoke: Invoke) -> None:
    result = invoke("plan", "graph.yaml")
    assert result.exit_code == 0
    table = rows(result.stdout)
    assert table["loud"][:3] == ["2", "0", "2"]
    assert table["number"][:3] == ["6", "0", "6"]
    assert table["average"][:3] == ["1", "0", "1"]
    assert table["total"][-3:] == ["9", "0", "9"]


def test_after_a_run_all_is_stored_and_a_new_seed_adds_its_own_items(invoke: Invoke) -> None:
    assert invoke("run", "graph.yaml", "--quiet").exit_code == 0
    result = invoke("plan", "graph.yaml")
    assert rows(result.stdout)["total"][-3:] == ["9", "9", "0"]
    assert "Nothing to make" in result.stdout
    longer = rows(invoke("plan", "graph.yaml", "--each", "seed={range: 4}").stdout)
    assert longer["number"][:3] == ["8", "6", "2"]


def test_lines_in_a_pipe_end_where_their_text_ends(invoke: Invoke) -> None:
    lines = invoke("plan", "graph.yaml").stdout.splitlines()
    assert all(line == line.rstrip() for line in lines)


def test_an_incomplete_graph_has_no_plan(invoke: Invoke, folder: Path) -> None:
    (folder / "open.yaml").write_text(
        "inputs: {p: {}}\nnodes: {a: {use: shout, text: $p}}\noutputs: {a: $a}\n"
    )
    result = invoke("plan", "open.yaml")
    assert result.exit_code == 2
    assert "'p'" in result.stderr
