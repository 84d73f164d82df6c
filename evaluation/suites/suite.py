"""A suite: a graph with an open generator, and the prompts that it is to be drawn for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...graphs.grammar import Each, GraphSpec, InputSpec
from ...graphs.problem import GraphError, Place, fail, nearest, show
from ...graphs.source import Tree
from ...graphs.spec import override, read_spec
from ...graphs.tables import read_axis
from .about import About, Form, read_about
from .files import Row, digest, find_files, read_rows
from .hub import fetch_files, fetch_rows
from .records import Record, records_of
from .sampling import sample

#: What the inputs of a suite are called.
GENERATOR, ROWS, SEEDS, REFERENCE = "generator", "row", "seed", "reference"
_BUILT_IN = Path(__file__).parent
_DATA, _FETCH = Place("--data", 0), Place("--fetch", 0)
#: Records that have our names already.
_AS_THEY_STAND = Form(file="rows")


@dataclass(frozen=True)
class Prompts:
    """A suite's prompts: records with a ``prompt`` and mostly a ``category``.

    ``as_published`` says whether they are what the suite pins; None where it pins nothing.
    """

    records: Sequence[Record]
    origin: str
    sha256: str | None = None
    as_published: bool | None = None
    remarks: tuple[str, ...] = ()
    total: int = 0

    def sampled(self, limit: int | None) -> Prompts:
        """At most ``limit`` of them, of every category its share; the more of them, the same and others."""
        if limit is None or limit >= len(self.records):
            return self
        kept = sample([record.values for record in self.records], limit)
        return replace(self, records=[self.records[at] for at in kept])

    def used(self) -> dict[str, Any]:
        """What a run folder says of them."""
        return {
            "from": self.origin,
            "sha256": self.sha256,
            "as_published": self.as_published,
            "prompts": len(self.records),
            "of": self.total,
        }


@dataclass(frozen=True)
class Suite:
    """A benchmark. ``spec`` is its graph, ``about`` what it says of itself."""

    name: str
    spec: GraphSpec
    about: About

    @property
    def seeds(self) -> int | None:
        """How many seeds every prompt has unless it is told otherwise."""
        return seeds_of(self.spec)

    @property
    def folder(self) -> Path:
        return Path(self.spec.place.file).parent

    def at_hand(self) -> tuple[Form, list[Path]] | None:
        """The form of its prompts that needs no ``--data``: made by our own code, or files beside it."""
        for form in self.about.prompts:
            if form.made is not None:
                return form, []
            folder = (self.folder / (form.file or "")).parent
            if form.file and (found := sorted(path for path in folder.glob(form.pattern) if path.is_file())):
                return form, found
        return None

    def prompts(self, data: Path | None = None, *, fetch: bool = False, any_version: bool = False) -> Prompts:
        """Its prompts: of a file or a folder in a published form, from the hub, or those it comes with.

        GraphError where they can't be had, where a column is missing, and where they aren't what the suite
        pins, unless ``any_version`` takes them all the same; the run is then marked.
        """
        if not self.about.prompts and data is None and not fetch:
            return self._own_rows()
        form, rows, origin, sha256 = self._read(data, fetch)
        if not rows:
            raise fail(Place(origin, 0), "it holds no prompt")
        as_published = None if form.sha256 is None else sha256 == form.sha256
        if as_published is False and not any_version:
            others = "not all of its files, or " if form.has_several_files else ""
            raise fail(
                Place(origin, 0),
                f"this is {others}another version of {self.about.title}: its SHA-256 is {sha256}, and that "
                f"of the published one {form.sha256}",
                f"get it from {form.url or self.about.url}, or take it as it is with --any-version",
            )
        records, remarks = records_of(form, rows, origin)
        if as_published is False:
            remarks.append(f"{origin}: not the published version, as --any-version allows")
        return Prompts(records, origin, sha256, as_published, tuple(remarks), len(records))

    def _read(self, data: Path | None, fetch: bool) -> tuple[Form, list[Row], str, str | None]:
        """The form, its rows, what to call where they are from, and their digest."""
        forms = self.about.prompts
        if fetch:
            return self._fetched(next((form for form in forms if form.hub is not None), None), data)
        if data is not None:
            form, paths = find_files(data, forms, _DATA)
            return form, read_rows(form, paths), str(data), digest(paths)
        ready = self.at_hand()
        if ready is None:
            raise fail(_DATA, f"the prompts of {self.name} aren't here", " or ".join(self.ways()))
        form, paths = ready
        if form.made is not None:
            return form, *_geneval()
        return form, read_rows(form, paths), form.name, digest(paths)

    def _fetched(self, form: Form | None, data: Path | None) -> tuple[Form, list[Row], str, str | None]:
        if data is not None:
            raise fail(_DATA, "the prompts are given by --data and by --fetch", "give one of them")
        if form is None:
            raise fail(
                _FETCH, f"the prompts of {self.name} are not fetched from the hub", "leave --fetch out"
            )
        if form.file is None:
            return form, fetch_rows(form, _FETCH), f"{form.hub} of the hub", None
        paths = fetch_files(form, _FETCH)
        return form, read_rows(form, paths), f"{form.hub} of the hub", digest(paths)

    def ways(self) -> list[str]:
        """How to give it prompts that aren't here, an option each."""
        forms = self.about.prompts
        ways = []
        for form in forms:
            if form.is_local and form.hub is None:
                what = "FOLDER" if form.has_several_files else form.name
                ways.append(f"--data {what} from {form.url or self.about.url}")
        if any(form.hub is not None for form in forms):
            ways.append("--fetch")
        return ways

    def _own_rows(self) -> Prompts:
        """The values that the graph itself gives its rows."""
        each = self.spec.inputs[ROWS].each
        if each is None:
            what = f"{self.name} says nothing of its prompts"
            raise fail(self.spec.inputs[ROWS].place, what, "write suite: {prompts: [{file: …}]}, or each:")
        axis = read_axis(ROWS, each)
        places = [axis.place_of(index) for index in range(len(axis))]
        rows = [Row(value, place, {}) for value, place in zip(axis.values, places, strict=True)]
        records, remarks = records_of(_AS_THEY_STAND, rows, axis.place.file)
        return Prompts(records, axis.place.file, remarks=tuple(remarks), total=len(records))

    def filled(
        self,
        prompts: Prompts,
        *,
        generator: Path | None = None,
        seeds: int | None = None,
        reference: str | None = None,
    ) -> GraphSpec:
        """Its graph with prompts, a generator, so many seeds a prompt, and a reference, as far as given."""
        values = [Tree.of(record.values, record.place) for record in prompts.records]
        place = Place(prompts.origin, 0)
        settings = {ROWS: InputSpec(ROWS, place, each=Each(place, values=tuple(values)))}
        if seeds is not None:
            where = Place("--seeds", 0)
            settings[SEEDS] = InputSpec(SEEDS, where, each=Each(where, count=seeds))
        for name, value in ((GENERATOR, generator), (REFERENCE, reference)):
            if value is not None:
                where = Place(f"--{name}", 0)
                if name not in self.spec.inputs:
                    raise fail(
                        where, f"{self.name} compares with no reference of yours", f"leave out --{name}"
                    )
                settings[name] = InputSpec(name, where, default=Tree(str(value), where))
        said = {**self.about.model_dump(exclude_defaults=True), "name": self.name, "used": prompts.used()}
        return replace(override(self.spec, settings), suite=Tree.of(said, self.spec.place))


def seeds_of(spec: GraphSpec) -> int | None:
    """How many seeds a suite's graph gives every prompt; None where that isn't written in it."""
    each = spec.inputs[SEEDS].each
    if each is None:
        return None
    return each.count if each.values is None else len(each.values)


def load_suite(name: str | Path) -> Suite:
    """The suite of a name, such as ``geneval``, or of a graph file of your own.

    GraphError for a name that is none, and for a file that is no suite.
    """
    text = str(name)
    if text in suite_names():
        path = _BUILT_IN / f"{text}.yaml"
    else:
        path = Path(name)
        if path.suffix not in (".yaml", ".yml") and not path.is_file():
            hint = f"{nearest(text, suite_names())}; a file of your own goes by its path, ./suite.yaml"
            raise fail(None, f"there is no suite {show(text)}", hint)
    spec = read_spec(path)
    if spec.problems:
        raise GraphError(spec.problems)
    if spec.suite is None:
        hint = "write suite: {title: …, prompts: […]}; a graph without it is run by `mezzotint run`"
        raise fail(Place(str(path)), "this graph has no suite:, so it is none", hint)
    about = read_about(spec.suite)
    generator = spec.inputs.get(GENERATOR)
    if generator is None or generator.interface is None:
        hint = f"write {GENERATOR}: {{graph: {{inputs: [prompt, seed], outputs: [images]}}}} under inputs:"
        raise fail(spec.place, f"the suite has no open graph {GENERATOR!r}", hint)
    for needed in (ROWS, SEEDS):
        if needed not in spec.inputs:
            raise fail(spec.place, f"the suite has no input {needed!r}", f"a suite has {ROWS} and {SEEDS}")
    return Suite(path.stem, spec, about)


def suite_names() -> list[str]:
    """The suites that the package comes with, ``starter`` first."""
    names = sorted(path.stem for path in _BUILT_IN.glob("*.yaml"))
    return sorted(names, key=lambda name: (name != "starter", name))


def _geneval() -> tuple[list[Row], str, str]:
    """GenEval's prompts as its authors' code draws them, with the digest of the file that it writes."""
    from ..geneval_protocol.sentences import geneval_prompts

    records = geneval_prompts()
    text = "".join(f"{json.dumps(record)}\n" for record in records)
    origin = "geneval_protocol"
    rows = [Row(record, Place(origin, line), {}) for line, record in enumerate(records, 1)]
    return rows, origin, hashlib.sha256(text.encode()).hexdigest()
