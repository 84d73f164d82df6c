"""Published files of prompts on this disk: which of a folder's they are, their digest, and their rows."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...graphs.digest import CHUNK
from ...graphs.problem import Place, fail, nearest, show
from ...graphs.tables import read_table
from .about import CATEGORY, NUMBER, Form


class Row(NamedTuple):
    """A row as published, text or a record, where it stands, and what its file's name says of it."""

    value: Any
    place: Place
    named: Mapping[str, str]


def find_files(data: Path, forms: Iterable[Form], place: Place) -> tuple[Form, list[Path]]:
    """The form that a file or a folder is in, and its files.

    A file is of the form of its name, else of the first one with its ending. GraphError for what is of none.
    """
    local = [form for form in forms if form.is_local]
    wanted = " or ".join(dict.fromkeys(form.described() for form in local)) or "no file at all"
    if data.is_dir():
        for form in local:
            if found := sorted(path for path in data.glob(form.pattern) if path.is_file()):
                return form, found
        raise fail(place, f"the folder {data} holds none of the prompts of this suite", f"it takes {wanted}")
    if not data.exists():
        beside = data.parent.iterdir() if data.parent.is_dir() else ()
        hint = nearest(data.name, (path.name for path in beside))
        raise fail(place, f"there is no file or folder {data}", hint)
    for form in local:
        if data.match(form.pattern):
            return form, [data]
    for form in local:
        if data.suffix.lower() == Path(form.name).suffix and not form.has_several_files:
            return form, [data]
    raise fail(place, f"{data} is no file of this suite's prompts", f"it takes {wanted}")


def digest(paths: Sequence[Path]) -> str:
    """The SHA-256 of a file; of several, that of what ``sha256sum`` prints for them in the order of names."""
    sums = {path.name: _sha256(path) for path in paths}
    if len(sums) == 1:
        return next(iter(sums.values()))
    lines = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
    return hashlib.sha256(lines.encode()).hexdigest()


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
    except OSError as error:
        raise fail(Place(str(path), 0), f"it can't be read: {error.strerror or error}") from None
    return found.hexdigest()


def read_rows(form: Form, paths: Sequence[Path]) -> list[Row]:
    """The rows of a form's files, in the order of the files' names; GraphError for what can't be read."""
    rows = []
    for path in paths:
        named = _named(form, path)
        if NUMBER in form.name:  # a file is one prompt, whatever lines it has
            rows.append(Row(" ".join(_text(path).split()), Place(str(path)), named))
        elif path.suffix.lower() == ".json":
            rows += [Row(value, Place(str(path), 0), named) for value in _json_rows(path, form.under)]
        else:
            values, places = read_table(path, Place(str(path), 0))
            rows += [Row(value, place, named) for value, place in zip(values, places, strict=True)]
    return rows


def _named(form: Form, path: Path) -> dict[str, str]:
    """What the name of a file says: the category or the number in it."""
    pattern = re.escape(form.name)
    for field in (CATEGORY, NUMBER):
        pattern = pattern.replace(re.escape(field), f"(?P<{field[1:-1]}>.+)")
    match = re.fullmatch(pattern, path.name)
    return match.groupdict() if match else {}


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise fail(Place(str(path), 0), f"it can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise fail(Place(str(path), 0), f"this is not text in UTF-8 (byte {error.start + 1})") from None


def _json_rows(path: Path, under: str | None) -> list[Any]:
    """The rows of a JSON file: a list, or a mapping from numbers to records, which lie ``under`` a name."""
    place = Place(str(path), 0)
    try:
        content = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise fail(Place(str(path), error.lineno, error.colno), f"not JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        raise fail(place, f"not JSON that can be read: {error}") from None
    if under is not None and isinstance(content, Mapping):
        if under not in content:
            raise fail(place, f"it has no {show(under)}", nearest(under, content))
        content = content[under]
    if isinstance(content, list):
        return content
    if isinstance(content, Mapping) and all(isinstance(row, Mapping) for row in content.values()):
        return [{"id": key, **row} for key, row in content.items()]
    raise fail(place, f"it holds {show(content)}, where prompts are a list or a mapping of records")
