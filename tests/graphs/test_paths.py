"""Paths in options and ports: beside the graph file or table that they stand in."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from mezzotint import load
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.store import Store
from mezzotint.nodes.carried import read_carried


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


PICTURES = """
inputs: {{row: {{each: {each}}}}}
nodes:
  picture: {{use: load_images, file: {file}}}
  sheet: {{use: grid, images: $picture, over: row}}
outputs: {{picture: $picture, sheet: $sheet}}
"""


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """Two pictures in a folder of tables, and another to work in."""
    for folder in ("data/photos", "work"):
        (tmp_path / folder).mkdir(parents=True)
    for name, colour in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (4, 4), colour).save(tmp_path / "data" / "photos" / f"{name}.png")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def both_found(folder, each, file):
    """Whether a graph in a folder draws both pictures, and again from what its run leaves."""
    (folder / "graph.yaml").write_text(PICTURES.format(each=each, file=file))
    out = Path(tempfile.mkdtemp(dir=folder))
    with Store(out / "store") as store:
        run, _ = load(folder / "graph.yaml").run_to_folder(out / "run", store=store)
    with Store(out / "other store") as store:
        again, _ = load(run / "graph.yaml").run_to_folder(out / "again", store=store)
    found = [
        [Image.open(each / "images" / "picture" / f"{index}.png").getpixel((0, 0)) for index in (0, 1)]
        for each in (run, again)
    ]
    for picture in run.rglob("*.png"):
        assert str(folder) not in json.dumps(read_carried(picture).graph)
    return found == [[(255, 0, 0), (0, 0, 255)]] * 2


def test_the_paths_of_a_table_are_looked_for_beside_it(pictures):
    (pictures / "data" / "t.csv").write_text("picture,text\nphotos/a.png,one\nphotos/b.png,two\n")
    assert both_found(pictures, "{file: data/t.csv}", "$row.picture")
    assert both_found(pictures, "{file: data/t.csv, column: picture}", "$row")


def test_the_paths_of_a_list_are_looked_for_beside_the_graph(pictures):
    assert both_found(pictures, "[data/photos/a.png, data/photos/b.png]", "$row")
    assert both_found(pictures, "[{image: data/photos/a.png}, {image: data/photos/b.png}]", "$row")
    assert both_found(pictures, "[a, b]", "'data/photos/${row}.png'")


def test_paths_are_looked_for_from_the_working_directory_next(pictures, monkeypatch):
    monkeypatch.chdir(pictures / "data" / "photos")
    assert both_found(pictures, "[a.png, b.png]", "$row")


def test_whole_paths_stay_out_of_pictures(pictures):
    folder = pictures / "data" / "photos"
    assert both_found(pictures, f"[{folder}/a.png, {folder}/b.png]", "$row")


def test_a_folder_in_a_zip_reads_back(pictures):
    assert both_found(pictures, "{zip: {photo: {folder: data/photos}, number: [1, 2]}}", "$row.photo")


def test_a_missing_file_of_a_table_is_told_with_its_line(pictures):
    (pictures / "data" / "t.csv").write_text("picture\nphotos/a.png\nphotos/c.png\n")
    with pytest.raises(GraphError, match=r"t\.csv:3:.*there is no file photos/c\.png"):
        both_found(pictures, "{file: data/t.csv}", "$row.picture")


def test_a_reduced_folder_is_read_from_beside_a_picture(pictures):
    (pictures / "graph.yaml").write_text(PICTURES.format(each="{folder: data/photos}", file="$row"))
    with Store(pictures / "store") as store:
        run, _ = load(pictures / "graph.yaml").run_to_folder(pictures / "run", store=store)
        sheet = run / "images" / "sheet" / "0.png"
        carried = pictures / "data" / "photos" / "carried.yaml"
        carried.write_text(json.dumps(read_carried(sheet).graph))
        again, _ = load(carried).run_to_folder(pictures / "again", store=store)
    assert Image.open(again / "images" / "sheet" / "0.png").tobytes() == Image.open(sheet).tobytes()


def test_a_path_made_of_an_input_without_a_value_can_be_checked(pictures):
    text = "inputs: {folder: {}, row: {each: [a, b]}}\n"
    text += 'nodes: {p: {use: load_images, file: "${folder}/${row}.png"}}\noutputs: {out: $p}\n'
    (pictures / "graph.yaml").write_text(text)
    checked = load(pictures / "graph.yaml").check()
    assert [problem.message for problem in checked.unset] == ["input 'folder' has no value"]
    assert checked.steps["p"].axes == ("row",)
    run = load(pictures / "graph.yaml").run(folder="data/photos")
    assert len(run["out"].pil()) == 2
