"""A diagram as SVG: alone in a file, or inline in a page, on light and on dark paper."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from mezzotint.graphs.drawing.diagram import Box, Diagram, Edge
from mezzotint.graphs.drawing.svg import svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(name: str = "a") -> str:
    boxes = {"a": Box("a", "input", name, "7", ""), "b": Box("b", "reducer", "b", "mean", "over a")}
    return svg(Diagram(boxes, [Edge("a", "b", name)]), name)


def test_every_edge_has_a_tip_where_it_ends() -> None:
    root = ElementTree.fromstring(drawn())
    paths = {path.get("class"): path.get("d") or "" for path in root.iter(f"{SVG}path")}
    end = paths["edge"].split()[-2:]
    assert paths["tip"].startswith(f"M{end[0]} {end[1]}")


def test_texts_from_a_graph_can_not_become_markup() -> None:
    hostile = "</text><script>alert(1)</script>&\"'"
    root = ElementTree.fromstring(drawn(hostile))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        *("svg", "title", "style", "rect", "g", "path", "polygon", "text")
    }
    assert [text.text for text in root.iter(f"{SVG}text")].count(hostile) == 2


def test_a_page_may_hold_several() -> None:
    text = drawn()
    assert " id=" not in text
    root = ElementTree.fromstring(text)
    style = next(root.iter(f"{SVG}style")).text or ""
    rules = [line for line in style.splitlines() if line and not line.startswith("@media")]
    assert all(rule.startswith(".mezzotint-graph") for rule in rules)


def test_each_colour_is_a_variable_with_a_light_and_a_dark_value_and_one_to_fall_back_on() -> None:
    text = drawn()
    light, dark = re.findall(r"\.mezzotint-graph \{ (--[^}]*) \}", text)
    named = {variable.split(":")[0] for variable in light.split("; ")}
    assert named == {variable.split(":")[0] for variable in dark.split("; ")}
    for attribute, variable in re.findall(r"(fill|stroke): var\((--[\w-]+)\)", text):
        assert variable in named
        assert re.search(rf"{attribute}: #\w+; {attribute}: var\({variable}\)", text)
