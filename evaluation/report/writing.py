"""``write_report``: runs become a folder of static files."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...graphs.problem import fail
from . import contract
from .comparison import comparison_data
from .folder import ReportFolder
from .matrix import PictureOutput, picture_outputs
from .pictures import Picture, Progress, show, size_of
from .runs import axis_labels, ids_of, labels_of_runs, run_data
from .scores import categories_of, column_of_categories, score_data
from .scripts import script

if TYPE_CHECKING:
    from ...graphs.node_type import NodeType
    from ..results.run_folder import Run

#: Of one output no more pictures than this are shown, unless asked for.
MOST_PICTURES = 20_000


@dataclass(frozen=True)
class Written:
    """A report that was written: the page to open, and of each output how its pictures fared."""

    page: Path
    counts: Sequence[contract.Counts]


def usual_folder(runs: Sequence[Run]) -> Path:
    """Where a report goes unless somebody says: in the folder of its run; of several, beside the first."""
    if len(runs) == 1:
        return runs[0].folder / "report"
    digest = hashlib.blake2b(" ".join(sorted(ids_of(runs))).encode(), digest_size=4).hexdigest()
    return Path(os.path.relpath(runs[0].folder.resolve().parent)) / f"report-{digest}"


def write_report(
    runs: Sequence[Run],
    folder: Path,
    *,
    by: str | None = None,
    title: str | None = None,
    link: bool = False,
    most: int = MOST_PICTURES,
    types: Mapping[str, NodeType] | None = None,
    progress: Progress | None = None,
) -> Written:
    """Write a report of one or more runs into a folder that is new, empty, or an earlier report's.

    ``by`` is the column of the items that categories come from; by default that of the suite, or one called
    so. Pictures stand beside the page, so that the folder can be moved; with ``link`` the page leads to the
    run folders instead. Of each output ``most`` pictures are shown. ``types``, of node types by name, let
    the graph be drawn with the types of what travels. Done again, it makes only what is missing.

    Raises GraphError for a folder that holds something else, a column that no run has, damaged runs, and a
    run given twice. A picture that is damaged or gone is said to be, and stops nothing.
    """
    from ... import __version__

    report = ReportFolder(folder)
    ids = ids_of(runs)
    labels = labels_of_runs(runs, ids)
    by = column_of_categories(runs, by)
    categories = categories_of(runs, by)
    scores = [score for number, run in enumerate(runs) for score in score_data(number, run, by)]
    shown = [
        [_Shown(report, number, id, index, output, link) for index, output in enumerate(picture_outputs(run))]
        for number, (run, id) in enumerate(zip(runs, ids, strict=True))
    ]
    every = [one for of_run in shown for one in of_run]
    for one in every:
        one.output.keep(most)
    report.begin()
    _show_all(every, progress)
    for number, run in enumerate(runs):
        if shown[number]:
            of_axes = {name: axis_labels(run, axis) for name, axis in run.axes.items()}
            _write_lazy(report, f"data/labels-{number}.js", "mezzotint_labels", str(number), of_axes)
    numbers = {category: number for number, category in enumerate(categories)}
    for one in every:
        _write_lazy(report, one.file, "mezzotint_images", one.key, one.output.matrix(by, numbers))
    told = [
        run_data(run, id, label, types or {}, [one.data() for one in of_run], _flags(run, of_run))
        for run, id, label, of_run in zip(runs, ids, labels, shown, strict=True)
    ]
    data = contract.Report(
        contract.SCHEMA,
        datetime.now(timezone.utc).isoformat(timespec="seconds"),
        __version__,
        title or ", ".join(dict.fromkeys(run.name for run in runs)),
        by,
        categories,
        told,
        scores,
        comparison_data(runs, labels, by),
    )
    report.write("data/report.js", script("window.mezzotint", data))
    report.write_page()
    report.finish()
    return Written(folder / "index.html", [one.output.counts for one in every])


def _flags(run: Run, shown: Sequence[_Shown]) -> Mapping[str, int]:
    """How many points of pictures carry each flag; of a run without pictures how many outputs do."""
    if not shown:
        return run.record.flags
    found: Counter[str] = Counter()
    for flags in {one.output.grid.axes: one.output.flags for one in shown}.values():
        found.update({flag: len(rows) for flag, rows in flags.items()})
    return found


def _write_lazy(report: ReportFolder, path: str, name: str, key: str, value: object) -> None:
    """A script that the page loads when it needs it; it asks for nothing to be there before."""
    target = f"(window.{name} = window.{name} || {{}})[{key!r}]"
    report.write(path, script(target, value))


@dataclass(frozen=True)
class _Shown:
    """A picture output's place in a report: number ``index`` of run ``number``."""

    report: ReportFolder
    number: int
    run_id: str
    index: int
    output: PictureOutput
    link: bool

    @property
    def key(self) -> str:
        return f"{self.number}-{self.index}"

    @property
    def file(self) -> str:
        return f"data/images-{self.key}.js"

    @property
    def _thumbnails(self) -> str:
        return f"thumbnails/{self.run_id}/{self.output.name}/"

    @property
    def _pictures(self) -> str:
        if not self.link:
            return f"pictures/{self.run_id}/{self.output.name}/"
        source = (self.output.run.folder / self.output.folder).resolve()
        try:
            return Path(os.path.relpath(source, self.report.folder.resolve())).as_posix() + "/"
        except ValueError:  # of another drive
            hint = "leave --link away, and the pictures are copied"
            raise fail(None, f"no relative path leads from {self.report.folder} to {source}", hint) from None

    def pictures(self) -> Iterator[tuple[int, Picture]]:
        """The pictures to show, by row."""
        for row, state in enumerate(self.output.states):
            if state == "shown":
                name = self.output.names[row]
                thumbnail = self.report.claim(f"{self._thumbnails}{row}.webp")
                beside = None if self.link else self.report.claim(f"{self._pictures}{name}")
                yield row, Picture(self.output.run.folder / self.output.folder / name, thumbnail, beside)

    def data(self) -> contract.Images:
        """What the page is told of it at once."""
        output = self.output
        first = next((row for row, state in enumerate(output.states) if state == "shown"), None)
        size = None
        if first is not None:
            size = size_of(output.run.folder / output.folder / output.names[first])
        return contract.Images(
            output.name,
            self.file,
            f"data/labels-{self.number}.js",
            output.grid.axes,
            output.grid.lengths,
            quote(self._thumbnails),
            quote(self._pictures),
            size,
            output.counts,
            [column for column, _ in output.columns],
        )


def _show_all(every: Sequence[_Shown], progress: Progress | None) -> None:
    jobs = [(one, row, picture) for one in every for row, picture in one.pictures()]
    states = show([picture for _, _, picture in jobs], progress)
    for (one, row, _), state in zip(jobs, states, strict=True):
        one.output.states[row] = state
