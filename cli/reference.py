"""``mezzotint reference``: real images become a file of statistics or features, made once and shared."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from .statuses import Status, reporting, say

if TYPE_CHECKING:
    from ..evaluation.references.feature_sets import FeatureSet
    from ..evaluation.references.reference_files import Holds, Layout
    from ..evaluation.references.reference_images import Unreadable

#: What a file holds by its ending, unless a layout says otherwise.
_ENDINGS: dict[str, Holds] = {".npz": "statistics", ".npy": "features", ".parquet": "features"}


@reporting
def reference(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER",
            help="The folder of images, with all folders in it; or `starter`, or a file of features.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help=".npz for statistics (mu, sigma); .parquet or .npy for the features of every image.",
            show_default=False,
        ),
    ],
    extractor: Annotated[
        str, typer.Option("--extractor", metavar="NAME", help="What turns images into features.")
    ] = "starter",
    layout: Annotated[
        str | None,
        typer.Option(
            "--layout",
            help="Of an .npz: clean-fid, pytorch-fid and torch-fidelity are mu and sigma, clean-fid-kid is "
            "feats, the features of every image.",
            show_default="clean-fid",
        ),
    ] = None,
    skip_unreadable: Annotated[
        bool,
        typer.Option("--skip-unreadable", help="Name images that can't be read, and go on without them."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Compute the statistics or the features of a folder of real images, and write them to a file.

    The file is a reference for fid, fd, kid and the other metrics, here and in clean-fid, pytorch-fid and
    torch-fidelity. It also says which extractor made it, so that no metric compares it with features of
    another. Features are kept in the cache folder too: to write another kind of file takes no second pass.
    """
    from ..evaluation import (
        ReferenceType,
        Statistics,
        extractor_by_name,
        reference_set,
        write_features,
        write_statistics,
    )
    from ..evaluation.references.reference_images import UnreadableError
    from .counting import Counting

    skipped: list[Unreadable] = []

    def skip(one: Unreadable) -> None:
        skipped.append(one)
        say(f"left out: {one.reason}")

    try:
        holds = _what_to_hold(out, layout)
        images = ReferenceType().parse(source)
        embedder = extractor_by_name(extractor)
        with _noting_warnings(), Counting("images", shown=not as_json) as counting:
            features = reference_set(images, embedder, counting, skip if skip_unreadable else None)
        statistics = Statistics.of_features(features.rows) if holds == "statistics" else None
    except UnreadableError as error:
        for one in error.unreadable:
            say(one.reason)
        lost = f"{len(error.unreadable)} of {error.total} images can't be read"
        say(f"mezzotint: {lost}, and nothing was written")
        say("    mend or remove them, or go on without them with --skip-unreadable")
        raise typer.Exit(Status.MISTAKE) from None
    except ValueError as error:
        say(f"mezzotint: {error}")
        raise typer.Exit(Status.MISTAKE) from None
    if statistics is not None:
        write_statistics(out, statistics, features.origin)
    else:
        write_features(out, features)
    _tell(out, holds, features, skipped, as_json=as_json)


@contextmanager
def _noting_warnings() -> Iterator[None]:
    """Say each warning about images once, without the line of code that it comes from."""
    said: set[str] = set()

    def note(message: Warning | str, *_: object, **__: object) -> None:
        if str(message) not in said:
            said.add(str(message))
            say(f"note: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = note  # put back by catch_warnings
        yield


def _what_to_hold(out: Path, layout: str | None) -> Holds:
    """What the file is to hold; ValueError for endings and layouts that there aren't or don't go together."""
    from ..evaluation.references.reference_files import LAYOUTS, Layout

    if out.suffix not in _ENDINGS:
        raise ValueError(f"-o {out} should end in .npz (statistics), .npy or .parquet (features)")
    if layout is None:
        return _ENDINGS[out.suffix]
    if layout not in get_args(Layout):
        raise ValueError(f"--layout {layout!r} is not one of {', '.join(get_args(Layout))}")
    if out.suffix != ".npz":
        raise ValueError(f"--layout {layout} is one of an .npz file, and -o is {out}")
    named: Layout = layout  # type: ignore[assignment]
    return LAYOUTS[named]


def _tell(out: Path, holds: Holds, features: FeatureSet, skipped: list[Unreadable], *, as_json: bool) -> None:
    from .terminal import count

    origin = features.origin
    if as_json:
        record: dict[str, Any] = {
            "file": str(out),
            "holds": holds,
            "images": len(features),
            "dimension": features.dimension,
            "extractor": origin and origin.extractor,
            "digest": origin and origin.digest,
            "resize": origin and origin.resize,
            "skipped": [one.name for one in skipped],
        }
        typer.echo(json.dumps(record, ensure_ascii=False))
        return
    by = f" by {origin.extractor}" if origin else ""
    typer.echo(f"{out}: {holds} of {count(len(features), 'image')}, dimension {features.dimension}{by}")
    if skipped:
        typer.echo(f"left out: {count(len(skipped), 'image')} that can't be read, named above")
