"""Where node types come from: modules and node files. Packages have tests of their own."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from mezzotint.graphs.problem import GraphError
from mezzotint.graphs.registry import Registry

NODE = '''
from mezzotint.graphs.node import node
from mezzotint.graphs.types import Text

@node(version=1)
def {name}(text: Text) -> Text:
    """Hand text through."""
    return text
'''


def test_a_node_file_enters_keys_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(NODE.format(name="relay"))
    first, again, changed = Registry(), Registry(), Registry()
    first.add_file(path)
    again.add_file(path)
    path.write_text(NODE.format(name="relay") + "# changed\n")
    changed.add_file(path)
    assert first["relay"].source_digest == again["relay"].source_digest
    assert first["relay"].source_digest != changed["relay"].source_digest


def test_a_node_type_is_registered_by_the_module_that_declares_it(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        NODE.format(name="relay") + "from mezzotint.graphs.template import template\n"
    )
    registry = Registry()
    registry.add_file(tmp_path / "mine.py")
    assert registry.names() == ["relay"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = 1\nraise ValueError('broken')\n", "mine.py:2:1: the file raises ValueError: broken"),
        ("def f(:\n", "mine.py:1:7: the file raises SyntaxError"),
        ("import sys\nsys.exit(3)\n", "mine.py:2:1: the file raises SystemExit: 3"),
        ("x = 1\n", "declares no node type"),
    ],
)
def test_a_node_file_that_fails_is_refused_with_its_line(tmp_path: Path, source: str, words: str) -> None:
    (tmp_path / "mine.py").write_text(source)
    with pytest.raises(GraphError) as caught:
        Registry.load(files=[tmp_path / "mine.py"], plugins=False)
    assert words in str(caught.value)


def test_a_node_file_may_offer_something_else_than_node_types(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def brush(): pass\nbrush.offers = 'brush'\n")
    registry = Registry()
    registry.add_file(tmp_path / "mine.py")
    assert registry.names() == []


@pytest.mark.parametrize("name", ["none.py", "", "notes.txt"])
def test_what_is_no_node_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("x = 1")
    with pytest.raises(GraphError, match=r"can't be read|not a Python file"):
        Registry().add_file(tmp_path / name)


def test_a_node_file_must_not_go_by_the_name_of_another(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(NODE.format(name="relay"))
    first, second = tmp_path / "one" / "mine.py", tmp_path / "two" / "mine.py"
    assert Registry.load(files=[first, first], plugins=False).names() == ["relay"]
    with pytest.raises(GraphError, match=rf"'mine' is taken by {first}\n.*give the file another name"):
        Registry.load(files=[first, second], plugins=False)
    (tmp_path / "mezzotint.py").write_text(NODE.format(name="sample"))
    with pytest.raises(GraphError, match="'mezzotint' is taken"):
        Registry.load(files=[tmp_path / "mezzotint.py"], plugins=False)


def test_node_types_of_a_file_travel_to_processes_that_have_not_read_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(NODE.format(name="relay"))
    sent = tmp_path / "sent"
    sent.write_bytes(pickle.dumps(Registry.load(files=[file], plugins=False)))
    read = f"import pickle, mezzotint; print(pickle.load(open({str(sent)!r}, 'rb'))['relay'].qualified)"
    told = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, check=True)
    assert told.stdout == "mine.relay@1\n"
    file.write_text(NODE.format(name="relay") + "#")
    told = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, check=False)
    assert f"{file} has changed since the graph was loaded" in told.stderr
