"""Widgets: how an option or a literal is typed in on a canvas, and what its value means to a node.

What no widget can express is written as text, and the tooltip says how: a list as YAML, nothing at all as an
empty field or as a number below the range.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import floor, log10
from typing import Any, Literal, get_args, get_origin

from annotated_types import Interval

from ...graphs.node_type import Option, is_union, unwrap
from ...graphs.problem import GraphError
from ...graphs.source import read_text
from .folders import located

#: A page's numbers are exact up to here; seeds drawn for a prompt stay below it too.
LARGEST = (1 << 53) - 1
#: The choice that stands for null.
NONE = "none"


def as_it_is(value: Any) -> Any:
    """A widget's value that is already what the node takes."""
    return value


@dataclass(frozen=True)
class Widget:
    """An entry of ``INPUT_TYPES``, and ``read``, which makes of the widget's value what a node takes.

    ``kind`` is INT, FLOAT, BOOLEAN, STRING, or a list of choices. ``read`` raises ValueError for what it
    can't read.
    """

    kind: str | list[Any]
    settings: dict[str, Any] = field(default_factory=dict)
    read: Callable[[Any], Any] = as_it_is


def option_widget(option: Option) -> Widget:
    """The widget of an option; effort is for those who look for it, so it is an advanced one."""
    widget = _widget(option)
    tooltip = sentences(option.help, widget.settings.get("tooltip", ""))
    settings = {**widget.settings, "tooltip": tooltip}
    if option.effort:
        settings["advanced"] = True
    content = option.content
    if content is None or widget.kind != "STRING":
        return Widget(widget.kind, settings, widget.read)
    return Widget("STRING", settings, lambda text: _located(widget.read(text), content.names_files))


def _located(value: Any, words: bool) -> Any:
    return located(value, words=words) if isinstance(value, str) else value


def sentences(*parts: str) -> str:
    """Several remarks as one text."""
    return " ".join(part if part.endswith(".") else f"{part}." for part in parts if part)


def _widget(option: Option) -> Widget:
    bare, marks = unwrap(option.annotation)
    nullable = is_union(option.annotation) and type(None) in get_args(option.annotation)
    if get_origin(bare) is Literal:
        return _choice(list(get_args(bare)), nullable, option)
    if bare is bool and not nullable:
        return Widget("BOOLEAN", {} if option.required else {"default": option.default})
    if bare in (int, float):
        found = _number(bare, marks, nullable, option)
        if found is not None:
            return found
    if bare is str:
        settings = {"default": "" if option.required or option.default is None else option.default}
        if not nullable:
            return Widget("STRING", settings)
        return Widget("STRING", {**settings, "tooltip": "Empty leaves it out."}, lambda text: text or None)
    return _yaml(option, nullable)


def _choice(choices: list[Any], nullable: bool, option: Option) -> Widget:
    labels = {str(choice): choice for choice in choices}
    if nullable:
        labels.setdefault(NONE, None)
    settings = {} if option.required else {"default": _label(labels, option.default)}
    return Widget(list(labels), settings, lambda label: labels.get(str(label), label))


def _label(labels: dict[str, Any], value: Any) -> str:
    return next(label for label, choice in labels.items() if choice == value)


def _number(kind: type, marks: tuple[Any, ...], nullable: bool, option: Option) -> Widget | None:
    """A number's widget; None where null can't be a number below the range, for there is none."""
    bounds = next((mark for mark in marks if isinstance(mark, Interval)), None)
    low, high = (-LARGEST, LARGEST) if bounds is None else (bounds.ge, bounds.le)
    settings: dict[str, Any] = {"min": low, "max": high, "step": 1}
    if kind is float:
        settings |= steps_of(float(high - low))  # type: ignore[operator]
    if not nullable:
        default = (low if bounds is not None else 0) if option.required else option.default
        return Widget("INT" if kind is int else "FLOAT", {"default": default, **settings})
    if bounds is None:
        return None
    absent = 0 if low > 0 else -1  # type: ignore[operator]
    if low <= absent:  # type: ignore[operator]
        return None
    default = absent if option.required or option.default is None else option.default
    settings |= {"default": default, "min": absent, "tooltip": f"{absent} leaves it out."}
    return Widget(
        "INT" if kind is int else "FLOAT", settings, lambda value: None if value == absent else value
    )


def steps_of(span: float) -> dict[str, float]:
    """By how much a number changes at a click, for a range this wide, and how finely it can be typed in.

    A page keeps as many decimals as the step has, whatever ``round`` says: half a power of ten has one more.
    """
    step = min(0.05, 10.0 ** (floor(log10(span)) - 2) / 2) if span > 0 else 0.005
    return {"step": step, "round": step / 50}


def _yaml(option: Option, nullable: bool) -> Widget:
    empty = " Empty leaves it out." if nullable else ""
    settings = {
        "default": "" if option.required or option.default is None else as_yaml(option.default),
        "multiline": get_origin(unwrap(option.annotation)[0]) is list,
        "tooltip": f"Written as YAML: {option.expected}.{empty}",
    }
    return Widget("STRING", settings, lambda text: from_yaml(text, option.name))


def as_yaml(value: Any) -> str:
    """A value as one line of YAML."""
    import yaml

    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1 << 20)
    return text.removesuffix("\n").removesuffix("...").strip()


def from_yaml(text: Any, name: str) -> Any:
    """The value of YAML text that stands in a widget; nothing at all is None.

    Raises ValueError, with the line, for what isn't YAML.
    """
    if not isinstance(text, str):
        return text
    try:
        return read_text(text, name).plain() if text.strip() else None
    except GraphError as error:
        raise ValueError(str(error)) from None
