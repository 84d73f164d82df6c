"""``mezzotint draw``: Mermaid, a tree, and SVG of the same boxes and edges."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from typer.testing import Result

Invoke = Callable[..., Result]

SVG = "{http://www.w3.org/2000/svg}"


def test_a_pipe_gets_mermaid_with_types_axes_and_reducers(invoke: Invoke) -> None:
    text = invoke("draw", "graph.yaml").stdout
    assert text.startswith("flowchart LR\n")
    assert 'node_number["<b>number</b><br/>draw<br/>prompt (2) × seed (3)"]:::node' in text
    assert 'node_average{{"<b>average</b><br/>mean<br/>over prompt, seed"}}:::reducer' in text
    assert 'node_loud -->|"Text"| node_number' in text
    assert 'input_scale -.->|"scale"| node_number' in text
    assert 'node_average -->|"Number"| output_average' in text


def test_text_with_quotes_and_brackets_does_not_break_mermaid(invoke: Invoke) -> None:
    text = invoke("draw", "graph.yaml", "--set", 'prompt=say "<b>" #1').stdout
    label = next(line for line in text.splitlines() if "input_prompt([" in line)
    assert "#quot;#lt;b#gt;#quot; #35;1" in label


def test_a_tree_hangs_each_node_below_the_last_it_takes_from(invoke: Invoke) -> None:
    lines = invoke("draw", "graph.yaml", "--format", "text").stdout.splitlines()
    depth = {line.split("→ ")[1].split()[0]: line.index("→") for line in lines if "→ " in line}
    assert depth["number"] < depth["▽"]
    assert any("▽ average  mean  over prompt, seed" in line for line in lines)
    assert any("⇒ average" in line for line in lines)


def test_an_svg_holds_every_box_once_and_every_edge(invoke: Invoke, folder: Path) -> None:
    result = invoke("draw", "graph.yaml", "-o", "graph.svg")
    assert result.exit_code == 0
    root = ElementTree.parse(folder / "graph.svg").getroot()
    names = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "name"]
    assert sorted(filter(None, names)) == sorted(
        ["prompt", "seed", "scale", "loud", "number", "average", "number", "average"]
    )
    edges = [path for path in root.iter(f"{SVG}path") if (path.get("class") or "").startswith("edge")]
    assert len(edges) == 7
    assert len(list(root.iter(f"{SVG}polygon"))) == 1


def test_the_end_of_the_file_name_says_the_format(invoke: Invoke, folder: Path) -> None:
    assert invoke("draw", "graph.yaml", "-o", "graph.mmd").exit_code == 0
    assert (folder / "graph.mmd").read_text().startswith("flowchart")
    result = invoke("draw", "graph.yaml", "-o", "graph.png")
    assert result.exit_code == 2
    assert ".svg" in result.stderr
    assert not (folder / "graph.png").exists()
