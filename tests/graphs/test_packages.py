"""Packages of nodes, good and bad: one that is broken says why, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mezzotint.graphs.check import check
from mezzotint.graphs.problem import Place
from mezzotint.graphs.registry import Registry
from mezzotint.graphs.source import Tree
from mezzotint.graphs.spec import parse_spec

Install = Callable[..., Path]

HEAD = """\
from typing import Annotated
from mezzotint.graphs.node import node
from mezzotint.graphs.types import PortType, Text

"""
NODE = '''
@node(version=1)
def {name}(text: Text) -> Text:
    """Hand text through."""
    return text
'''
TYPE = '''
class {name}Type(PortType):
    name = "{name}"

    def encode(self, item):
        return item

    def decode(self, data):
        return data


{name} = Annotated[bytes, {name}Type()]


@node(version=1)
def make_{lower}(text: Text) -> {name}:
    """Make one."""


@node(version=1)
def take_{lower}(item: {name}) -> Text:
    """Take one."""
'''


NARROW = '''
class Narrow(MaskType):
    pass


@node(version=1)
def narrow(text: Text) -> Annotated[bytes, Narrow()]:
    """Make one."""
'''


def declaring(*names: str) -> str:
    return HEAD + "\n".join(NODE.format(name=name) for name in names)


def warnings(registry: Registry, use: str) -> list[str]:
    graph = {"nodes": {"made": {"use": use, "text": "x"}}, "outputs": {"made": "$made"}}
    spec = parse_spec(Tree.of(graph, Place("<test>")), "test", Path())
    return [str(warning) for warning in check(spec, registry).warnings]


def test_a_package_is_known_with_its_distribution_version_and_file(install: Install) -> None:
    file = install("toys", declaring("relay"), name="toy-nodes", version="2.1")
    registry = Registry.load()
    origin = registry.packages["toys"]
    assert (origin.distribution, origin.version, origin.file) == ("toy-nodes", "2.1", str(file))
    assert registry["relay"].qualified == registry["toys.relay"].qualified == "toys.relay@1"
    assert registry.owner("toys") == "toys (toy-nodes 2.1)"
    assert registry.warnings() == []


def test_what_a_package_brings_together_from_its_own_modules_is_its(install: Install, tmp_path: Path) -> None:
    install("toys", declaring("relay"), offers="toys", point="many")
    folder = tmp_path / "site" / "many"
    folder.mkdir()
    (folder / "texts.py").write_text(declaring("shout"))
    (folder / "__init__.py").write_text("from .texts import shout\nfrom toys import relay\n")
    assert Registry.load().names() == ["shout"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module", "{file}:1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = 1\nx.y()", "{file}:2: AttributeError: 'int' object has no attribute 'y'"),
        ("import json\n\njson.loads('{')", "{file}:3: JSONDecodeError: "),
        ("def f(:", "{file}:1: SyntaxError: "),
        ("raise SystemExit('no GPU')", "{file}:1: it calls exit('no GPU') when it is imported"),
        ("class Stop(BaseException): pass\nraise Stop('x')", "{file}:2: Stop: x"),
        (declaring("x").replace("text: Text", "text: str"), "{file}:6: DeclarationError: node type 'x'"),
        (
            declaring("x", "x"),
            "{file}:12: DeclarationError: node type 'x' (bad): it is declared twice",
        ),
        (
            declaring("x") + NODE.format(name="y").replace("version=1", "version=1, name='x'"),
            "declared twice, in line 6 and in line 11",
        ),
        ("x = 1", "bad declares no node type; the entry point names the module with the @node functions"),
        (
            declaring("x") + TYPE.format(name="Mask", lower="mask").replace("def encode", "def write"),
            "node type 'make_mask' (bad): the type of the output, MaskType, has no encode",
        ),
        (
            declaring("x") + TYPE.format(name="Mask", lower="mask").replace('name = "Mask"', "pass"),
            "node type 'make_mask' (bad): the type of the output, MaskType, has no name",
        ),
    ],
)
def test_a_broken_package_says_why_and_the_rest_still_works(
    install: Install, source: str, reason: str
) -> None:
    file = install("bad", source)
    install("good", declaring("relay"))
    registry = Registry.load()
    assert registry["relay"].package == "good"
    assert reason.format(file=file) in registry.broken["bad"]
    assert registry.of_package("bad") == []


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        ("nowhere", "its entry point names the module 'nowhere', and there is no 'nowhere'"),
        ("bad.deep", "its entry point names the module 'bad.deep', and there is no 'bad.deep'"),
        ("not a module", "its entry point says 'not a module', which is not the name of a module"),
    ],
)
def test_an_entry_point_that_names_no_module_is_told(install: Install, point: str, reason: str) -> None:
    install("bad", declaring("relay"), point=point)
    assert Registry.load().broken == {"bad": reason}


def test_a_name_that_no_graph_could_write_is_refused(install: Install) -> None:
    install("bad", declaring("relay"), offers="my nodes")
    assert "can't stand before the dot" in Registry.load().broken["my nodes"]


def test_what_a_package_prints_stays_out_of_what_a_command_says(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("chatty", "print('hello')\n" + declaring("relay"))
    assert "relay" in Registry.load()
    assert capsys.readouterr() == ("", "hello\n")


def test_the_first_by_name_keeps_a_short_name_and_both_owners_are_told(install: Install) -> None:
    install("b_nodes", declaring("relay"), name="second-nodes")
    install("a_nodes", declaring("relay"), name="first-nodes")
    registry = Registry.load()
    assert registry["relay"].package == "a_nodes"
    assert registry["b_nodes.relay"].package == "b_nodes"
    assert registry.names() == ["b_nodes.relay", "relay"]
    assert registry.warnings() == [
        "several packages declare 'relay': a_nodes (first-nodes 1.0) has the name; "
        "b_nodes (second-nodes 1.0) has it as b_nodes.relay"
    ]
    assert warnings(registry, "relay") == [
        "<test>:1:1: several packages declare 'relay'; this is that of a_nodes (first-nodes 1.0)\n"
        "    write use: a_nodes.relay; b_nodes.relay is that of b_nodes (second-nodes 1.0)"
    ]
    assert warnings(registry, "a_nodes.relay") == warnings(registry, "b_nodes.relay") == []


def test_built_in_nodes_keep_their_names_and_have_full_ones(install: Install) -> None:
    install("eager", declaring("template"))
    registry = Registry.load(["mezzotint.graphs.template"])
    assert registry["template"].package == registry["mezzotint.template"].package == "mezzotint"
    assert registry["eager.template"].package == "eager"
    assert registry.conflicts == {"template": ["mezzotint", "eager"]}


def test_no_package_can_pass_for_the_built_in_nodes(install: Install) -> None:
    install("bad", declaring("sample"), offers="mezzotint")
    registry = Registry.load()
    assert "sample" not in registry
    said = "the package name 'mezzotint' is taken by mezzotint; uninstall one of them"
    assert registry.broken == {"mezzotint (bad 1.0)": said}


def test_two_distributions_that_offer_one_package_are_told_by_their_names(install: Install) -> None:
    install("one", declaring("relay"), name="nodes-one", offers="toys")
    install("two", declaring("shout"), name="nodes-two", version="3.0", offers="toys")
    registry = Registry.load()
    assert registry.names() == ["relay"]
    said = "the package name 'toys' is taken by nodes-one 1.0; uninstall one of them"
    assert registry.broken == {"toys (nodes-two 3.0)": said}


def test_port_types_of_one_name_are_told_and_told_apart(install: Install) -> None:
    install("a_nodes", HEAD + TYPE.format(name="Mask", lower="mask"))
    install("b_nodes", HEAD + TYPE.format(name="Mask", lower="mask").replace("_mask", "_cover"))
    registry = Registry.load()
    assert registry.type_conflicts == {"Mask": ["a_nodes.MaskType", "b_nodes.MaskType"]}
    assert "several port types are called 'Mask'" in registry.warnings()[0]
    graph = {
        "nodes": {"a": {"use": "make_mask", "text": "x"}, "b": {"use": "take_cover", "item": "$a"}},
        "outputs": {"b": "$b"},
    }
    with pytest.raises(Exception, match=r"takes Mask \(b_nodes.*gives Mask \(a_nodes.MaskType\)"):
        check(parse_spec(Tree.of(graph, Place("<test>")), "test", Path()), registry)


def test_a_type_that_narrows_another_may_have_its_name(install: Install) -> None:
    source = HEAD + TYPE.format(name="Mask", lower="mask")
    install("toys", source + NARROW)
    assert Registry.load().type_conflicts == {}


@pytest.mark.parametrize(
    ("use", "hint"),
    [
        ("toys.relai", "did you mean 'relay'?"),
        ("lost.relay", "no package of nodes is called 'lost' here; install it"),
        ("toy.relay", "no package of nodes is called 'toy' here (did you mean 'toys'?); install it"),
        ("relai", "did you mean 'relay'?"),
    ],
)
def test_an_unknown_node_of_a_package_brings_the_nearest(install: Install, use: str, hint: str) -> None:
    install("toys", declaring("relay"))
    with pytest.raises(Exception, match="there is no node type") as caught:
        warnings(Registry.load(), use)
    assert hint in str(caught.value)
