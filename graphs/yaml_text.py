"""Plain data as YAML text that every reader takes for the same values, laid out as people write graph files.

Text that YAML 1.2, YAML 1.1 or this language's own reader would take for something else (``no``, ``12:30``,
``1e-3``) stands in quotes, and so does what holds one of YAML's signs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from .source import resolve_scalar

#: How long a line may get before a collection is written over several.
WIDTH = 110
#: Longer keys need a sign of their own; YAML's bound is 1024 characters.
_LONG_KEY = 1000
#: Text that may stand without quotes as far as its signs go; inside ``{}`` and ``[]`` some more separate.
_BARE = re.compile(r"[\w$/(][^:\t\n]*(?<! )")
_FLOW_SIGNS = re.compile(r"[,?\[\]{}]")
#: What other readers take for a truth value; PyYAML for one leaves the single letters alone.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_RESOLVERS: Mapping[str, Sequence[tuple[str, re.Pattern[str]]]] = yaml.SafeLoader.yaml_implicit_resolvers
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def graph_text(graph: Mapping[str, Any]) -> str:
    """A graph in plain data as the text of a file: a node a line where it fits, its columns aligned."""
    lines: list[str] = []
    for key, value in graph.items():
        if isinstance(value, Mapping) and value and key in ("suite", "inputs", "nodes"):
            lines += [f"{key}:", *_entries(value, 2)]
        else:
            lines += _entry(key, value, 0)
    return "".join(f"{line}\n" for line in lines)


def flow_text(value: Any) -> str:
    """A value on one line, in YAML's flow style; TypeError for what is no plain data."""
    if isinstance(value, Mapping):
        return (
            f"{{{', '.join(f'{_key(key, explicit=True)} {flow_text(part)}' for key, part in value.items())}}}"
        )
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(flow_text, value))}]"
    return _scalar(value, in_flow=True)


def _entries(mapping: Mapping[str, Any], indent: int) -> list[str]:
    """The entries of a mapping, those on one line that are mappings themselves one below the other."""
    beside = [key for key, value in mapping.items() if isinstance(value, Mapping) and value]
    width = max((len(_key(key)) for key in beside if len(key) <= 16), default=0)
    return [
        line
        for key, value in mapping.items()
        for line in _entry(key, value, indent, width if key in beside else 0)
    ]


def _entry(key: str, value: Any, indent: int, width: int = 0) -> list[str]:
    """The lines of ``key: value``; a value on the same line stands ``width`` columns further in."""
    head = f"{' ' * indent}{_key(key)}"
    short = f"{head.ljust(indent + width)} {_on_a_line(value)}"
    if _is_scalar(value) or not value or (len(short) <= WIDTH and not _has_lines(value)):
        if isinstance(value, str) and _stands_in_a_block(value):
            return [f"{head} {'|' if value.endswith(chr(10)) else '|-'}", *_block(value, indent + 2)]
        return [short]
    if isinstance(value, Mapping) and any(len(_key(key)) > _LONG_KEY for key in value):
        return [short]
    return [head, *_collection(value, indent + 2)]


def _collection(value: Any, indent: int) -> list[str]:
    if isinstance(value, Mapping):
        return _entries(value, indent)
    lines: list[str] = []
    for item in value:
        short = f"{' ' * indent}- {_on_a_line(item)}"
        if _is_scalar(item) or not item or (len(short) <= WIDTH and not _has_lines(item)):
            lines.append(short)
            continue
        if isinstance(item, Mapping) and any(len(_key(key)) > _LONG_KEY for key in item):
            lines.append(short)
            continue
        first, *rest = _collection(item, indent + 2)
        lines += [f"{' ' * indent}- {first[indent + 2 :]}", *rest]
    return lines


def _on_a_line(value: Any) -> str:
    return _scalar(value, in_flow=False) if _is_scalar(value) else flow_text(value)


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (Mapping, list, tuple))


def _has_lines(value: Any) -> bool:
    """Whether an entry of a mapping is text of several lines, which reads best in lines."""
    return isinstance(value, Mapping) and any(
        isinstance(part, str) and _stands_in_a_block(part) for part in value.values()
    )


def _key(key: str, *, explicit: bool = False) -> str:
    """A key with its colon; ``explicit`` marks one too long to be known for a key before its colon."""
    text = _scalar(key, in_flow=True)
    return f"? {text} :" if explicit and len(text) > _LONG_KEY else f"{text}:"


def _scalar(value: Any, *, in_flow: bool) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is no plain data")
    return value if _is_bare(value, in_flow=in_flow) else _quoted(value)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return ".nan" if math.isnan(value) else (".inf" if value > 0 else "-.inf")
    digits, e, exponent = repr(value).partition("e")
    if not e:
        return digits
    # YAML 1.1 wants the point and the sign.
    digits = digits if "." in digits else f"{digits}.0"
    return f"{digits}e{exponent if exponent[0] in '+-' else '+' + exponent}"


def _is_bare(text: str, *, in_flow: bool) -> bool:
    """Whether text stands for itself without quotes, for every reader."""
    if not _BARE.fullmatch(text) or not text.isprintable() or " #" in text or text.lower() in _WORDS:
        return False
    if in_flow and _FLOW_SIGNS.search(text):
        return False
    resolvers = _RESOLVERS.get(text[0], ())
    return isinstance(resolve_scalar(text), str) and not any(rule.match(text) for _, rule in resolvers)


def _quoted(text: str) -> str:
    if text.isprintable() and ('"' in text or "\\" in text) and "'" not in text:
        return f"'{text}'"
    return f'"{"".join(_escaped(letter) for letter in text)}"'


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    number = ord(letter)
    return (
        f"\\x{number:02x}"
        if number < 0x100
        else f"\\u{number:04x}"
        if number < 0x10000
        else f"\\U{number:08x}"
    )


def _stands_in_a_block(text: str) -> bool:
    """Whether text of several lines can be written as it is, line by line."""
    lines = text.removesuffix("\n").split("\n")
    return (
        len(lines) > 1
        and bool(lines[-1].strip())
        and bool(lines[0])
        and not lines[0][0].isspace()
        and all(line.isprintable() for line in lines)
    )


def _block(text: str, indent: int) -> list[str]:
    return [f"{' ' * indent}{line}" if line else "" for line in text.removesuffix("\n").split("\n")]
