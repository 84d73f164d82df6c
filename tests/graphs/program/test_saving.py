"""A graph saved elsewhere than where it was said still finds the files that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

import mezzotint
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.program.graph import Graph, each
from mezzotint.graphs.registry import Registry

PICTURE = Path(mezzotint.__file__).parent / "examples" / "try.png"


@pytest.fixture(scope="module")
def nodes() -> Registry:
    return mezzotint.registry()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Where a picture is, and a folder beside it."""
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "pictures").mkdir(parents=True)
    (here / "pictures" / "a.png").write_bytes(PICTURE.read_bytes())
    return here, there


def run_there(path: Path, nodes: Registry) -> tuple[int, ...]:
    shape: tuple[int, ...] = Graph.load(path, nodes).run()["out"].value.shape
    return shape


@pytest.mark.parametrize("said", ["file=", "input", "each", "folder"])
def test_a_graph_of_a_script_finds_its_files_from_wherever_it_is_saved(
    said: str, folders: tuple[Path, Path], nodes: Registry
) -> None:
    here, there = folders
    file = {
        "file=": '"pictures/a.png"',
        "input": 'g.input("f", "pictures/a.png")',
        "each": 'g.input("f", each("pictures/a.png"))',
        "folder": 'g.input("f", each(folder="pictures"))',
    }[said]
    g = Graph(registry=nodes)
    code = f'g.output(out=g.add("load_images", file={file}))'
    exec(compile(code, str(here / "script.py"), "exec"), {"g": g, "each": each})
    assert run_there(g.save(there / "deep" / "graph.yaml"), nodes)[0] == 3
    assert str(there) not in (there / "deep" / "graph.yaml").read_text()


def test_a_graph_file_saved_elsewhere_finds_its_files(folders: tuple[Path, Path], nodes: Registry) -> None:
    here, there = folders
    text = "nodes: {p: {use: load_images, file: pictures/a.png}}\noutputs: {out: $p}\n"
    (here / "graph.yaml").write_text(text)
    graph = Graph.load(here / "graph.yaml", nodes)
    assert "file: pictures/a.png" in str(graph)
    assert run_there(graph.save(there / "graph.yaml"), nodes)[0] == 3


def test_text_that_is_no_path_stays_as_it_is(folders: tuple[Path, Path], nodes: Registry) -> None:
    here, there = folders
    (here / "starter").mkdir()
    g = Graph(registry=nodes)
    code = (
        'g.output(out=g.add("load_model", source="starter"))\n'
        'g.output(scene=g.add("render_scene", prompt="a/b", seed=1))'
    )
    exec(compile(code, str(here / "script.py"), "exec"), {"g": g})
    saved = g.save(there / "graph.yaml").read_text()
    assert "source: starter" in saved
    assert "prompt: a/b" in saved


def test_a_graph_that_can_not_be_read_back_is_not_saved(tmp_path: Path, nodes: Registry) -> None:
    g = Graph(registry=nodes)
    long = g.input("prompt", each([f"a red circle, number {index}" for index in range(50_000)]))
    g.output(out=g.add("render_scene", prompt=long, seed=1))
    with pytest.raises(GraphError, match="a graph file has at most 1 MB"):
        g.save(tmp_path / "graph.yaml")
    assert not (tmp_path / "graph.yaml").exists()
