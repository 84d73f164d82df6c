"""YAML text as a tree with places: YAML 1.2 scalars, and every way a file can be no graph at all."""

import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.graphs.problem import GraphError, Place, nearest
from mezzotint.graphs.source import Tree, read_file, read_scalar, read_text, resolve_scalar


def problem_with(text: str) -> str:
    with pytest.raises(GraphError) as caught:
        read_text(text, "g.yaml")
    return " ".join(str(caught.value).split())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("1e-3", 0.001),
        ("1.", 1.0),
        (".5", 0.5),
        ("007", 7),
        ("0o17", 15),
        ("0xff", 255),
        ("-12", -12),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("-.inf", -math.inf),
        ("nan", "nan"),
        ("½", "½"),
        ("٣", "٣"),
    ],
)
def test_plain_scalars_follow_yaml_1_2(text: str, value: object) -> None:
    found = read_text(f"key: {text}", "g.yaml").plain()["key"]
    assert found == value
    assert type(found) is type(value)


def test_quoted_scalars_are_text() -> None:
    assert read_text('["1", \'true\', ""]', "g.yaml").plain() == ["1", "true", ""]


@given(st.integers(-(10**40), 10**40))
def test_integers_round_trip(number: int) -> None:
    assert resolve_scalar(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_round_trip(number: float) -> None:
    found = resolve_scalar(repr(number))
    assert found == number
    assert isinstance(found, float)


@given(st.text())
def test_a_plain_scalar_is_a_number_by_the_core_schema_or_else_text(text: str) -> None:
    value = resolve_scalar(text)
    assert value is None or isinstance(value, (bool, int, float)) or value == text


def test_every_value_and_key_knows_its_place() -> None:
    tree = read_text("a: 1\nb:\n  - x\n  - {c: é, d: 2}\n", "g.yaml")
    inner = tree.value["b"].value[1]
    assert str(inner.key_places["d"]) == "g.yaml:4:12"
    assert str(inner.value["d"].place) == "g.yaml:4:15"


def test_a_key_is_the_text_that_was_written() -> None:
    assert list(read_text("1: a\n0x10: b\nnull: c\ntrue: d\n", "g.yaml").value) == [
        "1",
        "0x10",
        "null",
        "true",
    ]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "g.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: [x]\r\n")
    tree = read_file(path)
    assert tree.plain() == {"a": 1, "b": ["x"]}
    assert tree.value["b"].place.line == 2


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "1:1", "the file is empty"),
        ("# nothing\n", "1:1", "the file is empty"),
        ("a:\n\tb: 1\n", "2:1", "a tab in the indentation"),
        ("a: [1, 2\nb: 3\n", "2:2", "the '[' opened at line 1, column 4 is not closed"),
        ("a: {x: 1\nb: 3\n", "2:2", "the '{' opened at line 1, column 4 is not closed"),
        ('a: "x\n', "2:1", "the quote opened at line 1, column 4 is not closed"),
        ("a: {x: ${y} z}\n", "1:9", "quote text that holds ${…}"),
        ("a: b: c\n", "1:5", "quote text that holds ': '"),
        ("a: @b\n", "1:4", "quote text that starts with '@'"),
        ("a: 1\nb: 2\na: 3\n", "3:1", "the key 'a' stands twice it was first given at line 1"),
        ("a: !!python/object/apply:os.system [ls]\n", "1:4", "the tag !!python/object/apply:os.system"),
        ("a: *b\n", "1:4", "the alias *b has no finished anchor"),
        ("a: &a [*a]\n", "1:8", "the alias *a has no finished anchor"),
        ("a: 1\n---\nb: 1\n", "2:1", "a second document"),
        ("[a]: 1\n", "1:1", "keys are text"),
        ("a: 1\nb: x\0\n", "2:5", "it holds the character U+0000"),
        ("a: \ud800\n", "1:4", "it holds the character U+D800"),
        ('a: "\\ud800"\n', "1:7", "not YAML"),
        ("%YAML 9.1\n---\na: 1\n", "1:1", "not YAML"),
    ],
)
def test_malformed_text_is_refused_at_its_place(text: str, place: str, words: str) -> None:
    found = problem_with(text)
    assert found.startswith(f"g.yaml:{place}: ")
    assert words in found


def test_all_duplicate_keys_are_reported_at_once() -> None:
    with pytest.raises(GraphError) as caught:
        read_text("a: 1\na: 2\nb: {c: 1, c: 2}\n", "g.yaml")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 5_000, "? " * 5_000, "a: " + "{a: " * 5_000])
def test_deep_nesting_is_refused(text: str) -> None:
    assert "nested more than 40 levels deep" in problem_with(text)


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "more than 100,000 values" in problem_with("\n".join(lines))


def test_a_file_of_50_mb_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(GraphError, match=r"50\.0 MB; a graph file has at most 1 MB"):
        read_file(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n", "g.yaml:1:1: not a text file: byte 0x89 is not UTF-8"),
        (b"a: 1\nb: \xff\n", "g.yaml:2:4: not a text file: byte 0xff"),
        ("a: 1".encode("utf-16"), "g.yaml:1:1: not a text file"),
        (b"\0" * 100, "g.yaml:1:1: not a text file: it holds the character U+0000"),
    ],
)
def test_binary_rubbish_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "g.yaml"
    path.write_bytes(data)
    with pytest.raises(GraphError) as caught:
        read_file(path)
    assert words in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "graph.yaml").write_text("a: 1")
    for name, words in [
        ("", "this is a folder"),
        ("grap.yaml", "no such file\n    did you mean"),
        ("nul\0", "not the name of a file"),
        ("\ud800", "not the name of a file"),
        ("x" * 300, "can't be read"),
        ("graph.yaml/x", "can't be read"),
    ]:
        with pytest.raises(GraphError, match=words):
            read_file(tmp_path / name)
    with pytest.raises(GraphError, match="not a regular file"):
        read_file(Path("/dev/zero"))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.yaml"
    path.write_text("a: 1")
    path.chmod(0)
    with pytest.raises(GraphError, match="can't be read: Permission denied"):
        read_file(path)


@given(st.text(max_size=200))
def test_no_text_raises_anything_but_a_graph_error(text: str) -> None:
    try:
        read_text(text, "g.yaml")
    except GraphError as error:
        places = [str(problem.place) for problem in error.problems]
    else:
        places = []
    assert all(place.startswith("g.yaml:") for place in places)


def test_values_typed_on_a_command_line() -> None:
    place = Place("--set")
    typed = {
        "7": 7,
        "": "",
        "null": None,
        "[1, a]": [1, "a"],
        '"7"': "7",
        "a: b": "a: b",
        "$5 bill": "$5 bill",
    }
    for text, value in typed.items():
        assert read_scalar(text, place).plain() == value
    for text in ("[1", "\udcff"):
        with pytest.raises(GraphError) as caught:
            read_scalar(text, place)
        assert [problem.place for problem in caught.value.problems] == [place]


def test_data_from_python_is_bounded() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(GraphError, match="nested more than 40 levels"):
        Tree.of(endless, Place("<python>"))


def test_the_nearest_name_is_suggested() -> None:
    assert nearest("promt", ["prompt", "seed"]) == "did you mean 'prompt'?"
    assert nearest("x", ["prompt", "seed"]) == "there is prompt, seed"
    assert nearest("x", []) == ""
    assert nearest("name1", (f"name{n}" for n in range(100_000))) == ""


@given(data=st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_graph_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    try:
        tree = read_file(path)
    except GraphError as error:
        places = [str(problem.place) for problem in error.problems]
    else:
        places = [str(tree.place)]
    assert all(place.startswith(str(path)) for place in places)
