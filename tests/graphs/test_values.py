"""The values of inputs: every kind of ``each``, and what varies along axes."""

import json
from pathlib import Path

import pytest

from mezzotint.graphs.problem import GraphError, Place
from mezzotint.graphs.source import Tree
from mezzotint.graphs.spec import parse_value
from mezzotint.graphs.tables import read_axis
from mezzotint.graphs.types import TextType
from mezzotint.graphs.values import Along, Axis, Constant, Joined, PerSeed, canonical, item_digest

PLACE = Place("g.yaml")


def values(folder: Path, each: object) -> list[object]:
    spec = parse_value(Tree.of({"each": each}, PLACE), "x", folder)
    assert spec.each is not None
    return list(read_axis("x", spec.each).values)


def refusal(folder: Path, each: object) -> str:
    with pytest.raises(GraphError) as caught:
        values(folder, each)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_list_and_a_range(tmp_path: Path) -> None:
    assert values(tmp_path, ["a", 2]) == ["a", 2]
    assert values(tmp_path, {"range": 3}) == [0, 1, 2]
    assert values(tmp_path, {"range": 9, "limit": 2}) == [0, 1]


def test_a_text_file_has_a_value_a_line(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_bytes("\ufeffa red circle\r\n\r\n  a $5 bill\u2028 \n".encode())
    assert values(tmp_path, {"file": "p.txt"}) == ["a red circle", "a $5 bill"]


def test_lines_and_cells_are_numbers_where_all_are_and_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "seeds.txt").write_text("1\n20\n3\n")
    (tmp_path / "codes.txt").write_text("1\n007\n")
    (tmp_path / "t.csv").write_text("prompt,scale,on\n1,1.5,true\nb,2.0,false\n")
    assert values(tmp_path, {"file": "seeds.txt"}) == [1, 20, 3]
    assert values(tmp_path, {"file": "codes.txt"}) == ["1", "007"]
    assert values(tmp_path, {"file": "t.csv"}) == [
        {"prompt": "1", "scale": 1.5, "on": True},
        {"prompt": "b", "scale": 2.0, "on": False},
    ]


def test_tables_yield_records_or_a_column(tmp_path: Path) -> None:
    rows = [{"prompt": "a, b", "kind": "x"}, {"prompt": 'say "hi"', "kind": "y"}]
    (tmp_path / "t.csv").write_text('prompt,kind\n"a, b",x\n"say ""hi""",y\n')
    (tmp_path / "t.tsv").write_text('prompt\tkind\na, b\tx\nsay "hi"\ty\n')
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("t.csv", "t.tsv", "t.jsonl"):
        assert values(tmp_path, {"file": name}) == rows
        assert values(tmp_path, {"file": name, "column": "kind"}) == ["x", "y"]
        assert values(tmp_path, {"file": name, "column": "kind", "limit": 1}) == ["x"]


def test_a_parquet_file_yields_plain_data_without_its_pictures(tmp_path: Path) -> None:
    import datetime
    import decimal

    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table(
        {
            "text": ["a", "b"],
            "day": [datetime.date(2024, 1, 1)] * 2,
            "price": [decimal.Decimal("1.5")] * 2,
            "image": [{"bytes": b"\x89", "path": "x"}] * 2,
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    assert values(tmp_path, {"file": "t.parquet"})[0] == {"text": "a", "day": "2024-01-01", "price": 1.5}
    assert values(tmp_path, {"file": "t.parquet", "column": "text"}) == ["a", "b"]
    assert "of type bytes" in refusal(tmp_path, {"file": "t.parquet", "column": "image"})


def test_a_folder_yields_its_images_with_their_texts(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "notes.md"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a.txt").write_text("a cat\n")
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "b.png", "text": "a dog"}\n')
    assert values(tmp_path, {"folder": "."}) == [
        {"image": tmp_path / "a.jpg", "name": "a.jpg", "text": "a cat"},
        {"image": tmp_path / "b.png", "name": "b.png", "text": "a dog"},
    ]
    assert len(values(tmp_path, {"folder": ".", "match": "*.png"})) == 1


def test_a_zip_is_one_axis_of_records(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("x\ny\nz\n")
    assert values(tmp_path, {"zip": {"a": [1, 2], "b": {"file": "p.txt", "limit": 2}}}) == [
        {"a": 1, "b": "x"},
        {"a": 2, "b": "y"},
    ]


@pytest.mark.parametrize(
    ("each", "words"),
    [
        ([], "axis 'x' has no values"),
        ({"file": "empty.txt"}, "axis 'x' has no values"),
        ({"file": "empty.csv"}, "axis 'x' has no values"),
        ({"file": "promts.txt"}, "did you mean 'prompts.txt'?"),
        ({"file": "nowhere/p.txt"}, "there is no file"),
        ({"file": "."}, "is a folder"),
        ({"file": "/dev/zero"}, "not a regular file"),
        ({"file": "a\0"}, "is not the name of a file"),
        ({"file": "latin.txt"}, "is not text in UTF-8"),
        ({"file": "notes.md"}, "can't read .md files"),
        ({"file": "prompts.txt", "column": "a"}, "leave column: out"),
        ({"file": "t.csv", "column": "promt"}, "did you mean 'prompt'?"),
        ({"file": "short.csv"}, "short.csv:3:1: the row has 1 columns; the header has 2"),
        ({"file": "quote.csv"}, "quote.csv:2:1: a malformed row"),
        ({"file": "twice.csv"}, "the column 'a' stands twice"),
        ({"file": "bad.jsonl"}, "bad.jsonl:2:2: not JSON"),
        ({"file": "deep.jsonl"}, "nested more than 40 levels"),
        ({"file": "deeper.jsonl"}, "nested more than 40 levels"),
        ({"file": "half.jsonl"}, "half a surrogate pair"),
        ({"file": "huge.jsonl"}, "not JSON that can be read"),
        ({"file": "bad.parquet"}, "not a parquet file"),
        ({"folder": "none"}, "there is no folder"),
        ({"folder": "."}, "no image in"),
        ({"folder": ".", "match": "../*"}, "leads out of the folder"),
        ({"folder": ".", "match": "/*"}, "not a pattern"),
        ({"folder": "captions"}, "is not text in UTF-8"),
        ({"zip": {"a": [1], "b": [1, 2]}}, "a has 1, b has 2"),
    ],
)
def test_a_source_that_cant_be_read_is_refused(tmp_path: Path, each: object, words: str) -> None:
    for name, content in {
        "empty.txt": b"\n\n",
        "empty.csv": b"",
        "prompts.txt": b"a\n",
        "latin.txt": b"caf\xe9\n",
        "notes.md": b"x",
        "t.csv": b"prompt\na\n",
        "short.csv": b"a,b\n1,2\n3\n",
        "quote.csv": b'a,b\n"x"y,2\n',
        "twice.csv": b"a,a\n1,2\n",
        "bad.jsonl": b'{"a": 1}\n{a}\n',
        "deep.jsonl": b"[" * 100 + b"]" * 100,
        "deeper.jsonl": b"[" * 9999 + b"]" * 9999,
        "half.jsonl": b'"\\ud800"',
        "huge.jsonl": b"9" * 5000,
        "bad.parquet": b"PAR1 rubbish PAR1",
    }.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "captions").mkdir()
    (tmp_path / "captions" / "a.png").write_bytes(b"x")
    (tmp_path / "captions" / "a.txt").write_bytes(b"\xff")
    assert words in refusal(tmp_path, each)


def test_every_wrong_part_of_a_zip_is_reported(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"zip": {"a": {"file": "p"}, "b": {"file": "q"}}}).count("there is no file") == 2


def test_each_prompt_has_seeds_of_its_own_that_other_prompts_dont_change() -> None:
    def seeds(prompts: list[str]) -> dict[str, list[int]]:
        seed = PerSeed(Along(Axis("seed", range(2), PLACE)), Along(Axis("prompt", prompts, PLACE)))
        assert seed.axes == ("prompt", "seed")
        return {
            text: [seed.at({"prompt": index, "seed": number}) for number in range(2)]
            for index, text in enumerate(prompts)
        }

    before, after = seeds(["a", "b"]), seeds(["new", "a", "b"])
    assert {text: after[text] for text in before} == before
    assert len({number for numbers in after.values() for number in numbers}) == 6
    assert all(0 <= number < 1 << 53 for numbers in after.values() for number in numbers)


def test_a_template_varies_over_what_it_is_made_of() -> None:
    joined = Joined(("a ", Along(Axis("x", [1, True], PLACE)), " b ", Constant(0.5, PLACE)), PLACE)
    assert joined.axes == ("x",)
    assert [joined.at({"x": index}) for index in range(2)] == ["a 1 b 0.5", "a true b 0.5"]


def test_checking_a_range_looks_at_its_ends_only() -> None:
    assert len(list(Along(Axis("x", range(10_000_000), PLACE)).samples())) == 2


def test_equal_values_are_named_equally_and_files_by_content(tmp_path: Path) -> None:
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    first.write_bytes(b"same")
    second.write_bytes(b"same")
    assert canonical({"b": 1, "image": first}) == canonical({"image": second, "b": 1})
    nested: object = "x"
    for _ in range(30):
        nested = {"in": nested}
    assert len(canonical(nested)) < 1000
    assert item_digest(TextType(), 7) == item_digest(TextType(), "7")
