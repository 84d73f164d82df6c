"""``mezzotint plan``: what is to do before a run, and what is stored after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

Invoke = Callable[..., Result]


def rows(output: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[-3:] for line in output.splitlines() if line.strip()}


def test_a_plan_counts_items_over_their_own_axes(invoke: Invoke) -> None:
    result = invoke("plan", "graph.yaml")
    assert result.exit_code == 0
    table = rows(result.stdout)
    assert table["loud"] == ["2", "0", "2"]
    assert table["number"] == ["6", "0", "6"]
    assert table["average"] == ["1", "0", "1"]
    assert table["total"] == ["9", "0", "9"]


def test_after_a_run_all_is_stored_and_a_new_seed_adds_its_own_items(invoke: Invoke) -> None:
    assert invoke("run", "graph.yaml", "--quiet").exit_code == 0
    result = invoke("plan", "graph.yaml")
    assert rows(result.stdout)["total"] == ["9", "9", "0"]
    assert "Nothing to make" in result.stdout
    longer = rows(invoke("plan", "graph.yaml", "--each", "seed={range: 4}").stdout)
    assert longer["number"] == ["8", "6", "2"]


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


def test_why_names_what_changed_since_the_last_run_of_the_graph(invoke: Invoke, folder: Path) -> None:
    invoke("run", "graph.yaml", "--quiet")
    (folder / "other.yaml").write_text((folder / "graph.yaml").read_text())
    invoke("run", "other.yaml", "--quiet", "--set", "scale=7")  # newer, but of another graph
    (run,) = (folder / "runs").glob("graph-*")
    said = invoke("plan", "graph.yaml", "--why", "average", "--set", "scale=20").stdout
    assert said == (
        f"average: 1 item, 1 to do; compared with {run.relative_to(folder)}\n"
        "  number: scale 10 → 20\n      so average changes too\n"
    )
    assert "nothing in it changed\n" in invoke("plan", "graph.yaml", "--why", "average").stdout
    since = ("--since", str(next((folder / "runs").glob("other-*"))))
    assert "scale 7 → 10" in invoke("plan", "graph.yaml", "--why", "number", *since).stdout


def test_another_order_changes_only_what_minds_it(invoke: Invoke, folder: Path) -> None:
    invoke("run", "graph.yaml", "--quiet")
    turned = ("--each", "prompt=a star,a red circle")
    head, *lines = invoke("plan", "graph.yaml", "--why", "loud", *turned).stdout.splitlines()
    assert "2 items, 0 to do" in head
    # A mean says what each member adds to it, and so where that stands.
    assert lines == [
        "  loud: text varies with other values (prompt: another order)",
        "      so average changes too",
    ]
    text = (folder / "graph.yaml").read_text().replace("outputs: {", "outputs: {best: $best, ")
    # What it picks it names by its place on the axes.
    best = "nodes:\n  best: {use: best, number: $number, over: [prompt, seed]}"
    (folder / "graph.yaml").write_text(text.replace("nodes:", best))
    invoke("run", "graph.yaml", "--quiet")
    lines = invoke("plan", "graph.yaml", "--why", "loud", *turned).stdout.splitlines()
    assert lines[2:] == ["      so best, average change too"]


def test_a_damaged_run_of_who_knows_what_is_in_nobodys_way(invoke: Invoke, folder: Path) -> None:
    invoke("run", "graph.yaml", "--quiet")
    (folder / "runs" / "torn").mkdir()
    (folder / "runs" / "torn" / "run.json").write_text('{"name"')
    assert "nothing in it changed" in invoke("plan", "graph.yaml", "--why", "average").stdout


def test_why_tells_a_store_that_forgot_from_a_change(invoke: Invoke) -> None:
    invoke("run", "graph.yaml", "--quiet")
    invoke("store", "--trim=0", toys=False)
    said = invoke("plan", "graph.yaml", "--why", "number").stdout
    assert "6 to do" in said
    assert "no longer in the store" in said


def test_why_without_a_run_or_of_no_node_is_a_mistake(invoke: Invoke) -> None:
    none = invoke("plan", "graph.yaml", "--why", "average")
    assert none.exit_code == 2
    assert "no run of graph in runs" in none.stderr
    wrong = invoke("plan", "graph.yaml", "--why", "averige")
    assert wrong.exit_code == 2
    assert "did you mean 'average'?" in wrong.stderr
    assert invoke("plan", "graph.yaml", "--why", "average", "--since", "nowhere").exit_code == 2
    assert "goes with --why" in invoke("plan", "graph.yaml", "--since", "nowhere").stderr
