"""``mezzotint check``: one line for a graph that is right, every problem of one that isn't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

Invoke = Callable[..., Result]


def test_a_right_graph_gets_one_line(invoke: Invoke) -> None:
    result = invoke("check", "graph.yaml")
    assert result.exit_code == 0
    assert result.stdout == "graph.yaml: fine; 3 nodes, 2 axes: prompt (2), seed (3)\n"
    assert result.stderr == ""


def test_all_problems_are_listed_with_their_places(invoke: Invoke, folder: Path) -> None:
    text = (folder / "graph.yaml").read_text().replace("shout", "shuot").replace("scale: $", "scael: $")
    (folder / "graph.yaml").write_text(text)
    result = invoke("check", "graph.yaml")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "graph.yaml:7:15: there is no node type 'shuot'\n    did you mean 'shout'?" in result.stderr
    assert "graph.yaml:8:" in result.stderr
    assert "did you mean 'scale'?" in result.stderr


def test_warnings_do_not_change_the_status(invoke: Invoke, folder: Path) -> None:
    text = (folder / "graph.yaml").read_text().replace("  scale: 10", "  scale: 10\n  spare: 1")
    (folder / "graph.yaml").write_text(text)
    result = invoke("check", "graph.yaml")
    assert result.exit_code == 0
    assert "graph.yaml:6:3: warning: " in result.stderr


def test_inputs_without_a_value_are_named(invoke: Invoke, folder: Path) -> None:
    text = (folder / "graph.yaml").read_text().replace("prompt: {each: [a red circle, a star]}", "prompt: {}")
    (folder / "graph.yaml").write_text(text)
    result = invoke("check", "graph.yaml")
    assert result.exit_code == 0
    assert result.stdout.endswith("still to be given: prompt\n")
    assert invoke("run", "graph.yaml").exit_code == 2
    assert invoke("check", "graph.yaml", "--set", "prompt=a red: circle").stdout.endswith("seed (3)\n")


def test_inputs_of_a_nested_graph_and_open_graphs_are_named_too(invoke: Invoke, folder: Path) -> None:
    (folder / "inner.yaml").write_text(
        "inputs: {text: {}, mark: {}}\n"
        "nodes: {loud: {use: shout, text: '${text} ${mark}'}}\noutputs: {out: $loud}\n"
    )
    (folder / "outer.yaml").write_text(
        "inputs: {open: {graph: {inputs: [text], outputs: [out]}}}\n"
        "nodes: {gen: {use: $open, text: hello}, end: {use: shout, text: $gen}}\noutputs: {out: $end}\n"
    )
    assert invoke("check", "outer.yaml").stdout.endswith("still to be given: open\n")
    given = invoke("check", "outer.yaml", "--set", "open=inner.yaml").stdout
    assert given.endswith("still to be given: gen.mark\n")


def test_a_value_of_the_wrong_kind_is_named_by_what_was_typed(invoke: Invoke) -> None:
    result = invoke("check", "graph.yaml", "--set", "scale=much")
    assert result.exit_code == 2
    assert result.stderr.startswith("--set scale=much: ")
    assert ":1:1" not in result.stderr
    torn = invoke("check", "graph.yaml", "--set", "scale=[1, {")
    assert torn.stderr.startswith("--set scale=[1, {: not YAML")


def test_an_unknown_name_brings_the_nearest(invoke: Invoke) -> None:
    result = invoke("check", "graph.yaml", "--each", "promt=a,b")
    assert result.exit_code == 2
    assert "did you mean 'prompt'?" in result.stderr


def test_a_missing_file_is_one_message(invoke: Invoke) -> None:
    result = invoke("check", "grph.yaml")
    assert result.exit_code == 2
    assert "no such file" in result.stderr


def test_a_node_file_that_fails_is_named_with_its_line(invoke: Invoke, folder: Path) -> None:
    (folder / "broken.py").write_text("x = 1\nimport nothing_of_this_name\n")
    result = invoke("check", "graph.yaml", "--nodes", str(folder / "broken.py"))
    assert result.exit_code == 2
    assert "broken.py:2:1: " in result.stderr


def test_a_node_declared_wrongly_is_named_with_its_line(invoke: Invoke, folder: Path) -> None:
    text = "from mezzotint import node\n\n@node(version=1)\ndef odd(x: set) -> str:\n    '''Odd.'''\n"
    (folder / "odd.py").write_text(text)
    result = invoke("check", "graph.yaml", "--nodes", "odd.py")
    assert result.exit_code == 2
    assert "odd.py:" in result.stderr
    assert "odd" in result.stderr


def test_what_a_graph_leaves_open_or_had_converted_is_warned_of(
    invoke: Invoke, folder: Path, install: Callable[..., Path]
) -> None:
    source = (
        (folder / "toys.py").read_text().replace("@node(version=2)", "@node(version=2, converts={1: dict})")
    )
    install("toy_module", source, name="toy-nodes", offers="toyland")
    graph = folder / "graph.yaml"
    graph.write_text(graph.read_text().replace("use: draw", "use: draw@1"))
    result = invoke("check", "graph.yaml", toys=False)
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "graph.yaml:8:17: warning: draw is pinned to version 1 and was converted to 2; results may differ",
        "    write use: draw@2",
    ]
    install("other_module", source, name="other-nodes", offers="elsewhere")
    told = invoke("check", "graph.yaml", toys=False).stderr
    assert "several packages declare 'shout'; this is that of elsewhere (other-nodes 1.0)" in told
    assert "    write use: elsewhere.shout; toyland.shout is that of toyland (toy-nodes 1.0)" in told


def test_a_package_that_is_broken_is_told_where_a_graph_asks_for_it(
    invoke: Invoke, folder: Path, install: Callable[..., Path]
) -> None:
    install("lost", "import no_such_thing")
    (folder / "graph.yaml").write_text("nodes: {a: {use: lost.thing}}\noutputs: {a: $a}\n")
    result = invoke("check", "graph.yaml", toys=False)
    assert result.exit_code == 2
    assert "there is no node type 'lost.thing'" in result.stderr
    assert "lost.py:1: ModuleNotFoundError: No module named 'no_such_thing'" in result.stderr
