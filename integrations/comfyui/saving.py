"""Files of a name of one's own, in ComfyUI's output folder: what a run folder is to a graph.

A node that has a pattern for the names of its files ends a workflow. Each file carries the workflow, as
ComfyUI's own do; no file that is there is written over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from ...graphs.file_names import INDEX
from ...graphs.node_type import FIELD, NodeType
from .folders import output_folder

#: The hidden inputs that bring the workflow, by the name that its text has in a picture's file.
TEXTS = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}
_FIELD = f"{{{INDEX}}}"

Values = Mapping[str, Sequence[Any]]


def saves(declared: NodeType) -> bool:
    """Whether a node type's output is files under a pattern of names."""
    return any(option.file_name is not None for option in declared.options)


def check_pattern(declared: NodeType, values: Values) -> None:
    """ValueError for a pattern that names no file here; one that comes over a wire isn't known yet."""
    for option in declared.options:
        if option.file_name is None:
            continue
        for pattern in values.get(option.name, ()):
            if pattern is not None:
                _check(str(pattern), option.file_name.endings)


def saved(declared: NodeType, items: Mapping[str, Sequence[Any]], values: Values) -> list[dict[str, str]]:
    """Write the files, and say where they are, as ComfyUI shows them; ValueError where a name is taken."""
    check_pattern(declared, values)
    (option,) = [option for option in declared.options if option.file_name is not None]
    pattern = str((values.get(option.name) or [option.default])[0])
    made = [(kind, item) for name, kind in declared.outputs.items() if kind.suffix for item in items[name]]
    texts = _texts(values)
    folder = output_folder()
    names = _free(folder, pattern, len(made))
    shown = []
    for (kind, item), name in zip(made, names, strict=False):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(kind.export(item, texts))
        parent = PurePosixPath(name).parent
        shown.append(
            {"filename": path.name, "subfolder": "" if str(parent) == "." else str(parent), "type": "output"}
        )
    return shown


def _check(pattern: str, endings: Sequence[str]) -> None:
    other = [field for field in FIELD.findall(pattern) if field.strip() != INDEX]
    if other:
        raise ValueError(
            f"{{{other[0]}}} stands for an input of a graph; on a canvas there is {_FIELD} alone"
        )
    plain = PurePosixPath(FIELD.sub("0", pattern))
    if plain.suffix.lower() not in endings:
        raise ValueError(f"{pattern!r} has none of the endings {', '.join(endings)}")
    if plain.is_absolute() or "\\" in pattern or any(part.startswith(".") for part in plain.parts):
        raise ValueError(
            f"{pattern!r} leads out of the output folder; write a path below it: cats/{_FIELD}.png"
        )


def _free(folder: Path, pattern: str, wanted: int) -> Iterator[str]:
    """So many names by a pattern that no file has yet, counted on from those that are there."""
    if not FIELD.search(pattern):
        if wanted > 1 or (folder / pattern).exists():
            why = f"{wanted} pictures need a name each" if wanted > 1 else "there is such a file already"
            raise ValueError(f"{pattern!r}: {why}; put {_FIELD} into it")
        yield pattern
        return
    for number in count():
        name = FIELD.sub(f"{number:05d}", pattern)
        if not (folder / name).exists():
            yield name


def _texts(values: Values) -> dict[str, str]:
    """The workflow, in the texts under which ComfyUI's page finds it in a file."""
    texts = {}
    for prompt in values.get("prompt", ()):
        if prompt:
            texts["prompt"] = json.dumps(prompt)
    for extra in values.get("extra_pnginfo", ()):
        texts |= {name: json.dumps(value) for name, value in (extra or {}).items()}
    return texts
