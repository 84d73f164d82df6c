"""What the page of a report is given: all of it, in the form that was agreed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pydantic import TypeAdapter

import mezzotint
from mezzotint.evaluation.report import contract

Report = Callable[..., Any]

NODES = Path(__file__).with_name("report_nodes.py")


def has_form(form: type, data: Any) -> bool:
    """Whether plain data has just the entries of a dataclass, each of its type."""
    adapter: TypeAdapter[Any] = TypeAdapter(form)
    return bool(adapter.dump_python(adapter.validate_python(data), mode="json") == data)


def test_the_data_has_the_agreed_form(report: Report, run_folder: Path) -> None:
    made = report(run_folder)
    assert has_form(contract.Report, made.data)
    assert has_form(contract.Matrix, made.matrix)
    assert made.data["schema"] == contract.SCHEMA


def test_a_row_is_a_point_of_the_axes_and_the_last_axis_is_fastest(report: Report, run_folder: Path) -> None:
    made = report(run_folder)
    images, matrix, labels = made.images, made.matrix, made.labels
    assert (images["axes"], images["lengths"]) == (["row", "seed", "steps"], [5, 2, 2])
    assert labels["seed"] == [0, 1]
    assert labels["steps"] == [4, 12]
    assert labels["row"][:2] == ["a red circle", "two hearts and a star"]
    assert matrix["name"][6] == "1-1-0.png"
    assert len(matrix["state"]) == len(matrix["name"]) == 20
    for row, state in enumerate(matrix["state"]):
        files = [made.folder / unquote(images["pictures"]) / str(matrix["name"][row])]
        files.append(made.folder / unquote(images["thumbnails"]) / f"{row}.webp")
        assert all(file.is_file() == (state == ".") for file in files)


def test_failures_are_grouped_and_stand_at_their_rows(report: Report, run_folder: Path) -> None:
    made = report(run_folder)
    assert made.matrix["state"] == "............ffff...."
    assert set(made.matrix["failures"]) == {"12", "13", "14", "15"}
    assert made.run["failures"]["count"] == 6
    first, second = made.run["failures"]["groups"]
    assert (first["count"], first["step"], first["error"]) == (4, "image", "ValueError")
    assert first["first"] == {"row": "bad", "seed": 0, "steps": 4}
    assert (second["count"], second["step"]) == (2, "spread")
    assert made.images["counts"] == {
        **{"shown": 16, "failed": 4, "damaged": 0, "lost": 0, "unmade": 0, "left_out": 0}
    }


def test_flags_name_their_rows(report: Report, run_folder: Path) -> None:
    made = report(run_folder)
    assert made.matrix["flags"] == {"blank": [16, 17, 18, 19]}
    assert made.run["flags"]["blank"] == 4


def test_scores_of_pictures_are_columns_and_those_of_coarser_axes_are_repeated(
    report: Report, run_folder: Path
) -> None:
    made = report(run_folder)
    columns = {column["name"]: column for column in made.images["scores"]}
    assert {name: column["type"] for name, column in columns.items()} == {
        **{"light": "number", "right": "boolean", "spread": "number"},
        **{"mean.influence": "influence", "spread.influence": "influence"},
    }
    scores = made.matrix["scores"]
    assert list(scores) == list(columns)
    assert scores["light"][12] is None
    assert set(scores["right"]) == {0, 1, None}
    assert scores["spread"][0] == scores["spread"][2]  # the other seed of the same prompt and steps
    light = [value for value in scores["light"] if value is not None]
    assert abs(columns["light"]["high"] - max(light)) < 1e-5
    assert made.matrix["texts"]["told"][0].startswith("<b>0.")


def test_influence_says_who_raises_a_mean(report: Report, run_folder: Path) -> None:
    scores = report(run_folder).matrix["scores"]
    pairs = list(zip(scores["light"], scores["mean.influence"], strict=True))
    of_four_steps = pairs[::2]
    there = [(light, influence) for light, influence in of_four_steps if light is not None]
    assert abs(sum(influence for _, influence in there)) < 1e-5
    assert max(there)[1] == max(influence for _, influence in there)


def test_categories_are_those_of_the_table(report: Report, run_folder: Path) -> None:
    made = report(run_folder)
    assert made.data["by"] == "row.category"
    assert made.data["categories"] == ["one", "two"]
    assert made.matrix["category"] == [0] * 4 + [1] * 4 + [0] * 4 + [1] * 4 + [0] * 4
    light = [
        score for score in made.data["scores"] if score["name"] == "light" and score["at"] == {"steps": 4}
    ]
    assert [score["category"] for score in light] == [None, "one", "two"]


def test_numbers_have_their_intervals_and_what_is_missing(report: Report, run_folder: Path) -> None:
    made = report(run_folder)
    score = next(score for score in made.data["scores"] if score["name"] == "mean")
    assert score["low"] < score["value"] < score["high"]
    assert (score["missing"], score["clusters"], score["flagged"]) == (2, 4, {"blank": 2})
    assert made.run["axes"]["steps"] == {"role": "setting", "length": 2, "per": [], "values": [4, 12]}
    assert made.run["axes"]["seed"]["per"] == ["row"]


def test_how_it_was_made_is_told_without_local_paths(report: Report, run_folder: Path) -> None:
    made = report(run_folder)
    (made_in,) = made.run["history"]
    assert made_in["environment"]["python"]
    assert {step["step"] for step in made_in["steps"]} >= {"image", "light", "mean"}
    assert made.run["graph"].startswith("<svg")
    assert made.run["outputs"]["mean"]["protocol"]["number.node"] == "report_nodes.light@1"
    told = json.dumps([made.data, made.matrix], ensure_ascii=False)
    assert "…/brush.png" in told
    assert "somebody" not in told
    assert str(run_folder.parent) not in told


def test_a_single_picture_is_a_matrix_of_one(report: Report, tmp_path: Path) -> None:
    text = """
    inputs: {text: a star, seed: 1}
    nodes: {image: {use: paint, text: $text, seed: $seed}, light: {use: light, images: $image}}
    outputs: {images: $image, light: $light}
    """
    (tmp_path / "graph.yaml").write_text(text)
    mezzotint.load(tmp_path / "graph.yaml", [NODES]).run(out=tmp_path / "one")
    made = report(tmp_path / "one")
    assert (made.images["axes"], made.images["lengths"], made.matrix["state"]) == ([], [], ".")
    assert (made.folder / made.images["pictures"] / made.matrix["name"][0]).is_file()
    (score,) = made.data["scores"]
    assert (score["name"], score["at"], score["low"]) == ("light", {}, None)
    assert made.data["by"] is None
    assert made.matrix["category"] is None


def test_what_a_stopped_run_has_made_is_shown(report: Report, run_folder: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    table = parquet.read_table(run_folder / "items.parquet")
    parquet.write_table(
        table.filter(pyarrow.array(table["row.index"].to_numpy() < 2)), run_folder / "items.parquet"
    )
    record = json.loads((run_folder / "run.json").read_text())
    (run_folder / "run.json").write_text(json.dumps({**record, "complete": False}))
    made = report(run_folder)
    assert made.matrix["state"] == "........uuuuuuuuuuuu"
    assert made.labels["row"][2:] == [None, None, None]
    assert made.matrix["category"][8:] == [None] * 12
    assert "isn't finished" in made.run["notes"][0]


def test_a_run_without_pictures_or_scores_says_so(report: Report, run_folder: Path) -> None:
    said = json.loads((run_folder / "metrics.json").read_text())
    said["items"] = {"told": said["items"]["told"]}
    said["metrics"] = {}
    (run_folder / "metrics.json").write_text(json.dumps(said))
    made = report(run_folder)
    assert made.run["images"] == []
    assert len(made.run["notes"]) == 2
    assert made.data["scores"] == []
    assert not (made.folder / "data/labels-0.js").exists()
