"""Reading what ``each`` names: lists, ranges, tables, folders of images, and several of them side by side."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from .entries import MAX_AXIS
from .grammar import Each
from .problem import GraphError, Place, Problem, fail, nearest, show
from .source import MAX_DEPTH, resolve_scalar
from .types import format_scalar
from .values import Axis

MAX_TABLE_BYTES = 1 << 30
#: Sidecar tables that give the text of each image of a folder (the layout of Hugging Face image folders).
_FOLDER_TABLES = ("metadata.jsonl", "metadata.csv")
#: The endings of the names of files that are taken for pictures.
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
_LINE_END = re.compile(r"\r\n|\n|\r")
_SURROGATE = re.compile("[\ud800-\udfff]")

Rows = tuple[list[Any], list[int]]


def read_axis(name: str, each: Each) -> Axis:
    """The values of an axis; GraphError for a file that is missing or malformed, and for an empty axis."""
    values, places = _limited(each)
    if not values:
        raise fail(each.place, f"axis {name!r} has no values", "give it at least one")
    if len(values) > MAX_AXIS:
        raise fail(each.place, f"axis {name!r} has {len(values):,} values; {MAX_AXIS:,} are the most")
    return Axis(name, values, each.place, places)


def _limited(each: Each) -> tuple[Sequence[Any], Sequence[Place]]:
    values, places = _read_source(each)
    return (values, places) if each.limit is None else (values[: each.limit], places[: each.limit])


def _read_source(each: Each) -> tuple[Sequence[Any], Sequence[Place]]:
    if each.values is not None:
        return [tree.plain() for tree in each.values], [tree.place for tree in each.values]
    if each.count is not None:
        return range(each.count), ()
    if each.file is not None:
        return read_table(each.file, each.place, each.column)
    if each.folder is not None:
        return _read_folder(each.folder, each.match, each.place), ()
    return _read_zip(each), ()


def _read_zip(each: Each) -> list[dict[str, Any]]:
    columns: dict[str, Sequence[Any]] = {}
    problems: list[Problem] = []
    for name, part in (each.zip or {}).items():
        try:
            columns[name] = _limited(part)[0]
        except GraphError as error:
            problems.extend(error.problems)
    if problems:
        raise GraphError(problems)
    if len(set(map(len, columns.values()))) > 1:
        lengths = ", ".join(f"{name} has {len(values)}" for name, values in columns.items())
        raise fail(each.place, f"the columns of a zip have different lengths: {lengths}", "limit: cuts one")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


# Tables


def read_table(path: Path, place: Place, column: str | None = None) -> tuple[list[Any], list[Place]]:
    """The rows of a txt, csv, tsv, jsonl or parquet file, or one column of them, each with where it stands.

    GraphError, at ``place`` where the file itself is what is wrong.
    """
    rows, lines = _reading(path, place, lambda: _rows(path, column))
    places = [Place(str(path), line) for line in lines]
    if column is None:
        return rows, places
    for row, where in zip(rows, places, strict=True):
        if not isinstance(row, Mapping):
            hint = f"{path.suffix or 'these'} files hold plain values; leave column: out"
            raise fail(place, f"{where} is {show(row)}, no record with a column {show(column)}", hint)
        if column not in row:
            raise fail(place, f"{where} has no column {show(column)}", nearest(column, row))
    return [row[column] for row in rows], places


def _reading(path: Path, place: Place, read: Callable[[], Rows]) -> Rows:
    """What ``read`` yields, with everything that can be wrong with a file as a GraphError at ``place``."""
    try:
        mode, size = path.stat().st_mode, path.stat().st_size
        if stat.S_ISDIR(mode):
            raise fail(place, f"{path} is a folder", "write each: {folder: …} for the images in it")
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            raise fail(place, f"{path} is not a regular file")
        if size > MAX_TABLE_BYTES:
            raise fail(place, f"{path} is larger than {MAX_TABLE_BYTES >> 30} GiB")
        return read()
    except FileNotFoundError:
        raise fail(place, f"there is no file {path}", _neighbours(path)) from None
    except OSError as error:
        raise fail(place, f"{path} can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise fail(place, f"{path} is not text in UTF-8 (byte {error.start + 1})") from None
    except ValueError:  # half a surrogate pair in the name
        raise fail(place, f"{show(str(path))} is not the name of a file") from None


def _neighbours(path: Path) -> str:
    try:
        return nearest(path.name, (entry.name for entry in path.parent.iterdir()))
    except OSError:
        return f"there is no folder {path.parent}"


def _rows(path: Path, column: str | None = None) -> Rows:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _parquet_rows(path, column)
    if suffix not in (".csv", ".tsv", ".jsonl", ".txt", ""):
        raise fail(Place(str(path)), f"can't read {suffix} files", "give txt, csv, tsv, jsonl or parquet")
    text = path.read_bytes().decode("utf-8-sig")
    if suffix in (".csv", ".tsv"):
        return _separated_rows(path, text, tabs=suffix == ".tsv")
    numbered = [(number, line) for number, line in enumerate(_LINE_END.split(text), 1) if line.strip()]
    numbers = [number for number, _ in numbered]
    if suffix == ".jsonl":
        return [_json_row(path, number, line) for number, line in numbered], numbers
    return _numbers([line.strip() for _, line in numbered]), numbers


def _separated_rows(path: Path, text: str, tabs: bool) -> Rows:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter="\t" if tabs else ",",
        strict=not tabs,
        quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL,
    )
    cells: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            if row:
                cells.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise fail(
            Place(str(path), start), f"a malformed row: {error}", "quotes are doubled inside quotes"
        ) from None
    if not cells:
        return [], []
    header, *rows = cells
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise fail(Place(str(path), lines[0]), f"the column {show(twice)} stands twice in the header")
    for row, line in zip(rows, lines[1:], strict=True):
        if len(row) != len(header):
            what = f"the row has {len(row)} columns; the header has {len(header)}"
            raise fail(Place(str(path), line), what, "quote cells that hold the separator")
    columns = [_numbers(list(column)) for column in zip(*rows, strict=True)]
    return [dict(zip(header, row, strict=True)) for row in zip(*columns, strict=True)], lines[1:]


def _numbers(cells: list[str]) -> list[Any]:
    """A column as numbers where every cell is one, written so that its text is not lost; else as it is."""
    values = [resolve_scalar(cell) for cell in cells]
    if all(
        isinstance(value, (int, float)) and format_scalar(value) == cell
        for value, cell in zip(values, cells, strict=True)
    ):
        return values
    return list(cells)


def _json_row(path: Path, number: int, line: str) -> Any:
    place = Place(str(path), number)
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise fail(Place(str(path), number, error.colno), f"not JSON: {error.msg}") from None
    except RecursionError:
        raise fail(place, f"nested more than {MAX_DEPTH} levels deep") from None
    except ValueError as error:  # a whole number of thousands of digits
        raise fail(place, f"not JSON that can be read: {error}") from None
    if line.count("[") + line.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise fail(place, f"nested more than {MAX_DEPTH} levels deep")
    if "\\u" in line and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise fail(place, "not text: it holds half a surrogate pair")
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        inner = [entry for entry in level if isinstance(entry, (list, dict))]
        level = [part for entry in inner for part in (entry.values() if isinstance(entry, dict) else entry)]
    return depth


def _parquet_rows(path: Path, column: str | None) -> Rows:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path)
        # Pictures inside a table are not values of a graph; what is asked for by name is read all the same.
        binary = {field.name for field in file.schema_arrow if "binary" in str(field.type)}
        names = [name for name in file.schema_arrow.names if name not in binary or name == column]
        rows: list[Any] = file.read(columns=names).to_pylist()
        return [_plain(row, path) for row in rows], list(range(1, len(rows) + 1))
    except (pyarrow.ArrowException, OSError) as error:
        raise fail(Place(str(path)), f"not a parquet file: {str(error).splitlines()[0]}") from None


def _plain(value: Any, path: Path) -> Any:
    """A parquet value as JSON knows it: dates as text, decimals as numbers."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(entry, path) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry, path) for entry in value]
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise fail(Place(str(path)), f"a value is of type {type(value).__name__}, which a graph can't hold")


# Folders of images


def _read_folder(folder: Path, match: str, place: Place) -> list[dict[str, Any]]:
    try:
        if not folder.is_dir():
            raise fail(place, f"there is no folder {folder}", _neighbours(folder))
        if ".." in Path(match).parts:
            raise fail(place, f"match: {show(match)} leads out of the folder", "name the other folder itself")
        files = sorted(
            path for path in folder.glob(match) if path.is_file() and path.suffix.lower() in IMAGE_SUFFIXES
        )
    except (ValueError, NotImplementedError):
        raise fail(place, f"match: {show(match)} is not a pattern of names", 'write match: "*.png"') from None
    except OSError as error:
        raise fail(place, f"{folder} can't be read: {error.strerror or error}") from None
    if not files:
        raise fail(place, f"no image in {folder} matches {match!r}", f"images end in {_endings()}")
    captions = _folder_captions(folder, place)
    records = []
    for path in files:
        name = path.relative_to(folder).as_posix()
        records.append({"image": path, "name": name, "text": captions.get(name) or _sidecar(path, place)})
    return records


def _endings() -> str:
    return ", ".join(sorted(IMAGE_SUFFIXES))


def _folder_captions(folder: Path, place: Place) -> dict[str, str]:
    for name in _FOLDER_TABLES:
        path = folder / name
        if path.is_file():
            rows, _ = _reading(path, place, lambda path=path: _rows(path))  # type: ignore[misc]
            return {
                str(row["file_name"]): str(row.get("text") or row.get("prompt") or "")
                for row in rows
                if isinstance(row, Mapping) and "file_name" in row
            }
    return {}


def _sidecar(image: Path, place: Place) -> str | None:
    path = image.with_suffix(".txt")
    if not path.is_file():
        return None
    (text,), _ = _reading(path, place, lambda: ([path.read_bytes().decode("utf-8-sig").strip()], [1]))
    return str(text)
