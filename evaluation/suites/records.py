"""Rows as they are published become records: a prompt, mostly a category, and what else a form names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ...graphs.problem import Place, fail, nearest, show
from ...graphs.types import format_scalar
from .about import Form
from .files import Row

#: The category of what has none, where others have one.
NO_CATEGORY = "none"
_FIELD = re.compile(r"\{(\w+)\}")


class Record(NamedTuple):
    """What one value of the axis of prompts holds, and where it was read."""

    values: dict[str, Any]
    place: Place


def records_of(form: Form, rows: Sequence[Row], where: str) -> tuple[list[Record], list[str]]:
    """The records of the rows that hold a prompt, and remarks on what was odd.

    GraphError for a column that is missing, naming it, where no row holds a prompt, and where some of the
    real pictures are missing.
    """
    if form.one_per is not None:
        rows = _one_per(form.one_per, rows)
    made = [Record(_values(form, row), row.place) for row in rows]
    kept = [record for record in made if record.values["prompt"]]
    if not kept:
        raise fail(Place(where, 0), "it holds no prompt", "is it the whole file?")
    remarks = []
    if empty := len(made) - len(kept):
        rows_are = "row without a prompt is" if empty == 1 else "rows without a prompt are"
        remarks.append(f"{where}: {empty:,} {rows_are} left out")
    if repeated := len(kept) - len({record.values["prompt"] for record in kept}):
        rows_repeat = "row repeats" if repeated == 1 else "rows repeat"
        remarks.append(f"{where}: {repeated:,} {rows_repeat} another's prompt; each counts")
    if form.pictures is not None:
        remarks += _add_pictures(form.pictures, kept, where)
    return kept, remarks


def _values(form: Form, row: Row) -> dict[str, Any]:
    if not isinstance(row.value, Mapping):
        return {"prompt": _as_text(row.value, row.place), **row.named}
    columns = form.columns or {name: name for name in row.value}
    values = dict(row.value) if form.keep_others else {}
    for ours, theirs in columns.items():
        if theirs not in row.value:
            raise fail(row.place, f"it has no column {show(theirs)}", nearest(theirs, map(str, row.value)))
        values[ours] = row.value[theirs]
    if "prompt" not in values:
        raise fail(row.place, "it has no column 'prompt'", nearest("prompt", map(str, row.value)))
    if "category" in values:
        values["category"] = _as_text(values["category"], row.place) or NO_CATEGORY
    return {"prompt": _as_text(values.pop("prompt"), row.place), **values, **row.named}


def _as_text(value: Any, place: Place) -> str:
    if value is None:
        return ""
    if isinstance(value, (str, int, float)):
        return format_scalar(value).strip()
    raise fail(place, f"a prompt is text, and this is {show(value)}")


def _one_per(column: str, rows: Sequence[Row]) -> list[Row]:
    """The first of the rows with an equal value in a column; rows that are no records are all kept."""
    first: dict[Any, Row] = {}
    for number, row in enumerate(rows):
        if isinstance(row.value, Mapping) and column not in row.value:
            raise fail(row.place, f"it has no column {show(column)}", nearest(column, map(str, row.value)))
        key = str(row.value[column]) if isinstance(row.value, Mapping) else number
        first.setdefault(key, row)
    return list(first.values())


def _add_pictures(pattern: str, records: Sequence[Record], where: str) -> list[str]:
    """Give every record its real picture as ``image``; where there is none at all, say so instead."""
    paths = [
        Path(record.place.file).absolute().parent / _picture(pattern, record.values) for record in records
    ]
    missing = [path for path in paths if not path.is_file()]
    if len(missing) == len(paths):
        return [f"{where}: no real pictures beside it (the first would be {paths[0]})"]
    if missing:
        what = f"{len(missing):,} of {len(paths):,} real pictures are missing, the first {missing[0]}"
        raise fail(Place(where, 0), what, "unpack them all, or take them all away")
    for record, path in zip(records, paths, strict=True):
        record.values["image"] = path
    return []


def _picture(pattern: str, values: Mapping[str, Any]) -> str:
    name = _FIELD.sub(lambda field: str(values.get(field[1], "")), pattern)
    return str(PurePosixPath(*(part for part in PurePosixPath(name).parts if part not in ("/", ".."))))
