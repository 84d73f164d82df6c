"""What a declaration looks like on a canvas, and that canvases saved before still fit it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from comfy_stand_in import Comfy
from widget_order import built_in, widget_order

from mezzotint import Effort, Images, Number, Range, Text, node
from mezzotint.graphs.node_type import NodeType
from mezzotint.integrations.comfyui.node_class import CanvasNode, class_id, node_class
from mezzotint.integrations.comfyui.widgets import option_widget, steps_of

WIDGETS = Path(__file__).with_name("widgets.json")


@node(version=1)
def toy(
    images: Images,
    text: Text,
    score: Number | None = None,
    *,
    width: Annotated[int, Range(1, 100)],
    strength: Annotated[float, Range(0, 1)] = 0.5,
    tile: Annotated[int, Range(64, 512)] | None = None,
    left: Annotated[int, Range(0, 9)] | None = 3,
    ratio: float | None = None,
    method: Literal["a", "b"] = "b",
    style: Literal["x", "y"] | None = None,
    name: str | None = None,
    words: list[str] | None = None,
    order: Annotated[float, Range(0, 9)] | Literal["infinity"] = 1.0,
    fast: Annotated[bool, Effort()] = False,
) -> Images:
    """Do something.

    And more.

    Args:
        images: the pictures
        width: how wide
    """
    return images


def declared() -> NodeType:
    found: NodeType = toy.node_type  # type: ignore[attr-defined]
    return found.owned_by("toys")


@pytest.fixture
def types() -> dict[str, Any]:
    return node_class(declared()).INPUT_TYPES()


def test_ports_are_sockets_and_texts_are_typed_in(types: dict[str, Any]) -> None:
    assert list(types["required"]) == ["images", "text", "width"]
    assert types["required"]["images"] == ("IMAGE,MASK", {"tooltip": "the pictures."})
    kind, settings = types["required"]["text"]
    assert (kind, settings["multiline"], settings["default"]) == ("STRING", True, "")


def test_what_may_be_left_out_is_optional(types: dict[str, Any]) -> None:
    assert list(types["optional"])[:2] == ["score", "strength"]
    # No number stands for nothing here, so it comes over a wire only.
    assert types["optional"]["score"][1]["forceInput"] is True


def test_numbers_have_their_range_step_and_default(types: dict[str, Any]) -> None:
    assert types["required"]["width"][1] == {
        "default": 1,
        "min": 1,
        "max": 100,
        "step": 1,
        "tooltip": "how wide.",
    }
    kind, settings = types["optional"]["strength"]
    assert kind == "FLOAT"
    assert (settings["min"], settings["max"], settings["step"], settings["default"]) == (0, 1, 0.005, 0.5)
    assert settings["round"] == 0.0001


@pytest.mark.parametrize(("span", "step"), [(1, 0.005), (7, 0.005), (100, 0.05), (1e6, 0.05), (0.02, 5e-5)])
def test_a_click_is_a_small_part_of_the_range(span: float, step: float) -> None:
    assert steps_of(span) == {"step": pytest.approx(step), "round": pytest.approx(step / 50)}


def test_choices_are_a_list_and_effort_is_advanced(types: dict[str, Any]) -> None:
    assert types["optional"]["method"] == (["a", "b"], {"default": "b", "tooltip": ""})
    assert types["optional"]["style"][0] == ["x", "y", "none"]
    assert types["optional"]["fast"][1] == {"default": False, "tooltip": "", "advanced": True}


@pytest.mark.parametrize(
    ("option", "absent", "kind", "told"),
    [
        ("tile", 0, "INT", "0 leaves it out."),
        ("left", -1, "INT", "-1 leaves it out."),
        ("style", "none", ["x", "y", "none"], ""),
        ("name", "", "STRING", "Empty leaves it out."),
        ("words", "", "STRING", "Empty leaves it out."),
        ("ratio", " ", "STRING", "Empty leaves it out."),
    ],
)
def test_null_has_a_value_that_the_tooltip_states(option: str, absent: Any, kind: Any, told: str) -> None:
    found = declared().option(option)
    assert found is not None
    widget = option_widget(found)
    assert widget.kind == kind
    assert told in widget.settings["tooltip"]
    assert widget.read(absent) is None


def test_lists_and_unions_are_written_as_yaml() -> None:
    words, order = (
        option_widget(option) for name in ("words", "order") if (option := declared().option(name))
    )
    assert words.read("[a b, c]") == words.read("- a b\n- c") == ["a b", "c"]
    assert "a list of (text)" in words.settings["tooltip"]
    assert (order.read(order.settings["default"]), order.read("2"), order.read("infinity")) == (
        1.0,
        2,
        "infinity",
    )
    with pytest.raises(ValueError, match="words:2:1: the '\\[' opened at line 1"):
        words.read("[a, b")


def test_a_node_is_named_described_and_in_its_folder() -> None:
    made = node_class(declared())
    assert class_id(declared()) == "Mezzotint.toys.toy"
    assert (made.CATEGORY, made.DESCRIPTION) == ("mezzotint/toys", "Do something.\n\nAnd more.")
    own = built_in()["fd"]
    assert (class_id(own), node_class(own).CATEGORY) == ("Mezzotint.fd", "mezzotint/evaluation")


def test_scores_are_results_in_themselves_and_pictures_are_not(comfy: Comfy) -> None:
    assert comfy.classes["Mezzotint.fd"].OUTPUT_NODE is True
    assert comfy.classes["Mezzotint.upscale"].OUTPUT_NODE is False
    assert comfy.classes["Mezzotint.fd"].OUTPUT_IS_LIST == (False,)
    assert comfy.classes["Mezzotint.clip_score"].OUTPUT_IS_LIST == (True,)
    assert comfy.classes["Mezzotint.detect"].RETURN_TYPES == ("MEZZOTINT_DETECTIONS", "MASK")


def test_every_node_type_is_there_but_those_that_ask_the_engine(comfy: Comfy) -> None:
    registry = built_in()
    expected = {f"Mezzotint.{name}" for name in registry.names()} - {
        f"Mezzotint.{name}" for name in ("seconds", "joules", "peak_memory")
    }
    assert expected <= set(comfy.classes)


@pytest.mark.parametrize("name", built_in().names())
def test_what_the_node_says_of_itself_is_what_comfyui_expects(name: str) -> None:
    made: type[CanvasNode] = node_class(built_in()[name])
    json.dumps(made.INPUT_TYPES())  # goes to the page as JSON
    outputs = len(made.RETURN_TYPES)
    assert outputs == len(made.RETURN_NAMES) == len(made.OUTPUT_IS_LIST) == len(made.OUTPUT_TOOLTIPS)
    for group in made.INPUT_TYPES().values():
        for kind, settings in (entry for entry in group.values() if isinstance(entry, tuple)):
            assert isinstance(kind, (str, list))
            if isinstance(kind, list):
                assert settings.get("default", kind[0]) in kind
            elif kind in ("INT", "FLOAT") and "default" in settings:
                assert settings["min"] <= settings["default"] <= settings["max"]


def test_canvases_that_were_saved_still_fit() -> None:
    recorded, now = json.loads(WIDGETS.read_text("utf-8")), widget_order()
    moved = {name: order for name, order in recorded.items() if now.get(name, [])[: len(order)] != order}
    assert not moved, (
        "A canvas stores the values of a node's widgets by position, so canvases with these nodes would be "
        "read wrongly. Let new options come last, and rename, move or drop none."
    )
    assert recorded == now, (
        "Nodes or widgets were added, each as the last of its node, which is fine. Record them by "
        "python tests/integrations/comfyui/widget_order.py > tests/integrations/comfyui/widgets.json"
    )
