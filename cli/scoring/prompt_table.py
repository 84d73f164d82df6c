"""Ties pictures to the rows of a file of prompts: by a column of files, or by words or numbers in names."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ...graphs.grammar import Each
from ...graphs.problem import Place, fail, shorten
from ...graphs.tables import read_axis
from ...graphs.types import format_scalar
from ..terminal import count
from .names import number, word_forms, words
from .pictures import Picture

#: Names of columns, in lower case, the surest first; those of `_PERHAPS` only if a picture is called so.
_PROMPTS = ("prompt", "text", "caption", "description")
_FILES = ("file_name", "file", "filename", "image", "image_path", "file_path", "path")
_PERHAPS = ("name", "id", "key", "image_id", "index")
#: A name of at least as many letters may be the beginning of its prompt.
_LONG_ENOUGH = 20


@dataclass
class Prompts:
    """Prompts by the names of pictures, how many come from where, and what was odd about them."""

    texts: dict[str, str] = field(default_factory=dict)
    sources: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    @property
    def told(self) -> str:
        """Where they come from, in words."""
        parts = [f"{number:,} from {source}" for source, number in self.sources.most_common()]
        return ", ".join(parts) or "none"


@dataclass(frozen=True)
class _Row:
    prompt: str
    place: Place
    record: Mapping[str, Any] = field(default_factory=dict)


def tied_to_table(path: Path, pictures: Sequence[Picture]) -> Prompts:
    """The prompts of a txt, csv, tsv, jsonl or parquet file.

    GraphError for a file that can't be read, and for one without a column of prompts.
    """
    if path.is_dir():
        raise fail(Place(str(path), 0), "this is a folder", "give a file: txt, csv, tsv, jsonl or parquet")
    axis = read_axis("prompts", Each(Place(str(path), 0), file=path))
    column = _prompt_column(path, axis.values)
    rows = [_row(value, column, axis.place_of(index)) for index, value in enumerate(axis.values)]
    prompts = Prompts()
    blank = [row.place for row in rows if not row.prompt]
    if blank:
        prompts.remarks.append(f"{blank[0]}: {_rows(blank, 'has', 'have')} no prompt")
    files = _file_column(axis.values, pictures) if column is not None else None
    if files is not None:
        _by_file(rows, files, pictures, prompts)
        how = f"its column {files!r}"
    else:
        how = _by_name(rows, pictures, prompts)
    prompts.sources[f"{path}, by {how}"] = len(prompts.texts)
    return prompts


def _row(value: Any, column: str | None, place: Place) -> _Row:
    record = value if isinstance(value, Mapping) else {}
    prompt = record.get(column) if column is not None else value
    text = format_scalar(prompt).strip() if isinstance(prompt, (str, int, float)) else ""
    return _Row(text, place, record)


def _columns(values: Sequence[Any]) -> dict[str, str]:
    """The columns of all rows, as each is called first, by their names in lower case."""
    columns: dict[str, str] = {}
    for value in values:
        for name in value if isinstance(value, Mapping) else ():
            columns.setdefault(name.strip().lower(), name)
    return columns


def _prompt_column(path: Path, values: Sequence[Any]) -> str | None:
    """The column of prompts; None for a list of them."""
    columns = _columns(values)
    if not columns:
        return None
    found = next((columns[name] for name in _PROMPTS if name in columns), None)
    if found is None:
        has = ", ".join(map(repr, list(columns.values())[:20]))
        hint = f"name one of them {', '.join(_PROMPTS)}"
        raise fail(Place(str(path)), f"there is no column of prompts; there is {has}", hint)
    return found


def _file_column(values: Sequence[Any], pictures: Sequence[Picture]) -> str | None:
    columns = _columns(values)
    sure = next((columns[name] for name in _FILES if name in columns), None)
    if sure is not None:
        return sure
    named = _Named(pictures)
    for name in _PERHAPS:
        column = columns.get(name)
        if column is not None and any(
            named.of(value.get(column)) for value in values if isinstance(value, Mapping)
        ):
            return column
    return None


class _Named:
    """Pictures by what a table may call them: with and without their folders, and their ending."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._known: dict[str, list[str]] = defaultdict(list)
        for picture in pictures:
            whole = PurePosixPath(picture.name)
            bare = whole.with_suffix("")
            paths = (picture.path, whole, whole.name, bare, bare.name)
            for name in dict.fromkeys(map(str, paths)):
                self._known[name].append(picture.name)

    def of(self, value: Any) -> list[str]:
        """The pictures that a cell may mean: none, one, or several that are called alike."""
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            return []
        whole = PurePosixPath(str(value).strip().replace("\\", "/"))
        for name in (whole.as_posix(), whole.name, whole.stem):
            if name in self._known:
                return self._known[name]
        return []


def _by_file(rows: Sequence[_Row], column: str, pictures: Sequence[Picture], prompts: Prompts) -> None:
    named = _Named(pictures)
    given: dict[str, _Row] = {}
    absent: list[_Row] = []
    unclear: list[_Row] = []
    doubled: list[_Row] = []
    disputed: dict[str, tuple[_Row, _Row]] = {}
    for row in rows:
        found = named.of(row.record.get(column))
        if len(found) != 1:
            (unclear if found else absent).append(row)
        elif found[0] not in given:
            given[found[0]] = row
        elif given[found[0]].prompt == row.prompt:
            doubled.append(row)
        else:
            disputed.setdefault(found[0], (given[found[0]], row))
    prompts.texts = {name: row.prompt for name, row in given.items() if row.prompt and name not in disputed}
    for kind, text in (
        (absent, "no picture that is here"),
        (unclear, "several pictures that are called alike; give them with their folders"),
    ):
        if kind:
            cell = shorten(str(kind[0].record.get(column)))
            prompts.remarks.append(f"{kind[0].place}: {_rows(kind, 'names', 'name')} {text} ({cell!r})")
    if doubled:
        prompts.remarks.append(f"{doubled[0].place}: {_rows(doubled, 'stands', 'stand')} there twice")
    for name, (first, second) in list(disputed.items())[:1]:
        others = f"; so do {len(disputed) - 1:,} others" if len(disputed) > 1 else ""
        prompts.remarks.append(
            f"{second.place}: {name} has another prompt at {first.place}, so it gets none{others}"
        )


def _by_name(rows: Sequence[_Row], pictures: Sequence[Picture], prompts: Prompts) -> str:
    """Tie pictures by the words in their names, and those without such words by number; how, in words."""
    spelt = {words(row.prompt): index for index, row in reversed(list(enumerate(rows))) if row.prompt}
    spelt = dict(sorted(spelt.items()))
    in_order = list(spelt)
    tied: dict[str, int] = {}
    for picture in pictures:
        index = _spelt_out(picture.name, spelt, in_order)
        if index is not None:
            tied[picture.name] = index
    by_words = len(tied)
    numbers = {picture.name: found for picture in pictures if (found := number(picture.name)) is not None}
    start = _start(numbers, tied, rows)
    for name, found in numbers.items():
        if name not in tied and 0 <= found - start < len(rows):
            tied[name] = found - start
    prompts.texts = {name: rows[index].prompt for name, index in tied.items() if rows[index].prompt}
    drawn = {rows[index].prompt for index in tied.values()}
    unused = [row for row in rows if row.prompt and row.prompt not in drawn]
    if unused:
        first = shorten(unused[0].prompt, 40)
        what = f"{_rows(unused, 'has', 'have')} no picture here ({first!r})"
        prompts.remarks.append(f"{unused[0].place}: {what}")
    by_number = f"the numbers in file names, counted from {start}"
    if by_words and len(tied) > by_words:
        return f"the words in file names, and {by_number}"
    return by_number if len(tied) > by_words else "the words in file names"


def _spelt_out(name: str, spelt: Mapping[str, int], in_order: Sequence[str]) -> int | None:
    """The row whose words a name has, all of them, or so many from the first on that no other row fits."""
    for form in word_forms(name):
        if form in spelt:
            return spelt[form]
        if len(form) >= _LONG_ENOUGH:
            at = bisect_left(in_order, form)
            begun = [prompt for prompt in in_order[at : at + 2] if prompt.startswith(form)]
            if len(begun) == 1:
                return spelt[begun[0]]
    return None


def _start(numbers: Mapping[str, int], tied: Mapping[str, int], rows: Sequence[_Row]) -> int:
    """The number of the first prompt, 0 or 1: as pictures with words say, else as the numbers fit."""
    shown = [found - tied[name] for name, found in numbers.items() if name in tied]
    if shown:
        return 1 if sum(shift == 1 for shift in shown) > sum(shift == 0 for shift in shown) else 0
    return 1 if numbers and min(numbers.values()) == 1 and max(numbers.values()) == len(rows) else 0


def _rows(rows: Sequence[Any], one: str, many: str) -> str:
    return f"{count(len(rows), 'row')} {one if len(rows) == 1 else many}"
