"""A graph and its results in a notebook: drawn, in tables, and in words where something is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph
from mezzotint.graphs.program.outputs import OutputValues, Results
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.running import Delivered
from mezzotint.graphs.types import NumberType, PortType, TextType

GRAPH = """
inputs: {text: {each: [red, blue]}}
nodes: {loud: {use: shout, text: $text}}
outputs: {loud: $loud}
"""


class Sure(float):
    """A number that says how sure it is."""

    def __new__(cls, value: float, **about: Any) -> Sure:
        made = super().__new__(cls, value)
        made.about = about
        return made

    about: dict[str, Any]


class SureType(NumberType):
    """Such numbers."""

    def details(self, item: Sure) -> dict[str, Any]:
        return {"standard_error": None, "interval": None, **item.about}


def graph(tmp_path: Path, registry: Registry, text: str) -> Graph:
    path = tmp_path / "graph.yaml"
    path.write_text(text, "utf-8")
    return Graph.load(path, registry)


def output(name: str, kind: PortType, items: list[object], axis: str = "prompt") -> OutputValues:
    values = OutputValues(name, kind, {axis: [f"{axis} {index}" for index in range(len(items))]})
    values.take({index: Delivered(b"", item, ("odd",) * (index == 1)) for index, item in enumerate(items)})
    return values


def test_a_graph_is_drawn(tmp_path: Path, registry: Registry) -> None:
    shown = graph(tmp_path, registry, GRAPH)._repr_html_()
    assert "<svg" in shown
    assert "loud" in shown


def test_what_is_wrong_with_a_graph_is_shown_in_words(tmp_path: Path, registry: Registry) -> None:
    shown = graph(tmp_path, registry, GRAPH.replace("$text}", "$<b>}"))._repr_html_()
    assert "<svg" not in shown
    assert "graph.yaml:3:" in shown
    assert "<b>" not in shown


def test_numbers_are_a_table_with_their_intervals() -> None:
    sure = Sure(12.345, standard_error=0.81, interval=(10.7, 13.9))
    shown = output("fd", SureType(), [sure, Sure(4.0)])._repr_html_()
    assert "12.35 ± 0.81" in shown
    assert "(10.70 to 13.90)" in shown
    assert '<td class="number">4</td>' in shown
    assert '<span class="flag">odd</span>' in shown


def test_outputs_with_the_same_axes_are_one_table() -> None:
    results = Results(
        {
            "clip": output("clip", NumberType(), [0.25, 0.5]),
            "said": output("said", TextType(), ["a", "b"]),
            "other": output("other", TextType(), ["c"], "seed"),
        }
    )
    shown = results._repr_html_()
    assert shown.count("<table>") == 2
    assert "<h4>clip, said " in shown


def test_long_tables_are_cut_and_say_so() -> None:
    shown = output("said", TextType(), ["x" * 1000] * 70)._repr_html_()
    assert shown.count("<tr>") == 51
    assert "and 20 more rows" in shown


def test_an_error_of_a_graph_has_no_traceback_in_a_notebook(tmp_path: Path, registry: Registry) -> None:
    shell = pytest.importorskip("IPython.core.interactiveshell", reason="IPython is not installed")
    path = tmp_path / "graph.yaml"
    path.write_text("nodes: {loud: {use: shoot}}", "utf-8")
    with pytest.raises(GraphError) as raised:
        graph(tmp_path, registry, path.read_text("utf-8")).check()
    told: list[str] = []
    made = shell.InteractiveShell()
    made._showtraceback = lambda kind, value, lines: told.extend(lines)
    made.user_ns["error"] = raised.value
    made.run_cell("raise error")
    assert told == str(raised.value).splitlines()
