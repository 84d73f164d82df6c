"""Prompts in every published form, read from small files of that shape; and what is wrong with others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mezzotint.evaluation.suites import load_suite
from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.values import canonical

PARTI = 'Prompt\tCategory\tChallenge\tNote\na dog\tAnimals\tBasic\tx\nthe "sea"\tArts\tStyle\ty\n'


def read(suite: str, data: Path, **options: Any) -> list[dict[str, Any]]:
    return [record.values for record in load_suite(suite).prompts(data, any_version=True, **options).records]


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def problem(suite: str, data: Path, **options: Any) -> str:
    with pytest.raises(GraphError) as raised:
        load_suite(suite).prompts(data, **options)
    return str(raised.value).replace(f"{data.parent}/", "")


def test_a_table_of_tabs_may_hold_quotes(tmp_path: Path) -> None:
    rows = read("parti", write(tmp_path / "PartiPrompts.tsv", PARTI))
    assert rows[1] == {"prompt": 'the "sea"', "category": "Arts", "challenge": "Style"}


def test_a_byte_order_mark_and_windows_lines_are_no_part_of_a_prompt(tmp_path: Path) -> None:
    path = write(tmp_path / "p.tsv", b"\xef\xbb\xbf" + PARTI.replace("\n", "\r\n").encode())
    assert read("parti", path)[0] == {"prompt": "a dog", "category": "Animals", "challenge": "Basic"}


def test_drawbench_is_a_table_of_commas(tmp_path: Path) -> None:
    path = write(tmp_path / "DrawBench.csv", 'Prompts,Category\n"One cat, two dogs.",Counting\nA.,\n')
    assert read("drawbench", path) == [
        {"prompt": "One cat, two dogs.", "category": "Counting"},
        {"prompt": "A.", "category": "none"},
    ]


def test_t2i_compbench_tells_categories_by_its_files(tmp_path: Path) -> None:
    write(tmp_path / "color_val.txt", "a red cup\r\n\r\na blue cup")
    write(tmp_path / "3d_spatial_val.txt", "a cat in front of a box\n")
    write(tmp_path / "color_train.txt", "never asked\n")
    assert read("t2i-compbench", tmp_path) == [
        {"prompt": "a cat in front of a box", "category": "3d_spatial"},
        {"prompt": "a red cup", "category": "color"},
        {"prompt": "a blue cup", "category": "color"},
    ]


def test_dpg_bench_is_a_folder_of_prompts_or_a_table_of_questions(tmp_path: Path) -> None:
    write(tmp_path / "prompts" / "10.txt", "A long\nprompt.")
    write(tmp_path / "prompts" / "whoops2.txt", "Another.\n")
    assert read("dpg-bench", tmp_path / "prompts") == [
        {"prompt": "A long prompt.", "id": "10"},
        {"prompt": "Another.", "id": "whoops2"},
    ]
    table = "item_id,text,proposition_id,question\n10,A long prompt.,1,Is it?\n10,A long prompt.,2,Or not?\n"
    rows = read("dpg-bench", write(tmp_path / "dpg_bench.csv", table))
    assert [row["prompt"] for row in rows] == ["A long prompt."]


def test_hpdv2_is_a_list_a_style(tmp_path: Path) -> None:
    for style in ("anime", "photo"):
        write(tmp_path / f"{style}.json", json.dumps([f"{style} 1", f"{style} 2"]))
    rows = read("hpdv2", tmp_path)
    assert rows[0] == {"prompt": "anime 1", "category": "anime"}
    assert len(rows) == 4


def test_coco_has_one_caption_a_picture(tmp_path: Path) -> None:
    annotations = [
        {"image_id": 7, "id": 1, "caption": "A dog."},
        {"image_id": 7, "id": 2, "caption": "A dog again."},
        {"image_id": 9, "id": 3, "caption": "A cat.\n"},
    ]
    path = write(tmp_path / "captions_val2014.json", json.dumps({"images": [], "annotations": annotations}))
    assert read("coco-30k", path) == [{"prompt": "A dog.", "id": 7}, {"prompt": "A cat.", "id": 9}]
    assert read("coco-30k", write(tmp_path / "mine.csv", "caption\nA dog.\n")) == [{"prompt": "A dog."}]


def test_genai_bench_is_a_mapping_from_numbers_to_records(tmp_path: Path) -> None:
    path = write(tmp_path / "genai_image.json", json.dumps({"00001": {"prompt": "A baker.", "models": {}}}))
    assert read("genai-bench", path) == [{"prompt": "A baker.", "id": "00001"}]


def test_mjhqs_prompts_come_with_their_pictures(tmp_path: Path) -> None:
    content = {
        "ab12": {"category": "people", "prompt": "A face."},
        "cd34": {"category": "art", "prompt": "Oil."},
    }
    path = write(tmp_path / "meta_data.json", json.dumps(content))
    (record, _) = read("mjhq-30k", path)
    assert "image" not in record
    for key, row in content.items():
        picture = tmp_path / "mjhq30k_imgs" / row["category"] / f"{key}.jpg"
        picture.parent.mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(picture)
    (record, other) = read("mjhq-30k", tmp_path)
    assert record["image"] == tmp_path / "mjhq30k_imgs" / "people" / "ab12.jpg"
    assert canonical(record) != canonical(other)
    record["image"].unlink()
    assert "1 of 2 real pictures are missing" in problem("mjhq-30k", tmp_path)


def test_rows_without_a_prompt_are_left_out_and_repeated_ones_kept_and_both_told(tmp_path: Path) -> None:
    path = write(tmp_path / "DrawBench.csv", "Prompts,Category\na,x\n,x\na,y\n  ,z\n")
    prompts = load_suite("drawbench").prompts(path)
    assert [record.values["category"] for record in prompts.records] == ["x", "y"]
    assert [remark.partition(": ")[2] for remark in prompts.remarks] == [
        "2 rows without a prompt are left out",
        "1 row repeats another's prompt; each counts",
    ]
    assert prompts.as_published is None


def test_another_version_is_refused_with_both_digests_and_taken_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "PartiPrompts.tsv", PARTI)
    said = problem("parti", path)
    prompts = load_suite("parti").prompts(path, any_version=True)
    assert f"its SHA-256 is {prompts.sha256}" in said
    assert "fab29e41bb512a169b56acab4cf2a41dcb675e285df2efcde6640c7dd3c440eb" in said
    assert "--any-version" in said
    assert "raw.githubusercontent.com/google-research/parti" in said
    assert prompts.as_published is False
    assert prompts.used()["as_published"] is False
    assert "not the published version" in prompts.remarks[-1]


@pytest.mark.parametrize(
    ("suite", "name", "content", "said"),
    [
        ("parti", "PartiPrompts.tsv", "", "it holds no prompt"),
        (
            "parti",
            "p.tsv",
            "Promt\tCategory\na\tb\n",
            "p.tsv:2:1: it has no column 'Prompt'\n    did you mean 'Promt'",
        ),
        ("parti", "p.tsv", "Prompt\tCategory\na\n", "p.tsv:2:1: the row has 1 columns; the header has 2"),
        ("parti", "p.tsv", b"Prompt\n\xff\n", "not text in UTF-8"),
        (
            "parti",
            "p.csv",
            "Prompt\n",
            "p.csv is no file of this suite's prompts\n    it takes PartiPrompts.tsv",
        ),
        ("genai-bench", "genai_image.json", '{"1": ', "genai_image.json:1:7: not JSON"),
        ("genai-bench", "genai_image.json", '"text"', "where prompts are a list or a mapping of records"),
        ("genai-bench", "genai_image.json", '[{"prompt": ["a"], "id": 1}]', "a prompt is text, and this is"),
        (
            "coco-30k",
            "captions_val2014.json",
            '{"annotation": []}',
            "it has no 'annotations'\n    did you mean",
        ),
        ("hpdv2", "anime.json", "[]", "it holds no prompt"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(
    suite: str, name: str, content: str | bytes, said: str, tmp_path: Path
) -> None:
    assert said in problem(suite, write(tmp_path / name, content), any_version=True)


def test_a_folder_without_the_file_says_what_it_should_hold(tmp_path: Path) -> None:
    assert "holds none of the prompts of this suite\n    it takes PartiPrompts.tsv" in problem(
        "parti", tmp_path
    )
    assert "there is no file or folder" in problem("parti", tmp_path / "none.tsv")


def test_prompts_that_are_not_here_are_told_with_where_to_get_them() -> None:
    with pytest.raises(GraphError, match=r"aren't here\n *--data PartiPrompts.tsv from http.*--fetch"):
        load_suite("parti").prompts()
