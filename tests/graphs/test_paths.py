"""Paths in options and ports: beside the graph file when written with a slash."""

from __future__ import annotations

from mezzotint import load


def graph_with(tmp_path, source):
    path = tmp_path / "graph.yaml"
    path.write_text(
        f"inputs: {{source: {source}}}\n"
        "nodes: {model: {use: load_model, source: $source}}\n"
        "outputs: {model: $model}\n"
    )
    return load(path).check().steps["model"].options["source"].at({})


def test_a_path_with_a_slash_is_found_beside_the_graph(tmp_path):
    (tmp_path / "weights" / "mine").mkdir(parents=True)
    assert graph_with(tmp_path, "weights/mine") == str(tmp_path / "weights" / "mine")


def test_a_name_without_a_slash_is_left_alone(tmp_path):
    (tmp_path / "starter").mkdir()
    assert graph_with(tmp_path, "starter") == "starter"


def test_what_is_not_there_is_left_to_the_node(tmp_path):
    assert graph_with(tmp_path, "owner/name") == "owner/name"
