"""How pictures are tied to prompts: by tables, lists, texts beside them, what they carry, and their names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mezzotint.cli.scoring.names import number, prompt_in
from mezzotint.cli.scoring.pictures import find_pictures
from mezzotint.cli.scoring.prompt_table import Prompts
from mezzotint.cli.scoring.prompts import prompts_of
from mezzotint.graphs.problem import GraphError

Tied = Callable[..., Prompts]


@pytest.fixture
def tied(folder: Path) -> Tied:
    """The prompts of pictures of these names, by a table of this content if there is one."""

    def tied(*names: str, table: str | None = None, ending: str = "csv") -> Prompts:
        for name in names:
            path = folder / "pictures" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (2, 2)).save(path)
        path = folder / f"prompts.{ending}"
        if table is not None:
            path.write_text(table)
        return prompts_of(find_pictures(folder / "pictures"), None if table is None else path)

    return tied


LIST = "a red cube\ntwo blue stars on a very long wooden table\na heart\n"


# Tables


@pytest.mark.parametrize(
    "cell", ["b/one.png", "./b/one.png", "b\\one.png", "one.png", "one", "pictures/b/one.png", "one.jpg"]
)
def test_a_table_may_call_pictures_what_it_likes(tied: Tied, cell: str) -> None:
    found = tied(
        "a.png", "b/one.png", table=json.dumps({"file_name": cell, "Caption": "a cube"}), ending="jsonl"
    )
    assert found.texts == {"b/one.png": "a cube"}
    assert "by its column 'file_name'" in found.told


def test_tables_of_every_kind(tied: Tied, folder: Path) -> None:
    assert tied("a.png", table="image,prompt\na.png,a cube\n").texts == {"a.png": "a cube"}
    assert tied("a.png", table="id\tText\na\ta cube\n", ending="tsv").texts == {"a.png": "a cube"}
    rows = pyarrow.table({"path": ["a.png"], "prompt": ["a cube"]})
    pyarrow.parquet.write_table(rows, folder / "prompts.parquet")
    found = prompts_of(find_pictures(folder / "pictures"), folder / "prompts.parquet")
    assert found.texts == {"a.png": "a cube"}


def test_doubled_disputed_missing_and_empty_rows_are_told(tied: Tied) -> None:
    rows = "file,prompt\na.png,a cube\na.png,a cube\nb.png,a star\nb.png,a heart\nc.png,\nd.png,a dot\n"
    found = tied("a.png", "b.png", "c.png", "e.png", table=rows)
    assert found.texts == {"a.png": "a cube"}
    told = "\n".join(found.remarks)
    assert "prompts.csv:3:1: 1 row stands there twice" in told
    assert "prompts.csv:5:1: b.png has another prompt at" in told
    assert "prompts.csv:4:1, so it gets none" in told
    assert "prompts.csv:6:1: 1 row has no prompt" in told
    assert "prompts.csv:7:1: 1 row names no picture that is here ('d.png')" in told


def test_columns_are_those_of_all_rows(tied: Tied) -> None:
    found = tied("a.png", table='null\n{"id": 1}\n{"image": "a.png", "text": "a cube"}\n', ending="jsonl")
    assert found.texts == {"a.png": "a cube"}
    assert found.remarks[0].endswith("prompts.jsonl:1:1: 2 rows have no prompt")


def test_a_folder_is_no_table(tied: Tied, folder: Path) -> None:
    tied("a.png")
    with pytest.raises(GraphError, match="this is a folder"):
        prompts_of(find_pictures(folder / "pictures"), folder / "pictures")


def test_pictures_that_are_called_alike_are_told_apart_by_their_folders(tied: Tied) -> None:
    rows = "file,prompt\nx/a.png,a cube\na.png,a star\n"
    found = tied("x/a.png", "y/a.png", table=rows)
    assert found.texts == {"x/a.png": "a cube"}
    assert "1 row names several pictures that are called alike" in found.remarks[0]


# Lists


@pytest.mark.parametrize(
    "name",
    [
        "a red cube.png",
        "A_Red-Cube.png",
        "00002_a-red-cube.png",
        "a red cube (3).png",
        "a-red-cube_1234567_0.png",
        "00000.png",
        "image_0.png",
        "00000/samples/0007.png",
    ],
)
def test_pictures_of_a_list_are_known_by_words_or_by_number(tied: Tied, name: str) -> None:
    assert tied(name, table=LIST, ending="txt").texts == {name: "a red cube"}


def test_a_name_that_was_cut_short_still_names_its_prompt(tied: Tied) -> None:
    found = tied("two blue stars on a very lo.png", "a h.png", table=LIST, ending="txt")
    assert found.texts == {"two blue stars on a very lo.png": "two blue stars on a very long wooden table"}
    assert "by the words in file names" in found.told
    assert "2 rows have no picture here ('a red cube')" in found.remarks[0]


@pytest.mark.parametrize(("names", "start"), [((0, 1, 2), 0), ((1, 2, 3), 1), ((1, 2), 0), ((0, 3), 0)])
def test_numbers_count_from_0_unless_they_fit_from_1(tied: Tied, names: tuple[int, ...], start: int) -> None:
    found = tied(*(f"{name}.png" for name in names), table=LIST, ending="txt")
    prompts = LIST.splitlines()
    assert found.texts == {
        f"{name}.png": prompts[name - start] for name in names if 0 <= name - start < len(prompts)
    }
    assert f"counted from {start}" in found.told


def test_words_say_from_where_numbers_count(tied: Tied) -> None:
    found = tied("01 a red cube.png", "02.png", table=LIST, ending="txt")
    assert found.texts["02.png"] == "two blue stars on a very long wooden table"
    assert "the words in file names, and the numbers in file names, counted from 1" in found.told


def test_several_pictures_of_one_prompt(tied: Tied) -> None:
    names = ("0-0.png", "0-1.png", "2-0.png")
    assert tied(*names, table=LIST, ending="txt").texts == {
        "0-0.png": "a red cube",
        "0-1.png": "a red cube",
        "2-0.png": "a heart",
    }


# Without a table


def carrying(path: Path, prompt: str) -> None:
    info = PngInfo()
    info.add_text("parameters", f"{prompt}\nSteps: 20, Seed: 1")
    Image.new("RGB", (2, 2)).save(path, pnginfo=info)


def test_what_is_beside_a_picture_goes_before_what_is_in_it(tied: Tied, folder: Path) -> None:
    assert tied("a.png", "b.png", "c.png", "d.png").texts == {}
    carrying(folder / "pictures" / "a.png", "a carried one")
    carrying(folder / "pictures" / "b.png", "a carried one")
    carrying(folder / "pictures" / "c.png", "a carried one")
    (folder / "pictures" / "b.txt").write_text(" one beside it\n")
    (folder / "pictures" / "metadata.jsonl").write_text('{"file_name": "a.png", "text": "one of the table"}')
    found = tied()
    assert found.texts == {"a.png": "one of the table", "b.png": "one beside it", "c.png": "a carried one"}
    for source in (
        "metadata.jsonl, by its column 'file_name'",
        "1 from texts beside the pictures",
        "1 from what AUTOMATIC1111's web UI or one like it wrote into the pictures",
    ):
        assert source in found.told


def test_names_count_only_where_no_picture_has_a_prompt(tied: Tied, folder: Path) -> None:
    assert tied("a red cube.png", "b.png").texts == {"a red cube.png": "a red cube"}
    (folder / "pictures" / "b.txt").write_text("a star")
    assert tied().texts == {"b.png": "a star"}


def test_a_table_that_nobody_named_and_is_about_something_else(tied: Tied, folder: Path) -> None:
    tied("a red cube.png")
    (folder / "pictures" / "metadata.csv").write_text("camera,lens\nx,y\n")
    found = tied()
    assert found.texts == {"a red cube.png": "a red cube"}
    assert "there is no column of prompts; there is 'camera', 'lens'" in found.remarks[0]


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("00012_a-red-cube.png", "a red cube"),
        ("more/A red cube, on a table_3.webp", "A red cube, on a table"),
        ("someone_a_red_cube_on_a_table_0f8fad5b-d9cb-469f-a165-70867728950e_2.png", "a red cube on a table"),
        ("one_a_cube_--ar_169_--v_6.1_0f8fad5b-d9cb-469f-a165-70867728950e_0.png", "a cube"),
        ("DALL·E 2024-05-01 12.30.00 - A red cube.webp", "A red cube"),
        ("ChatGPT Image May 1, 2025, 12_30_00 PM.png", None),
        ("Gemini_Generated_Image_x1y2z3.png", None),
        ("ComfyUI_temp_abcde_00001_.png", None),
        ("Screenshot 2024-05-01 at 12.30.00.png", None),
        ("赤い立方体.png", "赤い立方体"),
        ("Красный_куб.png", "Красный куб"),
        ("IMG_2034.png", None),
        ("00012.png", None),
        ("DSC_0001 (2).jpg", None),
        ("cube.png", None),
    ],
)
def test_the_prompt_that_a_name_spells_out(name: str, prompt: Any) -> None:
    assert prompt_in(name) == prompt


@pytest.mark.parametrize(
    ("name", "found"),
    [("00012_a.png", 12), ("00012/samples/0003.png", 12), ("a/img_7.png", 7), ("a.png", None), ("4k.png", 4)],
)
def test_the_number_that_a_name_tells(name: str, found: Any) -> None:
    assert number(name) == found
