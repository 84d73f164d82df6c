"""Contestants of a rating page: runs by the pictures they left, or the settings of one run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...graphs.problem import fail, nearest
from ...graphs.values import canonical
from ..results.places import places_of
from ..results.run_folder import Run
from .pairing import Contestant, Spot


def contestants_of(runs: Sequence[Run], output: str | None = None) -> list[Contestant]:
    """Every run as a contestant; of one run alone, every setting.

    ``output`` names the pictures, where a run has several. GraphError where there is no such output, where
    one run has one setting only, and for runs that are the same.
    """
    if len(runs) > 1:
        return [
            Contestant(name, dict(_pictures(run, output)))
            for name, run in zip(_names(runs), runs, strict=True)
        ]
    (run,) = runs
    settings: defaultdict[str, dict[Spot, Path | None]] = defaultdict(dict)
    for spot, path in _pictures(run, output):
        settings[spot.setting][spot._replace(setting="")] = path
    if len(settings) < 2:
        hint = "name two runs or more; of one run its settings are rated, such as those of --each steps=4,12"
        raise fail(None, f"{run.folder} has nothing to choose between", hint)
    return [Contestant(name, pictures) for name, pictures in settings.items()]


def _names(runs: Sequence[Run]) -> list[str]:
    """What runs are called: by their folders, with the folder above where two have one name."""
    paths = [run.folder.resolve() for run in runs]
    for path, count in Counter(paths).items():
        if count > 1:
            raise fail(None, f"{path.name} is named twice", "name each run once")
    plain = Counter(path.name for path in paths)
    return [path.name if plain[path.name] == 1 else str(Path(*path.parts[-2:])) for path in paths]


def _pictures(run: Run, output: str | None) -> Iterator[tuple[Spot, Path | None]]:
    name = _output(run, output)
    axes = run.outputs[name].axes
    drawn = [axis for axis in axes if run.axes[axis].is_drawn]
    kept = [axis for axis in axes if axis not in drawn]
    places = places_of(run, run.rows_of(name), drawn, kept)
    settings = [
        ", ".join(f"{axis} {_text(value)}" for axis, value in point.items()) for point in places.points
    ]
    cells = run.values(name).take(places.rows).to_pylist()
    met: Counter[Spot] = Counter()
    for prompt, seed, setting, cell in zip(
        places.units.each(), places.seeds.each(), places.setting.tolist(), cells, strict=True
    ):
        spot = Spot(prompt, settings[setting], seed)
        yield spot._replace(repeat=met[spot]), None if cell is None else run.file(cell)
        met[spot] += 1


def _output(run: Run, wanted: str | None) -> str:
    """The output that holds the pictures: the one asked for, or the only one with a picture for every
    prompt.
    """
    found = [
        name
        for name, output in run.outputs.items()
        if output.type.lower() in ("image", "images")
        and any(run.axes[axis].role == "unit" for axis in output.axes)
    ]
    if wanted is not None:
        if wanted not in found:
            raise fail(None, f"{run.folder} has no pictures {wanted!r}", nearest(wanted, found))
        return wanted
    if len(found) != 1:
        what = f"several outputs of pictures: {', '.join(found)}" if found else "no pictures of prompts"
        raise fail(None, f"{run.folder} has {what}", "name one with --images" if found else "")
    return found[0]


def _text(value: object) -> str:
    return value if isinstance(value, str) else canonical(value)
