"""Values that are known before anything runs: what inputs hold, along which axes, and what is made of them.

Reads the lists, tables and folders that ``each`` names. A value that varies is an object that can be asked
for its value at a point; the points themselves are never listed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from .digest import file_digest
from .source import GraphError, Place, Problem, fail, nearest, read_file
from .spec import Each
from .types import PortType, format_scalar

MAX_TABLE_BYTES = 1 << 30
#: Sidecar tables that give the text of each image of a folder (the layout of Hugging Face image folders).
_FOLDER_TABLES = ("metadata.jsonl", "metadata.csv")
_IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})

Point = Mapping[str, int]


@dataclass(frozen=True)
class Axis:
    """The values of an input that was given each of several. ``places[i]`` is where value i was read."""

    name: str
    values: Sequence[Any]
    place: Place
    places: Sequence[Place] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.values)

    def place_of(self, index: int) -> Place:
        return self.places[index] if self.places else self.place


class Given(Protocol):
    """A value known before anything runs."""

    @property
    def axes(self) -> tuple[str, ...]: ...

    def at(self, point: Point) -> Any:
        """The plain value at a point that covers at least :attr:`axes`."""
        ...

    def samples(self) -> Iterator[tuple[Any, Place]]:
        """Every distinct kind of value this can take, with its place: what type checks look at."""
        ...


@dataclass(frozen=True)
class Constant:
    """The same value everywhere."""

    value: Any
    place: Place
    axes: tuple[str, ...] = ()

    def at(self, point: Point) -> Any:
        return self.value

    def samples(self) -> Iterator[tuple[Any, Place]]:
        yield self.value, self.place


@dataclass(frozen=True)
class Along:
    """The values of one axis."""

    axis: Axis

    @property
    def axes(self) -> tuple[str, ...]:
        return (self.axis.name,)

    def at(self, point: Point) -> Any:
        return self.axis.values[point[self.axis.name]]

    def samples(self) -> Iterator[tuple[Any, Place]]:
        for index, value in enumerate(self.axis.values):
            yield value, self.axis.place_of(index)


@dataclass(frozen=True)
class Column:
    """One column of records."""

    records: Given
    name: str

    @property
    def axes(self) -> tuple[str, ...]:
        return self.records.axes

    def at(self, point: Point) -> Any:
        return self.records.at(point)[self.name]

    def samples(self) -> Iterator[tuple[Any, Place]]:
        for record, place in self.records.samples():
            if not isinstance(record, Mapping):
                raise fail(place, f"{_show(record)} is not a record, so it has no column {self.name!r}")
            if self.name not in record:
                raise fail(
                    place, f"the record has no column {self.name!r}", nearest(self.name, map(str, record))
                )
            yield record[self.name], place


@dataclass(frozen=True)
class PerSeed:
    """Seeds of its own for every value of another input: 53 bits of blake2b(text, seed).

    53 bits survive every JSON reader and canvas; inserting a prompt changes no other prompt's seeds.
    """

    seed: Given
    per: Given

    @property
    def axes(self) -> tuple[str, ...]:
        return join_axes(self.per.axes, self.seed.axes)

    def at(self, point: Point) -> int:
        text, seed = canonical(self.per.at(point)), self.seed.at(point)
        digest = hashlib.blake2b(f"{text}\0{seed}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 11

    def samples(self) -> Iterator[tuple[Any, Place]]:
        for value, place in self.seed.samples():
            if isinstance(value, bool) or not isinstance(value, int):
                raise fail(place, f"{_show(value)} is not a whole number; `per` makes seeds of whole numbers")
            yield value, place


@dataclass(frozen=True)
class Joined:
    """A template whose references are all known."""

    parts: tuple[str | Given, ...]
    place: Place

    @property
    def axes(self) -> tuple[str, ...]:
        return join_axes(*(part.axes for part in self.parts if not isinstance(part, str)))

    def at(self, point: Point) -> str:
        return "".join(
            part if isinstance(part, str) else format_scalar(part.at(point)) for part in self.parts
        )

    def samples(self) -> Iterator[tuple[Any, Place]]:
        for part in self.parts:
            if isinstance(part, str):
                continue
            for value, place in part.samples():
                if not isinstance(value, (str, int, float, bool)):
                    raise fail(
                        place, f"{_show(value)} can't stand inside text", "pick a column: ${row.column}"
                    )
        yield "text", self.place


def join_axes(*groups: Sequence[str]) -> tuple[str, ...]:
    """The union of several groups of axes, in first-seen order."""
    return tuple(dict.fromkeys(name for group in groups for name in group))


def canonical(value: Any) -> str:
    """Text that is equal for equal values: text as it is, files by content, the rest as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Path):
        return file_digest(value)
    if isinstance(value, Mapping):
        value = {key: canonical(entry) for key, entry in value.items()}
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=canonical)


def as_item(port_type: PortType, value: Any) -> Any:
    """A known value as an item of a port's type; ValueError when it can't be one."""
    if port_type.reads_files and isinstance(value, Mapping) and isinstance(value.get("image"), Path):
        value = value["image"]
    if isinstance(value, Path) and not port_type.reads_files:
        raise ValueError(f"a file can't be read as {port_type.name}")
    return port_type.parse(value)


def item_digest(port_type: PortType, value: Any) -> bytes:
    """What names a known value in keys, without loading files."""
    if port_type.reads_files and isinstance(value, Mapping) and isinstance(value.get("image"), Path):
        value = value["image"]
    if isinstance(value, Path):
        content = file_digest(value).encode()
    else:
        content = port_type.digest(port_type.parse(value))
    return hashlib.blake2b(b"value\0" + port_type.name.encode() + b"\0" + content, digest_size=16).digest()


def _show(value: Any) -> str:
    return repr(str(value)) if isinstance(value, (str, Path)) else str(value)


# Reading what `each` names


def read_axis(name: str, each: Each) -> Axis:
    """The values of an axis; GraphError for a file that is missing or malformed, and for an empty axis."""
    values, places = _read_source(each)
    if each.limit is not None:
        values, places = values[: each.limit], places[: each.limit]
    if not values:
        raise fail(each.place, f"axis {name!r} has no values")
    return Axis(name, values, each.place, places)


def _read_source(each: Each) -> tuple[Sequence[Any], Sequence[Place]]:
    if each.values is not None:
        return [tree.plain() for tree in each.values], [tree.place for tree in each.values]
    if each.count is not None:
        return range(each.count), ()
    if each.file is not None:
        return _read_table(each.file, each.column, each.place)
    if each.folder is not None:
        return _read_folder(each.folder, each.match, each.place), ()
    return _read_zip(each), ()


def _read_zip(each: Each) -> list[dict[str, Any]]:
    columns = {name: _limited(part) for name, part in (each.zip or {}).items()}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise fail(
            each.place,
            "the columns of a zip have different lengths: "
            + ", ".join(f"{name} has {length}" for name, length in lengths.items()),
        )
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _limited(each: Each) -> Sequence[Any]:
    values, _ = _read_source(each)
    return values if each.limit is None else values[: each.limit]


def _read_table(path: Path, column: str | None, place: Place) -> tuple[list[Any], list[Place]]:
    try:
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise fail(place, f"{path} is larger than {MAX_TABLE_BYTES >> 30} GiB")
        rows, lines = _rows(path)
    except FileNotFoundError:
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise fail(place, f"there is no file {path}", nearest(path.name, names) if names else "") from None
    except OSError as error:
        raise fail(place, f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise fail(place, f"{path} is not text in UTF-8") from None
    except csv.Error as error:
        raise fail(place, f"{path} is malformed: {error}") from None
    places = [Place(str(path), line) for line in lines]
    if column is None:
        return rows, places
    missing = next(
        (index for index, row in enumerate(rows) if not isinstance(row, dict) or column not in row), None
    )
    if missing is not None:
        row = rows[missing]
        columns = list(row) if isinstance(row, dict) else []
        raise fail(
            place,
            f"{places[missing]} has no column {column!r}",
            nearest(column, columns)
            if columns
            else f"{path.suffix or 'this'} files hold plain lines; leave column: out",
        )
    return [row[column] for row in rows], places


def _rows(path: Path) -> tuple[list[Any], list[int]]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _parquet_rows(path)
    text = path.read_bytes().decode("utf-8-sig")
    if suffix in (".csv", ".tsv"):
        reader = csv.DictReader(
            io.StringIO(text, newline=""),
            delimiter="\t" if suffix == ".tsv" else ",",
            strict=suffix == ".csv",
            quoting=csv.QUOTE_NONE if suffix == ".tsv" else csv.QUOTE_MINIMAL,
        )
        rows, lines = [], []
        for row in reader:
            if None in row or None in row.values():
                raise fail(
                    Place(str(path), reader.line_num),
                    f"the row has another number of columns than the {len(reader.fieldnames or [])} of the header",
                )
            rows.append(dict(row))
            lines.append(reader.line_num)
        return rows, lines
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if suffix == ".jsonl":
        return [_json_row(path, number, line) for number, line in numbered], [
            number for number, _ in numbered
        ]
    if suffix in (".txt", ""):
        return [line.strip() for _, line in numbered], [number for number, _ in numbered]
    raise fail(Place(str(path)), f"can't read {suffix} files", "give txt, csv, tsv, jsonl or parquet")


def _json_row(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise fail(
            Place(str(path), number, getattr(error, "colno", 1)), f"not JSON: {getattr(error, 'msg', error)}"
        ) from None


def _parquet_rows(path: Path) -> tuple[list[Any], list[int]]:
    import pyarrow
    import pyarrow.parquet

    try:
        rows: list[Any] = pyarrow.parquet.read_table(path).to_pylist()
    except pyarrow.ArrowException as error:
        raise fail(Place(str(path)), f"not a parquet file: {str(error).splitlines()[0]}") from None
    return rows, list(range(1, len(rows) + 1))


def _read_folder(folder: Path, match: str, place: Place) -> list[dict[str, Any]]:
    if not folder.is_dir():
        raise fail(place, f"there is no folder {folder}")
    files = sorted(
        path for path in folder.glob(match) if path.is_file() and path.suffix.lower() in _IMAGE_SUFFIXES
    )
    if not files:
        raise fail(place, f"no image in {folder} matches {match!r}")
    captions = _folder_captions(folder)
    return [
        {
            "image": path,
            "name": path.relative_to(folder).as_posix(),
            "text": captions.get(path.relative_to(folder).as_posix()) or _sidecar(path),
        }
        for path in files
    ]


def _folder_captions(folder: Path) -> dict[str, str]:
    for name in _FOLDER_TABLES:
        path = folder / name
        if path.is_file():
            rows, _ = _rows(path)
            return {
                str(row["file_name"]): str(row.get("text") or row.get("prompt") or "")
                for row in rows
                if isinstance(row, dict) and "file_name" in row
            }
    return {}


def _sidecar(image: Path) -> str | None:
    path = image.with_suffix(".txt")
    return path.read_text("utf-8").strip() if path.is_file() else None


def read_inputs_file(path: Path) -> Mapping[str, Any]:
    """The mapping of input names to trees in an ``--inputs`` file."""
    tree = read_file(path)
    if not tree.is_mapping:
        raise GraphError([Problem(tree.place, f"an inputs file is a mapping of names; this is {tree.kind}")])
    entries: Mapping[str, Any] = tree.value
    return entries
