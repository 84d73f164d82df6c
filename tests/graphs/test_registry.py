"""Where node types come from: modules, packages by entry point, and node files."""

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


def install(folder: Path, package: str, source: str, point: str | None = None) -> None:
    """A package with an entry point, as pip leaves it."""
    (folder / f"{package}.py").write_text(source)
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[mezzotint.nodes]\n{point or package} = {package}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("good_nodes", "bad_nodes", "second_nodes"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit('no GPU')", "SystemExit: no GPU"),
        (NODE.format(name="x").replace("text: Text", "text: str"), "DeclarationError: node type 'x'"),
    ],
)
def test_a_broken_package_is_named_and_the_rest_still_works(site: Path, source: str, reason: str) -> None:
    install(site, "bad_nodes", source)
    install(site, "good_nodes", NODE.format(name="relay"))
    registry = Registry.load()
    assert registry["relay"].qualified == "good_nodes.relay@1"
    assert reason in registry.broken["bad_nodes"]


def test_first_come_keeps_the_short_name_and_the_conflict_is_told(site: Path, registry: Registry) -> None:
    install(site, "good_nodes", NODE.format(name="shout"))
    registry.add_plugins()
    assert registry["shout"].package == "toy_nodes"
    assert registry["good_nodes.shout"].package == "good_nodes"
    assert registry.conflicts == {
        "shout": ["toy_nodes (" + registry["shout"].function.__module__ + ")", "good_nodes (good_nodes)"]
    }


def test_no_package_can_pass_for_the_built_in_nodes(site: Path) -> None:
    install(site, "bad_nodes", NODE.format(name="sample"), point="mezzotint")
    registry = Registry.load()
    assert "sample" not in registry
    assert registry.broken == {"mezzotint (bad_nodes)": "the name 'mezzotint' is taken"}


def test_two_packages_of_one_name_dont_replace_each_other(site: Path) -> None:
    install(site, "good_nodes", NODE.format(name="relay"))
    install(site, "second_nodes", NODE.format(name="relay"), point="good_nodes")
    registry = Registry.load()
    assert len(registry.conflicts["good_nodes.relay"]) == 2


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
